"""Through a proxy: by splice instead of reading and writing, in the proxy's own CPU time."""

from __future__ import annotations

from typing import Iterator, Optional

from results import load, relays
from results.answer import Row, of_points
from results.relays import INSPECTIONS, NAME, Line

USUAL_BYTES = 64 << 10


def rows(dataset: load.Dataset) -> Iterator[Optional[Row]]:
    """By what the proxy looks at."""
    cells = relays.read(dataset)
    for inspect, words in INSPECTIONS.items():
        line = Line("splice", inspect)
        messages = cells.messages(line, line.based())
        yield of_points(
            NAME,
            f"splice instead of read and write, {words}",
            cells.costs,
            {size: cells.point(line.based(), size) for size in messages},
            {size: cells.point(line, size) for size in messages},
            USUAL_BYTES,
        )
