"""The mix experiment: copies of random sizes beside copies of their mean, by kernel."""

from __future__ import annotations

import math
from typing import Iterable, NamedTuple

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import kernels, layout, machine, style
from results import load
from results.findings import mix as findings

KERNELS_MAX = 8
ROWS_INCHES = 0.42
COLUMNS_MAX = 3


class Bar(NamedTuple):
    """One of a pair: its words, its colour, its hatch, its place beside the middle."""

    words: str
    colour: str
    hatch: str
    offset: float


BARS = {
    "fixed": Bar("always the mean", style.SKY, "", -0.2),
    "random": Bar("random sizes", style.VERMILION, "///", 0.2),
}
MIX_NOTE = (
    "Sizes: uniform over 64 to 1518 B, log-uniform over 1 to 1518 B, imix: 64, 570 and 1518 B as "
    "7:4:1; histogram and pcap: by the file that was given. What random sizes cost more is what "
    "could not be predicted, and that a copy's time is no straight line in its size."
)
BAR_NOTE = f"Bold: the fastest of its kind. Whisker: {kernels.INTERVAL_NOTE}."


def headline(dataset: load.Dataset) -> str:
    """The first finding that says something; the first of all where none does."""
    found = list(findings.find(dataset))
    for one in found:
        if None not in (one.low, one.high) and (one.low or 0) * (one.high or 0) > 0:
            return one.sentence
    return found[0].sentence


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """mix: a panel for each distribution, a pair of bars for each kernel."""
    rows = kernels.read_rows(dataset, "mix", ["kernel", "distribution", "sequence"])
    table = rows.drawn
    known = [
        name for name in findings.DISTRIBUTIONS if name in set(table["distribution"])
    ]
    names, note = pick_kernels(table)
    lines = -(-len(known) // COLUMNS_MAX)
    columns = -(-len(known) // lines)
    upto = room_ns(table[table["kernel"].isin(names)])
    said = headline(dataset)
    widest = max(
        style.text_width_inches(kernels.label(name), style.LABEL_POINTS, "bold")
        for name in names
    )
    page = layout.open_page(
        f"What random sizes cost, {machine.title(dataset)}",
        f"{said[0].upper()}{said[1:]}.",
        machine.marks(dataset),
        machine.footer(dataset, rows, [MIX_NOTE, BAR_NOTE, note]),
        lines * (ROWS_INCHES * len(names) + 0.3) + (lines - 1) * 0.8,
        (widest + 0.15, 0.15),
    )
    grid = page.add_grid(lines, columns, 0.12, 0.9 / (ROWS_INCHES * len(names) + 0.3))
    for index, distribution in enumerate(known):
        axes = page.figure.add_subplot(grid[index // columns, index % columns])
        here = table[table["distribution"] == distribution]
        axes.set_xlim(0, upto)
        draw_panel(axes, here[here["kernel"].isin(names)], names)
        mean = style.number_text(float(here["payload_bytes"].iloc[0]))
        axes.set_title(f"{distribution}, mean {mean} B", size=style.LABEL_POINTS)
        axes.set_xlabel("ns per packet")
        if index % columns == 0:
            write_names(axes, names)
    draw_legend(page)
    yield "mix", page.figure


def pick_kernels(table: pandas.DataFrame) -> tuple[list[str], str]:
    """The kernels to draw, the C library's first, the others by name; and which are left out."""
    libc = kernels.libc_kernel(table)
    ranks = table.groupby(["distribution", "sequence"])["median_ns"].rank()
    order = list(ranks.groupby(table["kernel"]).min().sort_values(kind="stable").index)
    order.sort(key=lambda name: name != libc)
    names, dropped = order[:KERNELS_MAX], sorted(order[KERNELS_MAX:])
    note = f"Kernels not drawn: {', '.join(map(kernels.label, dropped))}."
    return (
        sorted(names, key=lambda name: (name != libc, name)),
        note if dropped else "",
    )


def room_ns(table: pandas.DataFrame) -> float:
    """The same axis for all panels: whiskers, as far as they are not absurd, and numbers beyond."""
    longest = table["high_ns"].fillna(table["median_ns"]).max()
    return float(1.2 * min(longest, 2 * table["median_ns"].max()))


def draw_panel(axes: Axes, table: pandas.DataFrame, names: list[str]) -> None:
    """The pairs of one distribution, each kernel in its row."""
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=6)
    for sequence, bar in BARS.items():
        rows = table[table["sequence"] == sequence].set_index("kernel")
        if rows.empty:
            continue
        fastest = rows["median_ns"].idxmin()
        for name in rows.index:
            place = names.index(name) + bar.offset
            draw_bar(axes, place, bar, rows.loc[name], name == fastest)


def draw_bar(
    axes: Axes, place: float, bar: Bar, row: pandas.Series, fastest: bool
) -> None:
    """One bar with its interval, and its time beside it."""
    time = float(row["median_ns"])
    axes.barh(
        place,
        time,
        0.36,
        color=bar.colour,
        hatch=bar.hatch,
        edgecolor="white",
        linewidth=0,
    )
    end = time
    if math.isfinite(row["high_ns"]):
        end = max(time, min(float(row["high_ns"]), axes.get_xlim()[1] / 1.2))
        ends = [float(row["low_ns"]), end]
        axes.plot(ends, [place] * 2, color=style.BLACK, linewidth=0.9)
    axes.annotate(
        style.number_text(time),
        xy=(end, place),
        xytext=(3, 0),
        textcoords="offset points",
        va="center",
        size=style.FOOTER_POINTS,
        weight="bold" if fastest else "normal",
        annotation_clip=False,
    )


def write_names(axes: Axes, names: list[str]) -> None:
    """The kernels' names left of their rows."""
    for place, name in enumerate(names):
        axes.annotate(
            kernels.label(name),
            xy=(0, place),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            size=style.LABEL_POINTS,
            weight="bold" if "libc" in name else "normal",
            annotation_clip=False,
        )


def draw_legend(page: layout.Page) -> None:
    """What the colours are, above the panels at the right."""
    axes = page.figure.axes[0]
    handles = [
        axes.barh(0, 0, color=bar.colour, hatch=bar.hatch, edgecolor="white")
        for bar in BARS.values()
    ]
    page.figure.legend(
        handles,
        [bar.words for bar in BARS.values()],
        loc="lower right",
        bbox_to_anchor=(page.right, page.top + 0.24 / page.figure.get_figheight()),
        ncol=2,
        frameon=False,
        fontsize=style.LABEL_POINTS,
        borderaxespad=0,
    )
