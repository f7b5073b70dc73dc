"""A buffer of one's own, with the copy into it: a view instead."""

from __future__ import annotations

from typing import Iterator, Optional

from results import load, points
from results.answer import Row, of_points
from results.findings import alloc

WORDS = {"malloc": "one from malloc", "pool": "one from a pool"}


def rows(dataset: load.Dataset) -> Iterator[Optional[Row]]:
    """For buffers from malloc and from a pool."""
    cells = alloc.read(dataset)
    for buffer, words in WORDS.items():
        sizes = cells.sizes(buffer)
        yield of_points(
            alloc.NAME,
            f"a view instead of {words}",
            cells.found,
            {size: (buffer, "copy", size) for size in sizes},
            {size: ("view", "skip", size) for size in sizes},
            points.USUAL_BYTES,
        )
