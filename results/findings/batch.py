"""
The batch experiment: how many packets at a time are best, what the copy's share of the loop is
there, and from where on a batch is too large.
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional

import numpy

from results import estimate, levels, load, points
from results.findings import Finding, cross_check
from results.points import Point, Points

NAME = "batch"
NEAR = 0.02  # of the best: what makes no difference to anybody
LEAST_BYTES = 256  # below, a cycle more or less is much of a copy
MARGIN = 1.5  # a working set this far below a level's edge is in it


class Curve(NamedTuple):
    """The points (work, batch) of one kernel and packet size."""

    kernel: str
    size: int
    found: Points

    def batches(self, work: str) -> List[int]:
        """Those measured, ascending."""
        return sorted(batch for each, batch in self.found.places if each == work)

    def ns(self, work: str, batch: int) -> estimate.Estimate:
        """Of a packet."""
        return self.found.estimate([(work, batch)], lambda ns: ns[:, 0])


class Best(NamedTuple):
    """
    batch: the best. low, high: the first and last of those around it that are as good. rising: the
    first from which on all are dearer, None if there is none.
    """

    batch: int
    low: int
    high: int
    rising: Optional[int]


def read(dataset: load.Dataset) -> List[Curve]:
    """One for each size, ascending."""
    kernel = points.usual_kernel(dataset, NAME)
    axes = ["work", "batch"]
    return [
        Curve(kernel, size, points.read(dataset, NAME, axes, kernel=kernel, size=size))
        for size in sorted(set(dataset.table(NAME)["size"].tolist()))
    ]


def best_of(curve: Curve) -> Best:
    """The best batch with the copy, and those that are as good: at most NEAR above, perhaps."""
    batches = curve.batches("copy")
    asked: List[Point] = [("copy", batch) for batch in batches]
    medians = [curve.ns(*point).value for point in asked]
    place = int(numpy.argmin(medians))

    def dearer(other: int) -> bool:
        more = curve.found.estimate(
            [asked[other], asked[place]], lambda ns: ns[:, 0] / ns[:, 1]
        )
        return not more.meets(0, 1 + NEAR)

    near = [not dearer(other) for other in range(len(batches))]
    low, high = place, place
    while low > 0 and near[low - 1]:
        low -= 1
    while high + 1 < len(batches) and near[high + 1]:
        high += 1
    after = max(index for index, each in enumerate(near) if each) + 1
    rising = batches[after] if after < len(batches) else None
    return Best(batches[place], batches[low], batches[high], rising)


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """For each size the best batch and what it costs; cross-checks."""
    curves = read(dataset)
    measured = [curve for curve in curves if curve.batches("copy")]
    if not measured:
        why = points.reason(dataset, NAME, work="copy")
        yield Finding(NAME, f"the best batch can't be said: {why}")
    for curve in measured:
        yield best_batch(dataset, curve)
        yield from filter(None, (copy_share(curve),))
    for curve in measured:
        yield from filter(None, (like_size(dataset, curve),))
    floor = floor_alike(dataset, points.usual_kernel(dataset, NAME))
    yield from filter(None, (floor,))


def best_batch(dataset: load.Dataset, curve: Curve) -> Finding:
    """The best number at a time, and what a packet costs there and at both ends."""
    best, batches = best_of(curve), curve.batches("copy")
    alone = f"{best.low} to {best.high} are as good"
    if best.low == best.high:
        alone = "no other is as good"
    cost = curve.ns("copy", best.batch)
    ends = [
        f"{estimate.text(curve.ns('copy', batch), 'ns')} at {batch}"
        for batch in (batches[0], batches[-1])
        if batch != best.batch
    ]
    beside = f", {' and '.join(ends)}" if ends else ""
    sentence = (
        f"packets of {curve.size} B are best copied {best.batch} at a time ({alone}): "
        f"{estimate.text(cost, 'ns')} each{beside}; {rise_text(dataset, curve, best)}"
    )
    used = curve.found.cells(*(("copy", batch) for batch in batches))
    numbers = (float(best.batch), float(best.low), float(best.high))
    return Finding(NAME, sentence, *numbers, "1", used)


def last_batch(dataset: load.Dataset, curve: Curve, level: str) -> Optional[float]:
    """How many packets with their copies that cache level holds; None where it is not known."""
    table = dataset.table(NAME)
    rows = table[(table["size"] == curve.size) & (table["work"] == "copy")]
    each = (rows["working_set_bytes"] / rows["batch"]).median()
    known = levels.levels(dataset.machine, levels.cpu_of(table))
    edges = [found.upto for found in known if found.name == level]
    return edges[0] / each if edges and numpy.isfinite(each) else None


def rise_text(dataset: load.Dataset, curve: Curve, best: Best) -> str:
    """From where on a batch is too large, and what caches hold."""
    edges = [(name, last_batch(dataset, curve, name)) for name in ("L1", "L2")]
    held = [f"{name} holds {edge:.0f}" for name, edge in edges if edge]
    caches = f" ({', '.join(held)})" if held else ""
    last = curve.batches("copy")[-1]
    if best.rising is None:
        return f"none is too large up to {last}{caches}"
    return f"dearer from {best.rising} on{caches}"


def copy_share(curve: Curve) -> Optional[Finding]:
    """The copy's share of the loop at the best batch."""
    best = best_of(curve).batch
    asked: List[Point] = [("copy", best), ("skip", best)]
    if not curve.found.has(*asked):
        return None
    share = curve.found.estimate(asked, lambda ns: 100 * (1 - ns[:, 1] / ns[:, 0]))
    floor = estimate.text(curve.ns("skip", best), "ns")
    sentence = (
        f"there, the copy of {curve.size} B is {estimate.text(share, '%')} of the loop: without "
        f"it a packet costs {floor}"
    )
    return Finding(NAME, sentence, *share, "%", curve.found.cells(*asked))


