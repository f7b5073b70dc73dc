"""
The loaded experiment: what others' copying does to the latency of a load, and from how many GB/s on.

A load's time is the median over launches of what a region's loads take on average; so is what is
said with an interval. The tail is of readings, each the mean of a few loads, over all launches.
"""

from __future__ import annotations

from typing import Callable, Iterator, List, Optional

import numpy

from results import estimate, load, points
from results.estimate import Estimate
from results.findings import AGREEING, Finding, cross_check
from results.loaded import NAME, PERCENT, Curve, Place, read

RISEN = 1.1  # times the idle latency
LAUNCHES_LEAST = 4  # below, no interval is so sure that a rise may be placed by it
TAILS = {100: 99.0, 1000: 99.9}  # one in so many is slower: the percentile
DOSE = 1.5  # the factor by which a throttled copier may miss its share
SATURATED = 0.75  # of what as many copiers would copy that do not share a memory
OVERRUN = 1.02  # a region's time over that of its loads
# What address translation and the DRAM's other rows may add to a load, of its time: here each load
# misses both. On a Zen 4 in a virtual machine 5 % each.
FARTHER = 0.3


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """For each working set the rise, where it begins, and the tail; cross-checks."""
    curves = read(dataset)
    if not curves:
        why = points.reason(dataset, NAME, copiers=0)
        yield Finding(NAME, f"the latency of an idle machine can't be said: {why}")
    for curve in curves:
        yield rise(dataset, curve)
        if curve.loaded:
            yield begin(curve)
        yield from filter(None, (tail(curve),))
    for curve in curves:
        yield from filter(None, checks(dataset, curve))


def set_text(curve: Curve) -> str:
    """The working set of the loads."""
    size = curve.size / (1 << 20)
    return f"{size:.3g} MiB" if size >= 1 else f"{curve.size / 1024:.3g} KiB"


def beside(place: Place) -> str:
    """The copiers, and what they copied."""
    who = "1 copier" if place.copiers == 1 else f"{place.copiers} copiers"
    return f"beside {who} of {estimate.digits(place.gb_per_s)} GB/s"


def rise(dataset: load.Dataset, curve: Curve) -> Finding:
    """What a load takes idle, and how many times that beside those who copy most."""
    idle = curve.ns(curve.places[0])
    alone = f"a load from {set_text(curve)} takes {estimate.text(idle, 'ns')} idle"
    if not curve.loaded:
        table = dataset.table(NAME)
        counts = table.loc[table["copiers"] > 0, "copiers"]
        why = "not asked for"
        if len(counts):
            why = points.reason(dataset, NAME, copiers=int(counts.min()))
        sentence = f"{alone}; beside copiers can't be said: {why}"
        return Finding(NAME, sentence, *idle, "ns", curve.cells)
    most = curve.loaded[-1]
    factor = curve.factor(most)
    sentence = f"{alone} and {estimate.text(factor, '')} times that {beside(most)}"
    return Finding(NAME, sentence, *factor, "1", (curve.places[0].cell, most.cell))


def crossing(gb_per_s: List[float]) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """
    For bootstrap(), of all places of a curve: the GB/s from which on a load takes RISEN times the
    idle latency, straight between places; the last of them if none is so slow.
    """

    def place(times: numpy.ndarray) -> float:
        last = int(numpy.flatnonzero(times < RISEN)[-1])
        if last == len(times) - 1:
            return gb_per_s[-1]
        ends = slice(last, last + 2)
        return float(numpy.interp(RISEN, times[ends], gb_per_s[ends]))

    return lambda ns: numpy.array([place(each / each[0]) for each in ns])


def begin(curve: Curve) -> Finding:
    """From how many GB/s on latency has risen by a tenth."""
    rates = [place.gb_per_s for place in curve.places]
    percent = f"{100 * (RISEN - 1):.0f} %"
    if curve.found.count([(cell,) for cell in curve.cells]) < LAUNCHES_LEAST:
        sentence = f"where latency rises by {percent} can't be said: too few launches"
        return Finding(NAME, sentence, cells=curve.cells)
    found = curve.of(curve.places, crossing(rates))
    if found.value >= rates[-1]:
        most = curve.factor(curve.loaded[-1])
        sure = "has not risen" if most.high < RISEN else "has not surely risen"
        sentence = (
            f"latency {sure} by {percent} at {estimate.digits(rates[-1])} GB/s, the most "
            f"that {curve.loaded[-1].copiers} copied"
        )
        return Finding(NAME, sentence, cells=curve.cells)
    ends = f"{estimate.digits(found.low)} to {estimate.digits(found.high)}"
    if found.high >= rates[-1]:
        ends = f"{estimate.digits(found.low)} at least, perhaps nowhere"
    sentence = (
        f"latency is {percent} above idle from {estimate.digits(found.value)} GB/s on that "
        f"others copy ({ends})"
    )
    return Finding(NAME, sentence, *found, "GB/s", curve.cells)


