"""The residency experiment: what a copy costs by where its lines were, and the proof they were."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple, Tuple

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from plots import kernels, layout, machine, style
from plots.kernels import Rows
from results import load, points
from results.findings import residency

AXES = ["kernel", "src", "dst", "size"]
REPORTS = ["src_latency_ns", "dst_latency_ns"]
NODES = ["src_node_asked", "dst_node_asked"]  # which follow from the place
ROW_INCHES, ROWS_MIN = 0.62, 3
LEGEND_INCHES = 0.3
NUMBER_POINTS = 8.5
SPREAD = 0.27  # of a row, between what stands in it
ROOM = 3.5  # for numbers, times the largest
WIDEST = 10.0  # times the largest figure: an interval that goes beyond is cut
NAMES = {  # as short as a tick label has to be
    "l1": "L1",
    "l2": "L2",
    "l3": "L3",
    "core_clean": "another core,\nclean",
    "core_dirty": "another core,\ndirty",
    "dram": "DRAM",
    "node": "another\nnode",
}
COPY_NOTE = (
    "A copy begins when what the one before it copied has been read, so a point is the time of one "
    f"copy alone. Line: {kernels.INTERVAL_NOTE}."
)
LATENCY_NOTE = "Right: a dependent load from lines made ready in the same way, a point for each cell and side."
ELSEWHERE_NOTE = "Hollow: by that latency lines were not where they should be."


class Series(NamedTuple):
    """What is at the place of a row: its look, its words, its height in the row."""

    look: style.Look
    words: str
    height: float


SERIES = {
    "src": Series(style.Look(style.BLUE, "", "o"), "source there", SPREAD),
    "dst": Series(style.Look(style.VERMILION, "", "s"), "destination there", 0.0),
    "both": Series(style.Look(style.QUIET, "", "D"), "both there", -SPREAD),
}


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """residency: a panel for each of two sizes, and one of latencies; places from near to far."""
    columns = [*AXES, *REPORTS]
    rows = kernels.read_rows(dataset, "residency", columns, following=NODES)
    usual = rows.drawn["kernel"] == points.usual_kernel(dataset, "residency")
    sizes = residency.shown_sizes(dataset)
    drawn = rows.drawn[usual & rows.drawn["size"].isin(sizes)]
    if drawn.empty:
        raise kernels.Undrawable(
            "residency.csv: nothing to draw: the usual kernel was not measured"
        )
    yield "residency", draw_panels(dataset, rows, drawn)


def draw_panels(dataset: load.Dataset, rows: Rows, drawn: pandas.DataFrame) -> Figure:
    """The panels side by side, over the same places."""
    places = [p for p in NAMES if p in {*drawn["src"], *drawn["dst"]}]
    off = residency.elsewhere(dataset)
    sizes = sorted(drawn["size"].unique())
    notes = [COPY_NOTE, LATENCY_NOTE, ELSEWHERE_NOTE if len(off) else ""]
    page = layout.open_page(
        f"Where source and destination were, {machine.title(dataset)}",
        finding(dataset),
        machine.marks(dataset),
        machine.footer(
            dataset, rows, [" ".join(filter(None, notes)), left_out(dataset, places)]
        ),
        ROW_INCHES * max(ROWS_MIN, len(places)) + LEGEND_INCHES,
        (1.05, 0.15),
    ).below(LEGEND_INCHES)
    grid = page.add_grid(1, len(sizes) + 1, 0.14, 0)
    for column, size in enumerate(sizes):
        axes = page.figure.add_subplot(grid[0, column])
        open_panel(axes, places, reach(drawn), "ns per copy", column == 0)
        draw_copies(axes, drawn[drawn["size"] == size], places, set(off["cell"]))
        title(axes, f"{style.packet_text(size)} a copy")
        if column == 0:
            draw_legend(axes)
    axes = page.figure.add_subplot(grid[0, len(sizes)])
    found = residency.latencies(dataset)
    found = found[found["cell"].isin(drawn["cell"]) & found["place"].isin(places)]
    draw_latencies(axes, found, places, off)
    return page.figure


def finding(dataset: load.Dataset) -> str:
    """The source's ladder, of the size that is nearest to a full packet."""
    size = residency.shown_sizes(dataset)[-1]
    found = residency.Ladder("src", size, residency.read(dataset))
    far = found.farthest
    if far is None:
        return style.sentence_text(residency.climb(dataset, found).sentence)
    return style.sentence_text(residency.headline(found, far))


