"""Another layer of a stack: one that passes a view instead of a copy."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence

import numpy

from results import estimate, load
from results.answer import Costs, Row, row
from results.findings import layers
from results.findings.layers import Line, Lines, Place


def rows(dataset: load.Dataset) -> Iterator[Row]:
    """In the working set of most sizes, and in the largest."""
    lines = layers.read(dataset)
    by_set: Dict[int, List[Place]] = {}
    for place in lines.usual_places():
        if lines.line("copy", place) and lines.line("view", place):
            by_set.setdefault(place.working_set, []).append(place)
    if not by_set:
        return
    most = max(by_set, key=lambda each: (len(by_set[each]), -each))
    for working_set in sorted({most, max(by_set)}):
        yield of_places(lines, by_set[working_set])


def of_places(lines: Lines, places: Sequence[Place]) -> Row:
    """Of those of one working set. The first is of the usual size."""
    ordered = sorted(places)
    copied, viewed = (
        [line for place in ordered if (line := lines.line(passing, place))]
        for passing in ("copy", "view")
    )
    usual = ordered.index(places[0])
    costs = Costs(
        f"a layer, {layers.place_text(lines, places[0])}",
        *(estimate.text(lines.slope(each[usual]), "ns") for each in (copied, viewed)),
    )
    return row(
        "layers",
        "a view instead of a copy",
        costs,
        lines.found,
        [place.size for place in ordered],
        [point for line in copied + viewed for point in line.points],
        lambda ns: slopes(ns, viewed, copied),
    )


def slopes(
    ns: numpy.ndarray, viewed: Sequence[Line], copied: Sequence[Line]
) -> numpy.ndarray:
    """What a view's layer costs more than a copied one; the copies' points come first."""
    ends = numpy.cumsum([len(line.points) for line in [*copied, *viewed]])
    parts = numpy.split(ns, ends[:-1], axis=1)
    each = [
        estimate.slope(line.depths)(part)
        for line, part in zip([*copied, *viewed], parts)
    ]
    half = len(copied)
    return numpy.stack([v - c for c, v in zip(each[:half], each[half:])], axis=1)
