"""
The measured cells of the remap experiment: what a payload's way to its consumer costs, by mechanism,
touch and size, and from which size on one is cheaper than the copy.
"""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Sequence

import numpy
import pandas

from results import load, points
from results.estimate import Estimate
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
LAUNCHES_MIN = 5  # before it is said that something is so at no size, or at every one


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

    @property
    def launches(self) -> int:
        """How many there are at most."""
        return int(self.found.launches.shape[1])


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


def crossing(sizes: Sequence[int]) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """
    For bootstrap(), of one way at these sizes and then of the copy: the size from which on it is
    cheaper for good, straight between sizes in logarithms; the first where it always is, the last
    where it is not even there.
    """
    logs = numpy.log(numpy.asarray(sizes, dtype=float))

    def figure(ns: numpy.ndarray) -> numpy.ndarray:
        way, copy = numpy.split(numpy.log(ns), 2, axis=1)
        more = way - copy
        backwards = more[:, ::-1] >= 0
        last = len(sizes) - 1 - backwards.argmax(axis=1)
        before = numpy.minimum(last, len(sizes) - 2)
        draws = numpy.arange(len(more))
        low, high = more[draws, before], more[draws, before + 1]
        with numpy.errstate(all="ignore"):
            share = numpy.where(last > before, 1.0, low / (low - high))
        places = logs[before] + share * (logs[before + 1] - logs[before])
        places[~backwards.any(axis=1)] = logs[0]
        found: numpy.ndarray = numpy.exp(places)
        ends = numpy.isclose(found, sizes[0]), numpy.isclose(found, sizes[-1])
        return numpy.select(ends, (float(sizes[0]), float(sizes[-1])), found)

    return figure


class Crossover(NamedTuple):
    """
    From how many bytes on a way is cheaper than the copy. ratio: way ÷ copy at the largest size.
    launches: how many it rests on.
    """

    line: Line
    sizes: List[int]
    bytes: Estimate
    ratio: Estimate
    launches: int
    cells: Sequence[int]

    @property
    def never(self) -> bool:
        """Whether it is not cheaper even at the largest size."""
        return self.bytes.value >= self.sizes[-1]

    @property
    def always(self) -> bool:
        """Whether it is cheaper even at the smallest size."""
        return self.bytes.value <= self.sizes[0]

    @property
    def sure(self) -> bool:
        """Whether all draws of enough launches agree that it lies there, or that there is none."""
        known = bool(numpy.isfinite(self.bytes.low)) and self.launches >= LAUNCHES_MIN
        if self.never:
            return known and self.bytes.low >= self.sizes[-1]
        if self.always:
            return known and self.bytes.high <= self.sizes[0]
        return known and self.bytes.high < self.sizes[-1]


def crossover(cells: Cells, line: Line) -> Optional[Crossover]:
    """Of at least two sizes."""
    copied = line.copied()
    sizes = cells.sizes(line, copied)
    if len(sizes) < 2:
        return None
    asked = cells.points(line, sizes) + cells.points(copied, sizes)
    last = [line.point(sizes[-1]), copied.point(sizes[-1])]
    return Crossover(
        line,
        sizes,
        cells.found.estimate(asked, crossing(sizes)),
        cells.found.estimate(last, lambda ns: ns[:, 0] / ns[:, 1]),
        cells.launches,
        cells.found.cells(*asked),
    )
