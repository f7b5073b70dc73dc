"""The batch experiment: what a packet costs by how many go through the loop at a time."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Optional

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from plots import kernels, labels, layout, machine, style
from results import load, points
from results.findings import batch

COLUMNS = 2
EDGES_INCHES = 0.15  # for the names of the caches, between a panel and its title
LINES = {
    "copy": (style.Look(style.BLUE, "-", "o"), "with the copy"),
    "skip": (style.Look(style.GREY, (0, (5, 1.5)), "s"), "without it"),
}
LOOP_NOTE = (
    "Four stages, each over a whole batch: take from the receive ring, copy into a buffer of its "
    "own, read and rewrite the header, put into the transmit ring. Without the copy all else is "
    "the same. Red: the best batch, and those that are as good (within "
    f"{100 * batch.NEAR:.0f} %, perhaps)."
)


class Panel(NamedTuple):
    """A size: its curve and its rows."""

    curve: batch.Curve
    rows: pandas.DataFrame


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """batch: a panel for each size, with and without the copy."""
    rows = kernels.read_rows(dataset, "batch", ["kernel", "size", "batch", "work"])
    panels = []
    for curve in batch.read(dataset):
        same = (rows.drawn["size"] == curve.size) & (
            rows.drawn["kernel"] == curve.kernel
        )
        if curve.batches("copy"):
            panels.append(Panel(curve, rows.drawn[same].sort_values("batch")))
    if not panels:
        raise kernels.Undrawable("batch.csv: nothing to draw: no copy was measured")
    usual = points.usual_size([panel.curve.size for panel in panels])
    shown = next(panel.curve for panel in panels if panel.curve.size == usual)
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    page = layout.open_page(
        f"Packets at a time, {machine.title(dataset)}",
        style.sentence_text(batch.best_batch(dataset, shown).sentence),
        machine.marks(dataset),
        machine.footer(dataset, rows, [LOOP_NOTE, kernels.SHADE_NOTE]),
        3.3 * lines + EDGES_INCHES,
        (0.6, 1.0),
    ).below(EDGES_INCHES)
    grid = page.add_grid(lines, columns, 0.55, 0.55)
    for place, panel in enumerate(panels):
        axes = page.figure.add_subplot(grid[place // columns, place % columns])
        draw_panel(axes, dataset, panel)
    yield "batch", page.figure


def draw_panel(axes: Axes, dataset: load.Dataset, panel: Panel) -> None:
    """Both lines, the cache levels, the best."""
    low, high = panel.rows["batch"].min(), panel.rows["batch"].max()
    axes.set_title(
        f"{style.packet_text(panel.curve.size)} a packet", weight="bold", pad=20
    )
    axes.set_xscale("log", base=2)
    axes.set_xlim(low / 1.25, high * 1.25)
    ticks = [2.0**power for power in range(0, 25) if low <= 2**power <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks[::2] if len(ticks) > 6 else ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("packets at a time")
    axes.set_ylabel("ns per packet")
    axes.set_ylim(0, 1.3 * float(panel.rows["median_ns"].max()))
    axes.grid(axis="y")
    for name in ("L1", "L2"):
        draw_edge(axes, batch.last_batch(dataset, panel.curve, name), name)
    ends = []
    for work, (look, words) in LINES.items():
        line = panel.rows[panel.rows["work"] == work]
        if len(line):
            values = line[["median_ns", "low_ns", "high_ns"]]
            style.draw_line(axes, line["batch"], values, look)
            x, y = (float(line[name].iloc[-1]) for name in ("batch", "median_ns"))
            ends.append(labels.End(x, y, words, look.colour))
    labels.label_ends(axes, ends)
    mark_best(axes, panel)


def draw_edge(axes: Axes, edge: Optional[float], name: str) -> None:
    """The batch whose packets and copies fill that cache level."""
    low, high = axes.get_xlim()
    if edge and low < edge < high:
        axes.axvline(edge, color=style.QUIET, linestyle=":", linewidth=1.1, zorder=1)
        axes.text(
            edge,
            1.01,
            f"{name} full",
            transform=axes.get_xaxis_transform(),
            size=style.LABEL_POINTS,
            color=style.QUIET,
            ha="center",
            va="bottom",
        )


def mark_best(axes: Axes, panel: Panel) -> None:
    """The best batch with its figure, and those that are as good."""
    best = batch.best_of(panel.curve)
    copies = panel.rows[panel.rows["work"] == "copy"].set_index("batch")["median_ns"]
    alike = copies[(copies.index >= best.low) & (copies.index <= best.high)]
    common = {"color": style.VERMILION, "linestyle": "", "zorder": 5}
    axes.plot(alike.index.to_numpy(dtype=float), alike.to_numpy(), marker="o", **common)
    least = float(copies[best.batch])
    axes.plot([best.batch], [least], marker="o", markersize=8, **common)
    axes.text(
        0.03,
        0.98,
        f"best: {best.batch} at a time, {style.number_text(least)} ns",
        transform=axes.transAxes,
        size=style.LABEL_POINTS,
        color=style.VERMILION,
        weight="bold",
        va="top",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )
