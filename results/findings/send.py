"""
The send experiment: from which size on zero copy costs the sender less CPU time than copying, by who
is at the far end; whether the kernel copied all the same; what notices cost.

What it costs is the sender's CPU time; Gb/s is only the speed. A byte of payload counts once.
"""

from __future__ import annotations

from typing import Iterator

from results import crossovers, estimate, load, points, sends
from results.estimate import Estimate
from results.findings import Finding, send_checks
from results.sends import COPY, DOCUMENTED_BYTES, ENDS, NAME, SENDINGS, Cells, Line

COPIED_MUCH, COPIED_LITTLE = 0.99, 0.01  # of the notices: all and none, but for strays


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """Crossovers, what was copied, costs, notices; what can't be said; cross-checks."""
    cells = sends.read(dataset)
    for line in sends.lines(cells, *SENDINGS):
        yield from crossover(cells, line)
    for line in sends.lines(cells, *SENDINGS):
        yield copied(cells, line)
    for line in sends.lines(cells, COPY, *SENDINGS):
        yield cost(cells, line)
    for line in sends.lines(cells, "zerocopy"):
        yield reaping(cells, line)
    yield from unmeasured(dataset, cells)
    yield from send_checks.find(dataset, cells)


def copied_text(share: float) -> str:
    """What notices say."""
    if share >= COPIED_MUCH:
        return "the kernel copied all the same"
    if share <= COPIED_LITTLE:
        return "the kernel copied nothing"
    return f"the kernel copied {100 * share:.3g} % all the same"


def documented_text(found: crossovers.Crossover) -> str:
    """Beside what the kernel's documentation says, where there is a size."""
    if found.never or found.unclear or found.always:
        return ""
    ratio = found.bytes.value / DOCUMENTED_BYTES
    return (
        f", {estimate.digits(ratio, 2)} times the 10 KB of the kernel's documentation"
    )


def crossover(cells: Cells, line: Line) -> Iterator[Finding]:
    """From where on it costs the sender less CPU time than a copy, and what was copied."""
    found = cells.crossover(line)
    if not found:
        return
    sentence = (
        f"in the sender's CPU time, {SENDINGS[line.sending]} of {line.end.words} is "
        f"{crossovers.where_text(found, 'a copy')}{documented_text(found)}; "
        f"{crossovers.last_text(found, 'a copy')} ({copied_text(cells.copied_share(line))})"
    )
    figure, unit = found.figure
    yield Finding(NAME, sentence, *figure, unit, tuple(found.cells))


def copied(cells: Cells, line: Line) -> Finding:
    """What notices say of all sizes."""
    share = 100 * cells.copied_share(line)
    sentence = (
        f"of {SENDINGS[line.sending]} of {line.end.words}, {share:.3g} % of the notices say that "
        "the kernel copied all the same"
    )
    return Finding(NAME, sentence, share, unit="%", cells=cells.numbers(line))


def cost(cells: Cells, line: Line) -> Finding:
    """Of the smallest message, and of a byte of the largest."""
    sizes = cells.sizes(line)
    first, last = sizes[0], sizes[-1]
    each = cells.each_byte(line, last)
    sentence = (
        f"{SENDINGS.get(line.sending, 'a copy')} of {line.end.words} costs the sender "
        f"{estimate.time_text(cells.cost(line, first))} of CPU time for a message of "
        f"{estimate.bytes_text(first)}, and {estimate.text(each, 'ns')} for a byte of one of "
        f"{estimate.bytes_text(last)} ({estimate.text(cells.gigabits(line, last), 'Gb/s')})"
    )
    return Finding(NAME, sentence, *each, "ns", cells.numbers(line))


def reaping(cells: Cells, line: Line) -> Finding:
    """What a notice costs where one reading tells of many, and where of few."""
    sizes = cells.sizes(line)
    reap, slots = cells.column("reap_ns", line), cells.column("slots", line)
    some = estimate.digits(float(reap.iloc[0]))
    sentence = (
        f"of {line.end.words}, a notice of MSG_ZEROCOPY costs {some} ns to be read where up to "
        f"{slots.iloc[0]:.0f} messages of {estimate.bytes_text(sizes[0])} are under way"
    )
    if len(sizes) > 1:
        sentence += (
            f", and {estimate.digits(float(reap.iloc[-1]))} ns where up to {slots.iloc[-1]:.0f} "
            f"of {estimate.bytes_text(sizes[-1])} are"
        )
    found = Estimate(float(reap.iloc[0]), float("nan"), float("nan"))
    return Finding(NAME, sentence, *found, "ns", cells.numbers(line))


def unmeasured(dataset: load.Dataset, cells: Cells) -> Iterator[Finding]:
    """Ways and ends of which nothing is known."""
    known = sends.lines(cells, COPY, *SENDINGS)
    for sending in (COPY, *SENDINGS):
        if not any(line.sending == sending for line in known):
            why = points.reason(dataset, NAME, sending=sending)
            yield Finding(NAME, f"of {sending} nothing can be said: {why}")
    for end in ENDS:
        if not any(line.end == end for line in known):
            why = points.reason(dataset, NAME, **end._asdict())
            yield Finding(NAME, f"of {end.words} nothing can be said: {why}")


def headline(cells: Cells) -> str:
    """Where MSG_ZEROCOPY is ahead at each end, in one sentence."""
    for sending, words in SENDINGS.items():
        parts = []
        for line in sends.lines(cells, sending):
            found = cells.crossover(line)
            if found:
                share = copied_text(cells.copied_share(line))
                place = crossovers.place_text(found)
                parts.append(f"{place} of {line.end.words} ({share})")
        if parts:
            return (
                f"{words} costs the sender less CPU time than a copy {'; '.join(parts)}"
            )
    known = sends.lines(cells, COPY, *SENDINGS)
    return cost(cells, known[0]).sentence if known else "nothing was measured"
