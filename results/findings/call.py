"""The call experiment: what a boundary costs beyond a copy that is called from the loop itself."""

from __future__ import annotations

from typing import Callable, Iterator, List, Optional, Sequence, Tuple

import numpy

from results import boundaries, estimate, load
from results.boundaries import BASE, NAME, OUT_OF_OCAML, WITHIN_C, Cells
from results.estimate import Estimate
from results.findings import Finding

SHARE = 0.1
OWN_COPIES = {
    "ocaml_blit": "Bytes.blit",
    "ocaml_loop_unchecked": "a byte loop in OCaml without bounds checks",
    "ocaml_loop": "one with them",
}
# What does at least all that another does, and so costs no less.
CONTAINED = [
    ("direct", "plt"),
    ("ocaml_noalloc_bytes", "ocaml_plain_bytes"),
    ("ocaml_plain_bytes", "ocaml_boxed_bytes"),
    ("ocaml_noalloc_bigarray", "ocaml_plain_bigarray"),
    ("ocaml_plain_bigarray", "ocaml_boxed_bigarray"),
]
OWN_SIZE = 1024
STEADY_SHARE = 0.05  # of the copy, by which a boundary may differ from its fixed cost
AGREEING = 0.15  # as the other experiments' cross-checks with size
COMPARABLE_BYTES = 256  # below, a cycle more or less is more than that


def reason(dataset: load.Dataset, *names: str) -> str:
    """Why these have no cell that was measured."""
    table = dataset.table(NAME)
    reasons = table[table["boundary"].isin(names) & (table["reason"] != "")]
    return str(reasons["reason"].iloc[0]) if len(reasons) else "not asked for"


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """What calls cost, from which size on that is little, what else copies, cross-checks."""
    cells = boundaries.read(dataset)
    yield from fixed_ocaml(dataset, cells)
    yield fixed_c(dataset, cells)
    yield from filter(None, (small_from(cells), own_copies(cells)))
    yield from filter(
        None, (steady(cells), contained(cells), like_size(dataset, cells))
    )


def said(
    sentence: str,
    figure: Optional[Estimate],
    unit: str,
    cells: Tuple[int, ...],
    agrees: Optional[bool] = None,
) -> Finding:
    """A finding whose number is that figure."""
    known = [value if numpy.isfinite(value) else None for value in figure or ()]
    value, low, high = known or (None, None, None)
    return Finding(NAME, sentence, value, low, high, unit, cells, agrees)


def fixed_ocaml(dataset: load.Dataset, cells: Cells) -> Iterator[Finding]:
    """What a call from OCaml into C costs, a sentence for each kind of buffer."""
    for buffer, kind in (("bytes", "Bytes"), ("bigarray", "Bigarrays")):
        names = {f"{name}_{buffer}": words for name, words in OUT_OF_OCAML.items()}
        costs = {
            name: cells.fixed(name) for name in names if cells.has((name, 0), (BASE, 0))
        }
        if not costs:
            why = f"what a call from OCaml into C costs on {kind} can't be said"
            yield Finding(NAME, f"{why}: {reason(dataset, *names)}")
            continue
        each = [f"{names[n]}{estimate.text(cost, 'ns')}" for n, cost in costs.items()]
        sentence = "before the copy begins, a call from OCaml into C costs "
        sentence += f"{', '.join(each)} (on {kind})"
        first = next(iter(costs.values()))
        yield said(sentence, first, "ns", cells.cells(BASE, *costs))


def fixed_c(dataset: load.Dataset, cells: Cells) -> Finding:
    """What a call within C costs."""
    found = {
        name: cells.fixed(name) for name in WITHIN_C if cells.has((name, 0), (BASE, 0))
    }
    if not found:
        why = reason(dataset, BASE, *WITHIN_C)
        return Finding(NAME, f"what a call within C costs can't be said: {why}")
    parts = [
        f"{estimate.text(cost, 'ns')} {WITHIN_C[name]}" for name, cost in found.items()
    ]
    sentence = f"one more call within C costs {', '.join(parts)}"
    first = next(iter(found.values()))
    return said(sentence, first, "ns", cells.cells(BASE, *found))


def crossing(sizes: Sequence[int]) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """
    For bootstrap(), of a boundary at 0 bytes and the base at these sizes: the size from which on
    the fixed cost is less than SHARE of the base; the last size where it is more even there.
    """

    def figure(ns: numpy.ndarray) -> numpy.ndarray:
        wanted = (ns[:, 0] - ns[:, 1]) / SHARE
        return numpy.array([place(row[1:], each) for row, each in zip(ns, wanted)])

    def place(base: numpy.ndarray, wanted: float) -> float:
        below = numpy.flatnonzero(base < wanted)
        if not len(below):
            return float(sizes[0])
        last = int(below[-1])
        ends = slice(last, last + 2)
        return float(numpy.interp(wanted, base[ends], sizes[ends]))

    return figure


def bytes_text(value: float) -> str:
    """Bytes to three digits."""
    return f"{float(f'{value:.3g}'):.0f}"


def small_from(cells: Cells) -> Optional[Finding]:
    """From which size on each boundary is less than a tenth of the copy."""
    sizes = cells.sizes()
    names = [f"{name}_bytes" for name in OUT_OF_OCAML] + list(WITHIN_C)
    words = {f"{n}_bytes": f"out of OCaml {w}".strip() for n, w in OUT_OF_OCAML.items()}
    parts: List[str] = []
    first: Optional[Estimate] = None
    for name in names:
        if len(sizes) < 2 or not cells.has((name, 0), (BASE, 0)):
            continue
        points = [(name, 0), *((BASE, size) for size in sizes)]
        found = cells.estimate(points, crossing(sizes))
        what = words.get(name) or f"within C {WITHIN_C[name]}"
        parts.append(f"{crossing_text(cells, name, found, sizes)} {what}")
        if not first and found.value < sizes[-1]:
            first = found
    if not parts:
        return None
    sentence = (
        f"a call costs less than {100 * SHARE:.0f} % of the copy behind it ({cells.kernel}) "
        + ", ".join(parts)
    )
    return said(sentence, first, "bytes", cells.cells(BASE))


