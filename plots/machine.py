"""What the figures say about the machine and the run: cache levels, marks, footers."""

from __future__ import annotations

from typing import Optional

import pandas
from matplotlib.axes import Axes

from plots import style
from plots.kernels import Rows
from results import load
from results.levels import cpu_text, levels
from results.machines import short_title as title


def draw_levels(
    axes: Axes, machine: dict, cpu: Optional[int], named: bool = True
) -> None:
    """Shades the cache levels behind a copy's sizes: its working set is src and dst, 2 x size."""
    low, high = axes.get_xlim()
    for index, level in enumerate(levels(machine, cpu)):
        left, right = max(low, level.above / 2), min(high, level.upto / 2)
        if left >= right:
            continue
        if index % 2 == 0:
            axes.axvspan(left, right, color=style.BAND, linewidth=0, zorder=0)
        start, end = (axes.transData.transform((x, 1))[0] for x in (left, right))
        room = (end - start) / axes.figure.dpi
        texts = [level.name]
        if level.upto != float("inf"):
            texts.insert(0, f"{level.name} {style.size_text(level.upto)}")
        fitting = [
            t
            for t in texts
            if style.text_width_inches(t, style.LABEL_POINTS) < room - 0.05
        ]
        if named and fitting:
            axes.text(
                (left * right) ** 0.5,
                1.01,
                fitting[0],
                transform=axes.get_xaxis_transform(),
                size=style.LABEL_POINTS,
                color=style.QUIET,
                ha="center",
                va="bottom",
            )


def marks(dataset: load.Dataset) -> list[str]:
    """What the reader must know before looking at any figure of this dataset."""
    found = []
    if dataset.source:
        text = load.source_text(dataset.source)
        found.append(f"NOT MEASURED BY COPYCOST: {text.partition(': ')[2]}")
    if dataset.machine.get("emulated"):
        by = dataset.machine.get("emulated_by")
        found.append("EMULATED: no timing" + (f" (by {by})" if by else ""))
    if (dataset.machine.get("run") or {}).get("interrupted"):
        found.append("INTERRUPTED: the run was ended before all cells were measured")
    return found


def seen(column: Optional[pandas.Series]) -> str:
    """The different values of a column, in words."""
    if column is None:
        return "unknown"
    values = sorted({str(value) for value in column.dropna()})
    return ", ".join(values) or "unknown"


def footer(dataset: load.Dataset, rows: Rows, notes: list[str]) -> list[str]:
    """The paragraphs below a figure: where and how it was measured, what is not drawn."""
    machine, table = dataset.machine, rows.drawn
    cpu, run = machine.get("cpu") or {}, machine.get("run") or {}
    clock, libc = machine.get("clock") or {}, machine.get("libc") or {}
    got = table["cpu_got"].dropna() if "cpu_got" in table else []
    where = [
        f"{cpu.get('model') or 'CPU model unknown'}, CPU {cpu_text(got) or 'unknown'}",
        f"pages: {seen(table.get('page_asked'))}",
        f"libc: {libc.get('name') or 'unknown'} {libc.get('version') or ''}".rstrip()
        + (f" ({libc['memcpy']})" if libc.get("memcpy") else ""),
        f"clock: {clock.get('name') or 'unknown'}",
        f"{run.get('started_utc') or 'date unknown'}".replace("T", " ")[:10],
        f"profile {run.get('profile') or 'unknown'}",
    ]
    if machine.get("cache_source") in (None, "unknown") or not machine.get("caches"):
        where.append("cache sizes unknown")
    elif machine["cache_source"] != "topology":
        where.append(f"cache sizes {machine['cache_source']}")
    return [" · ".join(where), *notes, rows.left_out]
