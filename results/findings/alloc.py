"""
The alloc experiment: what a buffer costs, and what the copy into it costs.

A buffer's cost is the time with the copy left out less that of a view; the copy's is the time with
the copy less that without.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, NamedTuple, Optional

import numpy

from results import estimate, levels, load, points
from results.estimate import Estimate
from results.findings import Finding, cross_check
from results.points import Point, Points

NAME = "alloc"
USUAL_LIVE = 64
OWN_BUFFERS = {"malloc": "malloc and free", "pool": "a pool", "arena": "an arena"}
HEADER_BYTES = 64  # a smaller packet's header is cheaper to read
LEAST_BYTES = 256  # a slope of smaller copies is one of steps
MARGIN = 1.5  # a working set this far from a level's edges is in it


class Cells(NamedTuple):
    """The points (buffer, work, size) of one kernel and number of packets in flight."""

    kernel: str
    live: int
    found: Points

    def sizes(self, *buffers: str) -> List[int]:
        """Those at which a view and these buffers, with and without the copy, were measured."""
        sizes = sorted({size for _, _, size in self.found.places})
        return [size for size in sizes if self.found.has(*needed(size, *buffers))]


def needed(size: int, *buffers: str) -> List[Point]:
    """A view, then each of the buffers empty and copied into."""
    into = [(buffer, work, size) for buffer in buffers for work in ("skip", "copy")]
    return [("view", "skip", size), *into]


def read(dataset: load.Dataset) -> Cells:
    """The cells with the usual number of packets in flight, or what is nearest to it."""
    kernel = points.usual_kernel(dataset, NAME)
    lives = dataset.table(NAME)["live"].tolist()
    live = min(lives, key=lambda each: (abs(each - USUAL_LIVE), each))
    axes = ["buffer", "work", "size"]
    return Cells(
        kernel, live, points.read(dataset, NAME, axes, kernel=kernel, live=live)
    )


def buffer_ns(ns: numpy.ndarray) -> numpy.ndarray:
    """Of a view, an empty buffer and a copy: what the buffer costs."""
    return ns[:, 1] - ns[:, 0]


def copy_ns(ns: numpy.ndarray) -> numpy.ndarray:
    """Of the same: what the copy costs."""
    return ns[:, 2] - ns[:, 1]


def view_ns(ns: numpy.ndarray) -> numpy.ndarray:
    """Of the same: what all of them cost."""
    return ns[:, 0]


def parts(cells: Cells, buffer: str, size: int) -> List[Estimate]:
    """View, buffer, copy: they add up to what a packet costs."""
    return [
        cells.found.estimate(needed(size, buffer), figure)
        for figure in (view_ns, buffer_ns, copy_ns)
    ]


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """What malloc, the copy and a view cost; from where the copy costs more; cross-checks."""
    cells = read(dataset)
    yield malloc_and_copy(dataset, cells)
    yield from filter(
        None,
        (outweighing(cells), cheapest(cells), flat(cells), like_size(dataset, cells)),
    )


def malloc_and_copy(dataset: load.Dataset, cells: Cells) -> Finding:
    """What a packet costs in a buffer from malloc, part by part."""
    sizes = cells.sizes("malloc")
    if not sizes:
        why = points.reason(dataset, NAME, buffer="malloc")
        return Finding(NAME, f"what malloc costs can't be said: {why}")
    size = points.usual_size(sizes)
    view, buffer, copy = parts(cells, "malloc", size)
    sentence = (
        f"at {size} B malloc and free cost {estimate.text(buffer, 'ns')} and the copy "
        f"{estimate.text(copy, 'ns')}; a view, with reading the header, "
        f"{estimate.text(view, 'ns')}"
    )
    used = cells.found.cells(*needed(size, "malloc"))
    return Finding(NAME, sentence, *buffer, "ns", used)


def crossing(sizes: List[int]) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """
    For bootstrap(), of needed() at all of these sizes: the size from which on the copy costs more
    than the buffer, straight between sizes; the first or the last of them if it is beyond.
    """

    def place(more: numpy.ndarray) -> float:
        below = numpy.flatnonzero(more < 0)
        last = int(below[-1]) if len(below) else -1
        if last < 0 or last == len(sizes) - 1:
            return float(sizes[last + (last < 0)])
        ends = slice(last, last + 2)
        return float(numpy.interp(0, more[ends], sizes[ends]))

    def figure(ns: numpy.ndarray) -> numpy.ndarray:
        each = ns.reshape(len(ns), len(sizes), 3)
        more = each[:, :, 2] - 2 * each[:, :, 1] + each[:, :, 0]
        return numpy.array([place(row) for row in more])

    return figure


def outweighing(cells: Cells) -> Optional[Finding]:
    """From which size on the copy costs more than malloc and free."""
    sizes = cells.sizes("malloc")
    if len(sizes) < 2:
        return None
    asked = [point for size in sizes for point in needed(size, "malloc")]
    found = cells.found.estimate(asked, crossing(sizes))
    used = cells.found.cells(*asked)
    if found.value >= sizes[-1]:
        sure = "" if found.low >= sizes[-1] else ", but not surely"
        sentence = f"malloc and free cost more than the copy up to {sizes[-1]} B{sure}"
        return Finding(NAME, sentence, cells=used)
    if found.value <= sizes[0]:
        sure = "" if found.high <= sizes[0] else ", but not surely"
        sentence = (
            f"the copy costs more than malloc and free from {sizes[0]} B on{sure}"
        )
        return Finding(NAME, sentence, cells=used)
    rounded = Estimate(*(float(f"{value:.3g}") for value in found))
    interval = f"{rounded.low:.0f} to {rounded.high:.0f}"
    interval = interval if numpy.isfinite(found.low) else "no interval"
    sentence = (
        f"the copy costs more than malloc and free from {rounded.value:.0f} B on "
        f"({interval})"
    )
    return Finding(NAME, sentence, *found, "bytes", used)


def cheapest(cells: Cells) -> Optional[Finding]:
    """Which buffer costs least, at the usual size."""
    buffers = [buffer for buffer in OWN_BUFFERS if cells.sizes(buffer)]
    sizes = cells.sizes(*buffers)
    if len(buffers) < 2 or not sizes:
        return None
    size = points.usual_size(sizes)
    costs = {buffer: parts(cells, buffer, size)[1] for buffer in buffers}
    best = min(costs, key=lambda buffer: costs[buffer].value)
    alike = [best, *(other for other in buffers if like(cells, best, other, size))]
    costing = [
        f"{estimate.text(cost, 'ns')} from {OWN_BUFFERS[buffer]}"
        for buffer, cost in costs.items()
    ]
    names = [OWN_BUFFERS[buffer] for buffer in alike]
    verdict = (
        f"{names[0]} is cheapest"
        if len(names) == 1
        else f"{' and '.join(names)} can't be told apart"
    )
    sentence = f"at {size} B a buffer costs {', '.join(costing)}: {verdict}"
    used = cells.found.cells(*needed(size, *buffers))
    return Finding(NAME, sentence, *costs[best], "ns", used)


def like(cells: Cells, best: str, other: str, size: int) -> bool:
    """Whether the other can't be told from the best."""
    pair = [(other, "skip", size), (best, "skip", size)]
    more = cells.found.estimate(pair, lambda ns: ns[:, 0] - ns[:, 1])
    return other != best and not more.low > 0


