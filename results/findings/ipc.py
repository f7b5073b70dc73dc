"""
The ipc experiment: which way of handing data to another process is fastest and which is cheapest,
what one more copy costs on a shared ring, how long one way takes, and what spinning costs where
both share a CPU.

What it costs is CPU time per byte; Gb/s is only the speed. A byte of payload counts once.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy
import pandas

from results import estimate, load, points, trips
from results.estimate import Estimate
from results.findings import Finding
from results.points import Point, Points

NAME = "ipc"
AXES = ("transport", "chunk", "pair", "producer", "consumer", "touch", "mode")
NEARNESS = ("cpu", "core", "l2", "cluster", "l3", "node", "package", "machine")
MEMBERS = (0, 1)
USUAL_CHUNK = 64 << 10
RINGS = ("shm_spin", "shm_futex")
# Before one transport is called faster than another.
LAUNCHES_SURE = 6
# Of the time that members have: what their clocks, read one after another, may differ by.
CPU_MORE = 0.15
# A copy in a ring against the same copy by itself, whose lines no other core has.
COPY_LEAST, COPY_MOST = 0.3, 2.5


class Pairing(NamedTuple):
    """
    What was measured: times by point, CPU time of both processes a call, by cell, and which pair
    and touch most of it is of.
    """

    found: Points
    costs: Points
    table: pandas.DataFrame
    pair: str
    touch: str

    def point(
        self,
        transport: str,
        chunk: int,
        mode: str = "throughput",
        pair: str = "",
        **switches: str,
    ) -> Point:
        """In place on both sides, and as most cells are, unless told otherwise."""
        return (
            transport,
            chunk,
            pair or self.pair,
            switches.get("producer", "in_place"),
            switches.get("consumer", "in_place"),
            self.touch,
            mode,
        )

    def transports(
        self, chunk: int, mode: str = "throughput", pair: str = ""
    ) -> List[str]:
        """Those that were measured there, the fastest first."""
        names = sorted({place[0] for place in self.found.places})
        known = [n for n in names if self.found.has(self.point(n, chunk, mode, pair))]
        return sorted(
            known, key=lambda n: self.ns(self.point(n, chunk, mode, pair)).value
        )

    def chunks(self, mode: str = "throughput") -> List[int]:
        """Those of the usual pair, ascending."""
        alike = (self.pair, "in_place", "in_place", self.touch, mode)
        return sorted({place[1] for place in self.found.places if place[2:] == alike})

    def ns(self, point: Point) -> Estimate:
        """Per call."""
        return self.found.estimate([point], lambda ns: ns[:, 0])

    def gigabits(self, point: Point) -> Estimate:
        """Per second."""
        return self.found.estimate([point], lambda ns: 8 * point[1] / ns[:, 0])

    def price(self, point: Point) -> Estimate:
        """CPU time in ns per byte."""
        return self.costs.estimate([point], lambda ns: ns[:, 0] / point[1])

    def more(self, point: Point, base: Point) -> Estimate:
        """What a call takes more than that of the base, in percent."""
        return self.found.estimate([point, base], in_percent)

    def column(self, name: str, point: Point) -> float:
        """A figure of the experiment's own."""
        (cell,) = self.found.cells(point)
        return float(self.table.loc[cell, name])

    def usual_chunk(self) -> Optional[int]:
        """64 KiB, or what is nearest to it."""
        known = sorted(self.chunks(), key=lambda c: abs(numpy.log(c / USUAL_CHUNK)))
        return known[0] if known else None


def in_percent(ns: numpy.ndarray) -> numpy.ndarray:
    """What the first takes more than the second."""
    return 100 * (ns[:, 0] / ns[:, 1] - 1)


def read(dataset: load.Dataset) -> Pairing:
    """The pair is the one of most cells that is not one CPU, unless there is no other."""
    found = points.read(dataset, NAME, AXES)
    counts: Dict[str, int] = {}
    touches: Dict[str, int] = {}
    for place in found.places:
        counts[place[2]] = counts.get(place[2], 0) + 1
        touches[place[5]] = touches.get(place[5], 0) + 1
    pair = max(
        counts, key=lambda p: (p != "cpu", counts[p], -NEARNESS.index(p)), default=""
    )
    touch = max(sorted(touches), key=lambda t: touches[t], default="")
    table = dataset.table(NAME).set_index("cell")
    costs = found.by(estimate.cpu_launches(dataset, NAME, MEMBERS))
    return Pairing(found, costs, table, pair, touch)


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """The answers, then whether they fit together."""
    pairing = read(dataset)
    chunks = pairing.chunks()
    usual = pairing.usual_chunk()
    for chunk in sorted(chunks, key=lambda c: (c != usual, c)):
        yield best(pairing, chunk)
    if not chunks:
        reason = points.reason(dataset, NAME, mode="throughput")
        yield Finding(NAME, f"which way is fastest can't be said: {reason}")
    yield from copies(pairing)
    yield from latencies(dataset, pairing)
    yield from spinning(dataset, pairing)
    yield from whole_cpu(dataset, pairing)
    yield from whole_trips(dataset, pairing)
    yield from against_size(dataset, pairing)


