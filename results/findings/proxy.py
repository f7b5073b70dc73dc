"""
The proxy experiment: what passing messages on costs a proxy by each relay, from which size on not
copying is cheaper, by what it looks at; what a proxy adds to latency, and to all CPU time.

What it costs is the proxy's own CPU time; Gb/s is only the speed. A byte of payload counts once.
"""

from __future__ import annotations

from typing import Iterator, List, Sequence

import numpy
import pandas

from results import crossovers, estimate, load, points, relays, trips
from results.findings import Finding, proxy_checks
from results.relays import (
    AHEAD,
    BASE,
    DIRECT,
    INSPECTIONS,
    NAME,
    RELAYS,
    TRANSPORTS,
    Cells,
    Line,
)

BASE_WORDS = "reading and writing"


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """Crossovers, costs, buffers, latency, the whole machine; what can't be said; cross-checks."""
    cells = relays.read(dataset)
    for relay in AHEAD:
        for transport in TRANSPORTS:
            for inspect in INSPECTIONS:
                yield from crossover(cells, Line(relay, inspect, transport))
    for transport in TRANSPORTS:
        for relay in RELAYS:
            yield from cost(cells, Line(relay, transport=transport))
    yield from buffers(cells)
    yield from latencies(dataset, cells)
    for relay in RELAYS:
        yield from whole(cells, Line(relay))
    yield from unmeasured(dataset, cells)
    yield from proxy_checks.find(dataset, cells)


def line_text(line: Line) -> str:
    """ "splice over TCP, untouched"."""
    source = " out of a file" if line.source == "file" else ""
    over = TRANSPORTS[line.transport]
    return f"{line.relay}{source} over {over}, {INSPECTIONS[line.inspect]}"


def crossover(cells: Cells, line: Line) -> Iterator[Finding]:
    """From where on the relay costs the proxy less CPU time than reading and writing."""
    found = cells.crossover(line)
    if not found:
        return
    sentence = (
        f"in a proxy's CPU time, {line_text(line)}, is {crossovers.where_text(found, BASE_WORDS)}; "
        f"{crossovers.last_text(found, BASE_WORDS)}"
    )
    figure, unit = found.figure
    yield Finding(NAME, sentence, *figure, unit, tuple(found.cells))


def cost(cells: Cells, line: Line) -> Iterator[Finding]:
    """Of the smallest message, and of a byte of the largest."""
    messages = cells.messages(line)
    if not messages:
        return
    first, last = messages[0], messages[-1]
    each = cells.each_byte(line, last)
    sentence = (
        f"{line_text(line)}, costs a proxy {estimate.time_text(cells.cost(line, first))} of CPU time for a "
        f"message of {estimate.bytes_text(first)}, and {estimate.text(each, 'ns')} for a byte of one of "
        f"{estimate.bytes_text(last)} ({estimate.text(cells.gigabits(line, last), 'Gb/s')})"
    )
    used = cells.times.cells(*cells.points(line, sorted({first, last})))
    yield Finding(NAME, sentence, *each, "ns", used)


def buffers(cells: Cells) -> Iterator[Finding]:
    """What other buffers than the usual one make of the largest message."""
    usual = Line(BASE)
    for size in sorted({place[4] for place in cells.times.places} - {usual.buffer}):
        line = usual._replace(buffer=size)
        messages = cells.messages(line, usual)
        if not messages:
            continue
        message = messages[-1]
        asked = [cells.point(line, message), cells.point(usual, message)]
        ratio = cells.costs.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])
        sentence = (
            f"{BASE} of {estimate.bytes_text(message)} costs a proxy {estimate.text(ratio, '')} times as "
            f"much CPU time through a buffer of {estimate.bytes_text(size)} as through one of "
            f"{estimate.bytes_text(usual.buffer)}"
        )
        yield Finding(NAME, sentence, *ratio, "1", cells.times.cells(*asked))


