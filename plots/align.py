"""The align experiment: what src and dst offsets cost against aligned ones, and 4 KiB aliasing."""

from __future__ import annotations

from typing import Iterable

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from plots import aliasing, heat, kernels, layout, machine, ratios, style
from plots.kernels import Rows
from results import load
from results.findings import align
from results.offsets import AXES, read

MAP_NOTE = (
    f"Number: the time as a multiple of src 0, dst 0, {heat.CERTAIN_NOTE}"
    " Hatched: not measured, or nothing aligned to compare with."
)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """align (heat maps) and align-alias (curves), as far as there are cells of either."""
    rows = kernels.read_rows(dataset, "align", AXES)
    compared, curves = read(dataset.machine, rows.drawn)
    if len(compared):
        yield "align", draw_maps(dataset, rows, compared)
    if len(curves):
        yield "align-alias", aliasing.draw_curves(dataset, rows, curves)
    if compared.empty and curves.empty:
        raise kernels.Undrawable(
            "align.csv: nothing to draw: no copy measured both aligned and not"
        )


def draw_maps(dataset: load.Dataset, rows: Rows, compared: pandas.DataFrame) -> Figure:
    """A heat map for each kernel (row) and size (column), in one scale."""
    names, sizes = ratios.pick_kernels(compared, ratios.PANELS_MAX), ratios.pick_sizes(
        compared
    )
    shown = compared[compared["kernel"].isin(names) & compared["size"].isin(sizes)]
    offsets = sorted({0, *map(int, shown["src_align"]), *map(int, shown["dst_align"])})
    page = layout.open_page(
        f"What misalignment costs a copy, {machine.title(dataset)}",
        style.sentences_text(align.misaligned(dataset, compared)),
        machine.marks(dataset),
        machine.footer(dataset, rows, [MAP_NOTE]),
        2.1 * len(names),
        (0.85, 0.95),
    )
    grid = page.add_grid(len(names), len(sizes), 0.1, 0.18)
    scale = heat.open_scale(shown["ratio"])
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
    heat.draw_scale(page, scale, "time ÷ aligned")
    return page.figure


def draw_map(
    axes: Axes, cells: pandas.DataFrame, offsets: list[int], scale: ScalarMappable
) -> None:
    """One kernel's ratios; src down, dst across, at equal steps whatever the offsets."""
    count = len(offsets)
    values = numpy.full((count, count), numpy.nan)
    certain = numpy.zeros((count, count), dtype=bool)
    if len(cells):
        values[0, 0] = 1.0
    for cell in cells.itertuples():
        place = offsets.index(int(cell.src_align)), offsets.index(int(cell.dst_align))
        values[place] = cell.ratio
        certain[place] = cell.low > 1 or cell.high < 1
    names = [str(offset) for offset in offsets]
    heat.draw_map(axes, values, certain, (names, names), scale)
