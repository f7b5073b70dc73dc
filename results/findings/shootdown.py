"""
The shootdown experiment: how many times as long a change of mappings takes beside other threads of
the process, what each further one adds, and whether x86's switch to flushing the whole TLB shows.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

import numpy

from results import estimate, load, points
from results.estimate import Estimate, time_text
from results.findings import AGREEING, Finding, cross_check
from results.shootdown import BUSY, IDLE, NAME, Cells, Place, read

CEILING = 33  # pages; Linux on x86 flushes them one by one up to that many
LINEAR_FROM = 8  # pages, up to CEILING, over which what a page adds is taken
STEP_LEAST = 0.05  # of the operation's time, for a change to be one
LAUNCHES_LEAST = 8  # below, nothing is said of a change so small
ANSWERED = (
    0.5  # interrupts for each thread and operation, from which on they explain the time
)


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """For each operation the ratios, what threads add, the ceiling; cross-checks."""
    cells = read(dataset)
    for operation in cells.operations():
        yield beside(dataset, cells, operation, BUSY)
        yield from filter(
            None,
            (
                beside_idle(dataset, cells, operation),
                added(cells, operation),
                ceiling(dataset, cells, operation),
            ),
        )
    if not cells.places:
        why = points.reason(dataset, NAME, threads=0)
        yield Finding(NAME, f"what unmapping costs can't be said: {why}")
    checks = (
        never_less(cells),
        busy_not_less(cells),
        dose(cells),
        interrupted(cells),
        no_faults(cells),
    )
    yield from filter(None, checks)


def pages_text(pages: int) -> str:
    """ "1 page"."""
    return "1 page" if pages == 1 else f"{pages} pages"


def plain(ns: float) -> str:
    """Without an interval."""
    return time_text(Estimate(ns, numpy.nan, numpy.nan)).replace(" (no interval)", "")


def who(threads: int, others: str) -> str:
    """ "7 busy threads"."""
    return f"{threads} {others} thread{'s' * (threads != 1)}"


def beside(dataset: load.Dataset, cells: Cells, operation: str, others: str) -> Finding:
    """How many times as long it takes beside most threads; the value is that of fewest pages."""
    told: List[str] = []
    ratios: List[Estimate] = []
    used: List[Place] = []
    for pages in cells.usual_pages():
        alone = cells.alone(operation, pages)
        most = cells.most(operation, pages, others)
        if alone is None or most is None:
            continue
        ratios.append(cells.ratio(most, alone))
        times = f"{estimate.text(ratios[-1], '')} times"
        if not told:
            times += f" as long beside {who(most.threads, others)} as alone"
        ns = plain(cells.ns(alone).value)
        told.append(f"{times} for {pages_text(pages)} ({ns} alone)")
        used += [alone, most]
    if not told:
        why = points.reason(dataset, NAME, operation=operation, others=others)
        sentence = f"what {operation} takes beside {others} threads can't be said"
        return Finding(NAME, f"{sentence}: {why}")
    sentence = f"{operation} takes {', '.join(told)}"
    return Finding(NAME, sentence, *ratios[0], "1", cells.numbers(*used))


def beside_idle(
    dataset: load.Dataset, cells: Cells, operation: str
) -> Optional[Finding]:
    """The same of idle ones, and whether they are interrupted."""
    found = beside(dataset, cells, operation, IDLE)
    if found.value is None:
        return None
    pages = cells.usual_pages()[0]
    most = cells.most(operation, pages, IDLE)
    counted = cells.interrupts(most) if most else numpy.nan
    if most is None or not numpy.isfinite(counted):
        return found
    share = estimate.digits(counted / most.threads, 2)
    sentence = (
        f"{found.sentence}; an operation on {pages_text(pages)} interrupts each of them "
        f"{share} times"
    )
    return Finding(
        NAME,
        sentence,
        found.value,
        found.low,
        found.high,
        found.unit,
        found.cells,
    )


def added(cells: Cells, operation: str) -> Optional[Finding]:
    """What the first busy thread and each further one add; the value is that of fewest pages."""
    told: List[str] = []
    values: List[Estimate] = []
    used: List[Place] = []
    for pages in cells.usual_pages():
        alone = cells.alone(operation, pages)
        counts = cells.threads(operation, pages, BUSY)
        places = [Place(operation, pages, count, BUSY) for count in counts]
        if alone is None or not places:
            continue
        per_thread = 1 / counts[0]
        first = cells.of(
            [places[0], alone], lambda ns: (ns[:, 0] - ns[:, 1]) * per_thread
        )
        lone = "the first of them" if counts[0] == 1 else f"each of {counts[0]}"
        words = f"{lone} {time_text(first)}"
        value = first
        if len(places) > 1:
            value = cells.of(places, estimate.slope(counts))
            words = f"each further one {time_text(value)}, {words}"
        told.append(f"{words} to {pages_text(pages)}")
        values.append(value)
        used += [alone, *places]
    if not told:
        return None
    sentence = f"busy threads add to {operation}: {'; '.join(told)}"
    return Finding(NAME, sentence, *values[0], "ns", cells.numbers(*used))


def flushes_all(dataset: load.Dataset) -> bool:
    """Whether this machine's kernel is known to change at CEILING."""
    return "x86" in str(dataset.machine["cpu"].get("isa"))


