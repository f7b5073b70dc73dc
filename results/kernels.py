"""Kernels by what they do and with which instructions, and the rows of a table that they are in."""

from __future__ import annotations

from typing import Optional, Sequence

import pandas

from results.points import MEASURED

PLACEMENT = ["page_asked", "cpu_asked", "src_node_asked", "dst_node_asked"]
FIGURES = ["payload_bytes", "median_ns", "low_ns", "high_ns", "gb_per_s"]


def measured(table: pandas.DataFrame) -> pandas.DataFrame:
    """The rows with a figure, as numbers. A time can't be below zero, an interval from few launches
    can: it has no lower end then."""
    table = table.astype({name: "float64" for name in FIGURES})
    table = table.assign(low_ns=table["low_ns"].clip(lower=table["median_ns"] / 1000))
    return table[table["verdict"].isin(MEASURED) & (table["median_ns"] > 0)]


def in_one_placement(
    rows: pandas.DataFrame, following: Sequence[str] = ()
) -> pandas.DataFrame:
    """
    Those of the placement with most rows, since a line must not wander between several.
    `following`: columns of the placement that follow from the axes.
    """
    placement = [
        name for name in PLACEMENT if name in rows.columns and name not in following
    ]
    if rows.empty or not placement:
        return rows
    asked = rows[placement].fillna("").astype(str).agg("|".join, axis=1)
    return rows[asked == asked.value_counts().sort_index(kind="stable").idxmax()]


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
    """A kernel's name where the operation is understood."""
    return " ".join(name.split("_")[1:]) or name


def libc_kernel(table: pandas.DataFrame) -> Optional[str]:
    """The kernel that is the C library's memcpy."""
    names = sorted(k for k in table["kernel"].unique() if family(k) == "libc")
    return next((name for name in names if "memmove" not in name), None)


def best(table: pandas.DataFrame, by: Sequence[str]) -> pandas.DataFrame:
    """Of the rows that agree in `by`, the one with the least median; ordered by `by`."""
    ordered = table.sort_values([*by, "median_ns", "kernel"], kind="stable")
    return ordered.drop_duplicates(list(by))


def rivals_of(table: pandas.DataFrame, libc: str) -> pandas.DataFrame:
    """libc's rows and its rivals', at its sizes. Its memmove is the same code, so no rival."""
    own = table["kernel"] == libc
    rivals = own | (table["kernel"].map(family) != "libc")
    return table[rivals & table["size"].isin(table[own]["size"])]
