"""
The remap experiment: from how many bytes on each way of handing pages over is cheaper than a copy,
by what the consumer touches; what a page costs; what other threads add.
"""

from __future__ import annotations

from typing import Callable, Iterator, List, Optional

import numpy

from results import crossovers, estimate, load, passages, points
from results.crossovers import Crossover
from results.estimate import Estimate
from results.findings import Finding, cross_check
from results.passages import COPY, FLIPS, MECHANISMS, NAME, TOUCHES, Cells, Line

USUAL_BYTES = 64 << 10  # what cross-checks compare, or what is nearest
NOTHING = 0.5  # of a memcpy: below that, one was not made


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """Crossovers, costs of pages, what can't be said; cross-checks."""
    cells = passages.read(dataset)
    for mechanism in MECHANISMS:
        for touch in TOUCHES:
            yield from crossover(cells, Line(mechanism, touch))
    for mechanism in FLIPS:
        yield from each_page(cells, mechanism)
    if cells.threads():
        for mechanism in FLIPS:
            line = Line(mechanism, "none", threads=cells.threads())
            yield from filter(None, (beside(cells, line),))
            yield from crossover(cells, line)
    for mechanism in FLIPS:
        yield from huge(cells, mechanism)
    yield from unmeasured(dataset, cells)
    checks = (
        faults_alike(cells),
        straight(cells),
        dearer(cells),
        shared(cells),
        shrinking(cells),
        like_size(dataset, cells),
    )
    yield from filter(None, checks)


def times(cells: Cells, one: Line, other: Line, size: int) -> Estimate:
    """One ÷ the other."""
    asked = [one.point(size), other.point(size)]
    return cells.found.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])


def threads_text(count: int) -> str:
    """ "beside 3 other threads"."""
    return f"beside {count} other thread{'s' * (count != 1)}"


def crossover(cells: Cells, line: Line) -> Iterator[Finding]:
    """From where on the way is cheaper than memcpy, and how much so at the largest size."""
    found = passages.crossover(cells, line)
    if not found:
        return
    who = f"a payload {MECHANISMS[line.mechanism]}, {TOUCHES[line.touch]}"
    if line.threads:
        who = f"{threads_text(line.threads)}, {who}"
    sentence = f"{who}, is {where_text(found, cells.page_bytes)}; {crossovers.last_text(found, 'a memcpy')}"
    figure, unit = found.figure
    yield Finding(NAME, sentence, *figure, unit, tuple(found.cells))


def where_text(found: Crossover, page_bytes: int) -> str:
    """With the pages of a size that lies in between."""
    text = crossovers.where_text(found, "a memcpy")
    if found.figure[1] != "bytes":
        return text
    return f"{text}, {estimate.digits(found.bytes.value / page_bytes)} pages"


def below_table(cells: Cells, mechanism: str) -> List[int]:
    """The sizes, all untouched, at which pages are moved one by one."""
    sizes = cells.sizes(Line(mechanism, "none"))
    return [size for size in sizes if size < passages.TABLE_BYTES]


def each_page(cells: Cells, mechanism: str) -> Iterator[Finding]:
    """What each page more costs, and what is left of a pass without them."""
    sizes = below_table(cells, mechanism)
    if len(sizes) < 2:
        return
    asked = cells.points(Line(mechanism, "none"), [sizes[0], sizes[-1]])
    counts = [size / cells.page_bytes for size in (sizes[0], sizes[-1])]
    each = cells.found.estimate(asked, estimate.slope(counts))
    fixed = cells.found.estimate(
        asked,
        lambda ns: ns[:, 0]
        - counts[0] * (ns[:, 1] - ns[:, 0]) / (counts[1] - counts[0]),
    )
    back = "fresh ones taken for it" if mechanism == "mremap_dontunmap" else "and back"
    sentence = (
        f"a page of {estimate.bytes_text(cells.page_bytes)} costs {mechanism} {estimate.time_text(each)} to be "
        f"moved, {back}, and a pass {estimate.time_text(fixed)} beside (up to {estimate.bytes_text(sizes[-1])})"
    )
    yield Finding(NAME, sentence, *each, "ns", cells.found.cells(*asked))


