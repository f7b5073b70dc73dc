"""
The nodes experiment: what another node's memory costs in latency and in bandwidth, and whether the
firmware says so.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Set

import numpy

from results import estimate, levels, load, nodes, points
from results.findings import Finding, cross_check
from results.nodes import NAME, Comparison, Nodes, Work

FASTER = 0.03  # by which another node has to be faster than the own one to be noticed
NAMED_MOST = 3


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """What another node costs; where the firmware is wrong; cross-checks."""
    found = nodes.read(dataset)
    yield latency(dataset, found.loads)
    yield bandwidth(dataset, found)
    for comparison in nodes.compare_all(dataset.machine, found):
        yield firmware(comparison)
    for work in (found.loads, found.copies_within):
        yield from filter(None, (own_is_nearest(work), symmetric(work)))
    yield from filter(None, (like_size(dataset, found),))


def alone(dataset: load.Dataset) -> str:
    """Why there is no other node to compare with."""
    if len(dataset.machine.get("nodes") or []) < 2:
        return "this machine has one node, so there is no wrong one"
    return f"what another node costs can't be said: {points.reason(dataset, NAME)}"


def latency(dataset: load.Dataset, loads: Work) -> Finding:
    """How long a load waits, near and far."""
    if not loads.own():
        why = points.reason(dataset, NAME, work="chase")
        return Finding(NAME, f"how long a load waits can't be said: {why}")
    own = loads.ns(loads.own())
    words = f"a load from memory of the CPU's own node takes {estimate.text(own, 'ns')}"
    remote = loads.remote()
    if not remote:
        sentence = f"{words}; {alone(dataset)}"
        return Finding(NAME, sentence, *own, "ns", loads.cells(loads.own()))
    factor, other = loads.factor(remote), loads.ns(remote)
    sentence = (
        f"{words}, from another's {estimate.text(other, 'ns')}, "
        f"{estimate.text(factor, '')} times as long"
    )
    if len(remote) > 2:
        cpu, memory = farthest = max(remote, key=lambda pair: loads.ratio(pair).value)
        most = estimate.text(loads.ratio(farthest), "")
        sentence += (
            f" over all pairs of nodes, {most} from CPUs of node {cpu} to node {memory}"
        )
    return Finding(NAME, sentence, *factor, "1", loads.cells(loads.pairs()))


def bandwidth(dataset: load.Dataset, found: Nodes) -> Finding:
    """What copies lose whose source, destination or both are another node's."""
    within = found.copies_within
    if not within.own():
        why = points.reason(dataset, NAME, work="copy")
        return Finding(NAME, f"what a copy takes can't be said: {why}")
    own = nodes.rate(within.ns(within.own()), found.size)
    words = (
        f"copies of {found.size / 2**20:.3g} MiB within the CPU's own node reach "
        f"{estimate.text(own, 'GB/s')}"
    )
    sides = {"from": found.copies_from, "to": found.copies_to, "within": within}
    others = {name: work for name, work in sides.items() if work.remote()}
    if not others:
        sentence = f"{words}; {alone(dataset)}"
        return Finding(NAME, sentence, *own, "GB/s", within.cells(within.own()))
    parts: List[str] = []
    cells: Set[int] = set()
    for name, work in others.items():
        reached = nodes.rate(work.ns(work.remote()), found.size)
        factor = work.factor(work.remote())
        cells.update(work.cells(work.pairs()))
        parts.append(
            f"{name} another {estimate.text(reached, 'GB/s')} "
            f"({estimate.text(factor, '')} times as long)"
        )
    sentence = f"{words}, {', '.join(parts)}"
    return Finding(NAME, sentence, *factor, "1", tuple(sorted(cells)))


