"""
The measured cells of the nodes experiment, and what the firmware claims of the same nodes.

Everything is compared with the same work on the CPU's own node, so what makes one node's CPU faster
than another's is not in the ratios.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy

from results import claims, estimate, load, points
from results.estimate import Estimate
from results.points import Point, Points

NAME = "nodes"
LAUNCHES_LEAST = (
    4  # below, no interval is so sure that firmware may be called wrong by it
)

Pair = Tuple[int, int]  # node of the CPU, node of the memory
OWN = Estimate(1.0, 1.0, 1.0)


class Work(NamedTuple):
    """What one kind of work takes by the nodes of CPU and memory."""

    words: str
    found: Points
    point: Callable[[int, int], Point]

    def pairs(self) -> List[Pair]:
        """Those measured whose CPU was measured on its own node, too."""
        nodes = sorted({node for place in self.found.places for node in place})
        return [
            (cpu, memory)
            for cpu in nodes
            for memory in nodes
            if self.found.has(self.point(cpu, cpu), self.point(cpu, memory))
        ]

    def own(self) -> List[Pair]:
        """Those of them of one node."""
        return [pair for pair in self.pairs() if pair[0] == pair[1]]

    def remote(self) -> List[Pair]:
        """Those of them of two nodes."""
        return [pair for pair in self.pairs() if pair[0] != pair[1]]

    def ns(self, pairs: Sequence[Pair]) -> Estimate:
        """The median over these."""
        asked = [self.point(*pair) for pair in pairs]
        return self.found.estimate(asked, lambda ns: numpy.median(ns, axis=1))

    def ratio(self, pair: Pair) -> Estimate:
        """How many times as long as on the CPU's own node it takes."""
        return self.factor([pair]) if pair[0] != pair[1] else OWN

    def factor(self, pairs: Sequence[Pair]) -> Estimate:
        """The median of these ratios over these."""
        count = len(pairs)
        asked = [self.point(*pair) for pair in pairs]
        asked += [self.point(cpu, cpu) for cpu, _ in pairs]
        return self.found.estimate(
            asked, lambda ns: numpy.median(ns[:, :count] / ns[:, count:], axis=1)
        )

    def cells(self, pairs: Sequence[Pair]) -> Tuple[int, ...]:
        """Their numbers."""
        return self.found.cells(*(self.point(*pair) for pair in pairs))

    def launches(self, pairs: Sequence[Pair]) -> int:
        """How many the one with fewest has."""
        return self.found.count([self.point(*pair) for pair in pairs])


class Nodes(NamedTuple):
    """Loads, and copies of one kernel and size by what of them is another node's."""

    loads: Work
    copies_from: Work
    copies_to: Work
    copies_within: Work
    kernel: str
    size: int


def read(dataset: load.Dataset) -> Nodes:
    """Copies of the largest size, which is surely in memory."""
    table = dataset.table(NAME)
    copied = table[(table["work"] == "copy") & table["verdict"].isin(points.MEASURED)]
    size = int(copied["size"].max()) if len(copied) else 0
    names = list(copied[copied["size"] == size]["kernel"].unique())
    usual = points.USUAL_KERNEL
    kernel = usual if usual in names or not names else str(names[0])
    only = {"work": "copy", "kernel": kernel, "size": size}
    chased = points.read(dataset, NAME, ["cpu_node", "src_node"], work="chase")
    moved = points.read(dataset, NAME, ["cpu_node", "src_node", "dst_node"], **only)
    return Nodes(
        Work("loads", chased, lambda cpu, node: (cpu, node)),
        Work("copies", moved, lambda cpu, node: (cpu, node, cpu)),
        Work("copies", moved, lambda cpu, node: (cpu, cpu, node)),
        Work("copies", moved, lambda cpu, node: (cpu, node, node)),
        kernel,
        size,
    )


class Claim(NamedTuple):
    """What firmware says of pairs of nodes: a cost that can be ordered, and it in words."""

    source: str
    cost: Dict[Pair, float]
    text: Callable[[float], str]


def distances(machine: dict) -> Claim:
    """The SLIT."""
    numbers = [node["node"] for node in machine.get("nodes") or []]
    cost = {
        (cpu, memory): float(distance)
        for cpu, row in zip(numbers, machine.get("distances") or [])
        for memory, distance in zip(numbers, row)
    }
    return Claim("distances", cost, "{:.0f}".format)


def attributes(machine: dict, key: str, source: str) -> Claim:
    """The HMAT, as far as the kernel passes it on. Less bandwidth costs more."""
    faster = "bandwidth" in key
    cost = {
        (each["initiator"], each["target"]): 1 / each[key] if faster else each[key]
        for each in machine.get("memory_attributes") or []
        if each.get(key)
    }
    if faster:
        return Claim(source, cost, lambda cost: f"{1e-9 / cost:.3g} GB/s")
    return Claim(source, cost, "{:.0f} ns".format)


class Comparison(NamedTuple):
    """
    A claim beside the work that it is held against: for each pair of both the cost claimed and the
    ratio measured. wrong: indices of those that do not fit; None where that can't be told.
    """

    claim: Claim
    work: Work
    pairs: List[Pair]
    costs: List[float]
    ratios: List[Estimate]
    wrong: Optional[List[int]]


def compare(claim: Claim, work: Work) -> Comparison:
    """Both, over the pairs that they have in common."""
    pairs = [pair for pair in work.pairs() if pair in claim.cost]
    costs = [claim.cost[pair] for pair in pairs]
    ratios = [work.ratio(pair) for pair in pairs]
    wrong = None
    if len(pairs) > 1 and work.launches(pairs) >= LAUNCHES_LEAST:
        wrong = claims.wrong(costs, claims.plateaus(ratios))
    return Comparison(claim, work, pairs, costs, ratios, wrong)


def compare_all(machine: dict, found: Nodes) -> Iterator[Comparison]:
    """
    The distances, and what the firmware's HMAT says beyond them, where there are other nodes. The
    kernel passes on the HMAT's figures of the nearest CPUs alone, so often of no other node's.
    """
    if found.loads.remote():
        yield compare(distances(machine), found.loads)
    latencies = attributes(machine, "read_latency_ns", "HMAT latencies")
    rates = attributes(machine, "read_bandwidth_bytes_per_s", "HMAT bandwidths")
    for claim, work in ((latencies, found.loads), (rates, found.copies_within)):
        if set(claim.cost) & set(work.remote()):
            yield compare(claim, work)


def rate(ns: Estimate, size: int) -> Estimate:
    """GB/s of copies of that size."""
    return Estimate(size / ns.value, size / ns.high, size / ns.low)