def beside(cells: Cells, line: Line) -> Optional[Finding]:
    """How many times as much the smallest payload costs while other threads run."""
    alone = line._replace(threads=0)
    sizes = cells.sizes(line, alone)
    if not sizes:
        return None
    ratio = times(cells, line, alone, sizes[0])
    sentence = (
        f"{threads_text(line.threads)} of the address space, {line.mechanism} costs "
        f"{estimate.text(ratio, '')} times what it costs alone ({estimate.bytes_text(sizes[0])})"
    )
    used = cells.found.cells(line.point(sizes[0]), alone.point(sizes[0]))
    return Finding(NAME, sentence, *ratio, "1", used)


def huge(cells: Cells, mechanism: str) -> Iterator[Finding]:
    """What huge pages leave of base pages' cost, at the largest size."""
    line, base = Line(mechanism, "none", "thp"), Line(mechanism, "none")
    sizes = cells.sizes(line, base)
    if not sizes:
        return
    size = sizes[-1]
    ratio = times(cells, base, line, size)
    share = float(cells.row(line.point(size))["huge_share_got"])
    partly = "" if share >= 0.995 else f" ({100 * share:.0f} % of them huge)"
    sentence = (
        f"at {estimate.bytes_text(size)} base pages cost {mechanism} {estimate.text(ratio, '')} times as "
        f"much as thp pages{partly}"
    )
    used = cells.found.cells(line.point(size), base.point(size))
    yield Finding(NAME, sentence, *ratio, "1", used)


def unmeasured(dataset: load.Dataset, cells: Cells) -> Iterator[Finding]:
    """Mechanisms and page kinds of which nothing is known."""
    known = {place[0] for place in cells.found.places}
    for mechanism in (COPY, *MECHANISMS):
        if mechanism not in known:
            why = points.reason(dataset, NAME, mechanism=mechanism)
            yield Finding(NAME, f"of {mechanism} nothing can be said: {why}")
    if not any(place[2] == "thp" for place in cells.found.places):
        why = points.reason(dataset, NAME, page="thp")
        yield Finding(NAME, f"of thp pages nothing can be said: {why}")


def faults_alike(cells: Cells) -> Optional[Finding]:
    """Whether fresh pages are taken by mremap_dontunmap alone, one by one: the worst cell."""
    off = {}
    for point in cells.found.places:
        if point[2] == "base":
            count = point[4] / cells.page_bytes
            wanted = count if point[0] == "mremap_dontunmap" else 0
            faults = float(cells.row(point)["faults"])
            off[point] = 100 * (faults - wanted) / count
    if not off:
        return None
    worst = max(off, key=lambda point: abs(off[point]))
    found = Estimate(off[worst], numpy.nan, numpy.nan)
    claim = (
        "mremap_dontunmap takes a page fault for every base page and no other way takes any; the "
        f"worst of {len(off)} cells, {worst[0]} of {estimate.bytes_text(worst[4])}, {found.value:.3g} % of "
        "its pages off"
    )
    return cross_check(NAME, claim, found, "%", cells.found.cells(*off))


def bend(sizes: List[int]) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """Of cells at three sizes: the middle one ÷ the straight line between the others."""
    share = (sizes[1] - sizes[0]) / (sizes[2] - sizes[0])
    return lambda ns: ns[:, 1] / (ns[:, 0] + share * (ns[:, 2] - ns[:, 0]))


def straight(cells: Cells) -> Optional[Finding]:
    """Whether costs grow evenly with pages: of all flips the one with the worst bend."""
    worst: Optional[Finding] = None
    for mechanism in FLIPS:
        sizes = below_table(cells, mechanism)
        if len(sizes) < 3:
            continue
        three = [sizes[0], sizes[-2], sizes[-1]]
        asked = cells.points(Line(mechanism, "none"), three)
        ratio = cells.found.estimate(asked, bend(three))
        claim = (
            f"{mechanism} of {estimate.bytes_text(three[1])} costs {estimate.text(ratio, '')} times what a "
            f"straight line from {estimate.bytes_text(three[0])} to {estimate.bytes_text(three[2])} says"
        )
        found = cross_check(NAME, claim, ratio, "1", cells.found.cells(*asked))
        if worst is None or off(found) > off(worst):
            worst = found
    return worst