def trips_text(bins: pandas.DataFrame, cells: Sequence[int]) -> str:
    """ "; p50 30 and p99 41 µs, 6 and 19 µs without one"; "" if there are too few trips of either."""
    found = []
    for cell in cells:
        found += [trips.percentile(bins, cell, percent) for percent in (50, 99)]
    if not numpy.isfinite(found).all():
        return ""
    half, late, half_alone, late_alone = (estimate.digits(ns / 1000) for ns in found)
    return (
        f"; p50 {half} and p99 {late} µs, {half_alone} and {late_alone} µs without one"
    )


def latencies(dataset: load.Dataset, cells: Cells) -> Iterator[Finding]:
    """What a proxy adds to one way of the smallest message, by each relay."""
    direct = Line(DIRECT)
    known = cells.messages(direct, mode="latency")
    if not known:
        reason = points.reason(dataset, NAME, mode="latency")
        yield Finding(NAME, f"what a proxy adds to latency can't be said: {reason}")
        return
    bins, message = dataset.histogram(NAME), known[0]
    own = proxy_checks.has_own_cpus(cells, direct, message, "latency")
    where = "" if own else ", client and server sharing a CPU"
    for relay in RELAYS:
        line = Line(relay)
        if message not in cells.messages(line, mode="latency"):
            continue
        asked = [cells.point(each, message, "latency") for each in (line, direct)]
        added = cells.times.estimate(asked, lambda ns: (ns[:, 0] - ns[:, 1]) / 1000)
        used = cells.times.cells(*asked)
        alone = cells.times.estimate(asked[1:], lambda ns: ns[:, 0] / 1000)
        sentence = (
            f"a proxy by {relay} adds {estimate.text(added, 'µs')} to one way of "
            f"{estimate.bytes_text(message)} over TCP, which takes {estimate.text(alone, 'µs')} without "
            f"one{where}{trips_text(bins, used)}"
        )
        yield Finding(NAME, sentence, *added, "µs", used)


def whole(cells: Cells, line: Line) -> Iterator[Finding]:
    """What all three processes use more than client and server do without a proxy."""
    direct = Line(DIRECT)
    messages = cells.messages(line, direct)
    if not messages or line.source == "file":
        return
    message = messages[-1]
    asked = [cells.point(line, message), cells.point(direct, message)]
    more = cells.sums.estimate(asked, lambda ns: (ns[:, 0] - ns[:, 1]) / message)
    sentence = (
        f"with a proxy by {line.relay}, all three processes use {estimate.text(more, 'ns')} more CPU time "
        f"for a byte of {estimate.bytes_text(message)} over TCP than client and server do without one"
    )
    yield Finding(NAME, sentence, *more, "ns", cells.times.cells(*asked))


def unmeasured(dataset: load.Dataset, cells: Cells) -> Iterator[Finding]:
    """Relays of which nothing is known."""
    known = {place[0] for place in cells.times.places}
    for relay in (DIRECT, *RELAYS):
        if relay not in known:
            why = points.reason(dataset, NAME, relay=relay)
            yield Finding(NAME, f"of {relay} nothing can be said: {why}")


def headline(cells: Cells) -> str:
    """Where splice is ahead, by what the proxy looks at; what the first crossover says otherwise."""
    parts: List[str] = []
    for inspect, words in INSPECTIONS.items():
        found = cells.crossover(Line("splice", inspect))
        if found:
            parts.append(f"{words} {crossovers.place_text(found)}")
    if parts:
        return f"splice costs a proxy less CPU time than {BASE_WORDS} over TCP: {'; '.join(parts)}"
    lines = [Line(r, transport=t) for t in TRANSPORTS for r in RELAYS]
    said = [one for line in lines for one in cost(cells, line)]
    return (
        said[0].sentence
        if said
        else "nothing can be said of a proxy over TCP or UNIX sockets, untouched"
    )
