"""
The measured cells of the pages experiment: what first touches add, and base pages ÷ huge ones.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

import numpy
import pandas

from results import load, points
from results.estimate import Estimate
from results.points import Point, Points

NAME = "pages"
HUGE = ("thp", "hugetlb")
KINDS = ("base", *HUGE)
GAIN = 0.03  # more than that is a gain
WHOLE = 0.995  # share on huge pages that counts as all


class Cells(NamedTuple):
    """The measured cells of one kernel; chunk: bytes of a call in random order, None if none."""

    kernel: str
    chunk: Optional[int]
    found: Points
    table: pandas.DataFrame

    def point(self, page: str, way: str, size: int) -> Point:
        """Of way first_touch, sequential or random; the latter two are prefaulted."""
        mapping = "first_touch" if way == "first_touch" else "prefaulted"
        order = "random" if way == "random" else "sequential"
        return page, mapping, order, size, self.chunk if way == "random" else size

    def points(self, page: str, way: str, sizes: List[int]) -> List[Point]:
        """Of these sizes."""
        return [self.point(page, way, size) for size in sizes]

    def sizes(self, way: str, *pages: str) -> List[int]:
        """Those measured so on all of these pages, ascending."""
        known = sorted({place[3] for place in self.found.places})
        return [
            size
            for size in known
            if self.found.has(*(self.point(page, way, size) for page in pages))
        ]

    def touched(self, page: str) -> List[int]:
        """The sizes of which it is known what the first touch adds, ascending."""
        both = set(self.sizes("sequential", page))
        return [size for size in self.sizes("first_touch", page) if size in both]

    def row(self, point: Point) -> pandas.Series:
        """Of the table."""
        return self.table.loc[self.found.places[point][1]]

    def share(self, page: str) -> float:
        """The least share of its cells that really was on huge pages."""
        used = [place for place in self.found.places if place[0] == page]
        return float(min(self.row(point)["huge_share_got"] for point in used))

    def name(self, page: str) -> str:
        """The kind in words; where not all were huge, what share was."""
        if page == "base" or self.share(page) >= WHOLE:
            return f"{page} pages"
        return (
            f"{page} pages (no more than {100 * self.share(page):.0f} % of them huge)"
        )


def read(dataset: load.Dataset) -> Cells:
    """Of the usual kernel, in the smallest chunks."""
    kernel = points.usual_kernel(dataset, NAME)
    table = dataset.table(NAME)
    fit = table["verdict"].isin(points.MEASURED)
    random = table[fit & (table["order"] == "random")]
    chunk = int(random["chunk"].min()) if len(random) else None
    axes = ["page", "mapping", "order", "size", "chunk"]
    found = points.read(dataset, NAME, axes, kernel=kernel)
    return Cells(kernel, chunk, found, table.set_index("cell"))


class Touches(NamedTuple):
    """
    First touches of a page kind. points: of all sizes, first_touch, then the same prefaulted.
    faults: of a call by size.
    """

    points: List[Point]
    faults: numpy.ndarray
    page_bytes: float

    def added(self, ns: numpy.ndarray) -> numpy.ndarray:
        """Of draws x points: what the first touch adds, by size."""
        half = len(self.faults)
        return ns[:, :half] - ns[:, half : 2 * half]

    def each(self, ns: numpy.ndarray) -> numpy.ndarray:
        """What a fault adds: the median over sizes."""
        middle: numpy.ndarray = numpy.median(self.added(ns) / self.faults, axis=1)
        return middle


def touches(cells: Cells, page: str) -> Optional[Touches]:
    """Of all sizes; None where nothing was measured both ways, or no fault was counted."""
    sizes = cells.touched(page)
    fresh = cells.points(page, "first_touch", sizes)
    rows = [cells.row(point) for point in fresh]
    faults = numpy.array([float(row["faults"]) for row in rows])
    if not sizes or not (faults > 0).all():
        return None
    prefaulted = cells.points(page, "sequential", sizes)
    return Touches(fresh + prefaulted, faults, float(rows[0]["page_bytes"]))


class Trend(NamedTuple):
    """
    Base pages ÷ huge ones by size, and the numbers of all cells. sure: the first size from which on
    all gain for certain; before: the one before it; None where there is none.
    """

    sizes: List[int]
    ratios: List[Estimate]
    sure: Optional[int]
    before: Optional[int]
    cells: Tuple[int, ...]


def trend(cells: Cells, page: str, way: str, least: float) -> Optional[Trend]:
    """Of that way of copying; a ratio above `least` is a gain."""
    sizes = cells.sizes(way, "base", page)
    if not sizes:
        return None
    asked = [cells.points(kind, way, sizes) for kind in ("base", page)]
    ratios = [
        cells.found.estimate(pair, lambda ns: ns[:, 0] / ns[:, 1])
        for pair in zip(*asked)
    ]
    place = len(sizes)
    while place > 0 and ratios[place - 1].low > least:
        place -= 1
    return Trend(
        sizes,
        ratios,
        sizes[place] if place < len(sizes) else None,
        sizes[place - 1] if place else None,
        cells.found.cells(*asked[0], *asked[1]),
    )
