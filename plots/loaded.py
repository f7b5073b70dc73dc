"""The loaded experiment: how long a load takes by how much others copy meanwhile."""

from __future__ import annotations

import math
from typing import Iterable, List, NamedTuple, Tuple

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import kernels, labels, layout, machine, style
from results import estimate, load
from results.findings import loaded as findings
from results.histograms import BEYOND_LEAST
from results.loaded import Curve, Place, read

COLUMNS = 2
HEIGHT_INCHES = 3.6
HEADING_INCHES = 0.15  # for what stands above a panel, below its title
GAP_PIXELS = 6
BELOW, ABOVE = 0.65, 1.3  # the axis beyond the least and the most
SPAN_LEAST = 6  # of the axis, so that it has ticks
LINES = {
    50.0: (style.Look(style.BLUE, "-", "o", 2.0), "p50"),
    99.0: (style.Look(style.GREEN, (0, (5, 1.5)), "s"), "p99"),
    99.9: (style.Look(style.PURPLE, (0, (1.5, 1.2)), "^"), "p99.9"),
}
BAR_NOTE = (
    "Bar: the mean over a region of 2048 loads or more (where it is, not p50): "
    f"{kernels.INTERVAL_NOTE}."
)


class Panel(NamedTuple):
    """A working set: its curve and its rows by cell."""

    curve: Curve
    rows: pandas.DataFrame


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """loaded: a panel for each working set, a line for each percentile."""
    axes_of = ["size", "copiers", "rate", "kernel", "injected_gb_per_s"]
    rows = kernels.read_rows(dataset, "loaded", axes_of)
    drawn = rows.drawn.set_index("cell")
    panels = [Panel(curve, drawn) for curve in read(dataset) if is_drawn(curve)]
    if not panels:
        raise kernels.Undrawable(
            "loaded.csv: nothing to draw: no set was read often enough both idle and beside "
            "copiers"
        )
    said = findings.rise(dataset, panels[-1].curve).sentence
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    left, right = labels.margins(words for _, words in LINES.values())
    page = layout.open_page(
        f"A load's latency beside copiers, {machine.title(dataset)}",
        style.sentence_text(said),
        machine.marks(dataset),
        machine.footer(dataset, rows, [reading_note(panels), BAR_NOTE]),
        HEIGHT_INCHES * lines,
        (left, right),
    ).below(HEADING_INCHES)
    grid = page.add_grid(lines, columns, 0.4, 0.55)
    for place, panel in enumerate(panels):
        axes = page.figure.add_subplot(grid[place // columns, place % columns])
        draw_panel(axes, panel)
    yield "loaded", page.figure


def is_drawn(curve: Curve) -> bool:
    """Whether there are copiers, and medians at both ends."""
    ends = (curve.places[0], curve.places[-1])
    return bool(curve.loaded) and all(
        math.isfinite(curve.percentile(place, 50)) for place in ends
    )


def reading_note(panels: List[Panel]) -> str:
    """What the lines and the numbers on them are."""
    loads = sorted({panel.curve.loads_per_reading for panel in panels})
    kernel = kernels.label(panels[0].curve.kernel)
    return (
        "Percentiles of readings over all launches, each the mean of "
        f"{' or '.join(map(str, loads))} dependent loads: the slowest single loads were slower. None is "
        f"drawn beyond which fewer than {BEYOND_LEAST} readings lie. "
        f"3 × 50 %: three copiers ({kernel}), each half of the time. GB/s: payload, each byte "
        "counted once; memory moves two or three times that."
    )


def draw_panel(axes: Axes, panel: Panel) -> None:
    """The percentiles, the idle latency, who copied, and where the rise begins."""
    curve = panel.curve
    most = curve.places[-1].gb_per_s
    axes.set_xlim(-0.02 * most, 1.03 * most)
    axes.set_xlabel("GB/s that the others copy")
    axes.set_title(f"working set {style.size_text(curve.size)}", weight="bold", pad=20)
    lines = {percent: points_of(curve, percent) for percent in LINES}
    values = [value for points in lines.values() for _, value in points]
    low, high = BELOW * min(values), ABOVE * max(values)
    style.log_axis(axes, low, max(high, SPAN_LEAST * low), "ns per load", "{:g}".format)
    axes.grid(axis="y")
    draw_bars(axes, panel)
    ends = [
        draw_percentile(axes, percent, points)
        for percent, points in lines.items()
        if points
    ]
    labels.label_ends(axes, ends)
    draw_idle(axes, curve)
    draw_rise(axes, curve)
    name_copiers(axes, curve)


def points_of(curve: Curve, percent: float) -> List[Tuple[float, float]]:
    """What was copied and that percentile; none unless it is known where most was copied."""
    points = [
        (place.gb_per_s, curve.percentile(place, percent)) for place in curve.places
    ]
    if not math.isfinite(points[-1][1]):
        return []
    return [point for point in points if math.isfinite(point[1])]


def draw_percentile(
    axes: Axes, percent: float, points: List[Tuple[float, float]]
) -> labels.End:
    """The line; where its name stands."""
    look, words = LINES[percent]
    axes.plot(
        *zip(*points),
        color=look.colour,
        linestyle=look.dashes,
        linewidth=look.width,
        marker=look.marker,
        zorder=3,
        gid="line",
    )
    return labels.End(*points[-1], words, look.colour)


def draw_bars(axes: Axes, panel: Panel) -> None:
    """The interval of each cell's mean latency."""
    for place in panel.curve.places:
        if place.cell in panel.rows.index:
            row = panel.rows.loc[place.cell]
            ends = [float(row["low_ns"]), float(row["high_ns"])]
            axes.plot(
                [place.gb_per_s] * 2,
                ends,
                color=style.BLUE,
                linewidth=3.5,
                alpha=0.35,
                solid_capstyle="butt",
                zorder=2,
            )


def draw_idle(axes: Axes, curve: Curve) -> None:
    """A line at the idle median, to see the rise by."""
    idle = curve.percentile(curve.places[0], 50)
    axes.axhline(idle, color=style.QUIET, linestyle=(0, (4, 3)), linewidth=1, zorder=1)
    labels.write_above(
        axes, 0, f"idle {style.number_text(idle)} ns", style.QUIET, "left"
    )


def draw_rise(axes: Axes, curve: Curve) -> None:
    """Where latency is a tenth above idle, with its interval."""
    found = findings.begin(curve)
    if found.value is None or found.low is None or found.high is None:
        return
    axes.axvspan(
        found.low, found.high, color=style.VERMILION, alpha=0.15, linewidth=0, zorder=0
    )
    axes.axvline(found.value, color=style.VERMILION, linewidth=1.1, zorder=1)
    rate = estimate.digits(found.value)
    text = f"10 % above idle from {rate} GB/s"
    labels.write_above(axes, 1, text, style.VERMILION, "right")


def name_copiers(axes: Axes, curve: Curve) -> None:
    """How many copied, and at which rate, along the bottom; from the right, as far as fits."""
    taken = math.inf
    for place in reversed(curve.loaded):
        text = copiers_text(place)
        x = axes.transData.transform((place.gb_per_s, 1))[0]
        width = style.text_width_inches(text, style.FOOTER_POINTS) * axes.figure.dpi
        left, right = x - width / 2, x + width / 2
        if right + GAP_PIXELS > taken or left < axes.get_window_extent().x0:
            continue
        taken = left
        axes.text(
            place.gb_per_s,
            0.03,
            text,
            transform=axes.get_xaxis_transform(),
            size=style.FOOTER_POINTS,
            color=style.BLUE,
            ha="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )


def copiers_text(place: Place) -> str:
    """ "3 × 50 %"."""
    return f"{place.copiers} × {place.rate} %"
