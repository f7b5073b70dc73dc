"""
What the streams experiment says: how far the total rises with the number of queues, how many copies
of a packet a line rate leaves time for, what a packet's copy costs its CPU at most, what remote
memory costs, and whether one queue's copy costs what it costs in other experiments.

The knee is that of a line through zero which becomes flat, by least squares over all numbers of
queues on one node (see results/knee.py).
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

import numpy

from results import estimate, knee, load, points
from results.estimate import Estimate
from results.findings import AGREEING, Finding, cross_check
from results.queues import (
    FEEDS,
    FRAMING_BYTES,
    LINE_RATES_GBIT,
    NAME,
    PERCENTILES,
    USUAL_RATE_GBIT,
    Queues,
    one_node,
    percentiles,
    read,
    unclocked_ns,
)

LAUNCHES_MIN = 4  # for a knee, which is a bold word
SAME = 0.05  # within which the same copy has to cost the same everywhere
CLOCKED_BYTES = (
    4096  # from which on the time of a copy is little changed by being clocked
)


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """For each feed how it scales and what a packet costs; copies affordable; cross-checks."""
    queues = read(dataset)
    if not queues.found.places:
        why = points.reason(dataset, NAME)
        yield Finding(NAME, f"how queues scale can't be said: {why}")
        return
    size = points.usual_size(queues.sizes())
    for feed in FEEDS:
        yield scaling(dataset, queues, feed, size)
    for size_ in queues.sizes():
        yield from filter(None, (affordable(queues, size_),))
    for feed in FEEDS:
        yield from filter(None, (latency(dataset, queues, feed, size),))
        yield from filter(None, (depth(queues, feed, size),))
    yield from remote(dataset, queues, size)
    yield from checks(dataset, queues, size)


def scaling(dataset: load.Dataset, queues: Queues, feed: str, size: int) -> Finding:
    """The total by the number of queues, and where it bends."""
    counts = one_node(dataset, queues, feed, size)
    everywhere = queues.counts(feed, size)
    if not everywhere or everywhere[0] != 1:
        why = points.reason(dataset, NAME, feed=feed, placement="local")
        return Finding(NAME, f"{FEEDS[feed]}: what queues carry can't be said: {why}")
    used = queues.found.cells(
        *(queues.point(feed, count, size) for count in everywhere)
    )
    one = queues.total(feed, 1, size)
    start = f"{FEEDS[feed]}, one queue carries {estimate.text(one, 'GB/s')} in packets of {size} B"
    if everywhere == [1]:
        why = points.reason(dataset, NAME, feed=feed, placement="local")
        sentence = f"{start}{device_text(dataset, queues, feed, size)}; more can't be said: {why}"
        return Finding(NAME, sentence, *one, "GB/s", used)
    last = everywhere[-1]
    share = estimate.text(queues.scaling(feed, last, size), "%")
    total = estimate.text(queues.total(feed, last, size), "GB/s")
    sentence = f"{start}, {last} carry {total} ({share} of {last} times that)"
    bend, words = bend_text(queues, feed, size, counts)
    number = (*bend, "1") if bend else (*queues.scaling(feed, last, size), "%")
    return Finding(NAME, f"{sentence}; {words}", *number, used)


def bend_text(
    queues: Queues, feed: str, size: int, counts: Sequence[int]
) -> Tuple[Optional[Estimate], str]:
    """The knee, if there is one, and a sentence of it or of why none can be told."""
    if len(counts) < knee.POINTS_MIN:
        words = f"that takes {knee.POINTS_MIN} numbers of queues on one node"
        return None, f"a knee can't be told: {words}, not {len(counts)}"
    launches = queues.launches(feed, size, counts)
    if launches < LAUNCHES_MIN:
        return None, f"a knee can't be told from {launches} launches"
    found = queues.knee(feed, size, counts)
    straight = knee.STRAIGHT * counts[-1]
    if not found.known or found.low > straight:
        return None, f"no knee up to {counts[-1]} on one node"
    if found.high > straight:
        return None, (
            f"whether there is a knee up to {counts[-1]} on one node can't be said: at "
            f"{estimate.text(found, 'queues')} if so"
        )
    if found.high > counts[-2]:
        return found, (
            f"it bends at {estimate.text(found, 'queues')}, and whether it is flat from there on "
            f"can't be said: only {counts[-1]} are more"
        )
    held = estimate.text(queues.scaling(feed, counts[-1], size), "%")
    return found, (
        f"linear up to the knee at {estimate.text(found, 'queues')}, then flat ({counts[-1]} "
        f"queues on one node: {held})"
    )


def device_text(dataset: load.Dataset, queues: Queues, feed: str, size: int) -> str:
    """How much of the time the device alone needs, which no copy can hide."""
    if feed == "none":
        return ""
    table = dataset.table(NAME).set_index("cell")
    row = table.loc[queues.found.cells(queues.point(feed, 1, size))[0]]
    share = 100 * float(row["loop_ns"]) / float(row["median_ns"])
    if not numpy.isfinite(share):
        return ""
    return f" (without the copy it takes {share:.0f} % of the time)"


def affordable(queues: Queues, size: int) -> Optional[Finding]:
    """Copies of each packet by line rate, of one CPU and of as many as were measured."""
    counts = queues.counts("none", size)
    if not counts:
        return None
    rates = " / ".join(map(str, LINE_RATES_GBIT))
    first, *more = [
        f"{cpus_text(count)} {copies_text(queues, size, count)}"
        for count in sorted({counts[0], counts[-1]})
    ]
    usual = queues.copies(size, counts[-1], USUAL_RATE_GBIT)
    sentence = (
        f"at {rates} Gb/s there is time for so many copies of each packet of {size} B: "
        f"{', '.join([first, *more])} ({estimate.text(usual, '')} at {USUAL_RATE_GBIT})"
    )
    used = queues.found.cells(queues.point("none", counts[-1], size))
    return Finding(NAME, sentence, *usual, "1", used)


def copies_text(queues: Queues, size: int, count: int) -> str:
    """How many copies at each rate."""
    most = queues.copies(size, count, 1).value
    return " / ".join(estimate.digits(most / rate, 2) for rate in LINE_RATES_GBIT)


def cpus_text(count: int) -> str:
    """So many CPUs, in words."""
    return "one CPU" if count == 1 else f"{count} CPUs"


def latency(
    dataset: load.Dataset, queues: Queues, feed: str, size: int
) -> Optional[Finding]:
    """Median and tail of a packet's copy, by one queue and by all."""
    counts = queues.counts(feed, size)
    if not counts:
        return None
    clock = dataset.machine["clock"]
    parts, tail, used = [], None, []
    for count in sorted({counts[0], counts[-1]}):
        (cell,) = queues.found.cells(queues.point(feed, count, size))
        found = percentiles(dataset, cell)
        if found is None:
            return Finding(
                NAME,
                f"{FEEDS[feed]}: what single copies cost can't be said: the clock steps by "
                f"{clock['step_ns']:.0f} ns",
            )
        tail = found[99.0] if numpy.isfinite(found[99.0]) else None
        used.append(cell)
        each = " / ".join(percentile_text(found[each]) for each in PERCENTILES)
        parts.append(f"{each} ns with {queues_text(count)}")
    sentence = (
        f"{FEEDS[feed]}, the copy of a packet of {size} B costs its CPU (median / 99th percentile "
        f"/ 99.9th) {', '.join(parts)}, one reading of the clock ({clock['cost_ns']:.0f} ns) among "
        "it"
    )
    return Finding(NAME, sentence, tail, unit="ns", cells=tuple(used))


