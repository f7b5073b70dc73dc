"""The comparison of two runs, on cells made up so that the answer is known."""

import pandas

import bench


def cells(factor: float, interval: float) -> pandas.DataFrame:
    """Ten cells; the second run is slower by the factor, intervals reach +- that share."""
    first = pandas.Series([100.0 + number for number in range(10)])
    columns = {"experiment": "size", "temperature": "warm", "size": 64}
    frame = pandas.DataFrame(columns, index=range(10))
    for suffix, median in ((bench.FIRST, first), (bench.SECOND, first * factor)):
        frame["min_ns" + suffix] = frame["median_ns" + suffix] = median
        frame["low_ns" + suffix] = median * (1 - interval)
        frame["high_ns" + suffix] = median * (1 + interval)
    return frame


def test_same_figures_agree() -> None:
    same = cells(1.0, 0.01)
    assert bench.minima_agree(same) == 100
    assert bench.medians_differ(same) == 0
    assert bench.intervals_narrow(same, bench.FIRST) == 100
    assert bench.intervals_hold(same) == 100


def test_slower_run_is_seen() -> None:
    slower = cells(1.05, 0.02)
    assert bench.minima_agree(slower) == 0
    assert 4 < bench.medians_differ(slower) < 6
    assert bench.intervals_hold(slower) == 0


def test_wide_interval_holds_but_is_not_narrow() -> None:
    wide = cells(1.05, 0.10)
    assert bench.intervals_narrow(wide, bench.SECOND) == 0
    assert bench.intervals_hold(wide) == 100


def test_large_and_cold_cells_do_not_count_among_the_minima() -> None:
    mixed = cells(1.0, 0.01)
    mixed.loc[:4, "size"] = bench.SMALL_BYTES + 1
    mixed.loc[:4, "min_ns" + bench.SECOND] *= 2
    assert bench.minima_agree(mixed) == 100


def test_nothing_compared_reaches_no_goal() -> None:
    nothing = cells(1.0, 0.01)[:0]
    assert bench.minima_agree(nothing) == bench.intervals_hold(nothing) == 0