def firmware(comparison: Comparison) -> Finding:
    """Whether the claims are in the order of what was measured, and which are not."""
    claim, work, pairs, costs, ratios, wrong = comparison
    named, cells = f"the firmware's {claim.source}", work.cells(pairs)
    if wrong is None:
        why = "it tells them of none that were measured"
        if len(pairs) > 1:
            why = f"{nodes.LAUNCHES_LEAST} launches are needed for it"
        sentence = f"whether {named} are right can't be said: {why}"
        return Finding(NAME, sentence, cells=cells)
    stands = meaning(comparison)
    if not wrong:
        sentence = f"{named} are in the order of what {work.words} take: {stands}"
        return Finding(NAME, sentence, 0.0, unit="1", cells=cells)
    places = [
        f"{claim.text(costs[place])} from node {pairs[place][0]} to node {pairs[place][1]}, where "
        f"{work.words} take {estimate.text(ratios[place], '')} times the own node's"
        for place in wrong[:NAMED_MOST]
    ]
    if len(wrong) > NAMED_MOST:
        places.append(f"and {len(wrong) - NAMED_MOST} more")
    sentence = (
        f"{named} are wrong for {len(wrong)} of {len(pairs)} pairs: {'; '.join(places)}; "
        f"elsewhere {stands}"
    )
    return Finding(NAME, sentence, float(len(wrong)), unit="1", cells=cells)


def meaning(comparison: Comparison) -> str:
    """What each claim that is not wrong stands for."""
    by_cost: dict[float, List[float]] = {}
    for place, cost in enumerate(comparison.costs):
        if place not in (comparison.wrong or []):
            by_cost.setdefault(cost, []).append(comparison.ratios[place].value)
    parts = [
        f"{comparison.claim.text(cost)} stands for {estimate.digits(float(numpy.median(values)))}"
        for cost, values in sorted(by_cost.items())
    ]
    return f"{', '.join(parts)} times the own node's"


def own_is_nearest(work: Work) -> Optional[Finding]:
    """Whether no other node is surely faster than the CPU's own."""
    remote = work.remote()
    if not remote:
        return None
    nearest = min(remote, key=lambda pair: work.ratio(pair).value)
    ratio = work.ratio(nearest)
    agrees = ratio.meets(1 - FASTER, numpy.inf)
    sentence = (
        f"cross-check: with another node's memory {work.words} take {estimate.text(ratio, '')} "
        f"times the own node's at least (node {nearest[0]} to node {nearest[1]}): "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, *ratio, "1", work.cells([nearest]), agrees)


def symmetric(work: Work) -> Optional[Finding]:
    """Whether two nodes are as far from each other in both directions."""
    both = [
        (cpu, memory)
        for cpu, memory in work.remote()
        if cpu < memory and (memory, cpu) in work.remote()
    ]
    if not both:
        return None

    def there_and_back(cpu: int, memory: int) -> estimate.Estimate:
        asked = [work.point(cpu, memory), work.point(memory, cpu)]
        return work.found.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])

    ratios = {pair: there_and_back(*pair) for pair in both}
    pair = max(both, key=lambda each: abs(numpy.log(ratios[each].value)))
    claim = (
        f"{work.words} by CPUs of node {pair[0]} with memory of node {pair[1]} take "
        f"{estimate.text(ratios[pair], '')} times what they take the other way round"
    )
    cells = work.cells([pair, (pair[1], pair[0])])
    return cross_check(NAME, claim, ratios[pair], "1", cells)


def like_size(dataset: load.Dataset, found: Nodes) -> Optional[Finding]:
    """Whether copies on the own node take what they take in the size experiment."""
    if "size" not in dataset.experiments:
        return None
    only = {"kernel": found.kernel, "temperature": "warm", "size": found.size}
    warm = points.read(dataset, "size", ["temperature"], **only)
    table = dataset.table(NAME)
    on = table[table["cpu_got"] == levels.cpu_of(dataset.table("size"))]["cpu_node"]
    own = [pair for pair in found.copies_within.own() if pair[0] in set(on)]
    if not own or not warm.places:
        return None
    asked = [found.copies_within.point(*own[0]), ("warm",)]
    both = found.copies_within.found.beside(warm)
    ratio = both.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])
    claim = (
        f"a copy of {found.size / 2**20:.3g} MiB on the own node takes "
        f"{estimate.text(ratio, '')} times what it takes in size"
    )
    return cross_check(NAME, claim, ratio, "1", found.copies_within.cells(own[:1]))
