"""
How far a run may lie from others of an unchanged machine, learned from those others cell by cell.

A cell is beyond its fence if it lies more than DEVIATIONS from the median of the others, in units of
their own spread: a fence by each case's own history and quartiles is rustc-perf's, the 5 Conbench's
look-back z-score's. Some of thousands of cells are beyond theirs in any run, and all in a bad quarter
of an hour. So that number is learned as well: every run is judged by all others in the same way, the
new one among them, and something has changed if hardly any has as many cells beyond. A run that is like
them has more than so many in ALARMS of cases at most, whatever the distribution and however the
cells depend on each other (E. Edgington, "Randomization Tests", 1980); that rests on runs being
exchangeable.
"""

from __future__ import annotations

from typing import NamedTuple, Tuple

import numpy

LIKE_LEAST = 10  # runs, of a cell
DEVIATIONS = 5.0
ALARMS = 0.1  # of runs in which nothing changed, the share that may be told slower
_QUARTILES = 1.349  # what lies between a normal distribution's, in deviations
FLOOR = 0.005  # in logarithms: nothing is known better than that


class Fences(NamedTuple):
    """
    low, high: by cell the logarithms between which the new run is like the others; NAN from fewer
    than LIKE_LEAST. slower, faster: by run how many cells are beyond, the new run last.
    """

    low: numpy.ndarray
    high: numpy.ndarray
    slower: numpy.ndarray
    faster: numpy.ndarray

    @property
    def runs(self) -> int:
        """Those that the new one is held against."""
        return len(self.slower) - 1

    def changed(self, beyond: numpy.ndarray) -> bool:
        """Of `slower` or `faster`: whether hardly any other run has as many as the new one."""
        share = (beyond >= beyond[-1]).sum() / len(beyond)
        return bool(beyond[-1] > 0 and share <= ALARMS)


def learn(like: numpy.ndarray, new: numpy.ndarray) -> Fences:
    """Of logarithms by cell and run, NAN where there is none, and of the new run's by cell."""
    every = numpy.column_stack([like, new])
    lows, highs = zip(*(_fence(every, run) for run in range(every.shape[1])))
    low, high = numpy.column_stack(lows), numpy.column_stack(highs)
    return Fences(
        low[:, -1], high[:, -1], (every > high).sum(axis=0), (every < low).sum(axis=0)
    )


def _fence(every: numpy.ndarray, run: int) -> Tuple[numpy.ndarray, numpy.ndarray]:
    """That run's ends by all others."""
    others = numpy.sort(numpy.delete(every, run, axis=1), axis=1)  # NAN come last
    count = numpy.isfinite(others).sum(axis=1)
    low, middle, high = (_quantile(others, count, share) for share in (0.25, 0.5, 0.75))
    spread = (high - low) / _QUARTILES
    reach = DEVIATIONS * (spread + FLOOR) * numpy.sqrt(1 + 1 / numpy.maximum(count, 1))
    reach = numpy.where(count >= LIKE_LEAST, reach, numpy.nan)
    return middle - reach, middle + reach


def _quantile(rows: numpy.ndarray, count: numpy.ndarray, share: float) -> numpy.ndarray:
    """Of the first `count` of each row, which ascends; linear between two."""
    place = numpy.maximum(count - 1, 0) * share
    below = numpy.floor(place).astype(int)
    above = numpy.minimum(below + 1, numpy.maximum(count - 1, 0))
    index = numpy.arange(len(rows))
    part = place - below
    return rows[index, below] * (1 - part) + rows[index, above] * part
