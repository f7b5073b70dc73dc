"""
The residency experiment: what a copy costs by where its source or its destination was, what a dirty
line in another core's cache costs beside one in L3, and whether lines were where they should be, by
the latency of loads.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional

import numpy
import pandas

from results import estimate, load, points
from results.findings import AGREEING, Finding, cross_check
from results.points import Point, Points

NAME = "residency"
LINE_BYTES = 64
BASE = "l1"  # where the other side is while one varies
PLACES = {  # near to far, in words
    "l1": "L1",
    "l2": "L2",
    "l3": "L3",
    "core_clean": "another core's cache, clean",
    "core_dirty": "another core's cache, dirty",
    "dram": "DRAM",
    "node": "another node's DRAM",
}
SIDES = {"src": "source", "dst": "destination"}
FARTHEST = ("node", "dram", "core_dirty", "core_clean", "l3", "l2")
FARTHER = (  # of each pair the second takes longer to load from
    ("l1", "l2"),
    ("l2", "l3"),
    ("l3", "dram"),
    ("l3", "core_dirty"),
    ("dram", "node"),
)
STEP = 1.1  # how much longer at least
ELSEWHERE = (
    1.5  # times its place's usual latency, or a part of it: a line that is not there
)
SLOPE_BYTES = (
    4096  # a copy that is long beside what waiting for the one before it costs
)
HIDDEN_PERCENT = (
    90  # of a source's cost: a destination that costs less is hidden in part
)
NAMED_MAX = 4  # of the cells that are named in a sentence


class Ladder(NamedTuple):
    """Copies of one size, one side of which varies while the other is in L1."""

    side: str
    size: int
    found: Points

    def point(self, place: str) -> Point:
        """(size, src, dst)."""
        src, dst = (place, BASE) if self.side == "src" else (BASE, place)
        return self.size, src, dst

    def places(self) -> List[str]:
        """Those measured, near to far."""
        return [place for place in PLACES if self.found.has(self.point(place))]

    def ns(self, place: str) -> estimate.Estimate:
        """Of a copy."""
        return self.found.estimate([self.point(place)], lambda ns: ns[:, 0])

    def ratio(self, place: str, to: str) -> estimate.Estimate:
        """How many times as long as with that other place."""
        asked = [self.point(place), self.point(to)]
        return self.found.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])

    @property
    def farthest(self) -> Optional[str]:
        """The farthest place that was measured beside L1; None if there is no such."""
        here = self.places()
        if BASE not in here:
            return None
        return next((place for place in FARTHEST if place in here), None)


def shown_sizes(dataset: load.Dataset) -> List[int]:
    """Of those measured, what is nearest to a line and to a full packet; ascending."""
    table = dataset.table(NAME)
    fit = table[table["verdict"].isin(points.MEASURED)]
    sizes = sorted(set((fit if len(fit) else table)["size"].tolist()))
    line = min(sizes, key=lambda size: abs(numpy.log(max(size, 1) / LINE_BYTES)))
    return sorted({line, points.usual_size([max(size, 1) for size in sizes])})


def read(dataset: load.Dataset) -> Points:
    """By (size, src, dst) the cells of the usual kernel but those whose lines were elsewhere."""
    kernel = points.usual_kernel(dataset, NAME)
    found = points.read(dataset, NAME, ["size", "src", "dst"], kernel=kernel)
    wrong = set(elsewhere(dataset)["cell"])
    places = {
        point: place for point, place in found.places.items() if place[1] not in wrong
    }
    return found._replace(places=places)


def missing(dataset: load.Dataset, found: Ladder, place: str) -> str:
    """Why the ladder has no such place."""
    size, src, dst = found.point(place)
    table = dataset.table(NAME)
    rows = table[(table["src"] == src) & (table["dst"] == dst)]
    rows = rows[(rows["size"] == size) & rows["verdict"].isin(points.MEASURED)]
    if set(rows["cell"]) & set(elsewhere(dataset)["cell"]):
        return f"lines were not in {PLACES[place]} where they should be"
    return points.reason(dataset, NAME, size=size, src=src, dst=dst)


def latencies(dataset: load.Dataset) -> pandas.DataFrame:
    """A row for each cell and side that was measured: cell, kernel, size, side, place, ns."""
    table = dataset.table(NAME)
    fit = table[table["verdict"].isin(points.MEASURED)]
    sides = [
        fit[["cell", "kernel", "size"]].assign(
            side=side, place=fit[side], ns=fit[f"{side}_latency_ns"].astype("float64")
        )
        for side in SIDES
    ]
    found = pandas.concat(sides, ignore_index=True)
    return found[found["ns"] > 0].reset_index(drop=True)


def usual_latencies(dataset: load.Dataset) -> Dict[str, float]:
    """ns by place: the median over the cells of the usual kernel, which leaves lines in caches."""
    found = latencies(dataset)
    found = found[found["kernel"] == points.usual_kernel(dataset, NAME)]
    medians = found.groupby("place")["ns"].median()
    return {place: float(medians[place]) for place in PLACES if place in medians}


def elsewhere(dataset: load.Dataset) -> pandas.DataFrame:
    """
    Of latencies() those of lines that were not where they should be, with `nearer`: the place whose
    usual latency theirs is nearest to.
    """
    usual = usual_latencies(dataset)
    found = latencies(dataset)
    found = found[found["place"].isin(list(usual))].copy()
    places, known = list(usual), numpy.log(list(usual.values()))
    own = numpy.log(found["place"].map(usual).to_numpy(dtype=float))
    times = numpy.log(found["ns"].to_numpy(dtype=float))
    nearest = [places[int(numpy.argmin(abs(known - time)))] for time in times]
    found["nearer"] = nearest
    off = abs(times - own) > numpy.log(ELSEWHERE)
    return found[off & (found["nearer"] != found["place"])].reset_index(drop=True)


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """Ladders of both sides, a dirty line, what stores hide; whether lines were there."""
    sizes, found = shown_sizes(dataset), read(dataset)
    for size in sizes:
        for side in SIDES:
            yield climb(dataset, Ladder(side, size, found))
    for size in sizes:
        yield dirty(dataset, Ladder("src", size, found))
        yield from filter(None, (both_sides(size, found),))
    yield from filter(None, (misplaced(dataset),))
    if not dataset.machine.get("emulated"):
        yield from filter(None, (there(dataset),))
    if "size" in dataset.experiments:
        yield from filter(None, (like_warm(dataset, found), like_cold(dataset, found)))


def climb(dataset: load.Dataset, found: Ladder) -> Finding:
    """How many times as long a copy takes with that side as far as can be."""
    what = f"the {SIDES[found.side]} of {found.size} B"
    far = found.farthest
    if far is None:
        why = missing(dataset, found, "dram" if BASE in found.places() else BASE)
        return Finding(NAME, f"what it costs where {what} is can't be said: {why}")
    ratio = found.ratio(far, BASE)
    between = [
        f"{PLACES[place]} {estimate.text(found.ns(place), 'ns')}"
        for place in found.places()
    ]
    sentence = f"{headline(found, far)}: {'; '.join(between)}"
    used = found.found.cells(*(found.point(place) for place in found.places()))
    return Finding(NAME, sentence, *ratio, "1", used)


def headline(found: Ladder, far: str) -> str:
    """The ladder's ends."""
    ratio = estimate.text(found.ratio(far, BASE), "")
    words, other = ("from", "dst") if found.side == "src" else ("to", "src")
    return (
        f"{found.size} B take {ratio} times as long to copy {words} {PLACES[far]} as {words} "
        f"{PLACES[BASE]}, the {SIDES[other]} in {PLACES[BASE]}"
    )


