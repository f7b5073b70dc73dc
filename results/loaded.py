"""
The measured cells of the loaded experiment: how long a load takes by what others copy meanwhile.

Two figures of a load's latency: the time of a call, which is the mean over a region's loads and has
an interval; and percentiles of readings, of a few loads each and over all launches, which have none.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional

import numpy
import pandas

from results import histograms, load, points
from results.estimate import Estimate
from results.points import Points

NAME = "loaded"
PS_PER_NS = 1000
PERCENT = 100  # the rate of copiers that are not throttled


class Place(NamedTuple):
    """A cell: so many copiers at that rate, in per cent, and what they copied together."""

    cell: int
    copiers: int
    rate: int
    gb_per_s: float


class Curve(NamedTuple):
    """
    The cells of a working set: places ascending by what was copied, the idle one first. readings:
    of each cell the bins, ascending, in ns, and how many are in each.
    """

    size: int
    kernel: str
    places: List[Place]
    loads_per_reading: int
    found: Points
    readings: Dict[int, pandas.DataFrame]

    def ns(self, place: Place) -> Estimate:
        """Of a load."""
        return self.of([place], lambda ns: ns[:, 0])

    def factor(self, place: Place) -> Estimate:
        """How many times as long as on the idle machine it takes."""
        return self.of([place, self.places[0]], lambda ns: ns[:, 0] / ns[:, 1])

    def of(
        self,
        places: List[Place],
        figure: Callable[[numpy.ndarray], numpy.ndarray],
    ) -> Estimate:
        """The figure of these, as estimate.bootstrap() has it."""
        return self.found.estimate([(place.cell,) for place in places], figure)

    def percentile(self, place: Place, percent: float) -> float:
        """Of the readings, ns a load; NAN where they are too few."""
        bins = self.readings.get(place.cell)
        if bins is None:
            return float("nan")
        return histograms.percentile(bins, "ns", percent)

    @property
    def loaded(self) -> List[Place]:
        """Those with copiers."""
        return self.places[1:]

    def at(self, copiers: int, rate: int) -> Optional[Place]:
        """So many copiers at that rate."""
        same = [each for each in self.places if each[1:3] == (copiers, rate)]
        return same[0] if same else None

    @property
    def cells(self) -> tuple[int, ...]:
        """The numbers of all."""
        return tuple(place.cell for place in self.places)


def read(dataset: load.Dataset) -> List[Curve]:
    """One for each working set of which the idle latency was measured, ascending; of one kernel."""
    table = dataset.table(NAME)
    kernel = usual_kernel(table)
    fit = table[
        table["verdict"].isin(points.MEASURED) & table["kernel"].isin([kernel, ""])
    ]
    found = points.read(dataset, NAME, ["cell"])
    readings = read_readings(dataset)
    curves = []
    for size, rows in fit.groupby("size"):
        columns = (rows[name] for name in ("cell", "copiers", "injected_gb_per_s"))
        places = [
            Place(int(cell), int(copiers), int(rate), float(gb_per_s))
            for cell, copiers, gb_per_s, rate in zip(*columns, rows["rate"].fillna(0))
        ]
        places.sort(key=lambda place: (place.copiers > 0, place.gb_per_s))
        if places[0].copiers == 0:
            each = int(rows["loads_per_reading"].median())
            curves.append(Curve(int(size), kernel, places, each, found, readings))
    return curves


def usual_kernel(table: pandas.DataFrame) -> str:
    """The C library's memcpy, if it was measured, else the first kernel; "" if none copied."""
    fit = table[table["verdict"].isin(points.MEASURED) & (table["kernel"] != "")]
    names = list(fit["kernel"].unique())
    return points.USUAL_KERNEL if points.USUAL_KERNEL in names else "".join(names[:1])


def read_readings(dataset: load.Dataset) -> Dict[int, pandas.DataFrame]:
    """The histogram of each cell, in ns."""
    bins = dataset.histogram(NAME)
    bins["ns"] = bins["latency_ps"] / PS_PER_NS
    return {int(cell): rows.sort_values("ns") for cell, rows in bins.groupby("cell")}
