"""
Where a series goes from one level to another.

rise(): at most one change point, by least squares. Source: C. Truong, L. Oudre and N. Vayatis,
"Selective review of offline change point detection methods", Signal Processing 167 (2020): the L2
cost, one breakpoint, a linear penalty for it.

divide(): any number of them, in many series at once, by E-divisive.
"""

from __future__ import annotations

from typing import List, Tuple

import numpy
import pandas

LEVEL_LEAST = 3  # places that the later level has at least; of divide() any level
RISE_LEAST = 0.05  # of the later level; a smaller one is none
PENALTY = 3.0  # of the change, in logarithms of the length; 1.5 would be BIC's: noise is seldom white
POINTS_LEAST = 10  # of a series, or a part of one, that is to be divided
STEP_LEAST = 0.015  # of a level, in logarithms; a smaller one is none
PERMUTATIONS = 499
ALARMS = 0.05  # of histories without any change, the share in which one is told
FLOOR = 0.01  # mean distance below which noise is no matter, in logarithms
FAR = 3.0  # deviations from the median, beyond which it does not matter how far


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


def divide(series: numpy.ndarray) -> List[Tuple[int, ...]]:
    """
    Of each row (logarithms by run, in time; NAN where there is none) the places from which it is on
    another level, ascending. Rows of fewer than POINTS_LEAST points have none.

    E-divisive: a series is split where the energy distance of both sides is greatest, if a
    permutation test says so, and its parts again. D. Matteson and N. James, "A Nonparametric
    Approach for Multiple Change Point Analysis of Multivariate Data", Journal of the American
    Statistical Association 109 (2014), with their alpha = 1. It averages over pairs of different
    points, in which a single spike cancels.

    Runs are permuted, of all rows alike, and each row is held against the greatest of all rows
    (P. Westfall and S. Young, "Resampling-Based Multiple Testing", 1993). So of histories in which
    nothing changed at most ALARMS have a change in any row, however rows depend on each other; a bad
    day slows many. That rests on runs being exchangeable: a drift that lasts for runs is a change.
    """
    found: List[List[int]] = [[] for _ in series]
    parts = [(row, 0, series.shape[1]) for row in range(len(series))]
    while parts:
        alone = numpy.full((len(parts), series.shape[1]), numpy.nan)
        for place, (row, start, stop) in enumerate(parts):
            alone[place, start:stop] = series[row, start:stop]
        enough = numpy.isfinite(alone).sum(axis=1) >= POINTS_LEAST
        parts = [part for part, fit in zip(parts, enough) if fit]
        later = []
        for (row, start, stop), place in zip(parts, _split(alone[enough])):
            if place:
                found[row].append(place)
                later += [(row, start, place), (row, place, stop)]
        parts = later
    return [tuple(sorted(places)) for places in found]


def _split(rows: numpy.ndarray) -> List[int]:
    """Of each row the place of its change; 0 if there is none."""
    if not len(rows):
        return []
    random, count = numpy.random.default_rng(1), rows.shape[1]
    energies = _Energies(_bounded(rows), random)
    greatest = [
        energies.odd(random.permutation(count)).max() for _ in range(PERMUTATIONS)
    ]
    beyond = numpy.sort(greatest)[-round(ALARMS * (PERMUTATIONS + 1))]
    whole = numpy.arange(count)
    certain = energies.odd(whole) > beyond * (1 + 1e-6)
    best = numpy.where(certain, energies.at(whole)[0], 0).argmax(axis=0) + 1
    found = numpy.where(certain.any(axis=0), best, 0).tolist()
    return [_step(row, place) if place else 0 for row, place in zip(rows, found)]


def _step(row: numpy.ndarray, place: int) -> int:
    """Its first point from that place on; 0 if the levels before and after hardly differ."""
    step = numpy.nanmedian(row[place:]) - numpy.nanmedian(row[:place])
    first = place + int(numpy.isfinite(row[place:]).argmax())
    return first if abs(step) >= STEP_LEAST else 0