def left_out(dataset: load.Dataset, places: List[str]) -> str:
    """Places that were asked for and not measured, with the reason."""
    table = dataset.table("residency")
    asked = [p for p in NAMES if p in {*table["src"], *table["dst"]}]
    parts = [
        f"{residency.PLACES[place]} ({points.reason(dataset, 'residency', src=place)})"
        for place in asked
        if place not in places
    ]
    return f"Not measured: {'; '.join(parts)}." if parts else ""


def reach(drawn: pandas.DataFrame) -> pandas.Series:
    """All figures and, within reason, the upper ends of their intervals."""
    most = WIDEST * float(drawn["median_ns"].max())
    return pandas.concat([drawn["median_ns"], drawn["high_ns"].clip(upper=most)])


def title(axes: Axes, text: str) -> None:
    """Above a panel."""
    axes.set_title(text, size=style.LABEL_POINTS, weight="bold")


def open_panel(
    axes: Axes, places: List[str], times: pandas.Series, name: str, named: bool
) -> None:
    """A logarithmic scale of ns, and a row for each place, the nearest on top."""
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_yticks(range(len(places)))
    axes.set_yticklabels([NAMES[place] for place in places])
    axes.tick_params(axis="y", length=0, labelleft=named)
    for row in range(0, len(places), 2):
        axes.axhspan(row - 0.5, row + 0.5, color=style.BAND, linewidth=0, zorder=0)
    low, high = float(times.min()) / 1.6, float(times.max()) * ROOM
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [d * 10.0**power for power in range(-2, 9) for d in (1, 2, 5)]
    inside = [tick for tick in ticks if low <= tick <= high]
    if len(inside) > 6:
        inside = [tick for tick in inside if f"{tick:e}"[0] == "1"]
    axes.xaxis.set_major_locator(FixedLocator(inside))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.grid(axis="x")
    axes.set_xlabel(name)


def cell_places(row: Tuple[str, str]) -> Dict[str, str]:
    """The series that a cell belongs to, and its row there."""
    src, dst = row
    base = residency.BASE
    if src == dst:
        return {"both": src}
    if dst == base:
        return {"src": src}
    return {"dst": dst} if src == base else {}


def draw_copies(
    axes: Axes, drawn: pandas.DataFrame, places: List[str], off: set[int]
) -> None:
    """A point with its interval and its number for each cell."""
    for row in drawn.itertuples():
        for name, place in cell_places((row.src, row.dst)).items():
            series = SERIES[name]
            y = places.index(place) - series.height
            if place == residency.BASE:
                y = places.index(place)
            colour = series.look.colour
            axes.plot(
                [row.low_ns, row.high_ns], [y, y], color=colour, linewidth=1.4, zorder=3
            )
            axes.plot(
                [row.median_ns],
                [y],
                color=colour,
                marker=series.look.marker,
                markersize=5.5,
                markerfacecolor="white" if row.cell in off else colour,
                zorder=4,
            )
            write_number(
                axes, max(row.median_ns, row.high_ns), y, row.median_ns, colour
            )


def write_number(axes: Axes, x: float, y: float, value: float, colour: str) -> None:
    """To the right of a point and its interval."""
    axes.annotate(
        style.number_text(value),
        (min(x, axes.get_xlim()[1] / ROOM), y),
        xytext=(5, 0),
        textcoords="offset points",
        size=NUMBER_POINTS,
        color=colour,
        va="center",
    )


def draw_legend(axes: Axes) -> None:
    """Above the first panel."""
    for series in SERIES.values():
        axes.plot(
            [],
            [],
            color=series.look.colour,
            marker=series.look.marker,
            markersize=5.5,
            linestyle="",
            label=f"{series.words}{'' if series.words.startswith('both') else ', the other in L1'}",
        )
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.07),
        ncol=len(SERIES),
        frameon=False,
        fontsize=style.LABEL_POINTS,
        handletextpad=0.2,
        borderpad=0,
    )


def draw_latencies(
    axes: Axes, found: pandas.DataFrame, places: List[str], off: pandas.DataFrame
) -> None:
    """Each cell's, and the median of each place as a number."""
    open_panel(axes, places, found["ns"], "ns per load", False)
    title(axes, "Where lines were found")
    wrong = set(zip(off["cell"], off["side"]))
    for side in residency.SIDES:
        series = SERIES[side]
        for row in found[found["side"] == side].itertuples():
            hollow = (row.cell, row.side) in wrong
            axes.plot(
                [row.ns],
                [places.index(row.place) - series.height / 2],
                color=series.look.colour,
                marker=series.look.marker,
                markersize=4.0,
                markerfacecolor="white" if hollow else series.look.colour,
                linestyle="",
                zorder=3,
            )
    for place, rows in found.groupby("place"):
        x = float(rows["ns"].max())
        value = float(rows["ns"].median())
        write_number(axes, x, places.index(str(place)), value, "black")
