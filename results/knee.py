"""
The knee of a rate that rises with the number of those who share a resource and then stays: a line
through zero that becomes flat, a x min(n, knee), fitted by least squares.

The knee is searched over a grid; for each the slope has a closed form. A piecewise-linear fit with
one free breakpoint, as in Muggeo, "Estimating regression models with unknown break-points",
Statistics in Medicine 2003, of which both slopes are known but for a factor here.
"""

from __future__ import annotations

from typing import Callable, Sequence, Tuple

import numpy

POINTS_MIN = 4  # two unknowns, and something to contradict them
STRAIGHT = 0.9  # a knee beyond this share of the largest number is none
_GRID = 200

Figure = Callable[[numpy.ndarray], numpy.ndarray]


def _fitted(
    counts: Sequence[int], rates: numpy.ndarray
) -> Tuple[numpy.ndarray, numpy.ndarray]:
    """For each draw (row) the knee, and the fitted rates."""
    numbers = numpy.asarray(counts, dtype=float)
    knees = numpy.linspace(numbers[0], numbers[-1], _GRID + 1)
    shapes = numpy.minimum(numbers[None, :], knees[:, None])
    along = rates @ shapes.T
    lengths = (shapes**2).sum(axis=1)
    best = numpy.argmax(along**2 / lengths, axis=1)  # what it leaves is least there
    rows = numpy.arange(len(rates))
    slopes = along[rows, best] / lengths[best]
    return knees[best], slopes[:, None] * shapes[best]


def of(counts: Sequence[int]) -> Figure:
    """Of rates (draws x counts, ascending) the knee of each draw; the largest count if straight."""
    return lambda rates: _fitted(counts, rates)[0]


def furthest(counts: Sequence[int]) -> Figure:
    """Of rates (draws x counts) the ratio to the fit where it is furthest from 1."""

    def figure(rates: numpy.ndarray) -> numpy.ndarray:
        ratios = rates / _fitted(counts, rates)[1]
        place = numpy.argmax(abs(numpy.log(ratios)), axis=1)
        return ratios[numpy.arange(len(rates)), place]

    return figure
