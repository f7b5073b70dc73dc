"""The ipc experiment: how fast and how dear each way of handing data over is, and how long it takes."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Sequence

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from plots import kernels, layout, machine, style
from results import estimate, load, reference, trips
from results.findings import ipc
from results.findings.ipc import Pairing

AXES = ["transport", "chunk", "pair", "producer", "consumer", "touch", "mode"]
ROW_INCHES = 0.21
COLUMNS_MAX = 4
GAP_INCHES = 0.75  # between the rows of panels
NAMES_INCHES = 1.55
ROOM = 5.0  # beside the outermost point, in its own size, for its number
BEYOND = 50.0  # times the others: what is so far away is written, not drawn to scale


class Kind(NamedTuple):
    """How often the kernel copies: colour, marker and words."""

    colour: str
    marker: str
    words: str


KINDS = {
    0: Kind(style.GREEN, "o", "shared memory: the kernel copies nothing"),
    1: Kind(style.BLUE, "D", "the kernel copies once"),
    2: Kind(style.VERMILION, "s", "it copies twice, in and out"),
}
SWITCHES_NOTE = (
    "The producer makes each chunk where the transport takes it, the consumer reads it where the "
    "transport puts it: no copies but the transport's. Payload counts once."
)
TOUCHES = {
    "none": "Nothing of a chunk is written or read.",
    "header": "Of each chunk 64 bytes are written and read.",
    "lines": "Of each chunk a byte of each line is written and read.",
    "all": "All of each chunk is written and read.",
}
SPEED_NOTE = f"Whisker: {kernels.INTERVAL_NOTE}; CPU time: of both processes, in the middle of the visits."
END_SHARE = 0.05  # of a scale

LATENCY_NOTE = (
    "One way is half of a round trip. Point and number: half of all trips take less; bar: up to what 99 % of "
    "them take, of few trips all. Each trip counts, also those in which somebody else had the CPU, but for a "
    "sample's first one, with the waking."
)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """ipc: Gb/s and CPU time by chunk; ipc-latency: one way of a chunk."""
    rows = kernels.read_rows(dataset, "ipc", AXES)
    pairing = ipc.read(dataset)
    drawn = False
    if pairing.chunks():
        yield "ipc", draw_speed(dataset, rows, pairing)
        drawn = True
    if pairing.chunks("latency"):
        yield "ipc-latency", draw_latency(dataset, rows, pairing)
        drawn = True
    if not drawn:
        raise kernels.Undrawable(
            "ipc.csv: nothing to draw: nothing was measured in place on both sides"
        )


def even(values: Sequence[int], count: int) -> list[int]:
    """At most so many of them, first and last included."""
    if len(values) <= count:
        return list(values)
    step = (len(values) - 1) / (count - 1)
    return [values[round(step * index)] for index in range(count)]


def pair_text(pair: str) -> str:
    """What the CPUs have in common, in words."""
    words = {
        "cpu": "On one CPU.",
        "core": "Two CPUs: hardware threads of a core.",
        "cluster": "Two CPUs: cores of a cluster.",
        "node": "Two CPUs: cores of a node that share no cache that is known.",
        "package": "Two CPUs: on two nodes of a package.",
        "machine": "Two CPUs: of two packages.",
    }
    return words.get(pair, f"Two CPUs: cores that share an {pair.upper()}.")


def setting(pairing: Pairing) -> str:
    """What all panels have in common."""
    return f"{pair_text(pairing.pair)} {TOUCHES[pairing.touch]} {SWITCHES_NOTE}"


def value_axis(axes: Axes, low: float, high: float, name: str) -> None:
    """A logarithmic axis with a tick a decade, or at 1, 2 and 5 where it is short."""
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    decades = range(-5, 12)
    digits = (1, 2, 5) if high / low < 60 else (1,)
    ticks = [digit * 10.0**decade for decade in decades for digit in digits]
    inside = [tick for tick in ticks if low <= tick <= high]
    axes.xaxis.set_major_locator(FixedLocator(inside[:: 1 + len(inside) // 7]))
    # A number at the very end would run into the next panel's first.
    most = high / (high / low) ** END_SHARE
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:g}" if value <= most else "")
    )
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.set_xlabel(name)
    axes.grid(axis="x")


def open_rows(axes: Axes, names: Sequence[str], named: bool) -> None:
    """A row for each transport, the first at the top; every other one shaded."""
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)))
    axes.set_yticklabels(names if named else [], size=style.LABEL_POINTS)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row in range(0, len(names), 2):
        axes.axhspan(row - 0.5, row + 0.5, color=style.BAND, linewidth=0, zorder=0)


def draw_point(
    axes: Axes, row: int, kind: Kind, place: float, ends: tuple[float, float]
) -> None:
    """A value and its whisker or bar, which an arrow ends where the panel does."""
    last = max(place, min(ends[1], axes.get_xlim()[1] / 1.2))
    axes.plot(
        [ends[0], last],
        [row, row],
        color=kind.colour,
        linewidth=1.6,
        alpha=0.55,
        zorder=2,
    )
    if ends[1] > last:
        axes.plot(
            [last], [row], color=kind.colour, marker=">", markersize=3.5, zorder=2
        )
    axes.plot(
        [place],
        [row],
        color=kind.colour,
        marker=kind.marker,
        markersize=5,
        linestyle="",
        zorder=3,
    )


def write_number(axes: Axes, row: int, value: float, place: float, side: str) -> None:
    """The value, left or right of that place."""
    axes.annotate(
        style.number_text(value),
        xy=(place, row),
        xytext=(6 if side == "right" else -6, 0),
        textcoords="offset points",
        size=style.FOOTER_POINTS,
        ha="left" if side == "right" else "right",
        va="center",
    )


def write_gap(axes: Axes, row: int) -> None:
    """That nothing was measured there."""
    axes.annotate(
        "not measured",
        xy=(0.5, row),
        xycoords=axes.get_yaxis_transform(),
        size=style.FOOTER_POINTS,
        color=style.QUIET,
        ha="center",
        va="center",
    )


def draw_legend(page: layout.Page, table: pandas.DataFrame) -> None:
    """What the colours are, above the panels at the right."""
    known = sorted(set(table["kernel_copies"].dropna().astype(int)) & set(KINDS))
    handles = [
        Line2D([], [], color=KINDS[k].colour, marker=KINDS[k].marker, linestyle="")
        for k in known
    ]
    page.figure.legend(
        handles,
        [KINDS[kind].words for kind in known],
        loc="lower right",
        bbox_to_anchor=(page.right, page.above(0.28)),
        ncol=3,
        frameon=False,
        fontsize=style.LABEL_POINTS,
        borderaxespad=0,
        columnspacing=1.2,
        handletextpad=0.2,
    )


def in_place(table: pandas.DataFrame, pairing: Pairing, mode: str) -> pandas.DataFrame:
    """The rows of the usual touch without copies of the user's own."""
    return table[
        (table["producer"] == "in_place")
        & (table["consumer"] == "in_place")
        & (table["touch"] == pairing.touch)
        & (table["mode"] == mode)
    ]


