"""
The measured cells of the remap experiment: what a payload's way to its consumer costs, by mechanism,
touch and size, and from which size on one is cheaper than the copy.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence

import pandas

from results import crossovers, load, points
from results.crossovers import Crossover
from results.points import Point, Points

NAME = "remap"
COPY = "memcpy"
MECHANISMS = {  # and what it does to a payload
    "memfd": "shared in a memfd",
    "mremap": "moved by mremap",
    "mremap_dontunmap": "moved by mremap_dontunmap",
    "userfaultfd": "moved by userfaultfd",
    "vmsplice_gift": "given to a pipe by vmsplice_gift and read",
    "process_vm_readv": "copied by process_vm_readv",
}
FLIPS = ("mremap", "mremap_dontunmap", "userfaultfd")
TOUCHES = {
    "none": "untouched",
    "header": "with its header touched",
    "lines": "with every line touched",
    "all": "with every byte touched",
}
TABLE_BYTES = 2 << 20  # from here on, mremap moves whole page-table pages


class Line(NamedTuple):
    """One way, by size: the points of it and of the copy beside it."""

    mechanism: str
    touch: str
    page: str = "base"
    threads: int = 0

    def point(self, size: int) -> Point:
        """Of the cell."""
        return self.mechanism, self.touch, self.page, self.threads, size

    def copied(self) -> Line:
        """The same payloads copied."""
        return self._replace(mechanism=COPY)


class Cells(NamedTuple):
    """The measured cells, memcpy's of one kernel."""

    kernel: str
    page_bytes: int
    found: Points
    table: pandas.DataFrame

    def sizes(self, *lines: Line) -> List[int]:
        """Those at which all of these were measured, ascending."""
        known = sorted({place[-1] for place in self.found.places})
        return [
            size
            for size in known
            if self.found.has(*(line.point(size) for line in lines))
        ]

    def points(self, line: Line, sizes: Sequence[int]) -> List[Point]:
        """Of these sizes."""
        return [line.point(size) for size in sizes]

    def row(self, point: Point) -> pandas.Series:
        """Of the table."""
        return self.table.loc[self.found.places[point][1]]

    def threads(self) -> int:
        """The most other threads that ran meanwhile."""
        return max((place[3] for place in self.found.places), default=0)


def read(dataset: load.Dataset) -> Cells:
    """Memcpy's of the usual kernel, if it was measured, else of the first."""
    table = dataset.table(NAME)
    names = list(table[table["mechanism"] == COPY]["kernel"].dropna().unique())
    usual = points.USUAL_KERNEL
    kernel = usual if usual in names or not names else str(names[0])
    axes = ["mechanism", "touch", "page", "threads", "size", "kernel"]
    every = points.read(dataset, NAME, axes)
    places = {
        point[:-1]: place
        for point, place in every.places.items()
        if point[0] != COPY or point[-1] == kernel
    }
    page_bytes = int((dataset.machine.get("memory") or {}).get("page_bytes") or 4096)
    found = every._replace(places=places)
    return Cells(kernel, page_bytes, found, table.set_index("cell"))


def crossover(cells: Cells, line: Line) -> Optional[Crossover]:
    """Against the copy."""
    copied = line.copied()
    sizes = cells.sizes(line, copied)
    way, copy = cells.points(line, sizes), cells.points(copied, sizes)
    return crossovers.find(cells.found, sizes, way, copy)
