"""Handed over by pages: shared in a memfd or moved by mremap, instead of copied."""

from __future__ import annotations

from typing import Iterator, Optional

from results import load, passages
from results.answer import Row, of_points
from results.passages import NAME, TOUCHES, Line

USUAL_BYTES = 1 << 20
LINES = (Line("memfd", "all"), Line("mremap", "none"), Line("mremap", "all"))


def rows(dataset: load.Dataset) -> Iterator[Optional[Row]]:
    """The way that has to move nothing, and the flip, as little and as much touched as can be."""
    cells = passages.read(dataset)
    for line in LINES:
        sizes = cells.sizes(line, line.copied())
        yield of_points(
            NAME,
            f"{line.mechanism} instead of memcpy, {TOUCHES[line.touch]}",
            cells.found,
            {size: line.copied().point(size) for size in sizes},
            {size: line.point(size) for size in sizes},
            USUAL_BYTES,
        )