def off(check: Finding) -> float:
    """How far a cross-check is from 1; one that disagrees farther than any that agrees."""
    distance = abs((check.value or 0) - 1)
    return distance if check.agrees else distance + 1e9


def dearer(cells: Cells) -> Optional[Finding]:
    """Whether more pages cost mremap more: if they cost nothing, they were not moved."""
    sizes = below_table(cells, "mremap")
    if len(sizes) < 2:
        return None
    asked = cells.points(Line("mremap", "none"), [sizes[0], sizes[-1]])
    more = cells.found.estimate(asked, lambda ns: ns[:, 1] - ns[:, 0])
    agrees = bool((more.value if numpy.isnan(more.low) else more.low) > 0)
    sentence = (
        f"cross-check: mremap of {estimate.bytes_text(sizes[-1])} costs {estimate.time_text(more)} more than of "
        f"{estimate.bytes_text(sizes[0])}: {'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, *more, "ns", cells.found.cells(*asked), agrees)


def shared(cells: Cells) -> Optional[Finding]:
    """Whether passing a number moves nothing: what is left is the word a page that is written."""
    line = Line("memfd", "none")
    sizes = cells.sizes(line, line.copied())
    if not sizes:
        return None
    ratio = times(cells, line, line.copied(), sizes[-1])
    agrees = bool((ratio.value if numpy.isnan(ratio.high) else ratio.high) < NOTHING)
    sentence = (
        f"cross-check: sharing {estimate.bytes_text(sizes[-1])} in a memfd moves nothing, and "
        f"costs {estimate.text(ratio, '')} times what a memcpy costs: "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    used = cells.found.cells(line.point(sizes[-1]), line.copied().point(sizes[-1]))
    return Finding(NAME, sentence, *ratio, "1", used, agrees)


def shrinking(cells: Cells) -> Optional[Finding]:
    """Whether touching every byte leaves less of a flip's advantage: copy ÷ flip, none ÷ all."""
    for mechanism in FLIPS:
        none, all_of = Line(mechanism, "none"), Line(mechanism, "all")
        four = [none.copied(), none, all_of.copied(), all_of]
        sizes = cells.sizes(*four)
        if not sizes:
            continue
        asked = [line.point(sizes[-1]) for line in four]
        found = cells.found.estimate(
            asked, lambda ns: ns[:, 0] / ns[:, 1] / (ns[:, 2] / ns[:, 3])
        )
        agrees = bool((found.value if numpy.isnan(found.low) else found.low) > 1)
        sentence = (
            f"cross-check: {mechanism}'s advantage at {estimate.bytes_text(sizes[-1])} is "
            f"{estimate.text(found, '')} times as great untouched as with every byte touched: "
            f"{'agrees' if agrees else 'disagrees'}"
        )
        used = cells.found.cells(*asked)
        return Finding(NAME, sentence, *found, "1", used, agrees)
    return None


def like_size(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Whether a memcpy costs what it costs in the size experiment."""
    if "size" not in dataset.experiments:
        return None
    only = {"kernel": cells.kernel, "temperature": "warm", "page_asked": "base"}
    warm = points.read(dataset, "size", ["size"], **only)
    line = Line(COPY, "none")
    both = [size for size in cells.sizes(line) if warm.has((size,))]
    if not both:
        return None
    size = points.nearest(both, USUAL_BYTES)
    ratio = cells.found.beside(warm).estimate(
        [line.point(size), (size,)], lambda ns: ns[:, 0] / ns[:, 1]
    )
    claim = (
        f"a memcpy of {estimate.bytes_text(size)} costs {estimate.text(ratio, '')} times what it costs in "
        "size"
    )
    return cross_check(NAME, claim, ratio, "1", cells.found.cells(line.point(size)))
