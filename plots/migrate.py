"""The migrate experiment: the rate of copying over time, while a thread moves away and back."""

from __future__ import annotations

from typing import Iterable, List

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import kernels, layout, machine, style
from results import load
from results.findings import migrate as findings
from results.findings.migrate import Course

TITLES = {
    "core": "the other thread of its core",
    "l2": "a core on the same L2",
    "cluster": "a core of the same cluster",
    "l3": "a core on the same L3",
    "node": "a core that shares no cache",
    "package": "another node, same package",
    "machine": "another package",
}
LOOKS = {"thread": style.BLUE, "peer": style.GREEN}
PANEL_INCHES = {1: 2.6, 2: 1.8, 3: 1.4}  # by rows of panels
PANEL_LEAST_INCHES = 1.1
GAP_INCHES = 0.62
PERCENT_NOTE = (
    "Grey: away from home. Line and shade: median and quartiles over visits of what was copied in "
    "each millisecond. Bars and percentages: the level where the rate has settled, and its share "
    "of that before the move. Red: from when on it has settled, where it did not at once."
)
WHO_NOTE = (
    "Blue: the copying thread moves; green: its peer, which writes what is copied. The working set "
    "is half source, half destination."
)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """migrate: a row of panels for each move, a column for each working set."""
    rows = kernels.read_rows(dataset, "migrate", ["where", "mover", "pages", "size"])
    courses = findings.read(dataset)
    moves = list(dict.fromkeys((c.where, c.mover, c.pages) for c in courses))
    sizes = sorted({course.size for course in courses})
    panel = PANEL_INCHES.get(len(moves), PANEL_LEAST_INCHES)
    balancing = dataset.machine.get("numa_balancing")
    note = "NUMA balancing was on: the kernel moves pages, too." if balancing else ""
    page = layout.open_page(
        f"When a thread is moved, {machine.title(dataset)}",
        style.sentence_text(findings.headline(courses)),
        machine.marks(dataset),
        machine.footer(dataset, rows, [PERCENT_NOTE, WHO_NOTE, note]),
        len(moves) * panel + (len(moves) - 1) * GAP_INCHES,
        (0.6, 0.1),
    )
    grid = page.add_grid(len(moves), len(sizes), 0.14, GAP_INCHES / panel)
    for course in courses:
        row = moves.index((course.where, course.mover, course.pages))
        column = sizes.index(course.size)
        axes = page.figure.add_subplot(grid[row, column])
        draw_panel(axes, course)
        beside = [other for other in courses if other.size == course.size]
        axes.set_ylim(0, room(beside))
        if row == 0:
            name_phases(axes, course)
        if column == 0:
            axes.set_ylabel("GB/s")
        if row + 1 == len(moves):
            axes.set_xlabel("ms")
    yield "migrate", page.figure


def room(courses: List[Course]) -> float:
    """The same axis for all of one working set: quartiles, and percentages above them."""
    high = [numpy.quantile(course.visits, 0.75, axis=0).max() for course in courses]
    return 1.3 * float(max(high))


def title(course: Course) -> str:
    """What moves where, and the working set."""
    pages = ", pages follow" if course.pages == "follow" else ""
    size = style.size_text(course.size)
    return f"{course.mover} to {TITLES[course.where]}{pages}; {size}"


def draw_panel(axes: Axes, course: Course) -> None:
    """The rate over time, the move there and back, the levels."""
    colour, count = LOOKS[course.mover], course.visits.shape[1]
    edges = numpy.arange(count + 1)
    low, middle, high = (
        numpy.append(values, values[-1])
        for values in numpy.quantile(course.visits, (0.25, 0.5, 0.75), axis=0)
    )
    axes.set_title(title(course), size=style.LABEL_POINTS, loc="left", pad=4)
    axes.set_xlim(0, count)
    axes.axvspan(course.away, course.back, color=style.BAND, linewidth=0, zorder=0)
    for place in (course.away, course.back):
        axes.axvline(place, color=style.QUIET, linestyle="--", linewidth=0.9, zorder=1)
    shade = {"step": "post", "color": colour, "alpha": 0.25, "linewidth": 0}
    axes.fill_between(edges, low, high, zorder=2, **shade)
    axes.plot(edges, middle, drawstyle="steps-post", color=colour, zorder=3, gid="line")
    axes.grid(axis="y")
    axes.locator_params(axis="y", nbins=4)
    draw_level(
        axes, course, course.settled, ((course.away + course.back) // 2, course.back)
    )
    draw_level(axes, course, course.returned, ((course.back + count) // 2, count))
    draw_recovery(axes, course)


def name_phases(axes: Axes, course: Course) -> None:
    """Where it is, beside the lines at which it moves."""
    for place, words in ((course.away, " away"), (course.back, " home")):
        axes.text(
            place,
            0.88,
            words,
            transform=axes.get_xaxis_transform(),
            size=style.FOOTER_POINTS,
            color=style.QUIET,
        )


def draw_level(
    axes: Axes, course: Course, level: findings.Figure, place: tuple[int, int]
) -> None:
    """A level as a bar over the milliseconds that it is the median of, with its share above."""
    value, share = course.draws.estimate(level).value, course.ratio(level)
    if not share.known:
        return
    axes.plot(place, [value] * 2, color=style.BLACK, linewidth=2.2, zorder=4)
    axes.text(
        sum(place) / 2,
        0.86,
        f"{100 * share.value:.0f} %",
        transform=axes.get_xaxis_transform(),
        size=style.LABEL_POINTS,
        weight="bold",
        ha="center",
    )


def draw_recovery(axes: Axes, course: Course) -> None:
    """When the rate had settled, if it had to."""
    found = course.recovery_ms()
    if not findings.is_told(course, found):
        return
    place = course.away + found.value
    axes.axvline(place, ymax=0.8, color=style.VERMILION, linewidth=1.2, zorder=4)
    axes.text(
        place,
        0.05,
        f" {found.value:.0f} ms",
        transform=axes.get_xaxis_transform(),
        size=style.LABEL_POINTS,
        color=style.VERMILION,
        weight="bold",
        zorder=5,
    )
