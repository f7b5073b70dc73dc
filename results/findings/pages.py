"""
The pages experiment: what the first touch of a page costs, how much less huge pages leave of that,
and from which working set on they make prefaulted copies cheaper.
"""

from __future__ import annotations

from typing import Iterator, List, Optional

import numpy

from results import estimate, load, page_kinds, points
from results.estimate import Estimate
from results.findings import Finding, cross_check
from results.page_kinds import GAIN, HUGE, KINDS, NAME, WHOLE, Cells
from results.points import Point

SHOWN = (64 << 10, 1 << 20)  # sizes that a first touch is told of, or what is nearest


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """What first touches cost, what huge pages gain, what can't be said; cross-checks."""
    cells = page_kinds.read(dataset)
    for page in KINDS:
        yield from filter(None, (factor(cells, page), per_fault(cells, page)))
    for page in HUGE:
        yield from filter(None, (cheaper_fresh(cells, page),))
    for page in HUGE:
        for way in ("random", "sequential"):
            yield from filter(None, (gain(cells, page, way),))
    yield from unmeasured(dataset, cells)
    checks = (
        faults_alike(cells),
        no_faults(cells),
        dose_response(cells),
        like_size(dataset, cells),
    )
    yield from filter(None, checks)


def factor(cells: Cells, page: str) -> Optional[Finding]:
    """How many times as much a copy into fresh pages costs, at the last of the sizes shown."""
    sizes = cells.touched(page)
    if not sizes:
        return None
    told: List[str] = []
    used: List[Point] = []
    for size in sorted({points.nearest(sizes, wanted) for wanted in SHOWN}):
        asked = [cells.point(page, way, size) for way in ("first_touch", "sequential")]
        ratio = cells.found.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])
        told.append(
            f"{estimate.text(ratio, '')} times as much for {estimate.bytes_text(size)}"
        )
        used += asked
    sentence = (
        f"a copy into fresh {cells.name(page)}, which takes their page faults, costs "
        f"{', '.join(told)} as into prefaulted ones"
    )
    return Finding(NAME, sentence, *ratio, "1", cells.found.cells(*used))


def per_fault(cells: Cells, page: str) -> Optional[Finding]:
    """What a page fault adds, and what that is by the KiB."""
    known, base = page_kinds.touches(cells, page), page_kinds.touches(cells, "base")
    if not known:
        return None
    each = cells.found.estimate(known.points, known.each)
    beside = ""
    if page != "base" and base and cells.share(page) >= WHOLE:
        count, scale = len(known.points), known.page_bytes / base.page_bytes
        own, other = known.each, base.each
        ratio = cells.found.estimate(
            known.points + base.points,
            lambda ns: scale * other(ns[:, count:]) / own(ns[:, :count]),
        )
        beside = f", base pages {estimate.text(ratio, '')} times that"
    kib = estimate.digits(each.value / (known.page_bytes / 1024))
    sentence = (
        f"each page fault on {cells.name(page)} of {estimate.bytes_text(known.page_bytes)} adds "
        f"{estimate.time_text(each)} to a copy, {kib} ns per KiB of the page{beside}"
    )
    return Finding(NAME, sentence, *each, "ns", cells.found.cells(*known.points))


def cheaper_fresh(cells: Cells, page: str) -> Optional[Finding]:
    """From which size on fresh huge pages are the cheaper ones."""
    found = page_kinds.trend(cells, page, "first_touch", 1.0)
    if not found:
        return None
    ratios = [
        f"{estimate.text(found.ratios[place], '')} times as much at "
        f"{estimate.bytes_text(found.sizes[place])}"
        for place in sorted({0, len(found.sizes) - 1})
    ]
    costs = f"base pages cost {' and '.join(ratios)}"
    where = f"fresh {cells.name(page)} are cheaper than fresh base pages"
    if found.sure is None:
        upto = estimate.bytes_text(found.sizes[-1])
        said = f"up to {upto} it is not sure that {where}"
        return Finding(NAME, f"{said}; {costs}", cells=found.cells)
    size = float(found.sure)
    bracket = (size, float(found.before or size), size)
    sentence = f"{where} for copies from {estimate.bytes_text(size)} on; {costs}"
    return Finding(NAME, sentence, *bracket, "bytes", found.cells)