def rival(found: Points, ahead: Sequence[Point]) -> str:
    """ ", if not b", where the second may be as good as the first; "" if none is."""
    if len(ahead) < 2:
        return ""
    pair = [ahead[1], ahead[0]]
    more = found.estimate(pair, in_percent)
    sure = found.count(pair) >= LAUNCHES_SURE and more.low > 0
    return "" if sure else f", if not {ahead[1][0]}"


def best_text(pairing: Pairing, names: List[str], chunk: int) -> str:
    """ "a is the fastest (9 Gb/s ± 1), b the cheapest (0.1 ns of CPU per byte)"."""
    fast = [pairing.point(name, chunk) for name in names]
    thrifty = sorted(fast, key=lambda point: pairing.price(point).value)
    first, cheap = fast[0][0], thrifty[0][0]
    speed = estimate.text(pairing.gigabits(fast[0]), "Gb/s")
    speed += rival(pairing.found, fast)
    price = estimate.text(pairing.price(thrifty[0]), "ns of CPU per byte")
    price += rival(pairing.costs, thrifty)
    if len(names) == 1:
        return f"{first} alone was measured ({speed}, {price})"
    if first == cheap:
        return f"{first} is the fastest and the cheapest ({speed}; {price})"
    return f"{first} is the fastest ({speed}) and {cheap} the cheapest ({price})"


def best(pairing: Pairing, chunk: int) -> Finding:
    """The fastest and the cheapest; and of those, what goes through the kernel."""
    names = pairing.transports(chunk)
    sentence = (
        f"of {estimate.size_text(chunk)} chunks {best_text(pairing, names, chunk)}"
    )
    kernel = [name for name in names if name not in RINGS]
    if kernel and kernel != names:
        sentence += f"; through the kernel {best_text(pairing, kernel, chunk)}"
    cells = pairing.found.cells(*(pairing.point(name, chunk) for name in names))
    speed = pairing.gigabits(pairing.point(names[0], chunk))
    return Finding(NAME, sentence, *speed, "Gb/s", cells)


def copies(pairing: Pairing) -> Iterator[Finding]:
    """What one more copy by either side takes on a shared ring."""
    chunk = pairing.usual_chunk()
    ring = next(
        (r for r in RINGS if chunk and pairing.found.has(pairing.point(r, chunk))), ""
    )
    if not ring or not chunk:
        yield Finding(
            NAME, "what one more copy costs can't be said: no ring was measured"
        )
        return
    base = pairing.point(ring, chunk)
    sides = {
        "the producer": pairing.point(ring, chunk, producer="copy_in"),
        "the consumer": pairing.point(ring, chunk, consumer="copy_out"),
    }
    for side, point in sides.items():
        if not pairing.found.has(point):
            continue
        more = pairing.more(point, base)
        cells = pairing.found.cells(base, point)
        where = f"of {estimate.size_text(chunk)} on a shared ring ({ring})"
        if more.low > 0 or more.high < 0:
            sentence = (
                f"one more copy by {side} makes chunks {where} take "
                f"{estimate.text(more, '%')} more time"
            )
        else:
            sentence = (
                f"whether one more copy by {side} makes chunks {where} take more time can't be "
                f"said: {estimate.text(more, '%')}"
            )
        yield Finding(NAME, sentence, *more, "%", cells)


def latencies(dataset: load.Dataset, pairing: Pairing) -> Iterator[Finding]:
    """One way of the smallest chunk, by each transport."""
    chunks = pairing.chunks("latency")
    if not chunks:
        reason = points.reason(dataset, NAME, mode="latency")
        yield Finding(NAME, f"latency can't be said: {reason}")
        return
    chunk, bins = chunks[0], dataset.histogram(NAME)
    for name in pairing.transports(chunk, "latency"):
        point = pairing.point(name, chunk, "latency")
        cells = pairing.found.cells(point)
        one_way = pairing.ns(point)
        unit, factor = ("µs", 1000) if one_way.value >= 1000 else ("ns", 1)
        shown = Estimate(*(each / factor for each in one_way))
        known = {p: trips.percentile(bins, cells[0], p) / factor for p in (50, 99)}
        tail = "".join(
            f", p{percent} {estimate.digits(value)} {unit}"
            for percent, value in known.items()
            if numpy.isfinite(value)
        )
        sentence = (
            f"one way of {estimate.size_text(chunk)} by {name} takes {estimate.text(shown, unit)}"
            f"{tail}"
        )
        yield Finding(NAME, sentence, *one_way, "ns", cells)