def tail(curve: Curve) -> Optional[Finding]:
    """The slowest readings, idle and beside those who copy most."""
    places = [curve.places[0], *curve.loaded[-1:]]
    parts: List[str] = []
    last: Optional[float] = None
    for one_in, percent in TAILS.items():
        slow = [curve.percentile(place, percent) for place in places]
        if numpy.isfinite(slow).all():
            last = slow[-1]
            each = [f"{estimate.digits(ns)} ns" for ns in slow]
            words = ["idle", *map(beside, places[1:])]
            both = [" ".join(pair) for pair in zip(each, words)] if not parts else each
            parts.append(f"one in {one_in} takes {' and '.join(both)}")
    if last is None:
        return None
    loads = curve.loads_per_reading
    sentence = f"of readings, a load's mean over {loads}, {', '.join(parts)} or more"
    cells = tuple(place.cell for place in places)
    return Finding(NAME, sentence, last, unit="ns", cells=cells)


def checks(dataset: load.Dataset, curve: Curve) -> Iterator[Optional[Finding]]:
    """All cross-checks of a working set; None where there is nothing to compare."""
    yield same_median(curve)
    yield never_less(curve)
    yield dose(curve)
    yield saturation(curve)
    yield stopped_together(dataset, curve)
    yield like_limits(dataset, curve)
    yield like_nodes(dataset, curve)
    yield like_residency(dataset, curve)


def same_median(curve: Curve) -> Optional[Finding]:
    """Whether the idle readings say what the region's time says."""
    idle = curve.places[0]
    median = curve.percentile(idle, 50)
    ratio = curve.of([idle], lambda ns: median / ns[:, 0])
    if not ratio.known:
        return None
    claim = (
        f"the idle readings' median is {estimate.text(ratio, '')} times what a load takes by "
        "the time of all"
    )
    return cross_check(NAME, claim, ratio, "1", (idle.cell,))