def draw_speed(dataset: load.Dataset, rows: kernels.Rows, pairing: Pairing) -> Figure:
    """A column for each chunk: above how fast, below how dear."""
    chunks = even(pairing.chunks(), COLUMNS_MAX)
    table = in_place(rows.drawn, pairing, "throughput")
    table = table[(table["pair"] == pairing.pair) & table["chunk"].isin(chunks)]
    names = by_chunk(pairing, chunks, pairing.usual_chunk() or chunks[-1])
    panel = ROW_INCHES * len(names) + 0.1
    notes = [setting(pairing)]
    page = layout.open_page(
        f"Handing data to another process, {machine.title(dataset)}",
        style.sentence_text(next(iter(ipc.find(dataset))).sentence),
        machine.marks(dataset),
        machine.footer(dataset, rows, [*notes, SPEED_NOTE, elsewhere()]),
        2 * panel + GAP_INCHES + 0.3,
        (NAMES_INCHES, 0.1),
    ).below(0.3)
    grid = page.add_grid(2, len(chunks), 0.09, GAP_INCHES / panel)
    figures = {"gb": "Gb/s", "cpu_ns_per_byte": "ns of CPU per byte"}
    table = table.assign(
        gb=8 * table["payload_bytes"] / table["median_ns"],
        gb_low=8 * table["payload_bytes"] / table["high_ns"],
        gb_high=8 * table["payload_bytes"] / table["low_ns"],
    )
    for line, (column, unit) in enumerate(figures.items()):
        low, high = table[column].min() / 1.6, table[column].max() * ROOM
        for place, chunk in enumerate(chunks):
            axes = page.figure.add_subplot(grid[line, place])
            open_rows(axes, names, place == 0)
            value_axis(axes, low, high, unit)
            if line == 0:
                axes.set_title(
                    f"{estimate.size_text(chunk)} chunks", weight="bold", size=10
                )
            here = table[table["chunk"] == chunk].set_index("transport")
            draw_column(axes, here, names, column)
    draw_legend(page, table)
    return page.figure


def elsewhere() -> str:
    """What others measured, to see whether the order is right."""
    quantities = {
        "on a ring, in place": "ring_in_place_64kib",
        "by a pipe": "pipe_64kib",
    }
    return " ".join(
        reference.range_text(f"64 KiB chunks {way}", quantity)
        for way, quantity in quantities.items()
    )