def ceiling(dataset: load.Dataset, cells: Cells, operation: str) -> Optional[Finding]:
    """Whether more pages than CEILING cost less than as many more pages did below it."""
    sizes = cells.pages(operation, 0, "")
    below = [pages for pages in sizes if LINEAR_FROM <= pages <= CEILING]
    above = [pages for pages in sizes if CEILING < pages <= 2 * CEILING]
    if len(below) < 2 or not above:
        return None
    places = [Place(operation, pages, 0, "") for pages in (*below, above[0])]
    slope, last = estimate.slope(below), len(below) - 1
    more = above[0] - below[-1]
    saved = cells.of(
        places,
        lambda ns: (ns[:, last] + more * slope(ns[:, :-1]) - ns[:, -1]) / ns[:, last],
    )
    spot = f"from {below[-1]} to {above[0]} pages"
    known = ""
    if flushes_all(dataset):
        known = f" (beyond {CEILING}, Linux on x86 flushes the whole TLB)"
    percent = Estimate(*(100 * each for each in saved))
    text = estimate.text(percent, "%")
    if min(map(cells.launches, places)) < LAUNCHES_LEAST:
        sentence = (
            f"whether {operation} gets cheaper {spot} can't be said: too few launches"
        )
        return Finding(NAME, sentence, cells=cells.numbers(*places))
    if saved.low > 0 and saved.value >= STEP_LEAST:
        said = f"{operation} alone gets {text} cheaper {spot} than its growth says"
    elif saved.high < STEP_LEAST:
        said = f"{operation} alone goes on growing {spot}, {text} off at most"
    else:
        said = f"{operation} alone does not surely get cheaper {spot}, {text}"
    return Finding(NAME, f"{said}{known}", *percent, "%", cells.numbers(*places))


def with_others(cells: Cells) -> List[Place]:
    """Those that were measured alone, too."""
    return [
        place
        for place in cells.places
        if place.threads and cells.alone(place.operation, place.pages)
    ]


Pair = Tuple[Place, Place]


def mean_ratio(cells: Cells, pairs: List[Pair]) -> Estimate:
    """How many times as long the first of a pair takes: the geometric mean over pairs."""
    count = len(pairs)
    places = [first for first, _ in pairs] + [second for _, second in pairs]
    return cells.of(
        places, lambda ns: numpy.exp(numpy.log(ns[:, :count] / ns[:, count:]).mean(1))
    )


