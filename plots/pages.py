"""The pages experiment: what first touches add, and what huge pages gain in random order."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from plots import kernels, labels, layout, machine, style
from results import load, page_kinds
from results.findings import pages
from results.levels import cpu_of
from results.page_kinds import Cells

AXES = ["page", "mapping", "order", "kernel", "size", "chunk"]
LOOKS = {
    "base": style.Look(style.BLUE, "-", "o"),
    "thp": style.Look(style.VERMILION, (0, (5, 1.5)), "s"),
    "hugetlb": style.Look(style.GREEN, (0, (7, 1.5, 1.5, 1.5)), "^"),
}
NAMES = {"base": "base pages", "thp": "thp", "hugetlb": "hugetlb"}
SIZE_AXIS = "bytes of src (working set: src and dst, twice that)"
TICKS_MAX = 6
WIDEST = "hugetlb, fresh"  # of the names beside the lines
TOUCH_NOTE = (
    "Fresh: the destination has just been mapped, so that the copy takes its page faults, whose "
    "number stands at some points. Prefaulted: thin."
)
RANDOM_NOTE = "Random order: each call copies another chunk, of source and destination that are prefaulted."


class Panel(NamedTuple):
    """ways: those drawn in it, in the words of page_kinds, the one that is named first."""

    title: str
    ways: List[str]


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """pages: first touches at the left, random order at the right, a line a page kind."""
    rows = kernels.read_rows(dataset, "pages", AXES, ["page_asked"])
    cells = page_kinds.read(dataset)
    panels = [
        panel
        for panel in (
            Panel("Copied in sequence", ["first_touch", "sequential"]),
            Panel(f"Prefaulted, {cells.chunk} B in random order", ["random"]),
        )
        if any(cells.sizes(way, kind) for way in panel.ways for kind in LOOKS)
    ]
    page = layout.open_page(
        f"Page size and first touch, {machine.title(dataset)}",
        style.sentence_text(headline(cells)),
        machine.marks(dataset),
        machine.footer(dataset, rows, [notes(cells, panels), kernels.SHADE_NOTE]),
        3.6,
        labels.margins([WIDEST]),
    )
    grid = page.add_grid(1, len(panels), 0.62, 0)
    for column, panel in enumerate(panels):
        axes = page.figure.add_subplot(grid[0, column])
        axes.set_title(panel.title, weight="bold", pad=20)
        draw_panel(axes, dataset, cells, panel)
    yield "pages", page.figure


def headline(cells: Cells) -> str:
    """What a fault on base pages adds, and what huge pages gain."""
    huge = [kind for kind in page_kinds.HUGE if cells.sizes("random", "base", kind)]
    said = [pages.per_fault(cells, "base")]
    said += [pages.gain(cells, kind, "random") for kind in huge[:1]]
    found = [each.sentence for each in said if each]
    return "; ".join(found) or "what page size and first touch add can't be said"


def notes(cells: Cells, panels: List[Panel]) -> str:
    """What is to be known of what is drawn."""
    drawn = {way for panel in panels for way in panel.ways}
    touched = any(cells.sizes("first_touch", kind) for kind in LOOKS)
    parts = [TOUCH_NOTE if touched else "", RANDOM_NOTE if "random" in drawn else ""]
    parts.append(f"Copied by {kernels.label(cells.kernel)}.")
    return " ".join(filter(None, parts))


def read_line(cells: Cells, kind: str, way: str) -> pandas.DataFrame:
    """The rows of a line with the columns value, low and high: ns per KiB, or a call in random order."""
    sizes = cells.sizes(way, kind)
    found = [cells.row(cells.point(kind, way, size)) for size in sizes]
    line = pandas.DataFrame(found).sort_values("size")
    scale = 1.0 if way == "random" else 1024 / line["payload_bytes"].astype(float)
    return kernels.add_scaled(line, scale)


def draw_panel(axes: Axes, dataset: load.Dataset, cells: Cells, panel: Panel) -> None:
    """Its lines, each with its name, the cache levels behind them."""
    lines = {
        (way, kind): read_line(cells, kind, way)
        for way in panel.ways
        for kind in LOOKS
        if cells.sizes(way, kind)
    }
    every = pandas.concat(list(lines.values()))
    style.bytes_axis(axes, *style.bytes_range(every["size"]), SIZE_AXIS)
    ticks = [tick for tick in axes.get_xticks() if tick >= axes.get_xlim()[0]]
    axes.xaxis.set_major_locator(FixedLocator(ticks[:: 1 + len(ticks) // TICKS_MAX]))
    if panel.ways[0] == "random":
        axes.set_ylabel(f"ns per {cells.chunk} B")
        axes.set_ylim(0, 1.25 * float(every["value"].max()))
        axes.locator_params(axis="y", nbins=6, integer=True)
    else:
        low, high = float(every["value"].min()), float(every["value"].max())
        style.log_axis(axes, low / 2, high * 2, "ns per KiB")
    axes.grid(axis="y")
    machine.draw_levels(axes, dataset.machine, cpu_of(cells.table))
    ends = []
    for (way, kind), line in lines.items():
        ends += draw_line(axes, way, kind, line)
    labels.label_ends(axes, ends)
    fresh = {kind: line for (way, kind), line in lines.items() if way == "first_touch"}
    write_faults(axes, fresh)
    thin = [line for (way, _), line in lines.items() if way == "sequential"]
    if thin:
        name_prefaulted(axes, thin)
    if panel.ways[0] == "random":
        mark_gain(axes, cells)


def draw_line(
    axes: Axes, way: str, kind: str, line: pandas.DataFrame
) -> List[labels.End]:
    """One line, thin where it is only there to compare with. Its end, to be named; none of those."""
    look = LOOKS[kind]
    if way == "sequential":
        look = look._replace(width=0.8, marker="")
    style.draw_line(axes, line["size"], line[["value", "low", "high"]], look)
    x, y = (float(line[name].iloc[-1]) for name in ("size", "value"))
    words = f"{kind}, fresh" if way == "first_touch" else NAMES[kind]
    return [] if way == "sequential" else [labels.End(x, y, words, look.colour)]


def name_prefaulted(axes: Axes, lines: List[pandas.DataFrame]) -> None:
    """Below the thin lines, which are much the same, where they begin."""
    x = float(min(line["size"].iloc[0] for line in lines))
    y = float(min(line["value"].iloc[0] for line in lines))
    axes.annotate(
        "prefaulted",
        xy=(x, y),
        xytext=(6, -5),
        textcoords="offset points",
        size=style.LABEL_POINTS,
        va="top",
    )


def write_faults(axes: Axes, lines: Dict[str, pandas.DataFrame]) -> None:
    """The page faults of a call at points of two lines: above the upper one, below the other."""
    kinds = list(lines)[:2]
    for kind in kinds:
        others = [lines[other] for other in kinds if other != kind]
        for row in at_some(lines[kind]).itertuples():
            beside = [
                float(each[each["size"] == row.size]["value"].sum()) for each in others
            ]
            above = row.value > max(beside, default=0.0)
            first = row.size == axes.get_xlim()[0]
            axes.annotate(
                f"{row.faults:.0f}",
                xy=(row.size, row.value),
                xytext=(2 * first, 5 if above else -5),
                textcoords="offset points",
                size=style.FOOTER_POINTS,
                color=LOOKS[kind].colour,
                ha="left" if first else "center",
                va="bottom" if above else "top",
            )


def at_some(line: pandas.DataFrame) -> pandas.DataFrame:
    """At most five of its points, the last among them."""
    return line[::-1][:: -(-len(line) // 5)]


def mark_gain(axes: Axes, cells: Cells) -> None:
    """From where on the first of the huge kinds gains, and how much at the end."""
    for kind in page_kinds.HUGE:
        found = page_kinds.trend(cells, kind, "random", 1 + page_kinds.GAIN)
        if not found:
            continue
        last = style.number_text(found.ratios[-1].value)
        axes.text(
            0.03,
            0.97,
            f"base ÷ {kind}: {last} at the largest",
            transform=axes.transAxes,
            size=style.LABEL_POINTS,
            va="top",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
        if found.sure and found.before:
            middle = (found.sure * found.before) ** 0.5
            axes.axvline(middle, color=style.BLACK, linestyle=":", linewidth=1.1)
            left = axes.transAxes.inverted().transform(
                axes.transData.transform((middle, 0))
            )[0]
            axes.annotate(
                f"{kind} gains →",
                xy=(middle, 0.86),
                xycoords=axes.get_xaxis_transform(),
                xytext=(3 if left < 0.5 else -3, 0),
                textcoords="offset points",
                size=style.LABEL_POINTS,
                ha="left" if left < 0.5 else "right",
            )
        return