def draw_column(
    axes: Axes, here: pandas.DataFrame, names: Sequence[str], column: str
) -> None:
    """The points of one panel, and a dash where nothing was measured."""
    for row, name in enumerate(names):
        if name not in here.index:
            write_gap(axes, row)
            continue
        one = here.loc[name]
        value = float(one[column])
        ends = (value, value)
        if column == "gb" and pandas.notna(one["gb_low"]):
            ends = (
                max(float(one["gb_low"]), axes.get_xlim()[0]),
                float(one["gb_high"]),
            )
        draw_point(axes, row, KINDS[int(one["kernel_copies"])], value, ends)
        write_number(axes, row, value, min(max(ends), value * ROOM / 3), "right")


def by_chunk(
    pairing: Pairing, chunks: Sequence[int], usual: int, mode: str = "throughput"
) -> list[str]:
    """The transports, the fastest of the usual chunk first; then those of others alone."""
    names = pairing.transports(usual, mode)
    for chunk in chunks:
        names += [n for n in pairing.transports(chunk, mode) if n not in names]
    return names


class Latency(NamedTuple):
    """A panel: its words, and by transport the middle and the end of the bar in µs."""

    words: str
    times: dict[str, tuple[float, float]]


def latencies(
    dataset: load.Dataset, pairing: Pairing, chunk: int, pair: str
) -> Latency:
    """Of that chunk and pair."""
    bins = dataset.histogram("ipc")
    times = {}
    for name in pairing.transports(chunk, "latency", pair):
        (cell,) = pairing.found.cells(pairing.point(name, chunk, "latency", pair))
        if (bins["cell"] == cell).any():
            times[name] = trips.times_us(bins, cell)
    where = "one CPU" if pair == "cpu" else "two CPUs"
    return Latency(f"{estimate.size_text(chunk)}, {where}", times)


def latency_panels(dataset: load.Dataset, pairing: Pairing) -> list[Latency]:
    """The least and the usual chunk on two CPUs, and one chunk on one CPU."""
    known = pairing.chunks("latency")
    usual = min(known, key=lambda c: abs(c - ipc.USUAL_CHUNK))
    wanted = [(chunk, pairing.pair) for chunk in sorted({known[0], usual})]
    shared = sorted(
        {p[1] for p in pairing.found.places if p[2] == "cpu" and p[6] == "latency"}
    )
    if shared and pairing.pair != "cpu":
        wanted.append((usual if usual in shared else shared[0], "cpu"))
    found = [latencies(dataset, pairing, *where) for where in wanted]
    return [panel for panel in found if panel.times]


def draw_latency(dataset: load.Dataset, rows: kernels.Rows, pairing: Pairing) -> Figure:
    """A panel for each chunk and pair, all on one scale but for what is far off it."""
    panels = latency_panels(dataset, pairing)
    first = panels[0].times
    names = sorted(first, key=lambda name: first[name][0])
    for panel in panels[1:]:
        names += [name for name in panel.times if name not in names]
    copies = rows.drawn.dropna(subset=["kernel_copies"]).set_index("transport")
    kinds = {
        name: KINDS[int(copies["kernel_copies"][[name]].iloc[0])] for name in names
    }
    notes = [setting(pairing)]
    said = next(f.sentence for f in ipc.latencies(dataset, pairing))
    spun = [f.sentence for f in ipc.spinning(dataset, pairing) if f.value is not None]
    page = layout.open_page(
        f"Latency between processes, {machine.title(dataset)}",
        style.sentence_text("; ".join([said, *spun])),
        machine.marks(dataset),
        machine.footer(dataset, rows, [*notes, LATENCY_NOTE]),
        ROW_INCHES * 1.15 * len(names) + 0.4,
        (NAMES_INCHES, 0.1),
    ).below(0.3)
    every = [time for panel in panels for time, _ in panel.times.values()]
    limit = BEYOND * float(pandas.Series(every).median())
    ends = [
        min(end, limit)
        for panel in panels
        for time, end in panel.times.values()
        if time <= limit
    ]
    grid = page.add_grid(1, len(panels), 0.09, 0)
    for place, panel in enumerate(panels):
        axes = page.figure.add_subplot(grid[0, place])
        open_rows(axes, names, place == 0)
        value_axis(axes, min(every) / 8, 1.6 * max(ends), "µs one way")
        axes.set_title(panel.words, weight="bold", size=style.LABEL_POINTS)
        draw_panel(axes, panel, names, kinds)
    draw_legend(page, rows.drawn)
    return page.figure


def draw_panel(
    axes: Axes, panel: Latency, names: Sequence[str], kinds: dict[str, Kind]
) -> None:
    """Points and bars; an arrow and the number for what is off the scale."""
    high = axes.get_xlim()[1]
    for row, name in enumerate(names):
        if name not in panel.times:
            write_gap(axes, row)
            continue
        middle, end = panel.times[name]
        if middle <= high:
            draw_point(axes, row, kinds[name], middle, (middle, end))
            write_number(axes, row, middle, middle, "left")
            continue
        axes.text(
            high,
            row,
            f"off the scale: {style.time_text(1000 * middle)} →",
            size=style.LABEL_POINTS,
            weight="bold",
            color=style.BLACK,
            ha="right",
            va="center",
        )