def percentile_text(value: float) -> str:
    """In ns, without the unit."""
    return f"{value:.0f}" if numpy.isfinite(value) else "(too few)"


def queues_text(count: int) -> str:
    """So many queues, in words."""
    return "one queue" if count == 1 else f"{count} queues"


def depth(queues: Queues, feed: str, size: int) -> Optional[Finding]:
    """What a packet of one queue costs by the number of its slots."""
    rings = sorted(
        ring
        for one, count, bytes_, ring, placement in queues.found.places
        if (one, count, bytes_, placement) == (feed, 1, size, "local")
    )
    if len(rings) < 2:
        return None
    asked = [queues.point(feed, 1, size, ring) for ring in rings]
    costs = [queues.found.estimate([point], lambda ns: ns[:, 0]) for point in asked]
    best = int(numpy.argmin([cost.value for cost in costs]))
    each = [
        f"{estimate.text(cost, 'ns')} of {ring}" for ring, cost in zip(rings, costs)
    ]
    sentence = (
        f"{FEEDS[feed]}, a packet of {size} B takes one queue, by the slots of its ring: "
        f"{', '.join(each)}"
    )
    used = queues.found.cells(*asked)
    return Finding(NAME, sentence, *costs[best], "ns", used)


def remote(dataset: load.Dataset, queues: Queues, size: int) -> Iterator[Finding]:
    """What other placements cost one queue beyond the local one."""
    table = dataset.table(NAME)
    others = [name for name in table["placement"].unique() if name != "local"]
    measured = False
    for placement in others:
        for feed in FEEDS:
            local = queues.point(feed, 1, size)
            asked = [(*local[:4], placement), local]
            if not queues.found.has(*asked):
                continue
            measured = True
            more = queues.found.estimate(
                asked, lambda ns: 100 * (ns[:, 0] / ns[:, 1] - 1)
            )
            sentence = (
                f"{FEEDS[feed]}, {placement} takes one queue {estimate.text(more, '%')} more time "
                f"than local, packets of {size} B"
            )
            yield Finding(NAME, sentence, *more, "%", queues.found.cells(*asked))
    if others and not measured:
        why = points.reason(dataset, NAME, placement=others[0])
        yield Finding(NAME, f"what a remote node costs can't be said: {why}")


