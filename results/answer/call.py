"""From OCaml into C: a call that passes a reference, instead of a copy of the bytes."""

from __future__ import annotations

from typing import Iterator

import numpy

from results import boundaries, estimate, load, points
from results.answer import Costs, Row, row
from results.boundaries import BASE, NAME
from results.points import Points

KINDS = {
    "ocaml_noalloc_bigarray": "a [@@noalloc] call",
    "ocaml_plain_bigarray": "a call",
}


def rows(dataset: load.Dataset) -> Iterator[Row]:
    """What the boundary costs by itself, against what the copy behind it costs."""
    cells = boundaries.read(dataset)
    sizes = [size for size in cells.sizes() if size]
    found = Points(
        {point: (NAME, cell) for point, cell in cells.numbers.items()},
        cells.launches.set_axis([(NAME, cell) for cell in cells.launches.index]),
    )
    for boundary, words in KINDS.items():
        if not sizes or not cells.has((boundary, 0), (BASE, 0)):
            continue
        usual = points.usual_size(sizes)
        copy = cells.estimate(
            [(BASE, usual), (BASE, 0)], lambda ns: ns[:, 0] - ns[:, 1]
        )
        costs = Costs(
            estimate.size_text(usual),
            estimate.text(copy, "ns"),
            estimate.text(cells.fixed(boundary), "ns"),
        )
        asked = [(boundary, 0), (BASE, 0), *((BASE, size) for size in sizes)]
        yield row(
            NAME,
            f"{words} with a reference",
            costs,
            found,
            sizes,
            asked,
            more_than_copy,
        )


def more_than_copy(ns: numpy.ndarray) -> numpy.ndarray:
    """Of the boundary and the copy at 0 bytes, then of the copy by size."""
    return (ns[:, :1] - ns[:, 1:2]) - (ns[:, 2:] - ns[:, 1:2])
