"""Parsed from fragments: in place, instead of flattened first."""

from __future__ import annotations

from typing import Iterator

import numpy

from results import estimate, load
from results.answer import Row
from results.findings import vector


def rows(dataset: load.Dataset) -> Iterator[Row]:
    """A row a parser."""
    cells = vector.pairs(dataset.table("vector"))
    launches = estimate.launches(dataset, "vector")
    for parser, name in vector.NAMES.items():
        own = cells[cells["parser"] == parser]
        if own.empty:
            continue
        crossover = vector.Crossover.of(launches, own, parser)
        message = vector.usual_message(own)
        flat, place = (
            estimate.text(
                estimate.bootstrap(launches, [int(message[way])], lambda ns: ns[:, 0]),
                "ns",
            )
            for way in ("flatten", "in_place")
        )
        value, low, high = (
            float(each) if crossover.inside and numpy.isfinite(each) else None
            for each in crossover.estimate
        )
        yield Row(
            "vector",
            crossover.where,
            f"{name} in place instead of flattened",
            f"{message['size']} B in {message['fragments']}",
            flat,
            place,
            value,
            low,
            high,
            tuple(int(cell) for cell in crossover.cells),
        )