def dirty(dataset: load.Dataset, found: Ladder) -> Finding:
    """A source that is dirty in another core's cache beside one in L3."""
    size, pair = found.size, ("core_dirty", "l3")
    asked = [found.point(place) for place in pair]
    if not found.found.has(*asked):
        absent = next(place for place in pair if place not in found.places())
        sentence = (
            f"what {size} B cost that are dirty in another core's cache, beside L3, "
            f"can't be said: {missing(dataset, found, absent)}"
        )
        return Finding(NAME, sentence)
    ratio = found.ratio("core_dirty", "l3")
    sentence = (
        f"{size} B that are dirty in another core's cache take {estimate.text(ratio, '')} times as "
        f"long to copy as from L3"
    )
    return Finding(NAME, sentence, *ratio, "1", found.found.cells(*asked))


def both_sides(size: int, found: Points) -> Optional[Finding]:
    """What of a far destination stores hide: a copy to DRAM beside one from it."""
    asked: List[Point] = [
        (size, BASE, "dram"),
        (size, "dram", BASE),
        (size, BASE, BASE),
    ]
    if not found.has(*asked):
        return None
    share = found.estimate(
        asked, lambda ns: 100 * (ns[:, 0] - ns[:, 2]) / (ns[:, 1] - ns[:, 2])
    )
    hidden = ": stores hide the rest" if share.high < HIDDEN_PERCENT else ""
    sentence = (
        f"a destination of {size} B in DRAM costs {estimate.text(share, '%')} of what a source "
        f"there costs, each beyond L1{hidden}"
    )
    return Finding(NAME, sentence, *share, "%", found.cells(*asked))


