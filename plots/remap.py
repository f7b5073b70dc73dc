"""The remap experiment: what a page costs to hand over, by payload, a panel a touch."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from plots import kernels, labels, layout, machine, style
from results import load, passages
from results.findings import remap
from results.passages import COPY, NAME, TOUCHES, Cells, Line

AXES = ["mechanism", "touch", "page", "threads", "size", "kernel"]
LOOKS: Dict[str, style.Look] = {
    COPY: style.Look(style.BLACK, "-", "", 2.6),
    "memfd": style.Look(style.SKY, "-", "P"),
    "mremap": style.Look(style.BLUE, "-", "o", 2.0),
    "userfaultfd": style.Look(style.GREEN, (0, (7, 1.5, 1.5, 1.5)), "^"),
    "mremap_dontunmap": style.Look(style.VERMILION, (0, (5, 1.5)), "s"),
    "vmsplice_gift": style.Look(style.PURPLE, (0, (1.5, 1.2)), "D"),
    "process_vm_readv": style.Look(style.ORANGE, (0, (3, 1.2)), "v"),
}
COLUMNS = 2
HEIGHT_INCHES = 3.1
TICKS_MAX = 6
SIZE_AXIS = "bytes of the payload"
NOTE = (
    "A pass: the producer writes a word into every page, hands the payload over, the consumer "
    "touches it, and what was moved goes back (mremap_dontunmap: the producer takes fresh pages). "
    "Dotted: from there on mremap or userfaultfd, by its colour, is cheaper than the memcpy."
)
TABLE_NOTE = "From 2 MiB on mremap moves whole page-table pages where the kernel can."


class Panel(NamedTuple):
    """What is drawn together: the lines but for their mechanism."""

    title: str
    touch: str
    page: str
    threads: int

    def line(self, mechanism: str) -> Line:
        """Of that mechanism."""
        return Line(mechanism, self.touch, self.page, self.threads)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """remap: a panel a touch, one beside other threads, one of huge pages; a line a mechanism."""
    rows = kernels.read_rows(dataset, NAME, AXES, ["page_asked"])
    cells = passages.read(dataset)
    panels = [panel for panel in every_panel(cells) if drawn_in(cells, panel)]
    shown = [each for panel in panels for each in drawn_in(cells, panel)]
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    page = layout.open_page(
        f"Moving pages or copying them, {machine.title(dataset)}",
        style.sentence_text(headline(cells)),
        machine.marks(dataset),
        machine.footer(dataset, rows, [notes(cells, shown), kernels.SHADE_NOTE]),
        HEIGHT_INCHES * lines + 0.9 * (lines - 1),
        labels.margins(shown),
    )
    grid = page.add_grid(lines, columns, 0.95, 0.42)
    for place, panel in enumerate(panels):
        axes = page.figure.add_subplot(grid[place // columns, place % columns])
        draw_panel(axes, cells, panel)
    yield NAME, page.figure


def every_panel(cells: Cells) -> List[Panel]:
    """Those that may have something in them."""
    panels = [
        Panel(f"Base pages, {words}", touch, "base", 0)
        for touch, words in TOUCHES.items()
    ]
    count = cells.threads()
    if count:
        words = f"Base pages, untouched, {remap.threads_text(count)}"
        panels.append(Panel(words, "none", "base", count))
    # A single size would be a panel of points; what it says is a finding.
    if len({place[-1] for place in cells.found.places if place[2] == "thp"}) > 1:
        panels.append(Panel("thp pages, untouched", "none", "thp", 0))
    if not any(drawn_in(cells, panel) for panel in panels):
        panels.append(Panel("thp pages, untouched", "none", "thp", 0))
    return panels


def drawn_in(cells: Cells, panel: Panel) -> List[str]:
    """The mechanisms that were measured so."""
    return [each for each in LOOKS if cells.sizes(panel.line(each))]


def headline(cells: Cells) -> str:
    """From where on mremap is cheaper, untouched and with all touched."""
    said = []
    for touch in ("none", "all"):
        said += list(remap.crossover(cells, Line("mremap", touch)))
    if not said:
        said = [
            finding
            for mechanism in passages.MECHANISMS
            for touch in TOUCHES
            for finding in remap.crossover(cells, Line(mechanism, touch))
        ][:1]
    found = "; ".join(each.sentence.split("; ")[0] for each in said)
    return found or "from where on a flip is cheaper than a copy can't be said"


def notes(cells: Cells, shown: List[str]) -> str:
    """What is to be known of what is drawn."""
    parts = [NOTE, TABLE_NOTE if "mremap" in shown else ""]
    if COPY in shown:
        parts.append(f"Copied by {kernels.label(cells.kernel)}.")
    return " ".join(filter(None, parts))


def read_line(cells: Cells, line: Line) -> pandas.DataFrame:
    """Its rows with the columns value, low and high: ns per base page."""
    found = [cells.row(line.point(size)) for size in cells.sizes(line)]
    rows = pandas.DataFrame(found).sort_values("size")
    scale = cells.page_bytes / rows["size"].astype(float)
    return kernels.add_scaled(rows, scale)


def draw_panel(axes: Axes, cells: Cells, panel: Panel) -> None:
    """Its lines, each with its name, and where flips begin to win."""
    lines = {
        each: read_line(cells, panel.line(each)) for each in drawn_in(cells, panel)
    }
    every = pandas.concat(list(lines.values()))
    axes.set_title(panel.title, weight="bold", pad=8)
    style.bytes_axis(axes, *style.bytes_range(every["size"]), SIZE_AXIS)
    ticks = [tick for tick in axes.get_xticks() if tick >= axes.get_xlim()[0]]
    axes.xaxis.set_major_locator(FixedLocator(ticks[:: 1 + len(ticks) // TICKS_MAX]))
    low, high = float(every["value"].min()), float(every["value"].max())
    name = f"ns per {style.size_text(cells.page_bytes)}"
    style.log_axis(axes, low / 2, max(high * 2, low * 4), name)
    axes.grid(axis="y")
    ends = []
    for mechanism, rows in lines.items():
        look = LOOKS[mechanism]
        style.draw_line(axes, rows["size"], rows[["value", "low", "high"]], look)
        x, y = (float(rows[name].iloc[-1]) for name in ("size", "value"))
        ends.append(labels.End(x, y, mechanism, look.colour))
    labels.label_ends(axes, ends)
    for mechanism in ("mremap", "userfaultfd"):
        mark_crossover(axes, cells, panel.line(mechanism))


def mark_crossover(axes: Axes, cells: Cells, line: Line) -> None:
    """A dotted line where its pages get cheaper than copied ones, with the size at its foot."""
    found = passages.crossover(cells, line)
    if not found or not found.sure or found.never or found.always:
        return
    place = found.bytes.value
    look = LOOKS[line.mechanism]
    axes.axvline(place, color=look.colour, linestyle=":", linewidth=1.1, zorder=1)
    left = axes.transAxes.inverted().transform(axes.transData.transform((place, 1)))[0]
    axes.annotate(
        style.size_text(place),
        xy=(place, 0.02 if line.mechanism == "mremap" else 0.1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(3 if left < 0.8 else -3, 0),
        textcoords="offset points",
        size=style.LABEL_POINTS,
        color=look.colour,
        ha="left" if left < 0.8 else "right",
        va="bottom",
        bbox=labels.PAPER,
    )
