"""
The answer: from how many bytes on, across which boundary, is it worth not copying, here?

A module here is named after its experiment and has `rows(dataset)`, which yields what the experiment
says of its boundary, None for a row that it has no cells for.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import (
    Callable,
    Dict,
    Iterator,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy

from results import crossovers, estimate, load, points
from results.crossovers import Crossover
from results.estimate import Estimate
from results.points import Point, Points

QUESTION = "From how many bytes on is it worth not copying, here?"
# In the order of the table: where the data goes, by the experiment that measures it.
BOUNDARIES: Dict[str, str] = {
    "layers": "up another layer",
    "alloc": "into a buffer of one's own",
    "vector": "from fragments to a parser",
    "call": "from OCaml into C",
    "ipc": "to another process",
    "remap": "to another owner of its pages",
    "proxy": "through a proxy",
    "send": "out of a network card",
    "nodes": "to another NUMA node",
}


@dataclass(frozen=True)
class Row:
    """
    instead: what is done instead of the copy. example: what the two
    costs are of. worth: from where on not copying pays, or why that can't be said, in words. value,
    low, high: that place in bytes, where there is one. beyond: where it lies outside of the sizes that
    were measured, surely: their least, from which on it pays already (below), or their greatest, up to
    which it pays nowhere (above).
    """

    experiment: str
    worth: str
    instead: str = ""
    example: str = ""
    copying: str = ""
    sparing: str = ""
    value: Optional[float] = None
    low: Optional[float] = None
    high: Optional[float] = None
    cells: Tuple[int, ...] = ()
    below: Optional[int] = None
    above: Optional[int] = None

    @property
    def boundary(self) -> str:
        """Where the data goes."""
        return BOUNDARIES[self.experiment]


def of_dataset(dataset: load.Dataset) -> Iterator[Row]:
    """All rows, in the order of BOUNDARIES."""
    for experiment in BOUNDARIES:
        if experiment not in dataset.experiments or dataset.source:
            yield Row(
                experiment, "not measured" + " by copycost" * bool(dataset.source)
            )
        else:
            yield from of_experiment(dataset, experiment)


def of_experiment(dataset: load.Dataset, experiment: str) -> Iterator[Row]:
    """What one experiment says; why it says nothing."""
    module = importlib.import_module(f"{__name__}.{experiment}")
    found = [one for one in module.rows(dataset) if one]
    if not found:
        why = points.reason(dataset, experiment)
        found = [Row(experiment, f"can't be said here: {why}")]
    yield from found


Figure = Callable[[numpy.ndarray], numpy.ndarray]
_UNKNOWN = Estimate(numpy.nan, numpy.nan, numpy.nan)


class Costs(NamedTuple):
    """What copying and not copying cost, in words, and of what."""

    example: str
    copying: str
    sparing: str


def row(
    experiment: str,
    instead: str,
    costs: Costs,
    found: Points,
    sizes: Sequence[int],
    asked: Sequence[Point],
    more: Figure,
) -> Row:
    """
    Of the sizes at which both were measured. more: of the ns of the points that are asked for by how
    much, or by what factor in logarithms, not copying costs more than copying, draws x sizes.
    """
    cells = tuple(dict.fromkeys(found.cells(*asked)))
    if len(sizes) == 1:
        worth = at_one_size(sizes[0], found.estimate(asked, lambda ns: more(ns)[:, 0]))
        return Row(experiment, worth, instead, *costs, cells=cells)
    place = crossovers.last_crossing(sizes)
    found_bytes = found.estimate(asked, lambda ns: place(more(ns)))
    crossover = Crossover(
        sizes, found_bytes, _UNKNOWN, crossovers.enough(found, asked), cells
    )
    worth = crossovers.place_text(crossover)
    below = sizes[0] if crossover.always and crossover.sure else None
    above = sizes[-1] if crossover.never and crossover.sure else None
    return Row(
        experiment, worth, instead, *costs, *number(crossover), cells, below, above
    )


def at_one_size(size: int, more: Estimate) -> str:
    """Whether not copying pays there, in words."""
    where = f"{estimate.size_text(size)}, the only size measured"
    if more.high < 0:
        return f"at {where}"
    return f"not at {where}" if more.low > 0 else f"can't be told at {where}"


def number(
    found: Crossover,
) -> Tuple[Optional[float], Optional[float], Optional[float]]:
    """The place and its interval in bytes, where there is one among the sizes."""
    size, unit = found.figure
    if unit != "bytes":
        return None, None, None
    value, low, high = (float(each) if numpy.isfinite(each) else None for each in size)
    return value, low, high


def of_points(
    experiment: str,
    instead: str,
    found: Points,
    copied: Mapping[int, Point],
    spared: Mapping[int, Point],
    usual_bytes: int,
) -> Optional[Row]:
    """Of the points by size that were measured both with the copy and without it."""
    sizes = [
        size
        for size in sorted(set(copied) & set(spared))
        if found.has(copied[size], spared[size])
    ]
    if not sizes:
        return None
    usual = points.nearest(sizes, usual_bytes)
    copying, sparing = (
        estimate.time_text(found.estimate([each[usual]], lambda ns: ns[:, 0]))
        for each in (copied, spared)
    )
    costs = Costs(estimate.size_text(usual), copying, sparing)
    asked = [each[size] for each in (spared, copied) for size in sizes]
    return row(experiment, instead, costs, found, sizes, asked, crossovers.times_more)
