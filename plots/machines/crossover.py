"""From how many bytes on not copying pays on each machine: a row a boundary, a dot a machine."""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterable, List, NamedTuple, Sequence, Tuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from plots import layout, style
from plots.machines.panels import TOGETHER_MAX
from results import answer, load, machines
from results.answer import Row

LINE_INCHES = style.LABEL_POINTS * 1.35 / 72
KEY_INCHES = 0.22
GAP_INCHES = 0.14  # between boundaries
OTHERS = "other families"
SIZES = (1.0, float(64 << 20))  # of the axis at most
NOTE = (
    "Dot: from that size on not copying is the cheaper way; bar: 95 % interval. Triangle to the left: it "
    "is so from the smallest size that was measured on; to the right: at none. What can't be said of a "
    "machine, or was measured at one size only, has no mark. Within a row machines stand in the order of "
    "the key."
)


class Line(NamedTuple):
    """A row of the figure: what is done instead of a copy, and what each machine says of it."""

    boundary: str
    instead: str
    rows: Dict[int, Row]


def place(row: Row) -> float:
    """Where its mark stands, in bytes; 0 without one."""
    found = row.value or row.below or row.above
    return float(found) if found else 0.0


def lines(datasets: Sequence[load.Dataset]) -> List[Line]:
    """In the order of the answer; those of which at least one machine says something."""
    found: Dict[Tuple[str, str], Dict[int, Row]] = {}
    for number, dataset in enumerate(datasets):
        for row in answer.of_dataset(dataset):
            if place(row):
                found.setdefault((row.experiment, row.instead), {})[number] = row
    order = list(answer.BOUNDARIES)
    keys = sorted(found, key=lambda key: order.index(key[0]))
    return [Line(answer.BOUNDARIES[key[0]], key[1], found[key]) for key in keys]


def colours(datasets: Sequence[load.Dataset]) -> Dict[int, Tuple[str, style.Look]]:
    """
    What the key says of each machine and its look: its own, or of many its family's, in grey beyond
    as many families as there are looks. In the order in which they are drawn.
    """
    names = machines.labels(datasets)
    order = list(range(len(names)))
    if len(datasets) > TOGETHER_MAX:
        names = [machines.family(dataset.machine) for dataset in datasets]
        counts = Counter(names)
        order.sort(key=lambda number: (-counts[names[number]], names[number]))
    keys = list(dict.fromkeys(names[number] for number in order))
    looks = dict(zip(keys, style.LOOKS))
    others = style.LOOKS[-1]
    return {
        number: (
            (OTHERS, others)
            if len(keys) > len(style.LOOKS)
            and looks.get(names[number], others) == others
            else (names[number], looks[names[number]])
        )
        for number in order
    }


def draw(datasets: Sequence[load.Dataset]) -> Iterable[tuple[str, Figure]]:
    """machines-crossover, where at least two machines say something of one boundary."""
    found = lines(datasets)
    if not any(len(line.rows) > 1 for line in found):
        return
    looks = colours(datasets)
    texts = [f"{line.instead}" for line in found]
    left = max(
        style.text_width_inches(text, style.LABEL_POINTS)
        for text in texts + [f"{line.boundary}:" for line in found]
    )
    many = len(datasets) > TOGETHER_MAX
    each = max(LINE_INCHES * 1.25, (0.035 if many else 0.1) * len(datasets))
    heads = len({line.boundary for line in found})
    height = len(found) * each + heads * (LINE_INCHES + GAP_INCHES)
    rows = key_rows(looks)
    page = layout.open_page(
        f"From how many bytes on not copying pays, {len(datasets)} machines",
        finding(found, datasets),
        [],
        [NOTE],
        height + KEY_INCHES * len(rows),
        (left + 0.2, 0.3),
    )
    draw_key(page, rows)
    axes = page.below(KEY_INCHES * len(rows)).add_axes()
    known = [place(row) for line in found for row in line.rows.values()]
    low, high = max(SIZES[0], min(known) / 2), min(SIZES[1], max(known) * 2)
    style.bytes_axis(axes, low, high, "bytes from which on not copying is cheaper")
    axes.grid(axis="x")
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    draw_lines(axes, found, looks, each)
    yield "machines-crossover", page.figure


