"""The test, the estimate and the bounds, against scipy's and against what is known of them."""

from __future__ import annotations

import numpy
import pytest
from scipy import stats

from results.ab import signed_rank


@pytest.mark.parametrize("count", [1, 5, 14, 20, 40])
def test_probabilities_are_scipys(count: int) -> None:
    rows = numpy.random.default_rng(count).standard_normal((6, count)) + 0.2
    found = signed_rank.centres(rows, 0.01)
    for place, row in enumerate(rows):
        for chances, side in ((found.p_above, "greater"), (found.p_below, "less")):
            expected = stats.wilcoxon(row, alternative=side, mode="exact").pvalue
            assert chances[place] == pytest.approx(expected)


@pytest.mark.parametrize("count", [7, 14, 40])
def test_bounds_are_where_the_test_turns(count: int) -> None:
    row = numpy.random.default_rng(count).standard_normal(count)
    found, step = signed_rank.centres(row[None, :], 0.01), 1e-9

    def chance(centre: float, side: str) -> float:
        test = stats.wilcoxon(row - centre, alternative=side, mode="exact")
        return float(test.pvalue)

    assert chance(found.low[0] - step, "greater") <= 0.01
    assert chance(found.low[0] + step, "greater") > 0.01
    assert chance(found.high[0] + step, "less") <= 0.01
    assert chance(found.high[0] - step, "less") > 0.01
    assert found.low[0] < found.value[0] < found.high[0]


def test_too_few_values_give_no_bounds() -> None:
    least = signed_rank.least_count(0.0001)
    assert least == 14
    for count, known in ((least - 1, False), (least, True)):
        found = signed_rank.centres(numpy.full((1, count), 0.5), 0.0001)
        assert bool(numpy.isfinite(found.low[0])) is known
        assert bool(found.p_above[0] <= 0.0001) is known


def test_ties_and_zeros_never_ring_too_often() -> None:
    """All ways to give ten values signs: no level is reached more often than it says."""
    for row in ([0, 0, 1, 1, 1, 2, 2, 1, 3, 3], [1] * 10, [0] * 5 + [1, 2, 3, 4, 5]):
        signs = (numpy.arange(2**10)[:, None] >> numpy.arange(10) & 1) * 2 - 1
        chances = signed_rank.centres(signs * numpy.array(row, dtype=float), 0.05)
        for level in numpy.unique(chances.p_above):
            assert (chances.p_above <= level).mean() <= level + 1e-12
            assert (chances.p_below <= level).mean() <= level + 1e-12


def test_zeros_are_no_difference() -> None:
    zeros = signed_rank.centres(numpy.zeros((1, 20)), 0.01)
    assert zeros.p_above[0] >= 0.5 and zeros.p_below[0] >= 0.5
    assert (zeros.value[0], zeros.low[0], zeros.high[0]) == (0, 0, 0)


def test_one_of_many_values_that_is_broken_changes_little() -> None:
    row = numpy.random.default_rng(3).normal(0.02, 0.01, 20)
    broken = row.copy()
    broken[4] = 9.0
    whole, other = (signed_rank.centres(each[None, :], 1e-4) for each in (row, broken))
    assert other.value[0] == pytest.approx(whole.value[0], abs=0.002)
    assert other.p_above[0] < 1e-4


def test_holm() -> None:
    """The worked example of four tests: each by what is left to be tested."""
    found = signed_rank.holm(numpy.array([0.01, 0.04, 0.03, 0.005]))
    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert list(signed_rank.holm(numpy.array([0.6, 0.7]))) == [1, 1]
    assert len(signed_rank.holm(numpy.empty(0))) == 0
