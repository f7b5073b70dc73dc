"""
Figures derived from several cells (slopes, ratios, crossovers), with intervals.

Launches are what varies: each is a fresh process, and all cells of a launch share its minute. So
launches are drawn anew (bootstrap; Efron & Tibshirani, "An Introduction to the Bootstrap", 1993),
all cells together, and the figure is computed of each draw. Dear cells are visited in some of the
launches only, and a draw has more or fewer of theirs, which widens their spread by about what so few
need: intervals of a ratio of a cell of 34 launches and one of 3, 4, 6 or 10 hold the truth in 92, 96,
98 and 99 % (simulated: results/test/test_estimate.py).
"""

from __future__ import annotations

import warnings
from typing import Callable, NamedTuple, Sequence, Tuple

import numpy
import pandas
from scipy import stats

from results import load

DRAWS = 1000
LAUNCHES_MIN = 3
LAUNCHES_HALVED = 6  # to choose by one half of them and to judge by the other
_SEED = 1


class Estimate(NamedTuple):
    """A figure and its 95 % interval; NAN where there is none."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half the interval's width."""
        return (self.high - self.low) / 2

    @property
    def known(self) -> bool:
        """Whether there is a figure."""
        return bool(numpy.isfinite(self.value))

    def meets(self, low: float, high: float) -> bool:
        """Whether the interval has a part between these; without one, whether the value is."""
        if not numpy.isfinite(self.low):
            return low <= self.value <= high
        return self.low <= high and self.high >= low


def launches(dataset: load.Dataset, experiment: str) -> pandas.DataFrame:
    """ns per call: a row a cell, a column a launch, the median of its samples; NAN if none."""
    timed = dataset.samples_region(experiment)
    medians = timed.groupby(["cell", "launch"])["ns"].median()
    return medians.unstack("launch")


def count(table: pandas.DataFrame, cells: Sequence[int]) -> int:
    """In how many launches that of these cells was measured that was so in fewest; 0 if in none."""
    measured = table.reindex(cells).notna().sum(axis=1)
    return int(measured.min()) if len(measured) else 0


def halves(table: pandas.DataFrame) -> Tuple[pandas.DataFrame, pandas.DataFrame]:
    """
    Of that table every other launch of each cell, and the rest: what is the best or the worst of
    many by some launches has to be judged by others, since it is the luckiest of them, too.
    """
    even = table.notna().cumsum(axis=1) % 2 == 0
    return table.mask(even), table.where(even)


def cpu_launches(
    dataset: load.Dataset, experiment: str, members: Sequence[int]
) -> pandas.DataFrame:
    """CPU time in ns per call of these members together, as launches() has times."""
    used = dataset.samples(experiment)
    used = used[used["member"].isin(list(members))]
    keys = ["cell", "launch", "sweep", "start_ns"]
    regions = used.groupby(keys).agg(cpu_ns=("cpu_ns", "sum"), calls=("calls", "max"))
    each = regions["cpu_ns"] / regions["calls"]
    return each.groupby(["cell", "launch"]).median().unstack("launch")


class Draws(NamedTuple):
    """
    The launches of some cells drawn anew, so that several figures can be had of the same draws.
    median: 1 x cells, of the launches as they were; empty where a cell has none. medians: draws x
    cells; none from fewer than three launches of any. drawn: of so many launches. launches: of the
    cell that has fewest. All in the table's unit.
    """

    median: numpy.ndarray
    medians: numpy.ndarray
    drawn: int
    launches: int

    def estimate(self, figure: Callable[[numpy.ndarray], numpy.ndarray]) -> Estimate:
        """`figure` takes an array of draws x cells and returns a value a draw."""
        if not len(self.median):
            return Estimate(numpy.nan, numpy.nan, numpy.nan)
        value = float(figure(self.median)[0])
        if not len(self.medians):
            return Estimate(value, numpy.nan, numpy.nan)
        with numpy.errstate(all="ignore"):
            values = figure(self.medians)
        values = values[numpy.isfinite(values)]
        if not len(values):
            return Estimate(value, numpy.nan, numpy.nan)
        ends = numpy.quantile(values, (0.025, 0.975))
        wider = few_launches(self.drawn)
        if min(values) > 0 and value > 0:  # sizes, costs and ratios stay above 0
            low, high = value * (ends / value) ** wider
        else:
            low, high = value + wider * (ends - value)
        return Estimate(value, float(min(value, low)), float(max(value, high)))


