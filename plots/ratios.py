"""Times as multiples of a base cell's, and which of them a figure has room for."""

from __future__ import annotations

from typing import Callable

import numpy
import pandas

from plots import kernels, style

PANELS_MAX = 3


def ratio_to(table: pandas.DataFrame, base: pandas.DataFrame) -> pandas.DataFrame:
    """Adds ratio, low and high: times over the base row of the same kernel and size."""
    figures = ["median_ns", "low_ns", "high_ns"]
    joined = table.merge(
        base[["kernel", "size", *figures]],
        on=["kernel", "size"],
        suffixes=("", "_base"),
    )
    return joined.assign(
        ratio=joined["median_ns"] / joined["median_ns_base"],
        low=joined["low_ns"] / joined["high_ns_base"],
        high=joined["high_ns"] / joined["low_ns_base"],
    )


def pick_kernels(compared: pandas.DataFrame, count: int) -> list[str]:
    """libc first, then by turns the fastest when aligned and those that suffer most."""
    libc = kernels.libc_kernel(compared)
    others = [name for name in sorted(compared["kernel"].unique()) if name != libc]
    time = (
        numpy.log(compared["median_ns_base"] / compared["payload_bytes"])
        .groupby(compared["kernel"])
        .mean()
    )
    worst = compared.groupby("kernel")["ratio"].quantile(0.95)
    chosen = [libc] if libc else []
    while others and len(chosen) < count:
        fast = len(chosen) % 2 == (1 if libc else 0)
        name = min(others, key=lambda k: (time[k] if fast else -worst[k], k))
        others.remove(name)
        chosen.append(name)
    return chosen


def pick_sizes(compared: pandas.DataFrame) -> list[int]:
    """At most PANELS_MAX sizes, evenly chosen, the least and the greatest included."""
    sizes = sorted(int(size) for size in compared["size"].unique())
    if len(sizes) <= PANELS_MAX:
        return sizes
    return [
        sizes[round(i * (len(sizes) - 1) / (PANELS_MAX - 1))] for i in range(PANELS_MAX)
    ]


def worst_text(
    compared: pandas.DataFrame, place: Callable[[pandas.Series], str]
) -> str:
    """The worst cell of libc and of all others, in words; `place` names its place."""
    libc = kernels.libc_kernel(compared)
    parts = []
    for rows in (
        compared[compared["kernel"] == libc],
        compared[compared["kernel"] != libc],
    ):
        if len(rows):
            row = rows.loc[rows["ratio"].idxmax()]
            where = place(row)
            parts.append(
                f"{kernels.label(row['kernel'])} {style.number_text(row['ratio'])} times"
                f" ({style.size_text(row['size'])}, {where})"
            )
    return "; ".join(parts)
