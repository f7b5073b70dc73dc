"""The streams experiment: how the total rises with queues, and how many copies there is time for."""

from __future__ import annotations

from typing import Iterable, List, NamedTuple, Sequence, Tuple

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from plots import kernels, layout, machine, style
from results import load, points, queues
from results.findings import streams
from results.queues import FEEDS, FRAMING_BYTES, LINE_RATES_GBIT, Queues

COLUMNS = 2
LEGEND_INCHES = 0.3
CPU_DASHES = ("-", (0, (4, 1.5)))  # of one CPU, of all
LOOKS = {
    "dma": style.Look(style.VERMILION, (0, (5, 1.5)), "s"),
    "core": style.Look(style.BLUE, "-", "o"),
    "none": style.Look(style.BLACK, (0, (7, 1.5, 1.5, 1.5)), "^"),
}
WORDS = {"dma": "fed like DMA", "core": "fed by a core", "none": "no feed"}
FEED_NOTE = (
    "A queue is a ring of packet buffers that a device on a CPU of its own fills and drains, and a "
    "CPU that copies each packet in between. Fed like DMA: by non-temporal stores; by a core: by "
    "ordinary ones; no feed: no device, the same packets are copied again. Payload counted once."
)
LINE_NOTE = (
    "Thin: so many times one queue. ▲: the knee, from which on the total is flat (least squares, "
    "queues of one node alone; nodes are filled one after the other)."
)
COPIES_NOTE = (
    f"Left: as long as a packet and its {FRAMING_BYTES} B of framing take on the line, CPUs copy "
    "what lies in their rings, fed by nobody, and do nothing else."
)
TAIL_NOTE = (
    "Right: single copies, clocked in passes of their own, the reading of the clock in them: dot: "
    "median, bar: 99th percentile, mark: 99.9th, as far as they have ten copies beyond them."
)


class Shown(NamedTuple):
    """What all figures draw from: the points, the local rows with the usual ring, the sizes."""

    queues: Queues
    rows: kernels.Rows
    sizes: List[int]


def read(dataset: load.Dataset) -> Shown:
    """The rows of the usual kernel and ring, whose memory is local."""
    rows = kernels.read_rows(dataset, "streams", queues.AXES + ["kernel"])
    found = queues.read(dataset)
    table = rows.drawn
    same = (table["kernel"] == found.kernel) & (table["ring"] == found.ring)
    local = table[same & (table["placement"] == "local")].sort_values("queues")
    if local.empty:
        raise kernels.Undrawable(
            "streams.csv: nothing to draw: no queue with local memory was measured"
        )
    sizes = sorted(int(size) for size in local["size"].unique())
    return Shown(found, rows._replace(drawn=local), sizes)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """streams: the totals; streams-copies: what line rates leave time for, and the tails."""
    shown = read(dataset)
    yield "streams", draw_totals(dataset, shown)
    if any(shown.queues.counts("none", size) for size in shown.sizes):
        yield "streams-copies", draw_copies(dataset, shown)


def headline(dataset: load.Dataset, shown: Shown) -> str:
    """The finding of the feed that says most of scaling, the nearest to a network card first."""
    size = points.usual_size(shown.sizes)
    feeds = [feed for feed in FEEDS if len(shown.queues.counts(feed, size)) > 1]
    feed = (feeds or [feed for feed in FEEDS if shown.queues.counts(feed, size)])[0]
    return streams.scaling(dataset, shown.queues, feed, size).sentence


