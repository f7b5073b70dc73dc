"""What every report of a verdict says, in words."""

from __future__ import annotations

import math
from typing import Iterator, List, Tuple

from results.ab.pairs import COMPLETE, FAILED, MEASURED, SKIPPED, Point
from results.ab.verdict import ALARMED, BY_PLACEMENT, IMPROVED, INCONCLUSIVE
from results.ab.verdict import NOT_REGRESSED, REGRESSED, Judged, Ratio, Verdict
from results.estimate import digits
from results.load import machine_title

OUTCOMES = (
    REGRESSED,
    BY_PLACEMENT,
    INCONCLUSIVE,
    FAILED,
    IMPROVED,
    NOT_REGRESSED,
    SKIPPED,
)
HEADER = ("outcome", "cell", "old ns", "new ns", "change", "interval", "remark")


def percent(ratio: float) -> str:
    """By how much new takes longer than old: "+2.1 %"."""
    return f"{_signed(ratio)} %" if math.isfinite(ratio) else "unknown"


def _signed(ratio: float) -> str:
    text = f"{100 * (ratio - 1):+.1f}"
    return "0.0" if float(text) == 0 else text


def interval(ratio: Ratio) -> str:
    """ "-0.4 to +0.6 %"; empty where there are too few launches for one."""
    if not math.isfinite(ratio.high):
        return ""
    return f"{_signed(ratio.low)} to {percent(ratio.high)}"


def change(ratio: Ratio) -> str:
    """The ratio with its interval."""
    within = interval(ratio)
    return f"{percent(ratio.value)} ({within})" if within else percent(ratio.value)


def size(count: int) -> str:
    """Exactly, in the greatest unit that it is a whole number of, since names must differ."""
    units = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1))
    unit, scale = next(each for each in units if count % each[1] == 0)
    return f"{count // scale} {unit}" if count else "0 B"


def point(cell: Point) -> str:
    """ "memcpy 1 KiB, src +8, dst +0, 4k pages, warm"."""
    return (
        f"{cell.function} {size(cell.size)}, src +{cell.src_offset}, "
        f"dst +{cell.dst_offset}, {cell.page} pages, {cell.temperature}"
    )


def remark(judged: Judged) -> str:
    """Why the outcome is what it is, as far as figures do not say it."""
    if judged.reason:
        return judged.reason
    placed = judged.placed
    if placed is None or judged.outcome == NOT_REGRESSED:
        return ""
    old, new = judged.cell.entries
    where = f"entered at byte {new} of a page, not {old}"
    if placed.reason:
        return f"{where}; {placed.reason}"
    return (
        f"{where}, which adds {change(placed.part)}; at the same offset "
        f"{change(placed.same)}"
    )


def row(judged: Judged) -> Tuple[str, ...]:
    """A cell under HEADER."""
    times = (digits(ns) if math.isfinite(ns) else "" for ns in judged.cell.ns())
    known = judged.cell.verdict == MEASURED
    return (
        judged.outcome,
        point(judged.cell.point),
        *times,
        percent(judged.ratio.value) if known else "",
        interval(judged.ratio) if known else "",
        remark(judged),
    )


def listed(found: Verdict, every: bool) -> List[Judged]:
    """
    What a reader has to see, the worst first: what regressed, then what is open, then what
    improved; without a verdict the control's alarms instead. `every`: all cells.
    """
    shown = [judged for judged in found.control if judged.outcome == ALARMED]
    outcomes = OUTCOMES if every else OUTCOMES[: OUTCOMES.index(NOT_REGRESSED)]
    if every or not found.why:
        for outcome in outcomes:
            shown += found.cells(outcome)
    return shown


def headline(found: Verdict) -> str:
    """The verdict in a sentence."""
    plan, total = found.pairs.plan, len(found.change)
    if found.why:
        return f"no verdict: {'; '.join(found.why)}"
    regressed = len(found.cells(REGRESSED))
    still_open = len(found.cells(INCONCLUSIVE, FAILED))
    detect = f"{100 * plan['detect']:g} %"
    if regressed:
        threshold = f"{100 * plan['threshold']:g} %"
        are = "is" if regressed == 1 else "are"
        return f"regressed: {regressed} of {total} cells {are} slower by more than {threshold}"
    if len(found.cells(SKIPPED)) == total:
        return f"inconclusive: none of {total} cells was measured"
    if still_open:
        return (
            f"inconclusive: in {still_open} of {total} cells a slowdown of {detect} can't be "
            "excluded"
        )
    elsewhere = any(judged.ratio.value > 1 for judged in found.cells(BY_PLACEMENT))
    but = " but by where its code lies" if elsewhere else ""
    return f"not regressed: none of {total} cells is slower by {detect}{but}"


def counts(found: Verdict) -> str:
    """How many cells have which outcome."""
    numbers = ((outcome, len(found.cells(outcome))) for outcome in OUTCOMES)
    return ", ".join(f"{number} {outcome}" for outcome, number in numbers if number)


def control(found: Verdict) -> str:
    """What old against its own copy shows."""
    measured = [each.ratio for each in found.control if each.cell.verdict == MEASURED]
    alarms = sum(each.outcome == ALARMED for each in found.control)
    ends = [(ratio.low, ratio.high) for ratio in measured if math.isfinite(ratio.high)]
    within = ""
    if ends:
        lowest, highest = min(low for low, _ in ends), max(high for _, high in ends)
        within = f"; intervals from {percent(lowest)} to {percent(highest)}"
    return (
        f"old against its own copy in {len(measured)} cells: "
        f"{alarms or 'none'} alarmed{within}"
    )


def circumstances(found: Verdict, sha_digits: int = 64) -> Iterator[Tuple[str, str]]:
    """What was compared, where and how: name and text; so much of the objects' checksums."""
    pairs, plan = found.pairs, found.pairs.plan
    for name, about in (("old", pairs.old), ("new", pairs.new)):
        also = "" if about["label"] == about["file"] else f" ({about['file']})"
        yield name, f"{about['label']}{also}, sha256 {about['sha256'][:sha_digits]}"
    for about in (pairs.old, pairs.new):
        if about["shared_code"]:
            yield "code", (
                f"{about['label']} lay in the same pages in all launches ({about['shared_code']}), "
                "so that 1 % in cells beyond the second cache may come from there"
            )
    yield "machine", f"{machine_title(pairs.machine)}, CPU {plan['cpu']}"
    yield "plan", (
        f"{plan['launches']} launches of {plan['pairs']} pairs of batches of "
        f"{plan['batch_ns'] / 1000:g} µs, to detect {100 * plan['detect']:g} %, threshold "
        f"{100 * plan['threshold']:g} %, seed {plan['seed']}"
    )
    split = "" if found.alpha == plan["alpha"] else ", split among the files"
    yield "alpha", f"{100 * found.alpha:g} %, over all cells together{split}"
    yield "control", control(found)
    if pairs.ended != COMPLETE:
        yield "ended", pairs.ended
