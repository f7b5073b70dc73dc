"""The alloc experiment: of what a packet handed on costs, how much is buffer and how much copy."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from plots import kernels, layout, machine, style
from results import load, points
from results.estimate import Estimate
from results.findings import alloc

PANELS_MAX = 8
COLUMNS = 4
LEGEND_INCHES = 0.3
WIDEST = 1.5  # of the longest bar, for its whisker; what is wider leaves the panel
PARTS_NOTE = (
    "Bars add up: a view's time, what the buffer adds to it with the copy left out, what the copy "
    "adds to that. Whisker: 95 % interval of that part alone (bootstrap over launches), at its "
    "end. Each panel has its own scale."
)


class Part(NamedTuple):
    """A part of a bar: its words, colour and hatch."""

    words: str
    colour: str
    hatch: str


PARTS = (
    Part("view: hand on, read header", style.GREY, ""),
    Part("buffer: get and give back", style.ORANGE, "///"),
    Part("copy into it", style.BLUE, ""),
)
BUFFERS = ("malloc", "pool", "arena")


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """alloc: a panel for each size, a stacked bar for each way to have a buffer."""
    rows = kernels.read_rows(dataset, "alloc", ["kernel", "buffer", "size", "live"])
    cells = alloc.read(dataset)
    buffers = [buffer for buffer in BUFFERS if cells.sizes(buffer)]
    sizes = pick(cells.sizes(*buffers))
    if not buffers or not sizes:
        raise kernels.Undrawable(
            "alloc.csv: nothing to draw: no size at which a view, an empty buffer and a copy "
            "were measured"
        )
    columns = min(COLUMNS, len(sizes))
    lines = -(-len(sizes) // columns)
    page = layout.open_page(
        f"Allocation or copy, {machine.title(dataset)}",
        style.sentence_text(next(iter(alloc.find(dataset))).sentence),
        machine.marks(dataset),
        machine.footer(dataset, rows, [setting(dataset, cells), PARTS_NOTE]),
        1.75 * lines + LEGEND_INCHES,
        (0.75, 0.05),
    ).below(LEGEND_INCHES)
    grid = page.add_grid(lines, columns, 0.14, 0.62)
    for place, size in enumerate(sizes):
        axes = page.figure.add_subplot(grid[place // columns, place % columns])
        axes.set_title(style.packet_text(size), size=style.LABEL_POINTS, weight="bold")
        bars = [alloc.parts(cells, buffer, size) for buffer in buffers]
        draw_bars(axes, bars)
        axes.set_yticks(
            range(len(buffers)), buffers if place % columns == 0 else [""] * len(bars)
        )
        if place + columns >= len(sizes):
            axes.set_xlabel("ns per packet")
    add_legend(page)
    yield "alloc", page.figure


def pick(sizes: list[int]) -> list[int]:
    """All of them, or an even choice where they are many; that of a usual packet among them."""
    if len(sizes) <= PANELS_MAX:
        return sizes
    places = numpy.linspace(0, len(sizes) - 1, PANELS_MAX).round().astype(int)
    chosen = {sizes[place] for place in places[1:-1]} - {
        min((sizes[place] for place in places[1:-1]), key=lambda s: abs(s - 1500))
    }
    return sorted(chosen | {sizes[0], sizes[-1], points.usual_size(sizes)})


def setting(dataset: load.Dataset, cells: alloc.Cells) -> str:
    """Whose malloc, how many in flight, which kernel."""
    allocator = dataset.machine.get("allocator") or {}
    whose = allocator.get("object") or "unknown"
    version = f" {allocator['version']}" if allocator.get("version") else ""
    return (
        f"malloc: {whose}{version}. Up to {cells.live} packets in flight, freed in the order of "
        f"arrival; copied by {cells.kernel}; nothing is copied for a view."
    )


def draw_bars(axes: Axes, bars: list[list[Estimate]]) -> None:
    """A stacked bar for each list of parts, its sum written behind it and all whiskers."""
    longest = max(sum(part.value for part in parts) for parts in bars)
    reach = [longest]
    for place, parts in enumerate(bars):
        end = 0.0
        for look, part in zip(PARTS, parts):
            draw_part(axes, place, end, part, look)
            reach.append(numpy.nanmax([part.value, part.high]) + end)
            end += part.value
    edge = min(max(reach), WIDEST * longest)
    axes.set_xlim(0, 1.35 * edge)
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.locator_params(axis="x", nbins=4)
    axes.tick_params(axis="y", length=0)
    for place, parts in enumerate(bars):
        axes.text(
            1.34 * edge,
            place,
            style.number_text(sum(part.value for part in parts)),
            size=style.LABEL_POINTS,
            ha="right",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            zorder=4,
        )


def draw_part(axes: Axes, place: int, begin: float, part: Estimate, look: Part) -> None:
    """A part from there on, with its interval at its end."""
    bar: dict[str, Any] = {"color": look.colour, "hatch": look.hatch}
    axes.barh(place, part.value, 0.62, begin, edgecolor="white", linewidth=0, **bar)
    if numpy.isfinite(part.low):
        ends = [begin + part.low, begin + part.high]
        axes.plot(ends, [place] * 2, color=style.BLACK, linewidth=1.0, zorder=3)


def add_legend(page: layout.Page) -> None:
    """What the parts are, above the panels."""
    patches = [
        Patch(
            facecolor=look.colour, hatch=look.hatch, edgecolor="white", label=look.words
        )
        for look in PARTS
    ]
    page.figure.legend(
        handles=patches,
        loc="lower right",
        bbox_to_anchor=(page.right, page.above(LEGEND_INCHES)),
        ncol=len(PARTS),
        frameon=False,
        fontsize=style.LABEL_POINTS,
    )
