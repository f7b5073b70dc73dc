"""Rows fit to be drawn, and the grouping of kernels into families."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple, Optional, Sequence

import numpy
import pandas

from plots import style
from results import load

LINES_MAX = 7
INTERVAL_NOTE = "the interval in which the median of a like run falls in 95 % of cases"
SHADE_NOTE = f"Shade: {INTERVAL_NOTE}; hollow: wider than the value, not shaded."


class Undrawable(Exception):
    """One line of why there is no figure."""


class Rows(NamedTuple):
    """The measured rows of an experiment in one placement, and what was left out, in words."""

    drawn: pandas.DataFrame
    left_out: str


PLACEMENT = ["page_asked", "cpu_asked", "src_node_asked", "dst_node_asked"]
FIGURES = ["payload_bytes", "median_ns", "low_ns", "high_ns", "gb_per_s"]


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
    table = table.astype({name: "float64" for name in FIGURES})
    # A time can't be below zero, an interval from few launches can: it has no lower end then.
    lowest = table["median_ns"] / 1000
    table = table.assign(low_ns=table["low_ns"].clip(lower=lowest))
    fit = table[table["verdict"].isin(["ok", "noisy"]) & (table["median_ns"] > 0)]
    if fit.empty:
        raise Undrawable(
            f"{experiment}.csv: nothing to draw: {counted(table) or 'no rows'}"
        )
    placement = [
        name for name in PLACEMENT if name in fit.columns and name not in following
    ]
    asked = fit[placement].fillna("").astype(str).agg("|".join, axis=1)
    drawn = fit[asked == asked.value_counts().sort_index(kind="stable").idxmax()]
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


def operation(machine: dict, name: str) -> str:
    """What the kernel does, as the machine's record says, else by the first word of its name."""
    for kernel in machine.get("kernels") or []:
        if kernel.get("name") == name and kernel.get("operation"):
            return str(kernel["operation"])
    return name.split("_")[0]


def only(machine: dict, table: pandas.DataFrame, *operations: str) -> pandas.DataFrame:
    """The rows of kernels that do one of these operations."""
    wanted = [
        k for k in table["kernel"].unique() if operation(machine, k) in operations
    ]
    return table[table["kernel"].isin(wanted)]


def family(name: str) -> str:
    """The instruction word of operation_instruction_variant."""
    words = name.split("_")
    return words[1] if len(words) > 1 else name


def label(name: str) -> str:
    """A kernel's name for a figure in which the operation is understood."""
    return " ".join(name.split("_")[1:]) or name


def label_in_family(name: str) -> str:
    """A kernel's name with its variant in parentheses: the family is what a line stands for."""
    words = name.split("_")
    variant = " ".join(words[2:])
    return (
        f"{family(name)} ({variant})"
        if variant and family(name) != "libc"
        else label(name)
    )


def libc_kernel(table: pandas.DataFrame) -> Optional[str]:
    """The kernel that is the C library's memcpy."""
    names = sorted(k for k in table["kernel"].unique() if family(k) == "libc")
    return next((name for name in names if "memmove" not in name), None)


def best(table: pandas.DataFrame, by: Sequence[str]) -> pandas.DataFrame:
    """Of the rows that agree in `by`, the one with the least median; ordered by `by`."""
    ordered = table.sort_values([*by, "median_ns", "kernel"], kind="stable")
    return ordered.drop_duplicates(list(by))


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
