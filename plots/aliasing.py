"""4 KiB aliasing: what a copy costs by the distance of dst from src modulo 4096."""

from __future__ import annotations

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import kernels, labels, layout, machine, ratios, style
from plots.kernels import Rows
from results import load
from results.findings import align
from results.offsets import FAR

CURVES_MAX = 5
ALIAS_NOTE = (
    f"Time as a multiple of that at the distance nearest to {FAR} B; src on a 64-byte line. "
    f"{kernels.SHADE_NOTE}"
)


def draw_curves(dataset: load.Dataset, rows: Rows, curves: pandas.DataFrame) -> Figure:
    """The ratio against the distance, a panel a size, a line a kernel."""
    names, sizes = ratios.pick_kernels(curves, CURVES_MAX), ratios.pick_sizes(curves)
    shown = curves[curves["kernel"].isin(names) & curves["size"].isin(sizes)]
    chosen = kernels.looks(names, kernels.libc_kernel(curves))
    page = layout.open_page(
        f"What 4 KiB aliasing costs a copy, {machine.title(dataset)}",
        style.sentences_text(align.aliased(dataset, curves)),
        machine.marks(dataset),
        machine.footer(dataset, rows, [ALIAS_NOTE]),
        1.75 * len(sizes),
        labels.margins(map(kernels.label, names)),
    )
    grid = page.add_grid(len(sizes), 1, 0.0, 0.24)
    for row, size in enumerate(sizes):
        axes = page.figure.add_subplot(grid[row, 0])
        distance_axis(axes, row == len(sizes) - 1)
        ratio_axis(axes, float(shown["ratio"].min()), float(shown["ratio"].max()))
        axes.grid(axis="both")
        axes.set_title(style.size_text(size), size=style.LABEL_POINTS, loc="left")
        draw_panel(axes, shown[shown["size"] == size], chosen)
    return page.figure


def draw_panel(
    axes: Axes, rows: pandas.DataFrame, chosen: dict[str, style.Look]
) -> None:
    """The lines of one size."""
    ends = []
    for name, line in rows.groupby("kernel"):
        line, look = line.sort_values("distance"), chosen[str(name)]
        style.draw_line(axes, line["distance"], line[["ratio", "low", "high"]], look)
        x, y = float(line["distance"].iloc[-1]), float(line["ratio"].iloc[-1])
        ends.append(labels.End(x, y, kernels.label(str(name)), look.colour))
    labels.label_ends(axes, ends)


def distance_axis(axes: Axes, named: bool) -> None:
    """Logarithmic on both sides of nothing: what happens happens at small distances."""
    axes.set_xscale("symlog", base=2, linthresh=8, linscale=1)
    axes.set_xlim(-FAR, FAR)
    beyond = [8, 32, 128, 512, FAR]
    ticks = [-tick for tick in reversed(beyond)] + [0] + beyond
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.tick_params(labelbottom=named)
    if named:
        axes.set_xlabel("(dst - src) mod 4096, in bytes (above 2048: minus 4096)")


def ratio_axis(axes: Axes, low: float, high: float) -> None:
    """Linear, but logarithmic where the highest would press the rest down."""
    if high > 4:
        style.log_axis(axes, min(0.7, low / 1.1), high * 1.2, "time ÷ far apart")
        return
    axes.set_ylim(min(0.85, 0.95 * low), max(1.2, 1.08 * high))
    axes.set_ylabel("time ÷ far apart")
