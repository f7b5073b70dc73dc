"""
Two datasets, cell by cell: what can be said of stored figures, and what can't.

The ratio is that of the least times (results.minima). Whether it is a change is told by what other
runs like the base have shown of the same cell (fences); without them it is advisory.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence

import numpy
import pandas

from results import facts, minima
from results.changes import STEP_LEAST
from results.compare import fences
from results.compare.fences import Fences
from results.facts import Difference
from results.minima import Run

SLOWER, FASTER, AS_BEFORE = "slower", "faster", "as before"
CODE = "code differs"
SAMPLES = "samples differ"
ADVISORY = "advisory"


class Comparison(NamedTuple):
    """
    cells: a row a cell that both have, by minima.KEY, the slowest by ratio first: base_ns, new_ns,
    ratio; like_low and like_high, between which the ratio of a run like the base lies, NAN where that
    is not known; median_ratio with median_low and median_high; verdict.
    missing, added: of cells that only the base or only the new run has, why the other has not.
    advisory: why nothing can be told; "" where something can.
    fences: of all cells whose code is the same.
    """

    base: Run
    new: Run
    differences: List[Difference]
    cells: pandas.DataFrame
    missing: pandas.Series
    added: pandas.Series
    advisory: str
    fences: Optional[Fences]

    @property
    def changed(self) -> bool:
        """Whether the new run is slower than runs like the base are."""
        return self.fences is not None and self.fences.changed(self.fences.slower)


def like(base: Run, others: Sequence[Run], new: Run) -> List[Run]:
    """The base, and those of the others in which nothing differs from it; not the new run."""
    return [base] + [
        run
        for run in others
        if run.identity not in (base.identity, new.identity)
        and facts.alike(base.facts, run.facts)
    ]


def compare(base: Run, new: Run, others: Sequence[Run]) -> Comparison:
    """`others` are the machine's further runs, of which those like the base are taken."""
    both = base.cells.join(
        new.cells, how="outer", lsuffix="_base", rsuffix="_new", sort=False
    )
    had, has = both["min_ns_base"].notna(), both["min_ns_new"].notna()
    none = "not in the dataset"
    advisory = _advisory(base, new)
    alike = like(base, others, new)
    if not advisory and len(alike) < fences.LIKE_LEAST:
        advisory = (
            f"{len(alike)} runs are like the base, itself included; thresholds are learned "
            f"from {fences.LIKE_LEAST}"
        )
    cells = both[had & has].copy()
    cells["verdict"] = _untold(cells)
    learned = None if advisory else _learn(cells, alike)
    return Comparison(
        base,
        new,
        facts.differences(base.facts, new.facts),
        _figures(cells, learned),
        both["reason_new"][had & ~has].fillna(none),
        both["reason_base"][has & ~had].fillna(none),
        advisory,
        learned,
    )


def _advisory(base: Run, new: Run) -> str:
    """What forbids to tell anything of the times, whatever the history."""
    emulated = [run for run in (base, new) if run.facts["emulated"] == "True"]
    if emulated:
        return "times of an emulated machine mean nothing"
    if not facts.same_machine(base.facts, new.facts):
        return "the machine or its clock is not the same"
    for name in ("profile", "interrupted"):
        if base.facts[name] != new.facts[name]:
            return "a minimum over more samples is lower, and their number differs"
    return ""


def _untold(cells: pandas.DataFrame) -> pandas.Series:
    """Why a cell's ratio says nothing of the machine; "" where it may."""
    new = cells["samples_new"].to_frame()
    differ = minima.differ(new, cells["samples_base"])["samples_new"]
    code = cells["code_base"] != cells["code_new"]
    return pandas.Series("", index=cells.index).mask(differ, SAMPLES).mask(code, CODE)


def _learn(cells: pandas.DataFrame, alike: Sequence[Run]) -> Fences:
    codes = minima.matrix(alike, "code").reindex(cells.index)
    known = minima.of_alike(alike, cells["samples_base"])
    logs = numpy.log(known.where(codes.eq(cells["code_base"], axis=0)))
    new = numpy.log(cells["min_ns_new"]).where(cells["verdict"] == "")
    return fences.learn(logs.to_numpy(), new.to_numpy())


def _figures(cells: pandas.DataFrame, learned: Optional[Fences]) -> pandas.DataFrame:
    """The columns of Comparison.cells."""
    median = cells["median_ns_new"] / cells["median_ns_base"]
    low, high = (_half(cells, side) for side in ("low", "high"))
    found = pandas.DataFrame(
        {
            "base_ns": cells["min_ns_base"],
            "new_ns": cells["min_ns_new"],
            "ratio": cells["min_ns_new"] / cells["min_ns_base"],
            "like_low": numpy.nan,
            "like_high": numpy.nan,
            "median_ratio": median,
            "median_low": median * low,
            "median_high": median * high,
        }
    )
    if learned is not None:
        found["like_low"] = numpy.exp(learned.low) / found["base_ns"]
        found["like_high"] = numpy.exp(learned.high) / found["base_ns"]
    found["verdict"] = _verdicts(found).mask(cells["verdict"] != "", cells["verdict"])
    return found.sort_values("ratio", ascending=False, kind="stable")


def _half(cells: pandas.DataFrame, side: str) -> pandas.Series:
    """
    The end of the interval of the ratio of medians, as a factor. A dataset's interval is for the
    difference of two like runs already, so the two are averaged, as squares.
    """
    column, other = f"{side}_ns", "high_ns" if side == "low" else "low_ns"
    new = numpy.log((cells[f"{column}_new"] / cells["median_ns_new"]).clip(lower=1e-3))
    base = numpy.log(
        (cells["median_ns_base"] / cells[f"{other}_base"].clip(lower=1e-3))
    )
    half = numpy.sqrt((new**2 + base**2) / 2)
    return numpy.exp(-half if side == "low" else half)


def _verdicts(found: pandas.DataFrame) -> pandas.Series:
    """A word a cell. Where nothing was learned, what the medians hint at."""
    verdicts = pandas.Series(AS_BEFORE, index=found.index)
    verdicts = verdicts.mask(found["ratio"] > found["like_high"], SLOWER)
    verdicts = verdicts.mask(found["ratio"] < found["like_low"], FASTER)
    unknown = found["like_high"].isna()
    verdicts = verdicts.mask(unknown, ADVISORY)
    step = numpy.log(found["ratio"])
    up = unknown & (found["median_low"] > 1) & (step > STEP_LEAST)
    down = unknown & (found["median_high"] < 1) & (step < -STEP_LEAST)
    verdicts = verdicts.mask(up, f"{ADVISORY}: {SLOWER}")
    return verdicts.mask(down, f"{ADVISORY}: {FASTER}")