def draw(table: pandas.DataFrame, cells: Sequence[int]) -> Draws:
    """Of these cells. `table` is that of launches()."""
    rows = table.reindex(cells).to_numpy(dtype=float)
    rows = rows[:, numpy.isfinite(rows).any(axis=0)]
    among, least = rows.shape[1], count(table, cells)
    none = numpy.empty((0, len(rows)))
    if not least:
        return Draws(none, none, among, least)
    median = numpy.nanmedian(rows, axis=1)[None, :]
    if least < LAUNCHES_MIN:
        return Draws(median, none, among, least)
    random = numpy.random.default_rng(_SEED)
    drawn = random.integers(among, size=(DRAWS, among))
    whole = numpy.isfinite(rows).all()  # the usual case, and twice as fast
    middle = numpy.median if whole else numpy.nanmedian
    with numpy.errstate(all="ignore"), warnings.catch_warnings():
        # A draw without any launch of some cell is left out below.
        warnings.simplefilter("ignore", RuntimeWarning)
        medians = middle(rows[:, drawn], axis=2).T
    return Draws(median, medians[numpy.isfinite(medians).all(axis=1)], among, least)


def bootstrap(
    table: pandas.DataFrame,
    cells: Sequence[int],
    figure: Callable[[numpy.ndarray], numpy.ndarray],
) -> Estimate:
    """
    The figure of these cells. `table` is that of launches(). `figure` takes an array of draws x
    cells, in ns, and returns a value a draw. No interval from fewer than three launches of a cell.
    """
    return draw(table, cells).estimate(figure)


def few_launches(count: int) -> float:
    """
    By how much the bootstrap's interval of so many launches is too narrow: their spread is that of
    a sample (n - 1), and is not known itself, as in Student's t. 2.7 for three launches, 1.05 for
    thirty. Source: T. Hesterberg, "What Teachers Should Know About the Bootstrap", The American
    Statistician 69 (2015), section 4.1; his expanded percentiles end at the most extreme draw, which
    is too near for a few.
    """
    student = float(stats.t.ppf(0.975, count - 1) / stats.norm.ppf(0.975))
    return student * (count / (count - 1)) ** 0.5


def slope(x: Sequence[float]) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """For bootstrap(): least squares over cells at these places, ns per unit of x."""
    centred = numpy.asarray(x, dtype=float) - numpy.mean(x)
    return lambda ns: ns @ centred / (centred @ centred)


def determination(x: Sequence[float], ns: Sequence[float]) -> float:
    """R² of the straight line; NAN if all values are equal."""
    if numpy.ptp(ns) == 0 or numpy.ptp(x) == 0:
        return float("nan")
    return float(numpy.corrcoef(x, ns)[0, 1] ** 2)


def digits(value: float, count: int = 3) -> str:
    """So many significant digits, all of a whole number's, never an exponent."""
    return f"{value:.0f}" if abs(value) >= 10 ** (count - 1) else f"{value:.{count}g}"


def text(estimate: Estimate, unit: str) -> str:
    """ "21.4 ns ± 1.2", the interval as "(19 to 24)" where it is lopsided."""
    value = f"{digits(estimate.value)} {unit}".strip()
    if not numpy.isfinite(estimate.low):
        return f"{value} (no interval)"
    below, above = estimate.value - estimate.low, estimate.high - estimate.value
    if min(below, above) < 0.5 * max(below, above):
        return f"{value} ({digits(estimate.low)} to {digits(estimate.high)})"
    return f"{value} ± {digits(estimate.half, 2)}"


def bytes_text(size: float) -> str:
    """A size in IEC units, to three digits."""
    units = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1))
    unit, scale = next(each for each in units if size >= each[1] or each[1] == 1)
    return f"{digits(size / scale)} {unit}"


def size_text(count: int) -> str:
    """Whole MiB or KiB where they are whole, else bytes: a size that was asked for."""
    for unit, factor in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count % factor == 0:
            return f"{count // factor} {unit}"
    return f"{count} B"


def time_text(found: Estimate) -> str:
    """A time in ns, from 10 µs on in µs, from 10 ms on in ms."""
    for unit, scale in (("ms", 1e6), ("µs", 1e3)):
        if abs(found.value) >= 10 * scale:
            return text(Estimate(*(each / scale for each in found)), unit)
    return text(found, "ns")