def misplaced(dataset: load.Dataset) -> Optional[Finding]:
    """The cells whose lines were not where they should be."""
    found = elsewhere(dataset)
    if found.empty:
        return None
    named = [
        f"{SIDES[row.side]} of {row.size} B ({row.kernel}): {PLACES[row.place]} was asked for, and "
        f"{estimate.digits(row.ns)} ns a load are nearer to {PLACES[row.nearer]}"
        for row in found.head(NAMED_MAX).itertuples()
    ]
    more = len(found) - len(named)
    rest = f"; and {more} more" if more > 0 else ""
    cells = tuple(sorted(set(map(int, found["cell"]))))
    count = f"in {len(cells)} cell{'s' * (len(cells) > 1)}"
    sentence = f"lines were not where they should be {count}: {'; '.join(named)}{rest}"
    return Finding(NAME, sentence, float(len(cells)), unit="1", cells=cells)


def there(dataset: load.Dataset) -> Optional[Finding]:
    """Whether latencies rise from place to place."""
    usual = usual_latencies(dataset)
    steps = [
        (usual[far] / usual[near], near, far)
        for near, far in FARTHER
        if near in usual and far in usual
    ]
    if not steps:
        return None
    least, near, far = min(steps)
    agrees = least >= STEP
    told = "; ".join(
        f"{PLACES[place]} {estimate.digits(ns)}" for place, ns in usual.items()
    )
    why = f" ({PLACES[far]} can't be told from {PLACES[near]})" if not agrees else ""
    sentence = (
        f"cross-check: loads take longer from place to place, as they should, in ns: {told}: "
        f"{'agrees' if agrees else 'disagrees'}{why}"
    )
    return Finding(NAME, sentence, least, unit="1", agrees=agrees)


def of_size(dataset: load.Dataset) -> Points:
    """By (temperature, size) the copies of the usual kernel in the size experiment."""
    kernel = points.usual_kernel(dataset, NAME)
    return points.read(dataset, "size", ["temperature", "size"], kernel=kernel)


def like_warm(dataset: load.Dataset, found: Points) -> Optional[Finding]:
    """
    Whether a byte costs in L1 what it costs in the size experiment. The difference of two sizes is
    compared, in which what waiting for the copy before costs is the same.
    """
    other = of_size(dataset)
    here = [size for size, src, dst in found.places if src == dst == BASE]
    sizes = sorted(size for size in here if other.has(("warm", size)))
    long = [size for size in sizes if size >= SLOPE_BYTES]
    if not long or sizes[0] >= SLOPE_BYTES:
        return None
    ends = (long[0], sizes[0])
    asked: List[Point] = [(size, BASE, BASE) for size in ends]
    beside: List[Point] = [("warm", size) for size in ends]
    ratio = found.beside(other).estimate(
        asked + beside, lambda ns: (ns[:, 0] - ns[:, 1]) / (ns[:, 2] - ns[:, 3])
    )
    claim = (
        f"in L1, {ends[0]} B cost {estimate.text(ratio, '')} times what they cost in size, each "
        f"beyond {ends[1]} B"
    )
    return cross_check(NAME, claim, ratio, "1", found.cells(*asked))


def like_cold(dataset: load.Dataset, found: Points) -> Optional[Finding]:
    """Whether copies in DRAM that wait for each other take no less than those that overlap."""
    other = of_size(dataset)
    here = [size for size, src, dst in found.places if src == dst == "dram"]
    sizes = [size for size in here if other.has(("cold", size))]
    if not sizes:
        return None
    size = points.usual_size(sizes)
    asked: Point = (size, "dram", "dram")
    ratio = found.beside(other).estimate(
        [asked, ("cold", size)], lambda ns: ns[:, 0] / ns[:, 1]
    )
    agrees = ratio.meets(1 - AGREEING, numpy.inf)
    sentence = (
        f"cross-check: in DRAM, copies of {size} B one after another take "
        f"{estimate.text(ratio, '')} times what overlapping ones take in size, no less than once: "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, *ratio, "1", found.cells(asked), agrees)
