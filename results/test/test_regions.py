"""From raw samples to values, on figures that can be checked by hand."""

from typing import List

import pandas
import pytest

from results import regions

COLUMNS = ["cell", "launch", "sweep", "member", "calls", "ticks", "start_ns"]


def _samples(*rows: tuple) -> pandas.DataFrame:
    return pandas.DataFrame(list(rows), columns=COLUMNS)


def test_a_region_takes_as_long_as_its_slowest_member() -> None:
    timed = regions.regions(
        _samples(
            (0, 0, 0, 0, 10, 700, 1000),
            (0, 0, 0, 1, 10, 900, 1000),
            (0, 0, 0, 0, 10, 800, 2000),
            (0, 0, 0, 1, 10, 600, 2000),
        )
    )
    assert list(timed["ticks"]) == [900, 800]
    assert list(timed["members"]) == [2, 2]
    assert list(timed["first"]) == [0, 2]


def test_the_order_of_measurement_is_kept() -> None:
    timed = regions.regions(_samples((7, 0, 0, 0, 1, 5, 10), (2, 0, 0, 0, 1, 5, 20)))
    assert list(timed["cell"]) == [7, 2]


def test_what_a_sample_costs_beyond_its_calls_is_taken_off() -> None:
    timed = regions.regions(
        _samples((0, 0, 0, 0, 10, 130, 1), (0, 0, 0, 0, 20, 230, 2))
    )
    valued = regions.add_values(timed, pandas.Series({0: 15.0}), 0.5)
    assert list(valued["ns"]) == [5.0, 5.0]


def test_what_a_sample_costs_beyond_its_calls() -> None:
    rows: List[tuple] = []
    for launch, (fixed, call) in enumerate([(30, 10), (20, 11), (90, 12)]):
        for calls in (10, 20, 20, 10):
            rows.append((5, launch, 0, 0, calls, fixed + call * calls, len(rows)))
    timed = regions.regions(_samples(*rows))
    assert dict(regions.fixed_ns(timed, pandas.Series({5: 10}), 0.5)) == {5: 15.0}


def test_without_pairs_nothing_is_known_of_it() -> None:
    timed = regions.regions(_samples((5, 0, 0, 0, 10, 130, 1)))
    assert regions.fixed_ns(timed, pandas.Series({5: 10}), 0.5).empty


def test_a_cell_without_fixed_cost_keeps_all() -> None:
    timed = regions.regions(_samples((0, 0, 0, 0, 10, 130, 1)))
    valued = regions.add_values(timed, pandas.Series({0: float("nan")}), 2.0)
    assert list(valued["ns"]) == [26.0]


def test_the_median_is_over_launches_first() -> None:
    # 10 samples in one launch, 1 in each of two others: they do not outweigh the others.
    rows = [(0, 0, 0, 0, 1, 100, start) for start in range(10)]
    rows += [(0, 1, 0, 0, 1, 200, 20), (0, 2, 0, 0, 1, 300, 30)]
    timed = regions.add_values(
        regions.regions(_samples(*rows)), pandas.Series({0: 0.0}), 1.0
    )
    assert regions.medians(timed)[0] == pytest.approx(200)
