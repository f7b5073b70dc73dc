"""
What a file of pairs says of each cell, and of the change.

A cell has *regressed* if its ratio (new / old) is above 1 by Wilcoxon's signed-rank test, one-sided
(Holm over all measured cells at the plan's alpha), and above the plan's threshold; it has *not
regressed* if the upper bound of its ratio, each cell's at alpha, is below the slowdown that was to
be detected; else it is *inconclusive*. (That none of the cells is slower by so much takes the word
of all of them, so it is wrong with a probability of at most alpha as it is: an intersection-union
test, R. L. Berger, "Multiparameter Hypothesis Testing and Acceptance Sampling", Technometrics 24,
1982. That one of them is slower takes the word of any, which is why that test is Holm's.) The same
test the other way round finds what has *improved*. A regression that is *not regressed* by this
rule once old and new are entered at the same offset in a page is *placement*: it comes from where
the linker put the code, and the next change may put it elsewhere. It is listed and does not count,
because a gate that a relink closes is soon ignored. Where the same offset was not measured, or
leaves it open, a regression stays one.

All of this is over launches, each by the median of its pairs: see Cell.launches(). Simulated, 40
launches of 15 pairs find a slowdown of 2 % in 100 and 95 % of cells (spread of a batch 0.9 and 3 %,
the first batch slower by 3 %), and all of 3 %.

There is no verdict at all if the control (old against its own copy, by the same rule in both
directions) alarms or could not have, if the run was interrupted, or if the machine is emulated.

Several files are judged each for itself, with alpha split among them: they are as many looks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence

import numpy

from results.ab import signed_rank
from results.ab.pairs import CHANGE, COMPLETE, CONTROL, FAILED, MEASURED, PLACEMENT
from results.ab.pairs import SKIPPED, Cell, Pairs, Point

REGRESSED, INCONCLUSIVE, IMPROVED = "regressed", "inconclusive", "improved"
NOT_REGRESSED, BY_PLACEMENT = "not regressed", "placement"
ALARMED, SILENT = "alarmed", "silent"  # of the control
FINE, SLOWER, OPEN = 0, 1, 3  # exit status


class Ratio(NamedTuple):
    """
    new / old, with an interval, each end of which holds at alpha for this cell by itself; Holm's p
    that it is above and below 1; from how many launches. NAN and infinity: unknown.
    """

    value: float
    low: float
    high: float
    p_above: float
    p_below: float
    launches: int

    def slower(self, alpha: float, threshold: float) -> bool:
        """Whether new is slower than old, by the rule."""
        return self.p_above <= alpha and self.value > 1 + threshold

    def faster(self, alpha: float, threshold: float) -> bool:
        """The same the other way round."""
        return self.p_below <= alpha and self.value < 1 / (1 + threshold)


UNKNOWN = Ratio(math.nan, 0.0, math.inf, 1.0, 1.0, 0)


class Placed(NamedTuple):
    """new / old entered at the same offset in a page, and what their own offsets add to that."""

    same: Ratio
    part: Ratio
    reason: str  # why there is neither


@dataclass(frozen=True)
class Judged:
    """A cell of the change or of the control."""

    cell: Cell
    outcome: str
    reason: str
    ratio: Ratio
    placed: Optional[
        Placed
    ]  # None where old and new lie alike, or nothing is to be explained


@dataclass(frozen=True)
class Verdict:
    """Of one file. why: the reasons why there is no verdict; alpha: after it was split."""

    pairs: Pairs
    alpha: float
    change: List[Judged]
    control: List[Judged]
    why: List[str]

    def cells(self, *outcomes: str) -> List[Judged]:
        """Those of the change with these outcomes, the slowest first."""
        found = [judged for judged in self.change if judged.outcome in outcomes]
        return sorted(
            found,
            key=lambda judged: (
                -numpy.nan_to_num(judged.ratio.value),
                judged.cell.number,
            ),
        )

    @property
    def status(self) -> int:
        """FINE, SLOWER or OPEN."""
        if self.why:
            return OPEN
        if self.cells(REGRESSED):
            return SLOWER
        whole = len(self.cells(SKIPPED)) < len(self.change)
        return OPEN if self.cells(INCONCLUSIVE, FAILED) or not whole else FINE


def worst(found: Sequence[int]) -> int:
    """Of several files: one that regressed is not undone by one that is open."""
    return SLOWER if SLOWER in found else max(found)


def judge(pairs: Pairs, looks: int = 1) -> Verdict:
    """looks: among how many files alpha is split."""
    alpha = pairs.plan["alpha"] / looks
    found = {
        kind: ratios(pairs.of(kind), alpha) for kind in (CHANGE, CONTROL, PLACEMENT)
    }
    control = [
        _control(cell, found[CONTROL], alpha, pairs) for cell in pairs.of(CONTROL)
    ]
    why = list(_why_none(pairs, control))
    placed = _placed(pairs, found[PLACEMENT], alpha)
    change = [
        _judged(cell, found[CHANGE], placed.get(cell.point), alpha, pairs.plan)
        for cell in pairs.of(CHANGE)
    ]
    if why:
        change = [_without_verdict(judged) for judged in change]
    return Verdict(pairs, alpha, change, control, why)


def ratios(cells: Sequence[Cell], alpha: float) -> Dict[int, Ratio]:
    """By number, of the measured ones among the cells of a comparison."""
    measured = [cell for cell in cells if cell.verdict == MEASURED]
    return centred({cell.number: cell.launches()[1] for cell in measured}, alpha)


def centred(values: Dict[int, numpy.ndarray], alpha: float) -> Dict[int, Ratio]:
    """The same from each cell's values, logarithms of ratios, one a launch."""
    found: Dict[int, Ratio] = {}
    for count in {len(each) for each in values.values()} - {0}:
        numbers = [number for number, each in values.items() if len(each) == count]
        rows = numpy.array([values[number] for number in numbers])
        centres = signed_rank.centres(rows, alpha)
        with numpy.errstate(over="ignore"):  # a ratio beyond all is infinite
            ends = [numpy.exp(each) for each in centres[:3]]
        for number, row in zip(numbers, numpy.array([*ends, *centres[3:]]).T.tolist()):
            found[number] = Ratio(row[0], row[1], row[2], row[3], row[4], count)
    every = [found.get(number, UNKNOWN) for number in values]
    above = signed_rank.holm(numpy.array([ratio.p_above for ratio in every]))
    below = signed_rank.holm(numpy.array([ratio.p_below for ratio in every]))
    return {
        number: ratio._replace(p_above=float(over), p_below=float(under))
        for number, ratio, over, under in zip(values, every, above, below)
    }