def gain(cells: Cells, page: str, way: str) -> Optional[Finding]:
    """From which working set on prefaulted huge pages gain, and how much at the largest."""
    found = page_kinds.trend(cells, page, way, 1 + GAIN)
    if not found:
        return None
    last = found.ratios[-1]
    how = "in sequence"
    if way == "random":
        how = f"by {cells.chunk} B in random order"
    costs = (
        f"base pages cost {estimate.text(last, '')} times as much in one of "
        f"{estimate.bytes_text(2 * found.sizes[-1])}"
    )
    who = f"copied {how}, {cells.name(page)}"
    if found.sure is None and last.high <= 1 + GAIN:
        said = "gain nothing in the largest working set"
    elif found.sure is None:
        said = "do not surely gain in the largest working set"
    elif found.before is None:
        said = "gain in every working set"
    else:
        said = (
            f"gain from a working set (both buffers) of {estimate.bytes_text(2 * found.sure)} on, not "
            f"surely in one of {estimate.bytes_text(2 * found.before)}"
        )
    return Finding(NAME, f"{who} {said}; {costs}", *last, "1", found.cells)


def unmeasured(dataset: load.Dataset, cells: Cells) -> Iterator[Finding]:
    """Page kinds of which nothing is known."""
    known = {place[0] for place in cells.found.places}
    for page in KINDS:
        if page not in known:
            why = points.reason(dataset, NAME, page=page)
            yield Finding(NAME, f"of {page} pages nothing can be said: {why}")


def faults_alike(cells: Cells) -> Optional[Finding]:
    """Whether first touches take as many faults as there are pages: of all cells the worst."""
    ratios = {}
    for point in cells.found.places:
        row = cells.row(point)
        as_asked = (row["huge_share_got"] >= WHOLE) == (point[0] in HUGE)
        if point[1] == "first_touch" and as_asked:
            reach = point[3] + row.get("dst_offset_asked", 0)
            ratios[point] = row["faults"] / numpy.ceil(reach / row["page_bytes"])
    if not ratios:
        return None
    worst = max(ratios, key=lambda point: abs(ratios[point] - 1))
    found = Estimate(float(ratios[worst]), numpy.nan, numpy.nan)
    claim = (
        f"first touches take a page fault a page; the worst of {len(ratios)} cells, "
        f"{estimate.bytes_text(worst[3])} on {worst[0]} pages, {found.value:.3g} times that"
    )
    return cross_check(NAME, claim, found, "1", cells.found.cells(*ratios))


def no_faults(cells: Cells) -> Optional[Finding]:
    """Whether what is prefaulted takes none: the cell with most of them by the page."""
    shares = {}
    for point in cells.found.places:
        row = cells.row(point)
        if point[1] == "prefaulted":
            reached = numpy.ceil(point[4] / row["page_bytes"])
            shares[point] = 100 * float(row["faults"] / reached)
    if not shares:
        return None
    worst = Estimate(max(shares.values()), numpy.nan, numpy.nan)
    claim = (
        "copies of prefaulted pages take no page faults, at most on "
        f"{worst.value:.3g} % of the pages that a call reaches"
    )
    return cross_check(NAME, claim, worst, "%", cells.found.cells(*shares))


def dose_response(cells: Cells) -> Optional[Finding]:
    """Whether what first touches of base pages add grows as their number: the exponent."""
    known = page_kinds.touches(cells, "base")
    if not known or len(set(known.faults)) < 3:
        return None
    logs = numpy.log(known.faults)
    slope, added = estimate.slope(logs.tolist()), known.added
    found = cells.found.estimate(known.points, lambda ns: slope(numpy.log(added(ns))))
    claim = (
        "what page faults on base pages add grows as their number to the power of "
        f"{estimate.text(found, '')}"
    )
    return cross_check(NAME, claim, found, "1", cells.found.cells(*known.points))


def like_size(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Whether a prefaulted copy on base pages costs what it costs in the size experiment."""
    if "size" not in dataset.experiments:
        return None
    only = {"kernel": cells.kernel, "temperature": "warm", "page_asked": "base"}
    warm = points.read(dataset, "size", ["size"], **only)
    both = [size for size in cells.sizes("sequential", "base") if warm.has((size,))]
    if not both:
        return None
    size = points.nearest(both, SHOWN[0])
    asked: List[Point] = [cells.point("base", "sequential", size), (size,)]
    ratio = cells.found.beside(warm).estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])
    claim = (
        f"a copy of {estimate.bytes_text(size)} on prefaulted base pages costs "
        f"{estimate.text(ratio, '')} times what it costs in size"
    )
    return cross_check(NAME, claim, ratio, "1", cells.found.cells(asked[0]))