def flat(cells: Cells) -> Optional[Finding]:
    """Whether a view costs the same at any size."""
    sizes = [size for size in cells.sizes() if size >= HEADER_BYTES]
    if len(sizes) < 2:
        return None
    views: List[Point] = [("view", "skip", size) for size in sizes]
    doublings = numpy.log2(sizes).tolist()
    slope = estimate.slope(doublings)
    span = doublings[-1] - doublings[0]
    change = cells.found.estimate(
        views, lambda ns: 100 * span * slope(ns) / ns.mean(axis=1)
    )
    claim = (
        f"a view costs the same at any size: from {sizes[0]} to {sizes[-1]} B it changes by "
        f"{estimate.text(change, '%')}"
    )
    return cross_check(NAME, claim, change, "%", cells.found.cells(*views))


def inside(level: levels.Level, working_sets: Dict[int, float]) -> List[int]:
    """The first and last of the sizes whose working sets are well within that level."""
    sizes = sorted(
        size
        for size, bytes_ in working_sets.items()
        if size >= LEAST_BYTES and level.above * MARGIN < bytes_ <= level.upto / MARGIN
    )
    return [sizes[0], sizes[-1]] if sizes and sizes[-1] >= 2 * sizes[0] else []


def like_size(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Whether a byte more costs what it costs in the size experiment, in the same cache level."""
    if "size" not in dataset.experiments:
        return None
    table = dataset.table(NAME)
    copied = (table["buffer"] == "pool") & (table["work"] == "copy")
    copied &= table["live"] == cells.live
    own_sets = dict(zip(table[copied]["size"], table[copied]["working_set_bytes"]))
    own_sets = {size: own_sets[size] for size in cells.sizes("pool")}
    warm = points.read(
        dataset,
        "size",
        ["temperature", "size"],
        kernel=cells.kernel,
        temperature="warm",
    )
    sets = {size: 2.0 * size for _, size in warm.places}
    for level in levels.levels(dataset.machine, levels.cpu_of(table)):
        own, other = inside(level, own_sets), inside(level, sets)
        if own and other:
            return compared(cells, warm, level.name, own, other)
    sentence = "cross-check: copies can't be compared with size: no cache level holds two of both"
    return Finding(NAME, sentence)


def compared(
    cells: Cells, warm: Points, level: str, own: List[int], other: List[int]
) -> Finding:
    """The ratio of the two slopes, ns per byte."""
    both = cells.found.beside(warm)
    asked: List[Point] = [
        ("pool", work, size) for size in own for work in ("copy", "skip")
    ]
    asked += [("warm", size) for size in other]

    def figure(ns: numpy.ndarray) -> numpy.ndarray:
        first, last = ns[:, 0] - ns[:, 1], ns[:, 2] - ns[:, 3]
        slope = (last - first) / (own[1] - own[0])
        return slope / ((ns[:, 5] - ns[:, 4]) / (other[1] - other[0]))

    ratio = both.estimate(asked, figure)
    claim = f"in {level} a byte more costs {estimate.text(ratio, '')} times what it costs in size"
    return cross_check(NAME, claim, ratio, "1", both.cells(*asked[:4]))
