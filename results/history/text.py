"""A machine's history in words: when what changed, and which cells with it."""

from __future__ import annotations

import itertools
from typing import Iterator, List

from results import changes, estimate, minima
from results.history import CODE, FASTER, SLOWER, Change, History
from results.minima import SPREAD_LEAST_S

ROWS = 10


def heads(history: History) -> Iterator[str]:
    """What was looked at, and what was not."""
    first, last = history.runs[0], history.runs[-1]
    span = f"{first.when.strftime('%Y-%m-%d')} to {last.when.strftime('%Y-%m-%d')}"
    yield f"{last.facts['machine']}: {last.title}: {len(history.runs)} runs, {span}"
    if history.emulated:
        yield "EMULATED: no timing"
    yield from history.left_out
    known = history.minima.notna().any(axis=1).sum()
    unknown = len(history.minima) - known
    yield (
        f"cells: {len(history.minima)}, {history.judged} of them judged; {known - history.judged} "
        f"have less than {changes.POINTS_LEAST} points, {unknown} none: not measured, or within "
        f"{SPREAD_LEAST_S:.0f} s"
    )


def change_text(change: Change) -> str:
    """A change in a line."""
    ratio = estimate.text(change.ratio, "")
    times = [
        estimate.time_text(estimate.Estimate(ns, float("nan"), float("nan")))
        for ns in (change.before_ns, change.after_ns)
    ]
    before, after = (text.replace(" (no interval)", "") for text in times)
    cell = minima.cell_text(change.key)
    later = "" if change.newest else "; changed again since"
    return f"{change.verdict}: {cell}: {before} → {after}, times {ratio}{later}"


def cause_text(change: Change) -> str:
    """What machine.json says has changed with it."""
    causes = ", ".join(difference.text for difference in change.differences)
    return causes or "nothing that machine.json tells"


def report(history: History, everything: bool) -> Iterator[str]:
    """All lines."""
    yield from heads(history)
    by_place = itertools.groupby(history.changes, key=lambda change: change.place)
    for place, group in by_place:
        yield ""
        yield from _of_run(history, place, list(group), everything)
    yield ""
    yield found(history)


def _of_run(
    history: History, place: int, group: List[Change], everything: bool
) -> Iterator[str]:
    run = history.runs[place]
    counts = ", ".join(
        f"{sum(change.verdict == verdict for change in group)} {verdict}"
        for verdict in (SLOWER, FASTER, CODE)
    )
    when = run.when.strftime("%Y-%m-%d %H:%M")
    yield f"{when} (run {place + 1} of {len(history.runs)}): cells: {counts}"
    for cause in dict.fromkeys(map(cause_text, group)):
        yield f"  changed with it: {cause}"
    shown = group if everything else group[:ROWS]
    for change in shown:
        yield f"  {change_text(change)}"
    if len(group) > len(shown):
        yield f"  ... and {len(group) - len(shown)} more; --all shows them"


def found(history: History) -> str:
    """The answer, in a sentence."""
    if history.judged == 0:
        return (
            f"found: nothing can be told: no cell has {changes.POINTS_LEAST} points yet"
        )
    worse = len(history.worse)
    said = f"{worse} cells are on a slower level than before" if worse else "not slower"
    return (
        f"found: {said} (of histories without any change at most "
        f"{100 * changes.ALARMS:.0f} % would show one)"
    )