def checks(dataset: load.Dataset, queues: Queues, size: int) -> Iterator[Finding]:
    """All that there is something to compare with for."""
    found: List[Optional[Finding]] = [
        like_size(dataset, queues, size),
        like_residency(dataset, queues, size),
        clocked_alike(dataset, queues),
    ]
    for feed in FEEDS:
        found += [
            no_gain(queues, feed, size),
            shape(dataset, queues, feed, size),
        ]
    yield from filter(None, found)


def like_size(dataset: load.Dataset, queues: Queues, size: int) -> Optional[Finding]:
    """Whether one thread that copies one packet again and again costs what it costs in size."""
    alone = queues.point("none", 1, size, 1)
    if "size" not in dataset.experiments or not queues.found.has(alone):
        return None
    only = {"kernel": queues.kernel, "temperature": "warm", "size": size}
    warm = points.read(dataset, "size", ["temperature"], **only)
    if not warm.places:
        return None
    ratio = queues.found.beside(warm).estimate(
        [alone, ("warm",)], lambda ns: ns[:, 0] / ns[:, 1]
    )
    claim = (
        f"one queue with one slot copies {size} B in {estimate.text(ratio, '')} times the time "
        f"that size takes (within {100 * SAME:.0f} % wanted)"
    )
    used = queues.found.cells(alone)
    return cross_check(NAME, claim, ratio, "1", used, SAME)


def like_residency(
    dataset: load.Dataset, queues: Queues, size: int
) -> Optional[Finding]:
    """
    Whether a packet fresh from another core costs what residency says of dirty lines there. The
    destination was there, too: the device has read what the slot's last packet left.
    """
    fresh = queues.point("core", 1, size, 1)
    if "residency" not in dataset.experiments or not queues.found.has(fresh):
        return None
    places = {"src": "core_dirty", "dst": "core_dirty"}
    only = {"kernel": queues.kernel, "size": size, **places}
    dirty = points.read(dataset, "residency", ["src"], **only)
    (cell,) = queues.found.cells(fresh)
    clocked = unclocked_ns(dataset, cell)
    if not dirty.places or clocked is None:
        return None
    ratio = dirty.estimate([("core_dirty",)], lambda ns: clocked / ns[:, 0])
    claim = (
        f"clocked, {size} B that another core has just written are copied in "
        f"{estimate.text(ratio, '')} times the time that residency takes (within "
        f"{100 * SAME:.0f} % wanted)"
    )
    return cross_check(NAME, claim, ratio, "1", (cell,), SAME)


def clocked_alike(dataset: load.Dataset, queues: Queues) -> Optional[Finding]:
    """Whether long copies cost the same clocked one by one and in samples."""
    sizes = [
        size
        for size in queues.sizes()
        if size >= CLOCKED_BYTES and queues.found.has(queues.point("none", 1, size))
    ]
    if not sizes:
        return None
    asked = queues.point("none", 1, sizes[-1])
    (cell,) = queues.found.cells(asked)
    clocked = unclocked_ns(dataset, cell)
    if clocked is None:
        return None
    ratio = queues.found.estimate([asked], lambda ns: clocked / ns[:, 0])
    claim = (
        f"clocked one by one, copies of {sizes[-1]} B cost {estimate.text(ratio, '')} times what "
        "they cost in samples"
    )
    return cross_check(NAME, claim, ratio, "1", (cell,))


def no_gain(queues: Queues, feed: str, size: int) -> Optional[Finding]:
    """Whether no number of queues carries more than so many times one queue."""
    counts = queues.counts(feed, size)
    if len(counts) < 2 or counts[0] != 1:
        return None
    shares = {count: queues.scaling(feed, count, size) for count in counts[1:]}
    count = max(shares, key=lambda each: shares[each].value)
    share = Estimate(*(value / 100 for value in shares[count]))
    asked = [queues.point(feed, each, size) for each in (1, count)]
    claim = (
        f"{FEEDS[feed]}, {count} queues carry {estimate.text(share, '')} times {count} times what "
        "one does, and more than 1 would be wrong"
    )
    agrees = share.meets(0, 1 + AGREEING)
    sentence = f"cross-check: {claim}: {'agrees' if agrees else 'disagrees'}"
    used = queues.found.cells(*asked)
    return Finding(NAME, sentence, *share, "1", used, agrees)


def shape(
    dataset: load.Dataset, queues: Queues, feed: str, size: int
) -> Optional[Finding]:
    """Whether the total is linear, then flat: how far it is from that where it is furthest."""
    counts = one_node(dataset, queues, feed, size)
    if len(counts) < knee.POINTS_MIN:
        return None
    asked = [queues.point(feed, count, size) for count in counts]
    rates = numpy.asarray(counts, dtype=float) * size
    far = queues.found.estimate(asked, lambda ns: knee.furthest(counts)(rates / ns))
    claim = (
        f"{FEEDS[feed]}, the total is linear, then flat: where it is furthest from that, it is "
        f"{estimate.text(far, '')} times it"
    )
    return cross_check(NAME, claim, far, "1", queues.found.cells(*asked))