def never_less(curve: Curve) -> Optional[Finding]:
    """Whether no copier makes loads faster."""
    if not curve.loaded:
        return None
    factors = [curve.factor(place) for place in curve.loaded]
    least = min(factors, key=lambda factor: factor.value)
    agrees = least.meets(1 - AGREEING, numpy.inf)
    sentence = (
        f"cross-check: beside copiers loads take {estimate.text(least, '')} times the idle "
        f"latency at least: {'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, *least, "1", curve.cells, agrees)


def dose(curve: Curve) -> Optional[Finding]:
    """Whether the fewest copiers copy the shares that they are asked for."""
    fewest = min((place.copiers for place in curve.loaded), default=0)
    places = [place for place in curve.loaded if place.copiers == fewest]
    places.sort(key=lambda place: place.rate)
    full = curve.at(fewest, PERCENT)
    if full is None or len(places) < 2:
        return None
    shares = [PERCENT * place.gb_per_s / full.gb_per_s for place in places[:-1]]
    wrong = [share / place.rate for share, place in zip(shares, places)]
    agrees = all(1 / DOSE <= each <= DOSE for each in wrong)
    asked = ", ".join(str(place.rate) for place in places[:-1])
    copied = ", ".join(estimate.digits(share, 2) for share in shares)
    sentence = (
        f"cross-check: asked for {asked} % of the time, {fewest} "
        f"{'copier copies' if fewest == 1 else 'copiers copy'} {copied} % of what "
        f"{'it' if fewest == 1 else 'they'} can: {'agrees' if agrees else 'disagrees'}"
    )
    cells = tuple(place.cell for place in places)
    return Finding(NAME, sentence, cells=cells, agrees=agrees)


def saturation(curve: Curve) -> Optional[Finding]:
    """Whether latency has risen where copiers stand in each other's way: queues take time."""
    one, most = curve.at(1, PERCENT), max(
        (place for place in curve.loaded if place.rate == PERCENT),
        key=lambda place: place.copiers,
        default=None,
    )
    if one is None or most is None or most.copiers == 1:
        return None
    share = most.gb_per_s / (most.copiers * one.gb_per_s)
    if share > SATURATED:
        return None
    factor = curve.factor(most)
    agrees = factor.meets(RISEN, numpy.inf)
    sentence = (
        f"cross-check: {most.copiers} copiers copy {estimate.digits(100 * share, 2)} % of "
        f"{most.copiers} times what one does, so memory is full, and loads take "
        f"{estimate.text(factor, '')} times the idle latency: "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    cells = (curve.places[0].cell, one.cell, most.cell)
    return Finding(NAME, sentence, *factor, "1", cells, agrees)


def stopped_together(dataset: load.Dataset, curve: Curve) -> Optional[Finding]:
    """Whether copiers stop with the probe, whose time would not be the region's otherwise."""
    samples = dataset.samples(NAME)
    samples = samples[samples["cell"].isin([place.cell for place in curve.loaded])]
    if samples.empty:
        return None
    region = ["cell", "launch", "sweep", "start_ns"]
    slowest = samples.groupby(region)["ticks"].max()
    probe = samples[samples["member"] == 0].set_index(region)["ticks"]
    worst = float((slowest / probe).groupby("cell").median().max())
    agrees = worst <= OVERRUN
    sentence = (
        f"cross-check: copiers stop with the loads: regions last {worst:.4f} times as long: "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, worst, unit="1", cells=curve.cells, agrees=agrees)


def like_limits(dataset: load.Dataset, curve: Curve) -> Optional[Finding]:
    """Whether one copier copies as fast as the same kernel does in limits."""
    one = curve.at(1, PERCENT)
    if one is None or "limits" not in dataset.experiments:
        return None
    only = {"kernel": curve.kernel, "threads": 1}
    found = points.read(dataset, "limits", ["size"], **only)
    table = dataset.table("limits").set_index("cell")
    largest = max(found.places, default=None)
    if largest is None or largest[0] < curve.size:
        return None
    payload = float(table.loc[found.cells(largest)[0], "payload_bytes"])
    share = one.gb_per_s / payload
    ratio = found.estimate([largest], lambda ns: ns[:, 0] * share)
    library = ", all at once, where the C library may store past the caches"
    library = library if curve.kernel == points.USUAL_KERNEL else ""
    claim = (
        f"one copier that is not throttled copies {estimate.text(ratio, '')} times what it "
        "copies in limits" + library
    )
    return cross_check(NAME, claim, ratio, "1", (one.cell,))


def like_nodes(dataset: load.Dataset, curve: Curve) -> Optional[Finding]:
    """Whether the idle latency is that of the CPU's own node in nodes."""
    if "nodes" not in dataset.experiments or not beyond_caches(dataset, curve):
        return None
    chased = points.read(dataset, "nodes", ["cpu_node", "src_node"], work="chase")
    node = dataset.table(NAME).set_index("cell")["src_node_got"]
    own = [
        place
        for place in chased.places
        if place[0] == place[1] and str(place[0]) == node[curve.places[0].cell]
    ]
    if not own:
        return None
    asked: List[points.Point] = [(curve.places[0].cell,), own[0]]
    ratio = curve.found.beside(chased).estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])
    return like_others(curve, ratio, "what it takes in nodes")


def like_residency(dataset: load.Dataset, curve: Curve) -> Optional[Finding]:
    """Whether it is what residency found of lines that are in DRAM alone."""
    if "residency" not in dataset.experiments or not beyond_caches(dataset, curve):
        return None
    table = dataset.table("residency")
    fit = table["verdict"].isin(points.MEASURED) & (table["src"] == "dram")
    there = float(table.loc[fit, "src_latency_ns"].median())
    ratio = curve.of([curve.places[0]], lambda ns: ns[:, 0] / there)
    if not ratio.known:
        return None
    return like_others(curve, ratio, "what residency finds of DRAM")


def like_others(curve: Curve, ratio: estimate.Estimate, what: str) -> Finding:
    """Whether that is so, or so much more as loads that lie farther apart may cost."""
    agrees = ratio.meets(1 - AGREEING, 1 + FARTHER)
    sentence = (
        f"cross-check: an idle load takes {estimate.text(ratio, '')} times {what}, whose loads "
        f"lie closer together (up to {1 + FARTHER} is well): {'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, *ratio, "1", (curve.places[0].cell,), agrees)


def beyond_caches(dataset: load.Dataset, curve: Curve) -> bool:
    """Whether the working set is larger than every cache that is known."""
    caches = dataset.machine.get("caches") or []
    return all(curve.size > (cache.get("bytes") or 0) for cache in caches)
