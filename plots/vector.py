"""The vector experiment: flattening a message first, as a multiple of parsing it in fragments."""

from __future__ import annotations

from typing import Iterable, Sequence

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from plots import heat, kernels, layout, machine, style
from plots.kernels import Rows
from results import estimate, load
from results.findings import vector

AXES = ["parser", "approach", "size", "fragments", "kernel"]
ROW_INCHES, ROWS_MIN = 0.42, 3
NUMBER_POINTS = 8.5
MAP_NOTE = (
    "Number: flattened ÷ in place; orange: parsing in place wins; purple: flattening first wins. "
    f"Written {heat.CERTAIN_NOTE} Hatched: not measured."
)
LINE_NOTE = (
    "Line: the mean length of a fragment from which on parsing in place wins, dots: its interval"
    " (95 %, bootstrap over launches)."
)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """vector: a heat map a parser, message by fragments, with the crossover across it."""
    rows = kernels.read_rows(dataset, "vector", AXES)
    found = with_ratios(vector.pairs(rows.drawn))
    if found.empty:
        raise kernels.Undrawable(
            "vector.csv: nothing to draw: no message was both flattened and parsed in place"
        )
    launches = estimate.launches(dataset, "vector")
    parsers = [name for name in vector.NAMES if name in set(found["parser"])]
    crossovers = [
        vector.Crossover.of(launches, found[found["parser"] == parser], parser)
        for parser in parsers
    ]
    yield "vector", draw_maps(dataset, rows, found, crossovers)


def with_ratios(pairs: pandas.DataFrame) -> pandas.DataFrame:
    """Adds ratio, low and high."""
    return pairs.assign(
        ratio=pairs["median_ns_flatten"] / pairs["median_ns_in_place"],
        low=pairs["low_ns_flatten"] / pairs["high_ns_in_place"],
        high=pairs["high_ns_flatten"] / pairs["low_ns_in_place"],
    )


def draw_maps(
    dataset: load.Dataset,
    rows: Rows,
    found: pandas.DataFrame,
    crossovers: Sequence[vector.Crossover],
) -> Figure:
    """The panels side by side, in one scale."""
    sizes = sorted(found["size"].unique())
    counts = sorted(found["fragments"].unique())
    finding = "; ".join(crossover.sentence for crossover in crossovers)
    if len(sizes) > 1 and len(counts) > 1:
        lines = [crossover for crossover in crossovers if crossover.inside]
    else:
        lines = []
    notes = [MAP_NOTE, LINE_NOTE if lines else ""]
    notes.append(f"Flattened by {kernels.label(found['kernel'].iloc[0])}.")
    page = layout.open_page(
        f"Parse in place or flatten first, {machine.title(dataset)}",
        f"{finding[0].upper()}{finding[1:]}.",
        machine.marks(dataset),
        machine.footer(dataset, rows, [" ".join(filter(None, notes))]),
        ROW_INCHES * max(ROWS_MIN, len(sizes)),
        (0.85, 0.95),
    )
    grid = page.add_grid(1, len(crossovers), 0.08, 0)
    scale = heat.open_scale(found["ratio"])
    for column, crossover in enumerate(crossovers):
        axes = page.figure.add_subplot(grid[0, column])
        of_parser = found[found["parser"] == crossover.parser]
        draw_map(axes, of_parser, sizes, counts, scale)
        if crossover in lines:
            draw_crossover(axes, crossover.estimate, sizes, counts)
        axes.set_title(
            vector.NAMES[crossover.parser], size=style.LABEL_POINTS, weight="bold"
        )
        axes.set_xlabel("fragments")
        axes.tick_params(labelleft=column == 0)
        if column == 0:
            axes.set_ylabel("bytes of a message")
    heat.draw_scale(page, scale, "time flattened ÷ in place")
    return page.figure


def draw_map(
    axes: Axes,
    cells: pandas.DataFrame,
    sizes: list[int],
    counts: list[int],
    scale: ScalarMappable,
) -> None:
    """One parser's ratios, the largest message at the top."""
    values = numpy.full((len(sizes), len(counts)), numpy.nan)
    certain = numpy.zeros(values.shape, dtype=bool)
    for cell in cells.itertuples():
        place = len(sizes) - 1 - sizes.index(cell.size), counts.index(cell.fragments)
        values[place] = cell.ratio
        certain[place] = cell.low > 1 or cell.high < 1
    names = list(map(row_name, reversed(sizes))), list(map(str, counts))
    heat.draw_map(axes, values, certain, names, scale, NUMBER_POINTS)


def row_name(size: int) -> str:
    """A packet's size stays recognisable."""
    return f"{size} B" if size % 1024 else style.size_text(size)


def step_edges(values: Sequence[int]) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Logarithms at equal steps, half a step beyond the first and the last, and their places."""
    logs = numpy.log(numpy.array(values, float))
    first, last = (logs[1] - logs[0]) / 2, (logs[-1] - logs[-2]) / 2
    places = numpy.arange(len(values), dtype=float)
    return (
        numpy.array([logs[0] - first, *logs, logs[-1] + last]),
        numpy.array([-0.5, *places, places[-1] + 0.5]),
    )


def draw_crossover(
    axes: Axes, found: estimate.Estimate, sizes: list[int], counts: list[int]
) -> None:
    """Where a message in so many fragments has fragments of that mean length."""
    box = axes.axis()
    looks = [(found.low, ":", 1.2), (found.high, ":", 1.2), (found.value, "-", 1.8)]
    log_counts, columns = step_edges(counts)
    log_sizes, rows = step_edges(sizes)
    across = numpy.linspace(columns[0], columns[-1], 200)
    for length, dashes, width in looks:
        if not numpy.isfinite(length):
            continue
        wanted = numpy.log(length) + numpy.interp(across, columns, log_counts)
        shown = (wanted >= log_sizes[0]) & (wanted <= log_sizes[-1])
        axes.plot(
            across[shown],
            len(sizes) - 1 - numpy.interp(wanted[shown], log_sizes, rows),
            color=style.BLACK,
            linestyle=dashes,
            linewidth=width,
            path_effects=[withStroke(linewidth=3 * width, foreground="white")],
            zorder=2.5,
        )
    axes.axis(box)