def least(
    cells: Cells,
    groups: Dict[str, List[Pair]],
    claim: str,
    floor: float = 1 - AGREEING,
) -> Optional[Finding]:
    """
    Whether in no group the first of a pair takes surely less than `floor` times as long as the
    second: of groups, not of pairs, of which there are so many that some would by chance.
    """
    used = [place for pairs in groups.values() for pair in pairs for place in pair]
    if not used or min(map(cells.launches, used)) < LAUNCHES_LEAST:
        return None
    ratios = {name: mean_ratio(cells, pairs) for name, pairs in groups.items()}
    worst = min(ratios, key=lambda name: ratios[name].high)
    found = ratios[worst]
    agrees = found.meets(floor, numpy.inf)
    sentence = (
        f"cross-check: {claim}, on average {estimate.text(found, '')} times as long at "
        f"least ({worst}): {'agrees' if agrees else 'disagrees'}"
    )
    numbers = tuple(sorted(set(cells.numbers(*used))))
    return Finding(NAME, sentence, *found, "1", numbers, agrees)


def never_less(cells: Cells) -> Optional[Finding]:
    """Whether other threads make nothing faster."""
    groups: Dict[str, List[Pair]] = {}
    for place in with_others(cells):
        alone = cells.alone(place.operation, place.pages)
        name = f"{place.operation}, {place.others}"
        if alone:
            groups.setdefault(name, []).append((place, alone))
    return least(cells, groups, "beside others operations take no less than alone")


def busy_not_less(cells: Cells) -> Optional[Finding]:
    """
    Whether busy threads cost as much as idle ones, where these are not interrupted as often:
    waking a CPU that sleeps may cost more than interrupting one that runs.
    """
    groups: Dict[str, List[Pair]] = {}
    for idle in (place for place in cells.places if place.others == IDLE):
        busy = idle._replace(others=BUSY)
        if busy in cells.places:
            spared = cells.interrupts(idle) < ANSWERED * cells.interrupts(busy)
            if spared or not numpy.isfinite(cells.interrupts(idle)):
                groups.setdefault(idle.operation, []).append((busy, idle))
    claim = "beside busy threads they take no less than beside idle ones"
    return least(cells, groups, claim)


def dose(cells: Cells) -> Optional[Finding]:
    """Whether more busy threads never cost less than fewer."""
    groups: Dict[str, List[Pair]] = {}
    for operation in cells.operations():
        for pages in cells.usual_pages():
            counts = cells.threads(operation, pages, BUSY)
            if len(counts) > 1:
                many, few = (
                    Place(operation, pages, count, BUSY)
                    for count in (counts[-1], counts[0])
                )
                groups.setdefault(operation, []).append((many, few))
    claim = "beside the most busy threads they take no less than beside the fewest"
    return least(cells, groups, claim)


def interrupted(cells: Cells) -> Optional[Finding]:
    """Whether operations that interrupt others take longer for it: on fewest pages, the worst."""
    groups: Dict[str, List[Pair]] = {}
    for place in with_others(cells):
        alone = cells.alone(place.operation, place.pages)
        heard = cells.interrupts(place) >= ANSWERED * place.threads
        few = place.pages == cells.usual_pages()[0]
        if alone and few and heard and place.others == BUSY:
            groups.setdefault(place.operation, []).append((place, alone))
    claim = "operations that interrupt busy threads take longer for it"
    return least(cells, groups, claim, 1.0)


def no_faults(cells: Cells) -> Optional[Finding]:
    """Whether pages were there before the operation: none faults in it."""
    if not cells.places:
        return None
    worst = max(cells.places, key=cells.faults)
    share = Estimate(100 * cells.faults(worst) / worst.pages, numpy.nan, numpy.nan)
    claim = (
        f"operations take no page faults, at most {worst.operation} on {share.value:.3g} % of "
        "its pages"
    )
    return cross_check(NAME, claim, share, "%", cells.numbers(*cells.places))
