"""
Wilcoxon's signed-rank test, and the estimate and bounds that go with it, by Walsh averages.

The averages of every two of n values (of each with itself, too) hold it all: the statistic is how
many are above 0, the estimate is their median, and a bound is the average at a fixed place from
either end, so that test and bound never contradict each other. It is exact for values that lie
evenly around their centre; of ties and zeros it takes what is least in favour of a difference.

Sources: J. L. Hodges and E. L. Lehmann, "Estimates of Location Based on Rank Tests", Annals of
Mathematical Statistics 34 (1963); M. Hollander, D. A. Wolfe and E. Chicken, "Nonparametric
Statistical Methods", 3rd edition (2014), sections 3.1 to 3.3; S. Holm, "A Simple Sequentially
Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy


class Centres(NamedTuple):
    """
    Of each row: its estimate; the ends of its interval, each of which is passed by chance with the
    level that was asked for, infinite where the row is too short for that; and the probability of
    such values if their centre were 0, one-sided, for above and for below it.
    """

    value: numpy.ndarray
    low: numpy.ndarray
    high: numpy.ndarray
    p_above: numpy.ndarray
    p_below: numpy.ndarray


@functools.lru_cache(maxsize=None)
def tail(count: int) -> numpy.ndarray:
    """P(statistic of so many values >= place), by place from 0 to n (n + 1) / 2."""
    chances = numpy.ones(1)
    for rank in range(1, count + 1):
        longer = numpy.zeros(len(chances) + rank)
        longer[: len(chances)] += chances / 2
        longer[rank:] += chances / 2
        chances = longer
    summed = numpy.cumsum(chances[::-1])[::-1]
    summed.flags.writeable = False
    return summed


def least_count(level: float) -> int:
    """How many values there must be for the test to be able to reach the level."""
    return int(numpy.ceil(-numpy.log2(level)))


def centres(rows: numpy.ndarray, level: float) -> Centres:
    """Of rows x values, of which there must be one at least in a row."""
    count = rows.shape[1]
    first, second = numpy.triu_indices(count)
    averages = numpy.sort((rows[:, first] + rows[:, second]) / 2, axis=1)
    above = (averages > 0).sum(axis=1)
    below = (averages < 0).sum(axis=1)
    chances = tail(count)
    reached = numpy.flatnonzero(chances <= level)
    ends = numpy.full((2, len(rows)), [[-numpy.inf], [numpy.inf]])
    if len(reached):
        ends = averages[:, [-reached[0], reached[0] - 1]].T
    return Centres(
        numpy.median(averages, axis=1),
        ends[0],
        ends[1],
        chances[above],
        chances[below],
    )


def holm(chances: numpy.ndarray) -> numpy.ndarray:
    """Adjusted for as many tests: those at most alpha are false with that probability together."""
    count = len(chances)
    order = numpy.argsort(chances, kind="stable")
    stepped = chances[order] * (count - numpy.arange(count))
    adjusted = numpy.empty(count)
    adjusted[order] = numpy.minimum(numpy.maximum.accumulate(stepped), 1)
    return adjusted
