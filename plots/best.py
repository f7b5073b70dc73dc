"""libc against the best kernel: by how much, which it is, and what cold buffers add to both."""

from __future__ import annotations

from typing import NamedTuple

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import kernels, labels, layout, machine, style
from plots.kernels import Rows
from results import load
from results.findings import size as findings
from results.kernels import rivals_of
from results.levels import cpu_of

# A kernel slower than that is no tie, however wide its interval; less strict while names are many.
TIES = (1.1, 1.2, 1.5, 2.0)
NAMES_MAX = 8
RATIO_NOTE = (
    "Line: medians. Shade: the ratio of the intervals' ends (each {interval}); hollow: wider than "
    "the value, not shaded. The best of {count} kernels is also the luckiest: a few per cent above "
    "1 mean nothing. Named: the fewest kernels whose intervals reach the fastest's and whose "
    "medians are within {percent} % of it; libc where it is one of them."
)
RATIO_MARGINS = (0.75, 0.35)
COLD_NOTE = (
    "Cold: each call has other buffers, evicted from all caches before; calls follow one another, "
    "so that neighbours' misses overlap. Best kernel: the fastest at each size. "
    f"{kernels.SHADE_NOTE}"
)
COLD_LOOKS = {
    ("libc", "warm"): style.LIBC_LOOK,
    ("libc", "cold"): style.Look(style.BLACK, (0, (5, 1.5)), "o", 2.0),
    ("best kernel", "warm"): style.Look(style.VERMILION, "-", ""),
    ("best kernel", "cold"): style.Look(style.VERMILION, (0, (5, 1.5)), "s"),
}


class Stretch(NamedTuple):
    """Consecutive sizes at which one kernel can't be told from the fastest."""

    kernel: str
    first: float
    last: float


class Name(NamedTuple):
    """A stretch drawn: from left to right (bytes), its name at `start` (share of the axis)."""

    kernel: str
    left: float
    right: float
    start: float
    row: int


def ties(rows: pandas.DataFrame, most: float) -> dict[str, float]:
    """Kernels whose interval reaches the fastest's, with their time as a multiple of its."""
    fastest = rows.loc[rows["median_ns"].idxmin()]
    reach = (
        fastest["high_ns"] if fastest["high_ns"] > 0 else fastest["median_ns"] * 1.03
    )
    low = rows["low_ns"].fillna(rows["median_ns"])
    ratio = rows["median_ns"] / fastest["median_ns"]
    tied = rows[(low <= reach) & (ratio <= most)]
    return {
        str(kernel): float(ratio[index]) for index, kernel in tied["kernel"].items()
    }


def name_best(table: pandas.DataFrame, libc: str) -> tuple[list[Stretch], float]:
    """The stretches by the strictest notion of a tie that gives few enough, and that notion."""
    for most in TIES:
        found = stretches(table, libc, most)
        if len(found) <= NAMES_MAX:
            break
    return found, most


def stretches(table: pandas.DataFrame, libc: str, most: float) -> list[Stretch]:
    """The fewest kernels that are the best by turns: each goes as far as it ties with the fastest.

    Of the kernels that go equally far libc is named first, else the fastest on average.
    """
    by_size = [(float(size), ties(rows, most)) for size, rows in table.groupby("size")]
    found = []
    start = 0
    while start < len(by_size):
        end, alive = start, set(by_size[start][1])
        while end + 1 < len(by_size) and alive & set(by_size[end + 1][1]):
            end += 1
            alive &= set(by_size[end][1])
        inside = [tied for _, tied in by_size[start : end + 1]]
        cost = {
            k: float(numpy.mean([numpy.log(tied[k]) for tied in inside])) for k in alive
        }
        name = min(alive, key=lambda k: (k != libc, cost[k], k))
        found.append(Stretch(name, by_size[start][0], by_size[end][0]))
        start = end + 1
    return found


def place_names(
    found: list[Stretch], low: float, high: float, inches: float
) -> list[Name]:
    """Where each stretch's name stands below the strip: its middle, in the first row with room."""
    places: list[Name] = []
    ends: list[float] = []
    for index, stretch in enumerate(found):
        left = low if index == 0 else (found[index - 1].last * stretch.first) ** 0.5
        last = index + 1 == len(found)
        right = high if last else (stretch.last * found[index + 1].first) ** 0.5
        width = style.text_width_inches(
            kernels.label(stretch.kernel), style.LABEL_POINTS
        )
        middle = (
            float(numpy.log((left * right) ** 0.5 / low) / numpy.log(high / low))
            * inches
        )
        start = min(max(middle - width / 2, 0.0), inches - width)
        row = next((row for row, end in enumerate(ends) if end < start), len(ends))
        ends[row : row + 1] = [start + width + 0.12]
        places.append(Name(stretch.kernel, left, right, start / inches, row))
    return places