def _bounded(rows: numpy.ndarray) -> numpy.ndarray:
    """Spikes cut down, which would hide a step that is small beside them (Winsor's mean)."""
    middle = numpy.nanmedian(rows, axis=1, keepdims=True)
    spread = numpy.nanmedian(numpy.abs(rows - middle), axis=1, keepdims=True)
    reach = FAR * (
        1.4826 * spread + FLOOR / 3
    )  # as a standard deviation, if it is normal
    return numpy.clip(rows, middle - reach, middle + reach)


class _Energies:
    """
    How far apart both sides of every split of every row are, the runs in any order. Distances are
    in units of the row's mean distance, which no order changes, so that rows can be compared.
    """

    def __init__(self, rows: numpy.ndarray, random: numpy.random.Generator) -> None:
        count = rows.shape[1]
        present = numpy.isfinite(rows).T.astype("f4")
        self.points = present.sum(axis=0)
        # Rows without a gap, the usual case, are all split alike.
        self.present = present[:, :1] if present.all() else present
        self.later, self.earlier = numpy.tril_indices(count, -1)
        self.starts = numpy.arange(count - 1) * numpy.arange(1, count) // 2
        pairs = numpy.arange(len(self.later))
        self.numbers = numpy.zeros((count, count), dtype=int)
        self.numbers[self.later, self.earlier] = pairs
        self.numbers[self.earlier, self.later] = pairs
        far = numpy.nan_to_num(numpy.abs(rows.T[self.later] - rows.T[self.earlier]))
        mean = far.sum(axis=0) / (self.points * (self.points - 1) / 2)
        self.far = (far / (mean + FLOOR)).astype("f4")
        self.total = self.far.sum(axis=0)
        self.by_run = numpy.stack(
            [
                self.far[numpy.delete(self.numbers[run], run)].sum(axis=0)
                for run in range(count)
            ]
        )
        self.usual = self._usual(random)

    def at(self, order: numpy.ndarray) -> Tuple[numpy.ndarray, numpy.ndarray]:
        """
        Splits x rows: the energy distance, 0 where a side has less than LEVEL_LEAST points; and the
        points of the smaller side.
        """
        each = self.far[self.numbers[order[self.later], order[self.earlier]]]
        within = numpy.add.reduceat(each, self.starts, axis=0).cumsum(axis=0)
        within = numpy.vstack([numpy.zeros_like(within[:1]), within[:-1]])
        across = self.by_run[order[:-1]].cumsum(axis=0) - 2 * within
        left = self.present[order[:-1]].cumsum(axis=0)
        right = self.present.sum(axis=0) - left
        smaller = numpy.minimum(left, right)
        valid = smaller >= LEVEL_LEAST
        left, right = numpy.where(valid, left, 2), numpy.where(valid, right, 2)
        apart = 2 * across / (left * right) - within / (left * (left - 1) / 2)
        apart -= (self.total - across - within) / (right * (right - 1) / 2)
        apart *= left * right / (left + right)
        return numpy.where(valid, apart, 0), smaller.astype(int)

    def _usual(self, random: numpy.random.Generator) -> numpy.ndarray:
        """
        By points and those of the smaller side what chance exceeds in half a row of all: three odd
        runs are easily the last ones, ten odd ones are not.
        """
        count, rows = self.present.shape[0], len(self.points)
        values, keys = [], []
        points = self.points.astype(int)
        for _ in range(min(PERMUTATIONS, max(40, 100_000 // rows))):
            apart, smaller = self.at(random.permutation(count))
            values.append(apart.ravel())
            keys.append(
                numpy.broadcast_to(points * count + smaller, apart.shape).ravel()
            )
        together = pandas.Series(numpy.concatenate(values))
        share = 1 - 1 / max(1000, 2 * rows)
        rare = together.groupby(numpy.concatenate(keys)).quantile(share)
        usual = numpy.full((count + 1) * count, 1.0)
        usual[rare.index] = numpy.maximum(rare, 1e-3)
        return usual

    def odd(self, order: numpy.ndarray) -> numpy.ndarray:
        """Splits x rows: the energy distance in units of what is usual."""
        apart, smaller = self.at(order)
        return (
            apart
            / self.usual[self.points.astype(int) * self.present.shape[0] + smaller]
        )