def draw_lines(
    axes: Axes,
    found: Sequence[Line],
    looks: Dict[int, Tuple[str, style.Look]],
    each: float,
) -> None:
    """A heading a boundary, below it its lines; within a line a level of its own for a machine."""
    top, boundary = 0.0, ""
    margin = {"transform": axes.get_yaxis_transform(), "va": "center", "ha": "right"}
    for line in found:
        if line.boundary != boundary:
            top += GAP_INCHES + LINE_INCHES
            boundary = line.boundary
            axes.text(
                -0.015,
                top - LINE_INCHES / 2,
                f"{boundary}:",
                size=style.LABEL_POINTS,
                weight="bold",
                **margin,
            )
        axes.axhspan(
            top + 0.015, top + each - 0.015, color=style.BAND, linewidth=0, zorder=0
        )
        axes.text(
            -0.015, top + each / 2, line.instead, size=style.LABEL_POINTS, **margin
        )
        shown = [number for number in looks if number in line.rows]
        for index, number in enumerate(shown, start=1):
            level = top + each * index / (len(shown) + 1)
            draw_mark(axes, line.rows[number], level, looks[number][1])
        top += each


def draw_mark(axes: Axes, row: Row, level: float, look: style.Look) -> None:
    """A machine's place with its interval, or the triangle of where it lies beyond."""
    low, high = axes.get_xlim()
    marker = look.marker or "o"
    if row.value:
        if row.low is not None:  # without a high end it may lie beyond the last size
            ends = [min(max(end, low), high) for end in (row.low, row.high or high)]
            axes.plot(ends, [level] * 2, color=look.colour, linewidth=1.2, zorder=2)
    else:
        marker = "<" if row.below else ">"
    axes.plot(
        [min(max(place(row), low), high)],
        [level],
        marker=marker,
        color=look.colour,
        markersize=5.5,
        linestyle="",
        zorder=3,
    )


def key_rows(
    looks: Dict[int, Tuple[str, style.Look]]
) -> List[List[Tuple[str, style.Look]]]:
    """The entries of the key, in rows that fit the page."""
    entries = list(dict.fromkeys(looks.values()))
    room = layout.room_inches((0, 0))
    rows: List[List[Tuple[str, style.Look]]] = [[]]
    taken = 0.0
    for entry in entries:
        width = style.text_width_inches(entry[0], style.LABEL_POINTS) + 0.45
        if rows[-1] and taken + width > room:
            rows.append([])
            taken = 0.0
        rows[-1].append(entry)
        taken += width
    return rows


def draw_key(page: layout.Page, rows: List[List[Tuple[str, style.Look]]]) -> None:
    """Each name after its mark."""
    wide, high = page.figure.get_size_inches()
    for index, row in enumerate(rows):
        x = layout.MARGIN_INCHES + 0.08
        y = page.above(0.3 - KEY_INCHES * index)
        for name, look in row:
            page.figure.add_artist(
                Line2D(
                    [x / wide],
                    [y],
                    marker=look.marker or "o",
                    color=look.colour,
                    markersize=5.5,
                    linestyle="",
                )
            )
            page.figure.text(
                (x + 0.12) / wide, y, name, size=style.LABEL_POINTS, va="center"
            )
            x += style.text_width_inches(name, style.LABEL_POINTS) + 0.45


def finding(found: Sequence[Line], datasets: Sequence[load.Dataset]) -> str:
    """The line of which most machines have a place, and how far apart they are."""
    names = machines.labels(datasets)
    counts = {
        index: [number for number, row in line.rows.items() if row.value]
        for index, line in enumerate(found)
    }
    best = max(counts, key=lambda index: len(counts[index]))
    if len(counts[best]) < 2:
        return "No boundary has a place of its own on two of them."
    line = found[best]
    least, most = (
        pick(counts[best], key=lambda number: place(line.rows[number]))
        for pick in (min, max)
    )
    return (
        f"{line.boundary[:1].upper()}{line.boundary[1:]}, {line.instead}: worth it from "
        f"{style.size_text(place(line.rows[least]))} ({names[least]}) to "
        f"{style.size_text(place(line.rows[most]))} ({names[most]}) on."
    )
