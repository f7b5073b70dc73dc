"""The align experiment: what src and dst offsets cost against aligned ones, and 4 KiB aliasing."""

from __future__ import annotations

from typing import Iterable

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from plots import aliasing, kernels, layout, machine, ratios, style
from plots.kernels import Rows
from results import load

AXES = ["kernel", "size", "src_align", "dst_align", "alias"]
NUMBER_POINTS = 7.0
MAP_NOTE = (
    "Number: the time as a multiple of src 0, dst 0, only where the two intervals do not touch"
    f" (interval: {kernels.INTERVAL_NOTE}). Colours are logarithmic."
    " Hatched: not measured, or nothing aligned to compare with."
)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """align (heat maps) and align-alias (curves), as far as there are cells of either."""
    rows = kernels.read_rows(dataset, "align", AXES)
    table = kernels.only(dataset.machine, rows.drawn, "copy")
    grid, sweep = table[table["alias"].isna()], table[table["alias"].notna()]
    compared = grid_ratios(grid)
    if len(compared):
        yield "align", draw_maps(dataset, rows, compared)
    curves = aliasing.sweep_ratios(sweep)
    if len(curves):
        yield "align-alias", aliasing.draw_curves(dataset, rows, curves)
    if compared.empty and curves.empty:
        raise kernels.Undrawable(
            "align.csv: nothing to draw: no copy measured both aligned and not"
        )


def grid_ratios(grid: pandas.DataFrame) -> pandas.DataFrame:
    """The src x dst grid against (0, 0); kernels and sizes without that cell are left out."""
    aligned = grid[(grid["src_align"] == 0) & (grid["dst_align"] == 0)]
    aligned = kernels.best(aligned, ["kernel", "size"])
    found = ratios.ratio_to(kernels.best(grid, AXES[:-1]), aligned)
    return (
        found[(found["src_align"] != 0) | (found["dst_align"] != 0)]
        if found["ratio"].nunique() > 1
        else found[:0]
    )


def place_text(row: pandas.Series) -> str:
    """The offsets of a cell, in words."""
    return f"src {int(row['src_align'])}, dst {int(row['dst_align'])}"


def draw_maps(dataset: load.Dataset, rows: Rows, compared: pandas.DataFrame) -> Figure:
    """A heat map for each kernel (row) and size (column), in one scale."""
    names, sizes = ratios.pick_kernels(compared, ratios.PANELS_MAX), ratios.pick_sizes(
        compared
    )
    shown = compared[compared["kernel"].isin(names) & compared["size"].isin(sizes)]
    offsets = sorted({0, *map(int, shown["src_align"]), *map(int, shown["dst_align"])})
    page = layout.open_page(
        f"What misalignment costs a copy, {machine.title(dataset)}",
        f"Slowest against aligned: {ratios.worst_text(compared, place_text)}.",
        machine.marks(dataset),
        machine.footer(dataset, rows, [MAP_NOTE]),
        2.1 * len(names),
        (0.85, 0.95),
    )
    grid = page.add_grid(len(names), len(sizes), 0.1, 0.18)
    widest = min(
        4.0, max(1.25, float(numpy.exp(numpy.log(shown["ratio"]).abs().quantile(0.99))))
    )
    scale = ScalarMappable(LogNorm(1 / widest, widest), "PuOr_r")
    for row, name in enumerate(names):
        for column, size in enumerate(sizes):
            axes = page.figure.add_subplot(grid[row, column])
            draw_map(
                axes,
                shown[(shown["kernel"] == name) & (shown["size"] == size)],
                offsets,
                scale,
            )
            heading = f"{kernels.label(name)}, {style.size_text(size)}"
            axes.set_title(heading, size=style.LABEL_POINTS)
            if column == 0:
                axes.set_ylabel("src offset (bytes)")
            if row == len(names) - 1:
                axes.set_xlabel("dst offset (bytes)")
            axes.tick_params(labelleft=column == 0, labelbottom=row == len(names) - 1)
    draw_scale(page, scale, widest)
    return page.figure


def draw_map(
    axes: Axes, cells: pandas.DataFrame, offsets: list[int], scale: ScalarMappable
) -> None:
    """One kernel's ratios; src down, dst across, at equal steps whatever the offsets."""
    count = len(offsets)
    values = numpy.full((count, count), numpy.nan)
    if len(cells):
        values[0, 0] = 1.0
    room = axes.get_window_extent().width / axes.figure.dpi / count
    legible = room > 1.1 * style.text_width_inches("0.00", NUMBER_POINTS)
    for cell in cells.itertuples():
        row, column = offsets.index(int(cell.src_align)), offsets.index(
            int(cell.dst_align)
        )
        values[row, column] = cell.ratio
        if legible and (cell.low > 1 or cell.high < 1):
            dark = sum(scale.to_rgba(cell.ratio)[:3]) < 1.5
            write_number(axes, column, row, cell.ratio, "white" if dark else "black")
    span = (-0.5, count - 0.5)
    axes.axvspan(
        *span, facecolor="white", edgecolor=style.GREY, hatch="////", linewidth=0
    )
    look = {"cmap": scale.cmap, "norm": scale.norm, "interpolation": "none"}
    axes.imshow(values, aspect="auto", zorder=1.5, **look)
    names = [str(offset) for offset in offsets]
    axes.set_xticks(range(count), names, size=style.FOOTER_POINTS)
    axes.set_yticks(range(count), names, size=style.FOOTER_POINTS)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def write_number(axes: Axes, x: float, y: float, ratio: float, colour: str) -> None:
    """A cell's ratio in its middle."""
    text = style.number_text(ratio)[:4]
    axes.text(x, y, text, size=NUMBER_POINTS, ha="center", va="center", color=colour)


def draw_scale(page: layout.Page, scale: ScalarMappable, widest: float) -> None:
    """The colour bar, with ticks at ratios that read well."""
    axes = page.figure.add_axes(
        (page.right + 0.02, page.bottom, 0.016, page.top - page.bottom)
    )
    marks = [1.1, 1.2, 1.5, 2.0, 3.0, 4.0]
    usable = [mark for mark in marks if mark <= widest * 1.001]
    usable = usable[-3:]
    ticks = [1 / mark for mark in reversed(usable)] + [1.0] + usable
    bar = page.figure.colorbar(scale, cax=axes, extend="both", ticks=ticks)
    bar.ax.minorticks_off()
    bar.ax.set_yticklabels([f"{tick:.2g}" for tick in ticks], size=style.LABEL_POINTS)
    bar.set_label("time ÷ aligned", size=style.LABEL_POINTS)
    bar.outline.set_visible(False)