def draw_strip(axes: Axes, places: list[Name]) -> None:
    """A bar for each stretch, and its kernel's name below it."""
    chosen = kernels.looks(sorted({kernels.family(place.kernel) for place in places}))
    axes.set_ylim(-1.2 - max(place.row for place in places), 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.text(
        -0.01,
        0.5,
        "best",
        transform=axes.get_yaxis_transform(),
        ha="right",
        va="center",
    )
    for place in places:
        colour = chosen[kernels.family(place.kernel)].colour
        axes.barh(
            0.5,
            place.right - place.left,
            0.7,
            place.left,
            color=colour,
            edgecolor="white",
        )
        middle = (place.left * place.right) ** 0.5
        axes.plot(
            [middle] * 2,
            [0.15, -place.row - 0.18],
            color=colour,
            linewidth=0.8,
            zorder=0,
        )
        axes.text(
            place.start,
            -place.row - 0.22,
            kernels.label(place.kernel),
            transform=axes.get_yaxis_transform(),
            size=style.LABEL_POINTS,
            color=colour,
            va="top",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3},
        )


def ratio_line(own: pandas.DataFrame, fastest: pandas.DataFrame) -> pandas.DataFrame:
    """libc's time over the fastest's, and the ratio of the ends of their intervals."""
    line = pandas.DataFrame({"ratio": own["median_ns"] / fastest["median_ns"]})
    line["low"] = own["low_ns"] / fastest["high_ns"]
    line["high"] = own["high_ns"] / fastest["low_ns"]
    return line


def draw_ratio_line(axes: Axes, line: pandas.DataFrame) -> None:
    """The ratio by size, over the line at which libc is the best."""
    axes.set_ylim(0.9, max(1.25, float(line["ratio"].max()) * 1.08))
    axes.set_ylabel("libc ÷ best, time")
    axes.grid(axis="y")
    axes.tick_params(labelbottom=False)
    axes.axhline(1, color=style.QUIET, linewidth=1)
    style.draw_line(axes, line.index.to_series(), line, style.LIBC_LOOK)


def draw_ratio(
    dataset: load.Dataset, rows: Rows, libc: str, temperature: str
) -> Figure:
    """libc's time over the best kernel's, and below it which kernel that is."""
    table = rivals_of(rows.drawn, libc)
    fastest = kernels.best(table, ["size"]).set_index("size")
    own = kernels.best(table[table["kernel"] == libc], ["size"]).set_index("size")
    line = ratio_line(own, fastest)
    low, high = style.bytes_range(table["size"])
    named, most = name_best(table, libc)
    note = RATIO_NOTE.format(
        count=table["kernel"].nunique(),
        interval=kernels.INTERVAL_NOTE,
        percent=f"{100 * (most - 1):.0f}",
    )
    places = place_names(named, low, high, layout.room_inches(RATIO_MARGINS))
    rows_inches = (
        (2 + max(place.row for place in places)) * style.LABEL_POINTS * 1.45 / 72
    )
    page = layout.open_page(
        f"libc against the best copy kernel ({temperature}), {machine.title(dataset)}",
        style.sentence_text(findings.farthest(findings.read(dataset)).sentence),
        machine.marks(dataset),
        machine.footer(dataset, rows, [note]),
        3.2 + rows_inches,
        RATIO_MARGINS,
    )
    share = rows_inches / (3.2 + rows_inches)
    axes = page.add_axes(share + 0.05, 1)
    style.bytes_axis(axes, low, high, None)
    machine.draw_levels(axes, dataset.machine, cpu_of(table))
    draw_ratio_line(axes, line)
    strip = page.add_axes(0, share)
    style.bytes_axis(strip, low, high, style.COPIED_AXIS)
    draw_strip(strip, places)
    return page.figure


def draw_cold(dataset: load.Dataset, rows: Rows) -> Figure:
    """Time per copy of libc and of the best kernel, with buffers cached and evicted."""
    largest = rows.drawn[rows.drawn["temperature"] == "cold"]["size"].max()
    table = rows.drawn[rows.drawn["size"] <= largest]
    libc = kernels.libc_kernel(table)
    lines: dict[tuple[str, str], pandas.DataFrame] = {}
    for temperature in ("warm", "cold"):
        part = table[table["temperature"] == temperature]
        lines["best kernel", temperature] = kernels.best(part, ["size"])
        lines["libc", temperature] = kernels.best(
            part[part["kernel"] == libc], ["size"]
        )
    lines = {name: line for name, line in lines.items() if len(line)}
    page = layout.open_page(
        f"What cold buffers add to a copy, {machine.title(dataset)}",
        style.sentence_text(findings.cold(findings.read(dataset)).sentence),
        machine.marks(dataset),
        machine.footer(dataset, rows, [COLD_NOTE]),
        4.3,
        labels.margins(", ".join(name) for name in lines),
    )
    axes = page.add_axes()
    shown = pandas.concat(lines.values())
    style.bytes_axis(axes, *style.bytes_range(shown["size"]), style.COPIED_AXIS)
    lowest, highest = shown["median_ns"].min() / 1.5, shown["median_ns"].max() * 1.5
    style.log_axis(axes, lowest, highest, "time per copy", style.time_text)
    axes.grid(axis="y")
    machine.draw_levels(axes, dataset.machine, cpu_of(table))
    ends = []
    for (who, temperature), line in lines.items():
        look = COLD_LOOKS[who, temperature]
        style.draw_line(
            axes, line["size"], line[["median_ns", "low_ns", "high_ns"]], look
        )
        last = line.iloc[-1]
        text = f"{who}, {temperature}"
        ends.append(
            labels.End(float(last["size"]), float(last["median_ns"]), text, look.colour)
        )
    labels.label_ends(axes, ends)
    return page.figure
