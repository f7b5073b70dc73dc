"""The limits experiment: what the machine can load and store, and how near the best copy comes."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple, Optional

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import kernels, layout, machine, style
from plots.kernels import Rows
from results import load
from results.findings import limits as findings
from results.findings.limits import (
    limit_of,
    pick_sizes,
    place_text,
    threads_text,
)
from results.levels import Level, cpu_of
from results.levels import levels as levels_of

LIMIT_NOTE = (
    "A copy loads and stores each payload byte once, so it can't be faster than the slower of the "
    "best load-only and the best store-only kernel (non-temporal ones included): that is the "
    "dashed limit, and the per cent are of it. Where loads and stores share one path, as in DRAM, "
    "their times add up and the limit is 1/(1/load + 1/store): the dotted mark."
)
BAR_NOTE = (
    "Payload bytes counted once, all threads together. Bar: the fastest kernel of its kind; "
    f"whisker: {kernels.INTERVAL_NOTE}. Bars are of all launches; the shares in the headline of those that "
    "did not choose which kernel is the fastest."
)


class Bar(NamedTuple):
    """One kind of operation: its words, its colour, its hatch."""

    words: str
    colour: str
    hatch: str


BARS = {
    "load": Bar("load only", style.SKY, ""),
    "store": Bar("store only", style.ORANGE, "///"),
    "nontemporal": Bar("non-temporal store", style.GREY, "..."),
    "copy": Bar("best copy", style.BLACK, ""),
}


class Bound(NamedTuple):
    """What one thread can reach in a cache level."""

    level: Level
    kind: str
    rate: float


def read(dataset: load.Dataset) -> Rows:
    """The measured rows, with a column `kind` (a key of BARS)."""
    rows = kernels.read_rows(dataset, "limits", ["kernel", "size", "threads"])
    return rows._replace(drawn=findings.with_kinds(dataset.machine, rows.drawn))


def level_limits(dataset: load.Dataset) -> list[Bound]:
    """One thread's best load and store rate by cache level; empty where that is not known."""
    if "limits" not in dataset.experiments:
        return []
    try:
        table = read(dataset).drawn
    except kernels.Undrawable:
        return []
    levels = levels_of(dataset.machine, cpu_of(table))
    single = table[table["threads"] == 1]
    found = []
    for level in levels:
        inside = single[(single["size"] > level.above) & (single["size"] <= level.upto)]
        for kind, kinds in (("load", ["load"]), ("store", ["store", "nontemporal"])):
            rates = inside[inside["kind"].isin(kinds)]["gb_per_s"]
            if len(rates):
                found.append(Bound(level, kind, float(rates.max())))
    return found


def draw_level_limits(axes: Axes, bounds: list[Bound]) -> None:
    """Dashed (load) and dotted (store) lines across each cache level of an axis of copy sizes."""
    low, high = axes.get_xlim()
    dashes = {"load": (0, (6, 2)), "store": (0, (1.5, 1.5))}
    for bound in bounds:
        left, right = max(low, bound.level.above / 2), min(high, bound.level.upto / 2)
        if left < right:
            axes.plot(
                [left, right],
                [bound.rate] * 2,
                color=style.QUIET,
                linestyle=dashes[bound.kind],
                linewidth=1.1,
                zorder=1,
            )
    for kind in sorted({bound.kind for bound in bounds}):
        axes.plot(
            [],
            [],
            color=style.QUIET,
            linestyle=dashes[kind],
            linewidth=1.1,
            label=f"{kind} limit",
        )
    if bounds:
        axes.legend(
            loc="lower right",
            frameon=False,
            fontsize=style.LABEL_POINTS,
            handlelength=3,
        )


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """limits: a panel for each working set and number of threads, a bar for each operation."""
    rows = read(dataset)
    table = findings.fastest(rows.drawn)
    counts = sorted({int(table["threads"].min()), int(table["threads"].max())})
    levels = levels_of(dataset.machine, cpu_of(table))
    sizes = pick_sizes(sorted(int(size) for size in table["size"].unique()), levels)
    page = layout.open_page(
        f"How near the best copy comes to the limits, {machine.title(dataset)}",
        style.sentence_text(
            findings.shares(findings.read(dataset), counts[0]).sentence
        ),
        machine.marks(dataset),
        machine.footer(dataset, rows, [LIMIT_NOTE, BAR_NOTE]),
        2.0 * len(counts),
        (0.3, 0.05),
    )
    grid = page.add_grid(len(counts), len(sizes), 0.12, 0.42)
    for row, threads in enumerate(counts):
        for column, size in enumerate(sizes):
            axes = page.figure.add_subplot(grid[row, column])
            here = (table["threads"] == threads) & (table["size"] == size)
            draw_bars(axes, table[here].set_index("kind"))
            each = " each" if threads > 1 else ""
            parts = [
                place_text(levels, size, threads),
                f"{style.size_text(size)}{each}",
            ]
            axes.set_title(", ".join(filter(None, parts)), size=style.LABEL_POINTS)
            if column == 0:
                axes.set_ylabel(threads_text(threads), weight="bold")
            if row == len(counts) - 1:
                axes.set_xlabel("GB/s")
    yield "limits", page.figure