def crossing_text(
    cells: Cells, name: str, found: Estimate, sizes: Sequence[int]
) -> str:
    """ "from 3300 B on (2900 to 3500)"."""
    if found.value >= sizes[-1]:
        points = [(name, 0), (BASE, 0), (BASE, sizes[-1])]
        share = cells.estimate(points, lambda ns: (ns[:, 0] - ns[:, 1]) / ns[:, 2])
        never = "at no size" if found.low >= sizes[-1] else "not surely at any size"
        return f"{never} up to {sizes[-1]} B ({100 * share.value:.0f} % there)"
    if found.high <= sizes[0]:
        return "at any size"
    high = bytes_text(found.high) if found.high < sizes[-1] else "beyond the last size"
    interval = f" ({bytes_text(found.low)} to {high})"
    return f"from {bytes_text(found.value)} B on" + (
        interval if numpy.isfinite(found.low) else " (no interval)"
    )


def own_copies(cells: Cells) -> Optional[Finding]:
    """How much longer than C's copy those take that OCaml makes by itself."""
    parts: List[str] = []
    first: Optional[Estimate] = None
    for name, words in OWN_COPIES.items():
        points = [(name, OWN_SIZE), (BASE, OWN_SIZE)]
        if cells.has(*points):
            ratio = cells.estimate(points, lambda ns: ns[:, 0] / ns[:, 1])
            parts.append(f"{estimate.text(ratio, 'times')} as long by {words}")
            first = first or ratio
    if not first:
        return None
    sentence = (
        f"against {cells.kernel} called from C, {OWN_SIZE} B take {', '.join(parts)}"
    )
    return said(sentence, first, "1", cells.cells(BASE, *OWN_COPIES))


def steady(cells: Cells) -> Optional[Finding]:
    """Whether a boundary costs at the largest size what it costs at 0 bytes."""
    sizes = cells.sizes()
    names = [name for name, size in cells.numbers if size == 0 and name != BASE]
    worst: Optional[Tuple[float, str, Estimate]] = None
    agrees = True
    for name in names:
        last = sizes[-1] if sizes else 0
        points = [(name, last), (BASE, last), (name, 0), (BASE, 0)]
        if name not in boundaries.called() or not last or not cells.has(*points):
            continue
        more = cells.estimate(
            points, lambda ns: (ns[:, 0] - ns[:, 1] - ns[:, 2] + ns[:, 3]) / ns[:, 1]
        )
        agrees = agrees and more.meets(-STEADY_SHARE, STEADY_SHARE)
        if not worst or abs(more.value) > worst[0]:
            worst = (abs(more.value), name, more)
    if not worst:
        return None
    _, name, more = worst
    percent = Estimate(*(100 * value for value in more))
    verdict = "agrees" if agrees else "disagrees"
    sentence = (
        f"cross-check: a boundary is a fixed cost: at {sizes[-1]} B it differs from that at 0 B by "
        f"at most {estimate.text(percent, '% of the copy')} ({name}): {verdict}"
    )
    return said(sentence, percent, "%", cells.cells(BASE, name), agrees)


def contained(cells: Cells) -> Optional[Finding]:
    """Whether what does more costs no less."""
    wrong, seen = [], []
    for less, more in CONTAINED:
        points = [(less, 0), (more, 0)]
        if cells.has(*points):
            seen.append(f"{less} ≤ {more}")
            gain = cells.estimate(points, lambda ns: ns[:, 0] - ns[:, 1])
            if not gain.meets(-numpy.inf, 0):
                wrong.append(
                    f"{more} by {estimate.text(gain, 'ns')} cheaper than {less}"
                )
    if not seen:
        return None
    found = "; ".join(wrong) or "agrees"
    sentence = f"cross-check: what does more costs no less ({', '.join(seen)}): {found}"
    return Finding(NAME, sentence, agrees=not wrong)


def like_size(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Whether the base takes what the size experiment measured for the same copy."""
    if "size" not in dataset.experiments:
        return None
    table = dataset.table("size")
    same = (table["kernel"] == cells.kernel) & (table["temperature"] == "warm")
    other = table[same & table["verdict"].isin(["ok", "noisy"])]
    ours = dataset.table(NAME).set_index("cell")["median_ns"]
    ratios = {}
    for size, theirs in zip(other["size"].astype(int), other["median_ns"]):
        if size >= COMPARABLE_BYTES and cells.has((BASE, size)):
            ratios[size] = float(ours[cells.numbers[BASE, size]] / theirs)
    if not ratios:
        return None
    size = max(ratios, key=lambda size: abs(numpy.log(ratios[size])))
    agrees = abs(ratios[size] - 1) <= AGREEING
    verdict = "agrees" if agrees else "disagrees"
    sentence = (
        f"cross-check: {cells.kernel} called from the loop takes at most "
        f"{100 * (ratios[size] - 1):+.0f} % of what size measured ({size} B): {verdict}"
    )
    used = tuple(cells.numbers[BASE, size] for size in ratios)
    return Finding(NAME, sentence, ratios[size], unit="1", cells=used, agrees=agrees)
