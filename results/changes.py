"""
Where a series rises from one level to another: at most one change point, by least squares.

Source: C. Truong, L. Oudre and N. Vayatis, "Selective review of offline change point detection
methods", Signal Processing 167 (2020): the L2 cost, one breakpoint, a linear penalty for it.
"""

from __future__ import annotations

import numpy

LEVEL_LEAST = 3  # places that the later level has at least
RISE_LEAST = 0.05  # of the later level; a smaller one is none
PENALTY = 3.0  # of the change, in logarithms of the length; 1.5 would be BIC's: noise is seldom white


def rise(series: numpy.ndarray) -> numpy.ndarray:
    """
    Of each row the place from which it stays on a higher level; 0 where there is no such place.
    """
    count = series.shape[1]
    places = numpy.arange(1, count - LEVEL_LEAST + 1)
    if not len(places):
        return numpy.zeros(len(series))
    sums, total = numpy.cumsum(series, axis=1), series.sum(axis=1, keepdims=True)
    low = sums[:, places - 1] / places
    high = (total - sums[:, places - 1]) / (count - places)
    # What two levels explain beyond one.
    explained = (high - low) ** 2 * places * (count - places) / count
    best = explained.argmax(axis=1)
    rows = numpy.arange(len(series))
    whole = ((series - total / count) ** 2).sum(axis=1)
    rest = numpy.maximum(whole - explained[rows, best], 1e-12 * whole)
    worth = count * numpy.log(
        numpy.maximum(whole, 1e-300) / numpy.maximum(rest, 1e-300)
    )
    rises = high[rows, best] - low[rows, best] > RISE_LEAST * high[rows, best]
    known = rises & (worth > PENALTY * numpy.log(count))
    return numpy.where(known, places[best], 0).astype(float)