def like_size(dataset: load.Dataset, curve: Curve) -> Optional[Finding]:
    """Whether the copy costs what it costs in the size experiment, where a batch is in L1."""
    edge = last_batch(dataset, curve, "L1")
    if "size" not in dataset.experiments or not edge or curve.size < LEAST_BYTES:
        return None
    small = [
        batch
        for batch in curve.batches("copy")
        if batch <= edge / MARGIN and curve.found.has(("skip", batch))
    ]
    only = {"kernel": curve.kernel, "temperature": "warm", "size": curve.size}
    warm = points.read(dataset, "size", ["temperature"], **only)
    if not small or not warm.places:
        return None
    asked: List[Point] = [("copy", small[-1]), ("skip", small[-1]), ("warm",)]
    ratio = curve.found.beside(warm).estimate(
        asked, lambda ns: (ns[:, 0] - ns[:, 1]) / ns[:, 2]
    )
    claim = (
        f"{small[-1]} at a time, in L1, the copy of {curve.size} B costs "
        f"{estimate.text(ratio, '')} times what it costs in size"
    )
    return cross_check(NAME, claim, ratio, "1", curve.found.cells(*asked[:2]))


def floor_alike(dataset: load.Dataset, kernel: str) -> Optional[Finding]:
    """Whether the loop without the copy costs the same whatever the size: nothing moves in it."""
    axes = ["size", "batch"]
    floor = points.read(dataset, NAME, axes, kernel=kernel, work="skip")
    sizes = sorted({size for size, _ in floor.places})
    batches = {batch for size, batch in floor.places if size == sizes[0]}
    batches &= {batch for size, batch in floor.places if size == sizes[-1]}
    if len(sizes) < 2 or not batches:
        return None
    asked: List[Point] = [(size, min(batches)) for size in (sizes[-1], sizes[0])]
    ratio = floor.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])
    claim = (
        f"without the copy, {min(batches)} at a time, packets of {sizes[-1]} B cost "
        f"{estimate.text(ratio, '')} times what those of {sizes[0]} B cost"
    )
    return cross_check(NAME, claim, ratio, "1", floor.cells(*asked))
