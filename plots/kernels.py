"""Rows fit to be drawn, and the grouping of kernels into families that share a line."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple, Optional, Sequence

import numpy
import pandas

from plots import style
from results import load
from results.kernels import (
    FIGURES,
    best,
    family,
    in_one_placement,
    label,
    libc_kernel,
    measured,
    only,
    operation,
)

LINES_MAX = 7
INTERVAL_NOTE = "the interval in which the median of a like run falls in 95 % of cases"
SHADE_NOTE = f"Shade: {INTERVAL_NOTE}; hollow: wider than the value, not shaded."


class Undrawable(Exception):
    """One line of why there is no figure."""


class Rows(NamedTuple):
    """The measured rows of an experiment in one placement, and what was left out, in words."""

    drawn: pandas.DataFrame
    left_out: str


def read_rows(
    dataset: load.Dataset,
    experiment: str,
    axes: Sequence[str],
    following: Sequence[str] = (),
) -> Rows:
    """Reads what copycost measured. Skipped and failed rows are counted, not drawn.

    Where several placements were measured, the one with most rows is drawn, since a line must not
    wander between them. `following`: columns of the placement that follow from the axes.
    """
    if dataset.source:
        raise Undrawable(f"{experiment}.csv: imported, so without medians of launches")
    table = dataset.table(experiment)
    missing = [c for c in [*axes, *FIGURES, "verdict"] if c not in table.columns]
    if missing:
        raise Undrawable(
            f"{experiment}.csv: column '{missing[0]}' is missing; validate the dataset"
        )
    fit = measured(table)
    if fit.empty:
        raise Undrawable(
            f"{experiment}.csv: nothing to draw: {counted(table) or 'no rows'}"
        )
    drawn = in_one_placement(fit, following)
    notes = [counted(table)]
    if len(drawn) < len(fit):
        notes.append(f"{len(fit) - len(drawn)} cells of other placements not drawn.")
    return Rows(drawn.reset_index(drop=True), " ".join(filter(None, notes)))


def add_scaled(rows: pandas.DataFrame, scale: pandas.Series) -> pandas.DataFrame:
    """The rows with the columns value, low and high: the median and its interval by that scale."""
    columns = {"value": "median_ns", "low": "low_ns", "high": "high_ns"}
    scaled = {name: rows[each].astype(float) * scale for name, each in columns.items()}
    rows = rows.assign(**scaled)
    # An interval from few launches may reach below zero, a time can't.
    return rows.assign(low=rows["low"].clip(lower=rows["value"] / 1000))


def counted(table: pandas.DataFrame) -> str:
    """How many cells are skipped, failed or noisy."""
    counts = table["verdict"].value_counts()
    parts = [
        f"{counts[v]} {v} (not drawn)" for v in ("skipped", "failed") if v in counts
    ]
    if "noisy" in counts:
        parts.append(f"{counts['noisy']} noisy (interval wider than asked)")
    return f"Of {len(table)} cells {', '.join(parts)}." if parts else ""


def label_in_family(name: str) -> str:
    """A kernel's name with its variant in parentheses: the family is what a line stands for."""
    words = name.split("_")
    variant = " ".join(words[2:])
    return (
        f"{family(name)} ({variant})"
        if variant and family(name) != "libc"
        else label(name)
    )


def lines(table: pandas.DataFrame) -> tuple[dict[str, pandas.DataFrame], str]:
    """The best of each family by size, libc's memcpy as itself, at most LINES_MAX of them.

    The second value says which families are not drawn, since they lie next to another.
    """
    libc = libc_kernel(table)
    found = {
        name: best(rows, ["size"])
        for name, rows in table.groupby(table["kernel"].map(family))
    }
    if libc:
        found["libc"] = best(table[table["kernel"] == libc], ["size"])
    notes = []
    pairs = near_pairs(found)
    while len(found) > LINES_MAX:
        distance, near, dropped = pairs[0]
        del found[dropped]
        pairs = [pair for pair in pairs if dropped not in pair]
        close = f" (within {100 * math.expm1(distance):.0f} % of {near})"
        notes.append(dropped + (close if math.isfinite(distance) else ""))
    return found, f"Families not drawn: {', '.join(notes)}." if notes else ""


def near_pairs(found: dict[str, pandas.DataFrame]) -> list[tuple[float, str, str]]:
    """Pairs of lines, nearest first: their median distance (log), the one to keep, the other.

    The faster one is kept, and libc always.
    """
    names = sorted(found)
    times = pandas.concat(
        [found[name].set_index("size")["median_ns"] for name in names], axis=1
    )
    logs = numpy.log(times.to_numpy())
    pairs = []
    for (i, first), (j, second) in itertools.combinations(enumerate(names), 2):
        gap = (logs[:, j] - logs[:, i])[~numpy.isnan(logs[:, j] - logs[:, i])]
        middle = numpy.median(gap) if len(gap) else 0.0
        swap = second == "libc" or (first != "libc" and middle < 0)
        keep, drop = (second, first) if swap else (first, second)
        pairs.append(
            (float(numpy.median(abs(gap))) if len(gap) else math.inf, keep, drop)
        )
    return sorted(pairs)


FAMILY_LOOKS = {
    **dict.fromkeys(["avx512", "sve", "neon"], style.LOOKS[0]),
    **dict.fromkeys(["rep", "mops", "ldm"], style.LOOKS[1]),
    **dict.fromkeys(["avx2", "q", "vfp"], style.LOOKS[2]),
    **dict.fromkeys(["sse2", "x", "ldrd"], style.LOOKS[3]),
    **dict.fromkeys(["word"], style.LOOKS[4]),
    **dict.fromkeys(["builtin", "ld1"], style.LOOKS[5]),
    **dict.fromkeys(["byte"], style.LOOKS[6]),
}


def looks(names: Sequence[str], libc: Optional[str] = "libc") -> dict[str, style.Look]:
    """A look for each family or kernel: its family's own in every figure, if it is free."""
    chosen: dict[str, style.Look] = {}
    for name in sorted(names, key=lambda name: (name not in FAMILY_LOOKS, name)):
        own = FAMILY_LOOKS.get(name if name in FAMILY_LOOKS else family(name))
        free = [look for look in style.LOOKS if look not in chosen.values()] or list(
            style.LOOKS
        )
        chosen[name] = own if own and own in free else free[0]
        if name == libc:
            chosen[name] = style.LIBC_LOOK
    return chosen
