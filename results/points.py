"""The measured cells of an experiment by their points, for figures that need several of them."""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Sequence, Tuple

import numpy
import pandas

from results import estimate, load
from results.estimate import Estimate

MEASURED = ("ok", "noisy")
USUAL_KERNEL = "copy_libc_memcpy"
USUAL_BYTES = 1500

Point = Tuple[Any, ...]


class Points(NamedTuple):
    """
    places: (experiment, cell) by point, the values of some axes. launches: a row for each place,
    as estimate.launches() gives it.
    """

    places: Dict[Point, Tuple[str, int]]
    launches: pandas.DataFrame

    def has(self, *points: Point) -> bool:
        """Whether all of these were measured."""
        return all(point in self.places for point in points)

    def cells(self, *points: Point) -> Tuple[int, ...]:
        """Their numbers."""
        return tuple(self.places[point][1] for point in points)

    def count(self, points: Sequence[Point]) -> int:
        """In how many launches the least measured of these was."""
        return estimate.count(self.launches, self._index(points))

    def estimate(
        self, points: Sequence[Point], figure: Callable[[numpy.ndarray], numpy.ndarray]
    ) -> Estimate:
        """The figure of these, as estimate.bootstrap() has it."""
        return estimate.bootstrap(self.launches, self._index(points), figure)

    def _index(self, points: Sequence[Point]) -> pandas.MultiIndex:
        return pandas.MultiIndex.from_tuples([self.places[point] for point in points])

    def by(self, launches: pandas.DataFrame) -> Points:
        """The same points by other figures of their experiment, a row a cell as launches() has it."""
        (experiment,) = {name for name, _ in self.places.values()} or {""}
        return Points(self.places, _named(experiment, launches))

    def beside(self, other: Points) -> Points:
        """Both; launches of one run are the same in all its experiments."""
        return Points(
            {**self.places, **other.places},
            pandas.concat([self.launches, other.launches]),
        )


def read(
    dataset: load.Dataset, experiment: str, axes: Sequence[str], **only: Any
) -> Points:
    """The points of these axes, where the table's other columns have the values of `only`."""
    table = dataset.table(experiment)
    fit = table["verdict"].isin(MEASURED)
    for column, value in only.items():
        fit &= table[column] == value
    points = zip(*(table[fit][axis].tolist() for axis in axes))
    places = [(experiment, cell) for cell in table[fit]["cell"].tolist()]
    launches = estimate.launches(dataset, experiment)
    return Points(dict(zip(points, places)), _named(experiment, launches))


def _named(experiment: str, launches: pandas.DataFrame) -> pandas.DataFrame:
    """By experiment and cell."""
    index = pandas.MultiIndex.from_product([[experiment], launches.index])
    return launches.set_axis(index, axis=0)


def nearest(sizes: Sequence[int], wanted: int) -> int:
    """By their ratio."""
    return min(sizes, key=lambda size: abs(numpy.log(size / wanted)))


def usual_size(sizes: Sequence[int]) -> int:
    """That of a full Ethernet packet, or what is nearest to it."""
    return nearest(sizes, USUAL_BYTES)


def usual_kernel(dataset: load.Dataset, experiment: str) -> str:
    """The C library's memcpy, if it was measured, else the first kernel."""
    names = list(dataset.table(experiment)["kernel"].unique())
    return USUAL_KERNEL if USUAL_KERNEL in names or not names else str(names[0])


def reason(dataset: load.Dataset, experiment: str, **only: Any) -> str:
    """Why cells with these values were not measured."""
    table = dataset.table(experiment)
    for column, value in only.items():
        table = table[table[column] == value]
    reasons = table[~table["verdict"].isin(MEASURED) & (table["reason"] != "")]
    return str(reasons["reason"].iloc[0]) if len(reasons) else "not asked for"
