"""The proxy experiment: CPU time of a byte by message size, a line a relay; speed; latency."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from plots import ipc as rows_of
from plots import kernels, labels, layout, machine, style
from results import load, relays, trips
from results.findings import proxy
from results.findings.proxy_checks import cpus_of
from results.relays import BASE, DIRECT, INSPECTIONS, NAME, TRANSPORTS, Cells, Line

LOOKS: Dict[str, style.Look] = {
    DIRECT: style.Look(style.PURPLE, (0, (1.2, 1.2)), "X"),
    BASE: style.Look(style.BLACK, "-", "", 2.6),
    "readv_writev": style.Look(style.GREY, (0, (1.2, 1.2)), "v"),
    "io_uring": style.Look(style.VERMILION, (0, (5, 1.5)), "s"),
    "io_uring_fixed": style.Look(style.ORANGE, (0, (3, 1.2)), "D"),
    "splice": style.Look(style.BLUE, "-", "o", 2.0),
    "sendfile": style.Look(style.GREEN, (0, (7, 1.5, 1.5, 1.5)), "^"),
}
COLUMNS = 3
HEIGHT_INCHES = 2.45
TICKS_MAX = 5
NOTE = (
    "CPU time of the proxy alone, user and kernel; over loopback TCP that of sending has a part of the receiver's "
    "work in it. No piece that the proxy takes reaches beyond a message's end; buffers of 64 KiB. "
    "Dotted: from there on splice (or sendfile) costs less than reading and writing."
)
SHADE_NOTE = "Shade: 95 % of the medians of launches drawn anew; hollow: wider than the value, not shaded."
LATENCY_NOTE = (
    "One way is half of a round trip, through the proxy both times. Point and number: half of all trips take "
    "less; bar: up to what 99 % of them take, of few trips all. A sample's first trip, with the waking, is left "
    "out."
)


class Panel(NamedTuple):
    """What is drawn together: the lines but for their relay."""

    title: str
    line: Line
    speed: bool = False  # Gb/s, beside that without a proxy

    def lines(self, cells: Cells) -> Dict[str, List[int]]:
        """The relays that were measured so, and at which sizes."""
        found = {}
        for relay in LOOKS:
            line = self.line._replace(relay=relay)
            if relay == DIRECT and not self.speed:
                continue
            if line.source == ("file" if self.line.from_file else "socket"):
                found[relay] = cells.messages(line)
        return {relay: sizes for relay, sizes in found.items() if sizes}


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """proxy: a panel for each inspection and transport; proxy-latency: one way of a message."""
    rows = kernels.read_rows(dataset, NAME, list(relays.AXES))
    cells = relays.read(dataset)
    panels = [panel for panel in every_panel() if panel.lines(cells)]
    late = cells.messages(Line(DIRECT), mode="latency")
    if not panels and not late:
        raise kernels.Undrawable(
            f"{NAME}.csv: nothing to draw: nothing was measured with buffers of 64 KiB"
        )
    if panels:
        yield NAME, draw_costs(dataset, rows, cells, panels)
    if late:
        yield f"{NAME}-latency", draw_latency(dataset, rows, cells, late)


def every_panel() -> List[Panel]:
    """Those that may have something in them."""
    panels = [Panel(f"TCP, {w}", Line(BASE, i)) for i, w in INSPECTIONS.items()]
    panels.append(Panel("UNIX sockets, untouched", Line(BASE, transport="unix")))
    panels.append(Panel("TCP, out of a file", Line(BASE, from_file=True)))
    panels.append(Panel("Speed over TCP, untouched", Line(BASE), True))
    return panels


def setting(rows: kernels.Rows, cells: Cells) -> str:
    """Which CPUs there were."""
    text = rows_of.pair_text(cells.pair).replace("Two CPUs", "Proxy and client")
    if cells.pair == "cpu":
        return "Proxy, client and server on one CPU."
    here = rows.drawn[rows.drawn["pair"] == cells.pair]
    members = [len(set(cpus_of(row))) for _, row in here.iterrows()]
    alone = "The server has a CPU of its own." if min(members) > 2 else ""
    return f"{text} {alone or 'Client and server share a CPU.'}"


def draw_costs(
    dataset: load.Dataset, rows: kernels.Rows, cells: Cells, panels: List[Panel]
) -> Figure:
    """A grid of panels, all costs on one scale."""
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    page = layout.open_page(
        f"What a proxy costs, {machine.title(dataset)}",
        style.sentence_text(proxy.headline(cells)),
        machine.marks(dataset),
        machine.footer(dataset, rows, [f"{setting(rows, cells)} {NOTE}", SHADE_NOTE]),
        HEIGHT_INCHES * lines + 0.85 * (lines - 1) + 0.3,
        (0.75, 0.1),
    ).below(0.3)
    grid = page.add_grid(lines, columns, 0.3, 0.36)
    values = {panel: table_of(cells, panel) for panel in panels}
    costs = [table for panel, table in values.items() if not panel.speed]
    for place, panel in enumerate(panels):
        axes = page.figure.add_subplot(grid[place // columns, place % columns])
        alike = [values[panel]] if panel.speed else costs
        draw_panel(axes, panel, values[panel], pandas.concat(alike))
        if not panel.speed:
            mark_crossover(axes, cells, panel)
    shown = [
        each for each in LOOKS if any(each in panel.lines(cells) for panel in panels)
    ]
    words = {DIRECT: "no proxy"}
    looks = {words.get(name, name): LOOKS[name] for name in shown}
    labels.draw_legend(page, looks)
    return page.figure


def table_of(cells: Cells, panel: Panel) -> pandas.DataFrame:
    """relay, size, value, low, high."""
    found = []
    for relay, sizes in panel.lines(cells).items():
        line = panel.line._replace(relay=relay)
        for size in sizes:
            one = (
                cells.gigabits(line, size)
                if panel.speed
                else cells.each_byte(line, size)
            )
            low, high = (one.value if pandas.isna(end) else end for end in one[1:])
            found.append((relay, size, one.value, max(low, one.value / 1000), high))
    return pandas.DataFrame(found, columns=["relay", "size", "value", "low", "high"])


def draw_panel(
    axes: Axes, panel: Panel, table: pandas.DataFrame, alike: pandas.DataFrame
) -> None:
    """The lines, on the scale of all that are alike."""
    axes.set_title(panel.title, weight="bold", size=style.LABEL_POINTS, loc="left")
    style.bytes_axis(axes, *style.bytes_range(alike["size"]), "bytes of a message")
    ticks = list(axes.get_xticks())
    axes.xaxis.set_major_locator(FixedLocator(ticks[:: 1 + len(ticks) // TICKS_MAX]))
    low, high = float(alike["value"].min()) / 2, float(alike["value"].max()) * 2
    style.log_axis(axes, low, high, "Gb/s" if panel.speed else "ns of CPU per byte")
    axes.grid(axis="y")
    for relay, rows in table.groupby("relay", sort=False):
        style.draw_line(
            axes, rows["size"], rows[["value", "low", "high"]], LOOKS[str(relay)]
        )


def mark_crossover(axes: Axes, cells: Cells, panel: Panel) -> None:
    """A dotted line from where on splice, or sendfile, is ahead, and the size at its foot."""
    relay = "sendfile" if panel.line.from_file else "splice"
    found = cells.crossover(panel.line._replace(relay=relay))
    if not found or not found.sure or found.never or found.always:
        return
    labels.mark_size(axes, found.bytes.value, LOOKS[relay].colour)


def draw_latency(
    dataset: load.Dataset, rows: kernels.Rows, cells: Cells, messages: List[int]
) -> Figure:
    """A panel for each size, a row a relay, the direct way first."""
    bins = dataset.histogram(NAME)
    shown = rows_of.even(messages, COLUMNS)
    names = [each for each in LOOKS if cells.messages(Line(each), mode="latency")]
    said = [f.sentence for f in proxy.latencies(dataset, cells) if f.value is not None]
    page = layout.open_page(
        f"What a proxy adds to latency, {machine.title(dataset)}",
        style.sentence_text(said[0] if said else "without a proxy alone was measured"),
        machine.marks(dataset),
        machine.footer(dataset, rows, [f"{setting(rows, cells)} {LATENCY_NOTE}"]),
        0.3 * len(names) + 0.4,
        (1.2, 0.1),
    )
    times: Dict[int, Dict[str, tuple[float, float]]] = {}
    for message in shown:
        times[message] = {}
        for name in names:
            point = cells.point(Line(name), message, "latency")
            if cells.times.has(point):
                (cell,) = cells.times.cells(point)
                times[message][name] = trips.times_us(bins, cell)
    every = [end for panel in times.values() for pair in panel.values() for end in pair]
    grid = page.add_grid(1, len(shown), 0.09, 0)
    for place, message in enumerate(shown):
        axes = page.figure.add_subplot(grid[0, place])
        words = ["no proxy" if name == DIRECT else name for name in names]
        rows_of.open_rows(axes, words, place == 0)
        rows_of.value_axis(axes, min(every) / 4, 1.6 * max(every), "µs one way")
        axes.set_title(f"{style.packet_text(message)}, TCP", weight="bold", size=10)
        draw_times(axes, names, times[message])
    return page.figure


def draw_times(
    axes: Axes, names: List[str], times: Dict[str, tuple[float, float]]
) -> None:
    """Points and bars."""
    for row, name in enumerate(names):
        if name not in times:
            rows_of.write_gap(axes, row)
            continue
        middle, end = times[name]
        look = LOOKS[name]
        kind = rows_of.Kind(look.colour, look.marker or "o", "")
        rows_of.draw_point(axes, row, kind, middle, (middle, end))
        rows_of.write_number(axes, row, middle, middle, "left")
