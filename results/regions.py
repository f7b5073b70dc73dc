"""From raw samples to values: timed regions, and the ns per call that they stand for."""

import pandas

_REGION = ["cell", "launch", "sweep", "start_ns"]


def regions(samples: pandas.DataFrame) -> pandas.DataFrame:
    """
    One row a timed region, in the order of measurement: its members share cell, launch, sweep
    and start_ns. `ticks` is the slowest member's, because the work is done when the last is;
    `members` is how many there are, `rows` how many rows, `first` the index of the first of them.
    """
    grouped = samples.assign(first=samples.index).groupby(_REGION, sort=False)
    timed = grouped.agg(
        calls=("calls", "max"),
        ticks=("ticks", "max"),
        members=("member", "nunique"),
        rows=("member", "size"),
        first=("first", "min"),
    )
    return timed.reset_index()


def fixed_ns(
    timed: pandas.DataFrame, calls: pandas.Series, ns_per_tick: float
) -> pandas.Series:
    """
    By cell: what a region costs beyond its calls, from regions T of N and of 2 N calls. N is in
    `calls`, by cell. T(N) = fixed + N call and T(2 N) = fixed + 2 N call, so fixed is
    2 T(N) - T(2 N): the median over launches, T being a launch's median. Cells that have not
    both in any launch are left out.
    """
    once = timed["cell"].map(calls)
    keys = ["cell", "launch"]
    single = timed[timed["calls"] == once].groupby(keys)["ticks"].median()
    double = timed[timed["calls"] == 2 * once].groupby(keys)["ticks"].median()
    by_launch = (2 * single - double).dropna() * ns_per_tick
    return by_launch.groupby("cell").median()


def add_values(
    timed: pandas.DataFrame, fixed_ns: pandas.Series, ns_per_tick: float
) -> pandas.DataFrame:
    """
    Adds `ns`, per call. `fixed_ns`, by cell, is what a region costs beyond its calls; a cell that
    has none (it failed) has nothing taken off.
    """
    fixed = timed["cell"].map(fixed_ns).fillna(0.0)
    return timed.assign(ns=(timed["ticks"] * ns_per_tick - fixed) / timed["calls"])


def medians(of_cells: pandas.DataFrame) -> pandas.Series:
    """By cell: the median over launches of each launch's median."""
    by_launch = of_cells.groupby(["cell", "launch"])["ns"].median()
    return by_launch.groupby("cell").median()
