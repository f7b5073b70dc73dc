"""The layers experiment: what a packet costs by the layers that it goes through."""

from __future__ import annotations

from typing import Iterable, Sequence

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from plots import kernels, labels, layout, machine, style
from results import estimate, load
from results.findings import layers
from results.findings.layers import Line, Lines, Place

AXES = ["passing", "depth", "size", "working_set", "touch", "kernel"]
COLUMNS, PANELS_MAX = 3, 6
LABEL_INCHES = 1.45  # right of each panel
WORDS = {
    "copy": "copy",
    "checksum_two_pass": "two passes",
    "checksum_fused": "fused",
    "view": "view",
    "handle": "handle",
    "handle_atomic": "atomic handle",
    "grant": "grant",
}
LOOKS = {
    "copy": style.Look(style.BLACK, "-", "o", 2.2),
    "checksum_two_pass": style.Look(style.ORANGE, (0, (3, 1.2)), "v"),
    "checksum_fused": style.Look(style.VERMILION, (0, (5, 1.5)), "s"),
    "view": style.Look(style.BLUE, "-", "o", 2.2),
    "handle": style.Look(style.GREEN, (0, (7, 1.5, 1.5, 1.5)), "^"),
    "handle_atomic": style.Look(style.PURPLE, "-", "D"),
    "grant": style.Look(style.SKY, (0, (1.2, 1.2)), "P"),
}
LINES_NOTE = (
    "Line: least squares through the medians of all depths; the number at its end is its slope in "
    f"ns per layer. Whisker: {kernels.INTERVAL_NOTE}. Each panel has its own scale."
)
PASSING_NOTE = (
    "Each layer is called through a pointer, strips its header, and: copies into a fresh buffer of "
    "a recycled pool (copy); copies, then checks the Internet checksum (two passes), or both at "
    "once (fused); passes {buffer, offset, length} (view); gets and puts a reference-counted "
    "handle, plain or atomic; passes an index into a table of shared pages, which the consumer "
    "looks up (grant)."
)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """layers: a panel for each size and working set, a line for each way of passing."""
    rows = kernels.read_rows(dataset, "layers", AXES)
    lines = layers.read(dataset)
    everywhere = [place for place in lines.usual_places() if lines_at(lines, place)]
    if not everywhere:
        raise kernels.Undrawable(
            "layers.csv: nothing to draw: no way of passing was measured at two depths"
        )
    places = pick(lines, everywhere)
    notes = [PASSING_NOTE, LINES_NOTE, setting(lines, everywhere, places)]
    down = -(-len(places) // COLUMNS)
    page = layout.open_page(
        f"What stacking layers costs, {machine.title(dataset)}",
        style.sentence_text(next(iter(layers.find(dataset))).sentence),
        machine.marks(dataset),
        machine.footer(dataset, rows, notes),
        2.1 * down + 0.55 * (down - 1),
        (0.55, LABEL_INCHES),
    )
    across = min(COLUMNS, len(places))
    room = layout.room_inches((0.55, LABEL_INCHES))
    gap = LABEL_INCHES + 0.45
    panel = (room - gap * (across - 1)) / across
    grid = page.add_grid(down, across, gap / panel, 0.55 / 2.1)
    for index, place in enumerate(places):
        axes = page.figure.add_subplot(grid[index // COLUMNS, index % COLUMNS])
        axes.set_title(
            layers.place_text(lines, place), size=style.LABEL_POINTS, weight="bold"
        )
        draw_place(axes, rows.drawn, lines, place)
        if index % COLUMNS == 0:
            axes.set_ylabel("ns per packet")
        if index + COLUMNS >= len(places):
            axes.set_xlabel("layers")
    yield "layers", page.figure


def lines_at(lines: Lines, place: Place) -> list[Line]:
    """All lines of that place."""
    found = [lines.line(passing, place) for passing in LOOKS]
    return [line for line in found if line]


def pick(lines: Lines, places: Sequence[Place]) -> list[Place]:
    """
    The usual size in all working sets, then the other sizes in one of them; of each an even choice
    where they are many.
    """
    usual = [place for place in places if lines.is_usual(place)]
    others = [place for place in places if not lines.is_usual(place)]
    if not others:
        return even(usual, PANELS_MAX)
    working_sets = [place.working_set for place in others]
    most = max(sorted(set(working_sets)), key=working_sets.count)
    others = [place for place in others if place.working_set == most]
    return even(usual, PANELS_MAX // 2) + even(others, PANELS_MAX // 2)


def even(places: Sequence[Place], count: int) -> list[Place]:
    """So many of them, first and last included."""
    if len(places) <= count:
        return list(places)
    chosen = numpy.linspace(0, len(places) - 1, count).round().astype(int)
    return [places[index] for index in chosen]


def setting(lines: Lines, places: Sequence[Place], drawn: Sequence[Place]) -> str:
    """What all panels have in common, and which are not there."""
    touches = {
        "none": "does not look at the payload",
        "header": "reads the payload's first 64 bytes",
        "lines": "reads a byte of each line of the payload",
        "all": "reads all of the payload",
    }
    said = (
        f"The consumer on top {touches[drawn[0].touch]}; copied by {lines.kernel}. Ring and pool "
        "cycle through the working set, which fits the level that is named."
    )
    missing = [layers.place_text(lines, p) for p in places if p not in drawn]
    return f"{said} Not drawn: {', '.join(missing)}." if missing else said


def draw_place(axes: Axes, table: pandas.DataFrame, lines: Lines, place: Place) -> None:
    """All lines of a place, each named at its end with its slope."""
    cells = table.set_index("cell")
    found = lines_at(lines, place)
    deepest = max(line.depths[-1] for line in found)
    axes.set_xlim(0, 1.08 * deepest)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 4, 10]))
    axes.locator_params(axis="y", nbins=5)
    axes.grid(axis="y")
    ends, highest = [], 0.0
    for line in found:
        look = LOOKS[line.passing]
        measured = cells.loc[list(layers.cells_of(lines, line))]
        slope = draw_line(axes, line, measured, look)
        end = measured["median_ns"].mean() + slope * (
            deepest - sum(line.depths) / len(line.depths)
        )
        highest = max(highest, end, measured["median_ns"].max())
        text = f"{WORDS[line.passing]} {style.number_text(slope)}"
        ends.append(labels.End(deepest, float(end), text, look.colour))
    axes.set_ylim(0, 1.15 * highest)
    axes.text(
        1.025,
        1.03,
        "ns per layer",
        transform=axes.transAxes,
        size=style.LABEL_POINTS,
        color=style.QUIET,
        va="bottom",
    )
    labels.label_ends(axes, ends)


def draw_line(
    axes: Axes, line: Line, measured: pandas.DataFrame, look: style.Look
) -> float:
    """The medians with their intervals, and the straight line through them; its slope."""
    medians = measured["median_ns"].to_numpy()
    depths = numpy.array(line.depths, dtype=float)
    slope = float(estimate.slope(line.depths)(medians[None, :])[0])
    above = 5 if look.width > 2 else 3
    fitted = medians.mean() + slope * (depths[[0, -1]] - depths.mean())
    axes.plot(
        depths[[0, -1]],
        fitted,
        color=look.colour,
        linestyle=look.dashes,
        linewidth=look.width,
        zorder=above,
        gid="line",
    )
    known = measured[measured["high_ns"].notna()]
    axes.vlines(
        depths[measured["high_ns"].notna()],
        known["low_ns"],
        known["high_ns"],
        color=look.colour,
        linewidth=1.0,
    )
    axes.plot(
        depths,
        medians,
        color=look.colour,
        linestyle="",
        marker=look.marker,
        clip_on=False,
        zorder=above,
    )
    return slope
