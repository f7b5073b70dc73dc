"""Plateaus of measured costs, and which claims do not fit them."""

from __future__ import annotations

from typing import List, Sequence

import numpy
import pytest

from results import claims
from results.estimate import Estimate


def estimates(values: Sequence[float], half: float = 0.02) -> List[Estimate]:
    return [Estimate(value, value - half, value + half) for value in values]


@pytest.mark.parametrize(
    "values, ranks",
    [
        ([], []),
        ([1.0], [0]),
        ([1.4, 1.0, 1.42, 2.0], [1, 0, 1, 2]),
        ([1.0, 1.08], [0, 0]),  # a step of less than 10 %
        ([1.0, 1.08, 1.16, 1.24], [0, 0, 0, 0]),
    ],
)
def test_plateaus(values: List[float], ranks: List[int]) -> None:
    assert claims.plateaus(estimates(values)) == ranks


def test_what_intervals_do_not_tell_apart_is_one_plateau() -> None:
    assert claims.plateaus(estimates([1.0, 1.4], 0.25)) == [0, 0]
    unknown = [Estimate(value, numpy.nan, numpy.nan) for value in (1.0, 2.0)]
    assert claims.plateaus(unknown) == [0, 0]


@pytest.mark.parametrize(
    "claimed, ranks, wrong",
    [
        ([], [], []),
        ([10, 16, 22], [0, 1, 2], []),
        ([10, 16, 22], [0, 1, 1], []),  # finer than what was measured is not wrong
        ([10, 16, 16, 16, 22], [0, 1, 1, 2, 2], [3]),
        ([10, 16, 16, 22, 12], [0, 1, 1, 2, 3], [4]),
        ([10, 10, 20, 20, 20, 20, 20], [0, 0, 1, 1, 1, 2, 2], [5, 6]),
        ([10, 20], [0, 0], []),
        ([20, 10, 10], [0, 1, 1], [0]),
    ],
)
def test_wrong(claimed: List[float], ranks: List[int], wrong: List[int]) -> None:
    assert claims.wrong(claimed, ranks) == wrong
