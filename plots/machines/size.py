"""What one warm copy by the C library costs on each machine: GB/s, and cycles a byte."""

from __future__ import annotations

import functools
from typing import Iterable, List, Optional, Sequence

import pandas
from matplotlib.figure import Figure

from plots import kernels, style
from plots.machines import panels
from results import load, machines, reference

NOTE = (
    "The C library's memcpy on warm buffers, on each machine's first measured CPU; payload bytes "
    f"counted once. {kernels.SHADE_NOTE} A machine that was measured at one size only is not here "
    "but in the figure of copies from memory to memory."
)
CYCLES_NOTE = "Cycles of the core clock, as measured on each machine."


def libc_rows(dataset: load.Dataset) -> Optional[pandas.DataFrame]:
    """The rows of its warm copies by libc, ascending by size; None where there are none."""
    if "size" not in dataset.experiments:
        return None
    if dataset.source:
        table = dataset.table("size")
        stated = table[table["kernel"].isin(reference.LIBC_COPIES)]
        return stated.assign(median_ns=stated["min_ns"])
    try:
        rows = kernels.read_rows(dataset, "size", ["kernel", "size", "temperature"])
    except kernels.Undrawable:
        return None
    warm = rows.drawn[(rows.drawn["temperature"] == "warm") & (rows.drawn["size"] > 0)]
    libc = kernels.libc_kernel(warm)
    return warm[warm["kernel"] == libc].sort_values("size") if libc else None


def curves(datasets: Sequence[load.Dataset], figure: str) -> List[panels.Curve]:
    """`figure`: gb_per_s, or cycles_per_byte where the clock is known."""
    found = []
    for place, dataset in enumerate(datasets):
        rows = libc_rows(dataset)
        if rows is None or rows[figure].isna().all():
            continue
        ends = pandas.DataFrame({"value": rows[figure]})
        # Both are of the median; so their interval's ends are by the times' ratio.
        slow, fast = (rows[end] / rows["median_ns"] for end in ("high_ns", "low_ns"))
        turned = figure == "gb_per_s"
        ends["low"] = rows[figure] / slow if turned else rows[figure] * fast
        ends["high"] = rows[figure] / fast if turned else rows[figure] * slow
        known = rows[figure].notna()
        if rows["size"][known].nunique() < 2:
            continue
        found.append(panels.Curve(place, rows["size"][known], ends[known]))
    return found


def extremes(datasets: Sequence[load.Dataset], found: Sequence[panels.Curve]) -> str:
    """The fastest and the slowest at the largest size that all have."""
    common = set.intersection(*(set(curve.x) for curve in found))
    if not common:
        return "No size was measured on all of them."
    size, names = max(common), machines.labels(datasets)
    rates = {
        names[curve.place]: float(curve.y["value"][curve.x == size].iloc[0])
        for curve in found
    }
    ends = [pick(rates, key=lambda name: rates[name]) for pick in (max, min)]
    texts = [f"{style.number_text(rates[name])} GB/s ({name})" for name in ends]
    return f"{style.size_text(size)} are copied at {texts[1]} to {texts[0]}."


def draw(datasets: Sequence[load.Dataset]) -> Iterable[tuple[str, Figure]]:
    """machines-size and, where at least two have a clock, machines-size-cycles."""
    for figure, stem, name in (
        ("gb_per_s", "machines-size", "GB/s"),
        ("cycles_per_byte", "machines-size-cycles", "cycles a byte"),
    ):
        found = curves(datasets, figure)
        if len(found) < 2:
            continue
        values = pandas.concat([curve.y["value"] for curve in found])
        low, high = float(values.min()) / 1.5, float(values.max()) * 1.5
        rate = figure == "gb_per_s"
        words = panels.Words(
            f"One copy by the C library, {len(found)} machines: {name}",
            extremes(datasets, found) if rate else cycles_finding(datasets, found),
            [NOTE] + ([] if rate else [CYCLES_NOTE]),
            "bytes copied",
        )
        yield stem, panels.draw(
            datasets,
            found,
            words,
            functools.partial(style.log_axis, low=low, high=high, name=name),
        )


def cycles_finding(
    datasets: Sequence[load.Dataset], found: Sequence[panels.Curve]
) -> str:
    """The fewest cycles a byte that each end of the field gets to."""
    names = machines.labels(datasets)
    best = {names[curve.place]: float(curve.y["value"].min()) for curve in found}
    ends = [pick(best, key=lambda name: best[name]) for pick in (min, max)]
    texts = [f"{style.number_text(best[name])} ({name})" for name in ends]
    return f"Fewest cycles a byte at any size: from {texts[0]} to {texts[1]}."