def draw_totals(dataset: load.Dataset, shown: Shown) -> Figure:
    """A panel for each size of packets, a line for each feed."""
    columns = min(COLUMNS, len(shown.sizes))
    lines = -(-len(shown.sizes) // columns)
    page = layout.open_page(
        f"Lines of bandwidth, {machine.title(dataset)}",
        style.sentence_text(headline(dataset, shown)),
        machine.marks(dataset),
        machine.footer(dataset, shown.rows, [FEED_NOTE, LINE_NOTE, kernels.SHADE_NOTE]),
        2.7 * lines + LEGEND_INCHES,
        (0.6, 0.1),
    ).below(LEGEND_INCHES)
    page.figure.legend(
        handles=[legend_line(look, WORDS[feed]) for feed, look in LOOKS.items()],
        loc="center left",
        bbox_to_anchor=(page.left, page.above(LEGEND_INCHES + 0.2)),
        ncols=len(LOOKS),
        frameon=False,
        borderaxespad=0,
        handlelength=3.5,
    )
    grid = page.add_grid(lines, columns, 0.2, 0.5)
    for place, size in enumerate(shown.sizes):
        axes = page.figure.add_subplot(grid[place // columns, place % columns])
        draw_total(axes, dataset, shown, size)
    return page.figure


def legend_line(look: style.Look, words: str) -> Line2D:
    """A line's entry in a legend."""
    return Line2D(
        [],
        [],
        color=look.colour,
        linestyle=look.dashes,
        linewidth=look.width,
        marker=look.marker,
        label=words,
    )


def draw_total(axes: Axes, dataset: load.Dataset, shown: Shown, size: int) -> None:
    """GB/s of all queues together by how many they are."""
    rows = shown.rows.drawn[shown.rows.drawn["size"] == size]
    most = int(rows["queues"].max())
    rates = rows["gb_per_s"]
    axes.set_title(f"packets of {style.packet_text(size)}", weight="bold")
    style.log_axis(
        axes, float(rates.min()) / 2, 1.7 * float(rates.max()), "GB/s, all queues"
    )
    number_axis(axes, [float(2**power) for power in range(11)], "queues")
    axes.set_xlim(0.9, most * 1.15)
    axes.grid(axis="y")
    for feed, look in LOOKS.items():
        line = rows[rows["feed"] == feed]
        if line.empty:
            continue
        values = pandas.DataFrame({"value": line["gb_per_s"]})
        for name, limit in (("low", "high_ns"), ("high", "low_ns")):
            values[name] = line["payload_bytes"] / line[limit]
        style.draw_line(axes, line["queues"], values, look)
        if int(line["queues"].iloc[0]) == 1:
            ends = (line["gb_per_s"].iloc[0], line["queues"].iloc[-1])
            draw_straight(axes, float(ends[0]), int(ends[1]), look)
        mark_knee(axes, dataset, shown.queues, feed, size)


def number_axis(axes: Axes, numbers: Sequence[float], name: str) -> None:
    """A logarithmic x axis with these ticks."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(numbers))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(name)


def draw_straight(axes: Axes, one: float, most: int, look: style.Look) -> None:
    """So many times what one queue carries."""
    axes.plot(
        [1, most],
        [one, one * most],
        color=look.colour,
        linewidth=0.6,
        linestyle=":",
        zorder=1,
    )


def mark_knee(
    axes: Axes, dataset: load.Dataset, found: Queues, feed: str, size: int
) -> None:
    """Where the total becomes flat, if it does."""
    counts = queues.one_node(dataset, found, feed, size)
    if not counts or counts[0] != 1:
        return
    bend, _ = streams.bend_text(found, feed, size, counts)
    if bend is None:
        return
    place = bend.value
    nearest = min(counts, key=lambda count: abs(count - place))
    axes.annotate(
        f"▲\n{place:.2g}",
        (place, found.total(feed, nearest, size).value),
        xytext=(0, -4),
        textcoords="offset points",
        color=LOOKS[feed].colour,
        size=style.LABEL_POINTS,
        ha="center",
        va="top",
        linespacing=0.9,
        zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.2},
    )


def draw_copies(dataset: load.Dataset, shown: Shown) -> Figure:
    """Copies by line rate, and the tails beside them."""
    size = points.usual_size(shown.sizes)
    found = streams.affordable(shown.queues, size)
    page = layout.open_page(
        f"Copies that there is time for, {machine.title(dataset)}",
        style.sentence_text(found.sentence if found else headline(dataset, shown)),
        machine.marks(dataset),
        machine.footer(dataset, shown.rows, [FEED_NOTE, COPIES_NOTE, TAIL_NOTE]),
        3.9,
        (0.6, 0.1),
    )
    grid = page.add_grid(1, 2, 0.58, 0.0)
    draw_affordable(page.figure.add_subplot(grid[0, 0]), shown)
    draw_tails(page.figure.add_subplot(grid[0, 1]), dataset, shown, size)
    return page.figure


def draw_affordable(axes: Axes, shown: Shown) -> None:
    """Copies of each packet by line rate: solid of one CPU, dashed of all that were measured."""
    axes.set_title("copies of each packet", weight="bold")
    values: List[float] = []
    for look, size in zip(style.LOOKS, shown.sizes):
        for count, dashes in zip(ends_of(shown.queues, size), CPU_DASHES):
            alone = shown.queues.copies(size, count, 1).value
            line = [alone / rate for rate in LINE_RATES_GBIT]
            values += line
            axes.plot(
                LINE_RATES_GBIT,
                line,
                color=look.colour,
                linestyle=dashes,
                marker=look.marker,
                gid="line",
            )
    low, high = min(0.5, *values) / 1.4, max(values) * 1.5
    style.log_axis(axes, low, high, "copies that there is time for")
    number_axis(axes, LINE_RATES_GBIT, "Gb/s of the line")
    axes.axhspan(low, 1, color=style.BAND, zorder=0)
    axes.text(
        LINE_RATES_GBIT[0],
        0.93,
        "no time for one copy",
        size=style.LABEL_POINTS,
        color=style.QUIET,
        va="top",
    )
    axes.grid(axis="y")
    axes.legend(
        handles=entries(shown),
        loc="upper right",
        frameon=False,
        fontsize=style.LABEL_POINTS,
        handlelength=3,
    )


def entries(shown: Shown) -> List[Line2D]:
    """The legend: sizes by colour and marker, numbers of CPUs by dashes."""
    found = [
        legend_line(look._replace(dashes="-"), style.packet_text(size))
        for look, size in zip(style.LOOKS, shown.sizes)
    ]
    ends = [ends_of(shown.queues, size) for size in shown.sizes]
    counts = sorted({count for each in ends for count in each})
    for count, dashes in zip(counts, CPU_DASHES):
        look = style.Look(style.QUIET, dashes, "")
        found.append(legend_line(look, streams.cpus_text(count)))
    return found


def ends_of(found: Queues, size: int, feed: str = "none") -> List[int]:
    """The least and the largest number of queues that were measured, or the one."""
    counts = found.counts(feed, size)
    return sorted({counts[0], counts[-1]}) if counts else []


def tails(
    dataset: load.Dataset, found: Queues, size: int
) -> List[Tuple[str, str, List[float]]]:
    """Of each feed, by one queue and by most: its name, the row's, the percentiles in ns."""
    rows = []
    for feed in FEEDS:
        for count in ends_of(found, size, feed):
            (cell,) = found.found.cells(found.point(feed, count, size))
            clocked = queues.percentiles(dataset, cell)
            if clocked and numpy.isfinite(clocked[50.0]):
                name = f"{WORDS[feed]}, {streams.queues_text(count)}"
                rows.append((feed, name, list(clocked.values())))
    return rows


def draw_tails(axes: Axes, dataset: load.Dataset, shown: Shown, size: int) -> None:
    """Median, 99th and 99.9th percentile of a packet's copy."""
    rows = tails(dataset, shown.queues, size)
    axes.set_title(f"one copy of {style.packet_text(size)}", weight="bold")
    if not rows:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "too few were clocked", ha="center", va="center")
        return
    for place, (feed, _, (middle, tail, last)) in enumerate(rows):
        colour = LOOKS[feed].colour
        axes.plot([middle, tail], [place] * 2, color=colour, linewidth=4, alpha=0.35)
        axes.plot([middle], [place], color=colour, marker="o", markersize=7)
        axes.plot([last], [place], color=colour, marker="|", markersize=12)
        axes.text(
            middle,
            place - 0.22,
            f"{middle:.0f}",
            size=style.LABEL_POINTS,
            color=colour,
            ha="center",
            va="bottom",
        )
    figures = [value for *_, each in rows for value in each if numpy.isfinite(value)]
    low, high = min(figures) / 1.5, max(figures) * 1.5
    number_axis(axes, ticks(low, high), "ns")
    axes.set_xlim(low, high)
    axes.set_ylim(len(rows) - 0.5, -0.7)
    axes.yaxis.set_major_locator(FixedLocator(range(len(rows))))
    axes.set_yticklabels([name for _, name, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def ticks(low: float, high: float) -> List[float]:
    """1, 2 and 5 of each decade between these."""
    every = [digit * 10.0**decade for decade in range(0, 8) for digit in (1, 2, 5)]
    return [tick for tick in every if low <= tick <= high]
