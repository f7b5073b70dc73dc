"""The send experiment: CPU time of a byte by message size, a panel an end; below, beside a copy."""

from __future__ import annotations

from typing import Dict, Iterable, List

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from plots import kernels, labels, layout, machine, style
from results import load, sends
from results.estimate import Estimate
from results.findings import send
from results.sends import COPY, ENDS, NAME, SENDINGS, Cells, End, Line

NAMES = {
    COPY: "copied",
    "zerocopy": "MSG_ZEROCOPY",
    "send_zc": "io_uring's send_zc",
}
LOOKS: Dict[str, style.Look] = {
    COPY: style.Look(style.BLACK, "-", "", 2.6),
    "zerocopy": style.Look(style.BLUE, "-", "o", 2.0),
    "send_zc": style.Look(style.VERMILION, (0, (5, 1.5)), "s"),
}
TITLES = {
    ENDS[0]: "UDP that is discarded",
    ENDS[1]: "UDP to a local socket",
    ENDS[2]: "TCP to a local socket",
}
COST_INCHES, RATIO_INCHES, GAP_INCHES = 2.7, 1.75, 0.75
TICKS_MAX = 5
SHARE_STEP = 0.085  # of a panel's height, from line to line of text
NOTE = (
    "CPU time of the sender, user and kernel, reading notices included; what the kernel does at once for the "
    "receiver is in it. Discarded: as a network card frees what it has sent. Veth interfaces between two network namespaces, MTU {mtu}; messages beyond that go out in "
    "one piece (segmentation offload). Dotted: from there on zero copy, by its colour, costs less than a copy."
)
SHADE_NOTE = "Shade: 95 % of the medians of launches drawn anew; hollow: wider than the value, not shaded."


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """send: a column for each end: above what a byte costs, below how much of a copy's cost."""
    rows = kernels.read_rows(dataset, NAME, list(sends.AXES))
    cells = sends.read(dataset)
    shown = sends.lines(cells, *LOOKS)
    ends = [end for end in ENDS if any(line.end == end for line in shown)]
    note = NOTE.format(mtu=mtu_of(dataset))
    page = layout.open_page(
        f"Sending without copying, {machine.title(dataset)}",
        style.sentence_text(send.headline(cells)),
        machine.marks(dataset),
        machine.footer(dataset, rows, [note, SHADE_NOTE]),
        COST_INCHES + RATIO_INCHES + GAP_INCHES + 0.3,
        (0.75, 0.1),
    ).below(0.3)
    height = (COST_INCHES + RATIO_INCHES) / 2
    grid = page.figure.add_gridspec(
        2,
        len(ends),
        left=page.left,
        right=page.right,
        bottom=page.bottom,
        top=page.top,
        wspace=0.3,
        hspace=GAP_INCHES / height,
        height_ratios=(COST_INCHES, RATIO_INCHES),
    )
    costs = pandas.concat([costs_of(cells, line) for line in shown])
    beside = [ratios_of(cells, line) for line in shown if line.sending != COPY]
    ratios = pandas.concat(beside) if beside else table_of([])
    for place, end in enumerate(ends):
        here = [line for line in shown if line.end == end]
        draw_costs(page.figure.add_subplot(grid[0, place]), cells, here, costs)
        draw_ratios(page.figure.add_subplot(grid[1, place]), cells, here, ratios)
    drawn = [sending for sending in LOOKS if any(s.sending == sending for s in shown)]
    labels.draw_legend(page, {NAMES[each]: LOOKS[each] for each in drawn})
    yield NAME, page.figure


def mtu_of(dataset: load.Dataset) -> str:
    """As it was given."""
    given = (dataset.machine.get("run") or {}).get("parameters") or []
    values = [each["value"] for each in given if each["name"] == "mtu"]
    return str(values[0]) if values else "1500"


def table_of(found: List[tuple[int, Estimate]]) -> pandas.DataFrame:
    """size, value, low, high."""
    rows = []
    for size, one in found:
        low, high = (one.value if numpy.isnan(end) else end for end in one[1:])
        rows.append((size, one.value, max(low, one.value / 1000), high))
    return pandas.DataFrame(rows, columns=["size", "value", "low", "high"])


def costs_of(cells: Cells, line: Line) -> pandas.DataFrame:
    """ns per byte."""
    sizes = cells.sizes(line)
    return table_of([(size, cells.each_byte(line, size)) for size in sizes])


def ratios_of(cells: Cells, line: Line) -> pandas.DataFrame:
    """How many times what a copy costs."""
    copied = line.copied()
    found = []
    for size in cells.sizes(line, copied):
        asked = [line.point(size), copied.point(size)]
        ratio = cells.costs.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])
        found.append((size, ratio))
    return table_of(found)


def draw_sizes(axes: Axes, cells: Cells, lines: List[Line]) -> None:
    """The axis of sizes, as far as these lines reach."""
    sizes = pandas.Series([size for line in lines for size in cells.sizes(line)])
    style.bytes_axis(axes, *style.bytes_range(sizes), "bytes of a message")
    ticks = list(axes.get_xticks())
    axes.xaxis.set_major_locator(FixedLocator(ticks[:: 1 + len(ticks) // TICKS_MAX]))
    axes.grid(axis="y")


def draw_costs(
    axes: Axes, cells: Cells, lines: List[Line], alike: pandas.DataFrame
) -> None:
    """What a byte costs, what was copied, and from where on zero copy is ahead."""
    axes.set_title(TITLES[lines[0].end], weight="bold", size=10, loc="left")
    draw_sizes(axes, cells, lines)
    low, high = float(alike["value"].min()) / 5, float(alike["value"].max()) * 2
    style.log_axis(axes, low, high, "ns of CPU per byte")
    told = [line for line in lines if line.sending != COPY]
    for line in lines:
        rows = costs_of(cells, line)
        bounds = rows[["value", "low", "high"]]
        style.draw_line(axes, rows["size"], bounds, LOOKS[line.sending])
    for place, line in enumerate(told):
        look, share = LOOKS[line.sending], cells.copied_share(line)
        axes.text(
            0.98,
            0.98 - place * SHARE_STEP,
            f"{line.sending}: {100 * share:.3g} % copied",
            transform=axes.transAxes,
            size=style.LABEL_POINTS,
            color=look.colour,
            ha="right",
            va="top",
            bbox=labels.PAPER,
        )
        mark_crossover(axes, cells, line, 0.03 + place * SHARE_STEP)


def mark_crossover(axes: Axes, cells: Cells, line: Line, height: float) -> None:
    """Where there surely is one."""
    found = cells.crossover(line)
    if found and found.sure and not found.never and not found.always:
        labels.mark_size(axes, found.bytes.value, LOOKS[line.sending].colour, height)


def draw_ratios(
    axes: Axes, cells: Cells, lines: List[Line], alike: pandas.DataFrame
) -> None:
    """Beside a copy: below 1 zero copy is cheaper."""
    draw_sizes(axes, cells, lines)
    every = [1.0, *alike["value"]]
    style.log_axis(axes, min(every) / 1.3, max(every) * 1.3, "times a copy's cost")
    axes.axhline(1, color=style.BLACK, linewidth=LOOKS[COPY].width)
    for line in lines:
        rows = ratios_of(cells, line) if line.sending != COPY else table_of([])
        if len(rows):
            bounds = rows[["value", "low", "high"]]
            style.draw_line(axes, rows["size"], bounds, LOOKS[line.sending])
