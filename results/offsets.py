"""What offsets cost copies: times as multiples of those of a base cell, by kernel and size."""

from __future__ import annotations

import pandas

from results import kernels

AXES = ["kernel", "size", "src_align", "dst_align", "alias"]
FAR = 2048


def ratio_to(table: pandas.DataFrame, base: pandas.DataFrame) -> pandas.DataFrame:
    """Adds ratio, low and high: times over the base row of the same kernel and size."""
    figures = ["cell", "median_ns", "low_ns", "high_ns"]
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


def grid_ratios(grid: pandas.DataFrame) -> pandas.DataFrame:
    """The src x dst grid against (0, 0); kernels and sizes without that cell are left out."""
    aligned = grid[(grid["src_align"] == 0) & (grid["dst_align"] == 0)]
    aligned = kernels.best(aligned, ["kernel", "size"])
    found = ratio_to(kernels.best(grid, AXES[:-1]), aligned)
    return (
        found[(found["src_align"] != 0) | (found["dst_align"] != 0)]
        if found["ratio"].nunique() > 1
        else found[:0]
    )


def sweep_ratios(sweep: pandas.DataFrame) -> pandas.DataFrame:
    """The sweep against the distance that is farthest from aliasing; adds distance, signed."""
    alias = sweep["alias"].astype(float)
    sweep = sweep.assign(
        distance=alias.where(alias <= FAR, alias - 4096), away=(alias - FAR).abs()
    )
    sweep = kernels.best(sweep, ["kernel", "size", "distance"])
    far = sweep.sort_values(["kernel", "size", "away", "distance"], kind="stable")
    found = ratio_to(sweep, far.drop_duplicates(["kernel", "size"]))
    return found if found["distance"].nunique() > 1 else found[:0]


def read(
    machine: dict, rows: pandas.DataFrame
) -> tuple[pandas.DataFrame, pandas.DataFrame]:
    """Of the measured rows both tables: the grid's and the sweep's."""
    table = kernels.only(machine, rows, "copy")
    alone = table["alias"].isna()
    return grid_ratios(table[alone]), sweep_ratios(table[~alone])