def _control(cell: Cell, found: Dict[int, Ratio], alpha: float, pairs: Pairs) -> Judged:
    if cell.verdict != MEASURED:
        return Judged(cell, cell.verdict, cell.reason, UNKNOWN, None)
    ratio, threshold = found[cell.number], pairs.plan["threshold"]
    outcome, reason = INCONCLUSIVE, _unfit(cell, ratio, alpha / len(found))
    if ratio.slower(alpha, threshold) or ratio.faster(alpha, threshold):
        outcome, reason = ALARMED, "old differs from its own copy"
    elif not reason:
        outcome = SILENT
    return Judged(cell, outcome, reason, ratio, None)


def _why_none(pairs: Pairs, control: List[Judged]) -> Iterator[str]:
    alarms = sum(judged.outcome == ALARMED for judged in control)
    if alarms:
        yield (
            f"the control alarmed: old differs from its own copy in {alarms} of {len(control)} "
            "cells; find what disturbs this machine, and measure anew"
        )
    elif not any(judged.outcome == SILENT for judged in control):
        yield "there is no control that could have alarmed"
    if pairs.ended != COMPLETE:
        yield f"the run was {pairs.ended}"
    if pairs.machine["emulated"]:
        yield "the machine is emulated, its times mean nothing"


def _unfit(cell: Cell, ratio: Ratio, level: float) -> str:
    """Why the cell can't be judged; empty where it can."""
    if ratio.launches < signed_rank.least_count(level):
        return f"{ratio.launches} launches, {signed_rank.least_count(level)} are needed for a verdict"
    if len(numpy.unique(cell.new_first)) < 2:
        return "the same one came first in every pair"
    return ""


def _judged(
    cell: Cell,
    found: Dict[int, Ratio],
    placed: Optional[Placed],
    alpha: float,
    plan: Dict[str, Any],
) -> Judged:
    if cell.verdict != MEASURED:
        return Judged(cell, cell.verdict, cell.reason, UNKNOWN, None)
    ratio, threshold = found[cell.number], plan["threshold"]
    outcome, reason = INCONCLUSIVE, _unfit(cell, ratio, alpha / len(found))
    if reason:
        return Judged(cell, outcome, reason, ratio, placed)
    if ratio.slower(alpha, threshold):
        outcome = REGRESSED
    elif ratio.faster(alpha, threshold):
        outcome = IMPROVED
    elif ratio.high < 1 + plan["detect"]:
        outcome = NOT_REGRESSED
    else:
        reason = "its interval reaches beyond what was to be detected"
    if outcome in (REGRESSED, IMPROVED) and placed and not placed.reason:
        same, limit = placed.same, 1 + plan["detect"]
        still = same.slower if outcome == REGRESSED else same.faster
        within = same.high < limit if outcome == REGRESSED else same.low > 1 / limit
        if within and not still(alpha, threshold):
            outcome = BY_PLACEMENT
    return Judged(cell, outcome, reason, ratio, placed)


def _without_verdict(judged: Judged) -> Judged:
    if judged.cell.verdict != MEASURED:
        return judged
    reason = judged.reason or "there is no verdict"
    return replace(judged, outcome=INCONCLUSIVE, reason=reason)


def _placed(pairs: Pairs, same: Dict[int, Ratio], alpha: float) -> Dict[Point, Placed]:
    """
    Of the points whose change has different offsets. The part of the offsets is the ratio as they
    lie over that at the same offset, by launches that have both.
    """
    placements = {cell.point: cell for cell in pairs.of(PLACEMENT)}
    reasons: Dict[Point, str] = {}
    parts: Dict[int, numpy.ndarray] = {}
    apart = [cell for cell in pairs.of(CHANGE) if cell.entries[0] != cell.entries[1]]
    for cell in apart:
        other = placements.get(cell.point)
        if other is None:
            reasons[cell.point] = "not measured at the same offset"
        elif other.verdict != MEASURED:
            reasons[cell.point] = f"at the same offset {other.verdict}: {other.reason}"
        else:
            reasons[cell.point] = _unfit(other, same[other.number], alpha / len(same))
            parts[cell.number] = _beyond(cell, other)
    found = centred(parts, alpha)
    return {
        cell.point: Placed(
            same.get(placements[cell.point].number, UNKNOWN)
            if cell.point in placements
            else UNKNOWN,
            found.get(cell.number, UNKNOWN),
            reasons[cell.point],
        )
        for cell in apart
    }


def _beyond(cell: Cell, other: Cell) -> numpy.ndarray:
    """By launch, how much more log(new / old) is in the one cell than in the other."""
    first, second = cell.launches(), other.launches()
    _, here, there = numpy.intersect1d(
        first[0], second[0], assume_unique=True, return_indices=True
    )
    beyond: numpy.ndarray = first[1][here] - second[1][there]
    return beyond