def draw_bars(axes: Axes, cell: pandas.DataFrame) -> None:
    """A horizontal bar for each kind from zero, its rate written above it, and the limits."""
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_ylim(len(BARS) - 0.3, -0.75)
    axes.set_xlim(0, 1.05 * float(cell["gb_per_s"].max()) if len(cell) else 1.0)
    axes.locator_params(axis="x", nbins=4)
    limit = limit_of(cell)
    for place, kind in enumerate(BARS):
        if kind in cell.index:
            draw_bar(axes, place, kind, cell.loc[kind], limit)
        else:
            write_above(axes, place, f"{BARS[kind].words}: none measured", kind)
    if limit:
        last = list(BARS).index("copy")
        common: dict[str, Any] = {"color": style.VERMILION, "zorder": 3}
        axes.plot(
            [limit[0]] * 2, [-0.2, last + 0.2], linestyle="--", linewidth=1.2, **common
        )
        axes.plot(
            [limit[1]] * 2,
            [last - 0.2, last + 0.2],
            linestyle=":",
            linewidth=2,
            **common,
        )


def draw_bar(
    axes: Axes,
    place: int,
    kind: str,
    row: pandas.Series,
    limit: Optional[tuple[float, float]],
) -> None:
    """One bar with its interval and its text; the copy's with its share of the limit."""
    bar, rate = BARS[kind], float(row["gb_per_s"])
    axes.barh(
        place,
        rate,
        0.3,
        color=bar.colour,
        hatch=bar.hatch,
        edgecolor="white",
        linewidth=0,
    )
    ends = [row["payload_bytes"] / row["high_ns"], row["payload_bytes"] / row["low_ns"]]
    axes.plot(ends, [place] * 2, color=style.GREY)
    text = f"{bar.words}: {style.number_text(rate)}"
    if kind == "copy" and limit:
        text += f" = {100 * rate / limit[0]:.0f} %"
    write_above(axes, place, text, kind, kernels.label(str(row["kernel"])))


def write_above(axes: Axes, place: int, text: str, kind: str, kernel: str = "") -> None:
    """A bar's text, over the limit's line; the kernel's name in parentheses where it fits."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.3}
    common: dict[str, Any] = {"size": style.FOOTER_POINTS, "bbox": box, "zorder": 4}
    if kind == "copy":
        axes.text(0, place - 0.19, text, va="bottom", weight="bold", **common)
        axes.text(0, place + 0.2, kernel, va="top", **common)
        return
    room = axes.get_window_extent().width / axes.figure.dpi
    longer = f"{text} ({kernel})"
    if kernel and style.text_width_inches(longer, style.FOOTER_POINTS) < room:
        text = longer
    axes.text(0, place - 0.19, text, va="bottom", **common)