def spinning(dataset: load.Dataset, pairing: Pairing) -> Iterator[Finding]:
    """Where both share a CPU, who waits takes the time of the one that is waited for."""
    shared = [
        place
        for place in pairing.found.places
        if place[0] == "shm_spin" and place[2] == "cpu" and place[6] == "latency"
    ]
    for point in sorted(shared):
        two = (*point[:2], pairing.pair, *point[3:])
        if pairing.pair == "cpu" or not pairing.found.has(two):
            continue
        times = pairing.found.estimate([point, two], lambda ns: ns[:, 0] / ns[:, 1])
        sentence = (
            f"where both spin on one CPU, one way of {estimate.size_text(point[1])} takes "
            f"{estimate.text(times, '')} times as long as on two"
        )
        yield Finding(NAME, sentence, *times, "1", pairing.found.cells(point, two))
        return
    reason = points.reason(dataset, NAME, transport="shm_spin")
    yield Finding(NAME, f"what spinning on one CPU costs can't be said: {reason}")


def mean_wall(dataset: load.Dataset) -> pandas.Series:
    """ns per call of each cell: of all samples of a launch, in the middle of the launches."""
    timed = dataset.samples_region(NAME)
    timed["wall"] = timed["ticks"] * dataset.ns_per_tick
    launches = timed.groupby(["cell", "launch"])[["wall", "calls"]].sum()
    return (launches["wall"] / launches["calls"]).groupby("cell").median()


def whole_cpu(dataset: load.Dataset, pairing: Pairing) -> Iterator[Finding]:
    """Nobody can have used more CPU time than there was."""
    wall = mean_wall(dataset)
    worst: Tuple[float, int] = (0.0, -1)
    cells = []
    for point, (_, cell) in pairing.found.places.items():
        both = [
            pairing.column(f"{who}_cpu_ns", point) for who in ("producer", "consumer")
        ]
        there = float(wall[cell])
        # On one CPU they share what there is.
        used = sum(both) if point[2] == "cpu" else max(both)
        if numpy.isfinite(used):
            cells.append(cell)
            worst = max(worst, (used / there, cell))
    if not cells:
        return
    share, cell = worst
    agrees = share <= 1 + CPU_MORE
    sentence = (
        "cross-check: no process used more CPU time than passed, "
        f"{estimate.digits(100 * share)} % of it at most (cell {cell}): "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    kept = tuple(cells) if agrees else (cell,)
    yield Finding(NAME, sentence, 100 * share, unit="%", cells=kept, agrees=agrees)


def whole_trips(dataset: load.Dataset, pairing: Pairing) -> Iterator[Finding]:
    """Each round trip of a sample is in the histogram, as far as a visit keeps them."""
    cells = [c for p, (_, c) in pairing.found.places.items() if p[6] == "latency"]
    if not cells:
        return
    wrong = trips.lost(dataset, NAME, cells)
    agrees = not wrong
    sentence = (
        "cross-check: the histogram has each round trip that was made: "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    yield Finding(NAME, sentence, cells=tuple(wrong or cells), agrees=agrees)


def against_size(dataset: load.Dataset, pairing: Pairing) -> Iterator[Finding]:
    """
    There and back nothing overlaps, so one more copy has to take about what `size` says of that
    copy; more, as far as the other core has the lines that are written to, and less, as far as the
    copy does what had to be done anyway, which is to fetch the chunk.
    """
    chunk = pairing.usual_chunk()
    if "size" not in dataset.experiments or not chunk:
        return
    warm = points.read(
        dataset,
        "size",
        ["size"],
        kernel=points.usual_kernel(dataset, "size"),
        temperature="warm",
    )
    ring = "shm_spin"
    base = pairing.point(ring, chunk, "latency")
    for switch in ({"producer": "copy_in"}, {"consumer": "copy_out"}):
        ((side, word),) = switch.items()
        point = pairing.point(ring, chunk, "latency", **switch)
        if not warm.has((chunk,)) or not pairing.found.has(base, point):
            continue
        both = pairing.found.beside(warm)
        share = both.estimate(
            [point, base, (chunk,)], lambda ns: (ns[:, 0] - ns[:, 1]) / ns[:, 2]
        )
        agrees = share.meets(COPY_LEAST, COPY_MOST)
        sentence = (
            f"cross-check: {word} of {estimate.size_text(chunk)} adds {estimate.text(share, '')} times "
            f"what size says of that copy: {'agrees' if agrees else 'disagrees'}"
        )
        cells = pairing.found.cells(point, base)
        yield Finding(NAME, sentence, *share, "1", cells, agrees)
