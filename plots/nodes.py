"""The nodes experiment: what another node's memory costs, beside what the firmware says of it."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple, Sequence

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from plots import heat, kernels, layout, machine, style
from plots.kernels import Rows
from results import load, nodes
from results.estimate import Estimate
from results.findings import nodes as findings
from results.nodes import NAME, Nodes, Pair, Work

AXES = ["cpu_node", "src_node", "dst_node", "work", "size", "kernel"]
FOLLOWING = ["cpu_asked", "src_node_asked", "dst_node_asked"]
ROW_MOST = 2  # nodes up to which all maps stand in one row
# Inches. CORNER_LEAST: a cell in which a small number fits below the other one.
CELL_MOST, CORNER_LEAST, NUMBER_LEAST = 0.7, 0.45, 0.3
LEFT, ABOVE, BELOW, HEIGHT_LEAST = 0.6, 0.3, 0.6, 1.7
NUMBER_POINTS, CORNER_POINTS = 8.5, 6.5
MAP_NOTE = (
    "Colour: how many times as long as on the CPU's own node it takes, logarithmic; orange is "
    "slower. Hatched: not measured."
)
CORNER_NOTE = (
    "Small: the distance that the firmware claims, framed where all claims can't be in one order "
    "with the times measured."
)
BAR_INCHES = 0.55
BAR_NOTE = (
    "Line: 95 % interval (bootstrap over launches). Dots: the median of each launch."
)


class Map(NamedTuple):
    """What one heat map shows, of which work. size: bytes of a copy; 0: times are shown."""

    title: str
    work: Work
    size: int

    def figure(self, ns: Estimate) -> Estimate:
        """A time as it is shown."""
        return nodes.rate(ns, self.size) if self.size else ns


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """nodes: a map of latency and three of bandwidth; on one node a bar of each."""
    rows = kernels.read_rows(dataset, NAME, AXES, FOLLOWING)
    found = nodes.read(dataset)
    maps = [
        Map("loads, ns", found.loads, 0),
        Map("copies from there, GB/s", found.copies_from, found.size),
        Map("copies to there, GB/s", found.copies_to, found.size),
        Map("copies within it, GB/s", found.copies_within, found.size),
    ]
    remote = [each for each in maps if each.work.remote()]
    own = [
        Map("a load from memory, ns", found.loads, 0),
        Map(
            f"copies of {style.size_text(found.size)}, GB/s",
            found.copies_within,
            found.size,
        ),
    ]
    own = [each for each in own if each.work.own()]
    if remote:
        yield NAME, draw_maps(dataset, rows, found, remote)
    elif own:
        yield NAME, draw_bars(dataset, rows, found, own)
    else:
        raise kernels.Undrawable(
            f"{NAME}.csv: nothing to draw: no CPU was measured on its own node"
        )


def finding_of(dataset: load.Dataset, found: Nodes) -> str:
    """Of loads, or of copies where loads were not measured; how many distances are wrong."""
    if not found.loads.own():
        return style.sentence_text(findings.bandwidth(dataset, found).sentence)
    said = style.sentence_text(findings.latency(dataset, found.loads).sentence)
    for each in nodes.compare_all(dataset.machine, found):
        if each.wrong:
            said += (
                f" The firmware's {each.claim.source} are wrong for {len(each.wrong)} of "
                f"{len(each.pairs)} pairs."
            )
    return said


def draw_maps(
    dataset: load.Dataset, rows: Rows, found: Nodes, maps: Sequence[Map]
) -> Figure:
    """The maps side by side, all in one scale."""
    pairs = [pair for each in maps for pair in each.work.pairs()]
    cpus = sorted({cpu for cpu, _ in pairs})
    memories = sorted({memory for _, memory in pairs})
    columns = len(maps) if len(memories) <= ROW_MOST else min(len(maps), 2)
    margins = (0.0, 0.95)
    slot = layout.room_inches(margins) / columns
    cell = min(CELL_MOST, (slot - LEFT) / len(memories))
    lines = -(-len(maps) // columns)
    line = ABOVE + cell * len(cpus) + BELOW
    height = max(HEIGHT_LEAST, lines * line - ABOVE - BELOW)
    compared = list(nodes.compare_all(dataset.machine, found))
    corners = bool(compared) and bool(compared[0].pairs) and cell >= CORNER_LEAST
    notes = [f"{MAP_NOTE} {CORNER_NOTE if corners else ''}".strip()]
    notes += [
        style.sentence_text(findings.firmware(each).sentence) for each in compared
    ]
    if found.size:
        notes.append(
            f"Copies of {style.size_text(found.size)} by {kernels.label(found.kernel)}; their other "
            "side is on the CPU's own node, unless they are within the other one."
        )
    page = layout.open_page(
        f"Memory of other nodes, {machine.title(dataset)}",
        finding_of(dataset, found),
        machine.marks(dataset),
        machine.footer(dataset, rows, notes),
        height,
        margins,
    )
    scale = heat.open_scale(
        pandas.Series(
            [each.work.ratio(pair).value for each in maps for pair in each.work.pairs()]
        )
    )
    inch = (1 / layout.WIDTH_INCHES, 1 / float(page.figure.get_figheight()))
    for place, each in enumerate(maps):
        left = page.left + (place % columns * slot + LEFT) * inch[0]
        bottom = page.top - (place // columns * line + cell * len(cpus)) * inch[1]
        box = (left, bottom, cell * len(memories) * inch[0], cell * len(cpus) * inch[1])
        axes = page.figure.add_axes(box)
        draw_map(axes, each, cpus, memories, scale, cell)
        if corners:
            draw_corners(axes, each, compared[0], cpus, memories, scale)
    heat.draw_scale(page, scale, "time ÷ the own node's")
    return page.figure


def draw_map(
    axes: Axes,
    shown: Map,
    cpus: List[int],
    memories: List[int],
    scale: ScalarMappable,
    cell: float,
) -> None:
    """Ratios as colours, figures as numbers."""
    ratios = numpy.full((len(cpus), len(memories)), numpy.nan)
    for cpu, memory in shown.work.pairs():
        place = cpus.index(cpu), memories.index(memory)
        ratios[place] = shown.work.ratio((cpu, memory)).value
        if cell >= NUMBER_LEAST:
            value = shown.figure(shown.work.ns([(cpu, memory)])).value
            axes.text(
                place[1],
                place[0] - 0.08,
                style.number_text(value),
                size=NUMBER_POINTS if cell >= CORNER_LEAST else heat.NUMBER_POINTS,
                ha="center",
                va="center",
                color=heat.ink(scale, ratios[place]),
            )
    names = [str(cpu) for cpu in cpus], [str(memory) for memory in memories]
    heat.draw_map(axes, ratios, numpy.zeros(ratios.shape, dtype=bool), names, scale)
    axes.set_title(shown.title, size=style.LABEL_POINTS, weight="bold")
    axes.set_xlabel("memory of node", size=style.LABEL_POINTS)
    axes.set_ylabel("CPU of node", size=style.LABEL_POINTS)


def draw_corners(
    axes: Axes,
    shown: Map,
    compared: nodes.Comparison,
    cpus: List[int],
    memories: List[int],
    scale: ScalarMappable,
) -> None:
    """The claims, those that do not fit framed."""
    wrong = {compared.pairs[place] for place in compared.wrong or []}
    costs: Dict[Pair, float] = dict(zip(compared.pairs, compared.costs))
    for pair in shown.work.pairs():
        if pair not in costs:
            continue
        ink = heat.ink(scale, shown.work.ratio(pair).value)
        frame = {"facecolor": "none", "edgecolor": ink, "pad": 1.2, "linewidth": 0.9}
        axes.text(
            memories.index(pair[1]) + 0.42,
            cpus.index(pair[0]) + 0.40,
            compared.claim.text(costs[pair]),
            size=CORNER_POINTS,
            ha="right",
            va="bottom",
            color=ink,
            bbox=frame if pair in wrong else None,
        )


def draw_bars(
    dataset: load.Dataset, rows: Rows, found: Nodes, shown: Sequence[Map]
) -> Figure:
    """One node has no map: its figures and how far launches lie apart."""
    notes = [BAR_NOTE]
    notes.append(f"Copied by {kernels.label(found.kernel)}." if found.size else "")
    page = layout.open_page(
        f"Memory of the one node, {machine.title(dataset)}",
        finding_of(dataset, found),
        machine.marks(dataset),
        machine.footer(dataset, rows, notes),
        BAR_INCHES * len(shown) + 0.65 * (len(shown) - 1),
        (0.3, 0.9),
    )
    grid = page.add_grid(len(shown), 1, 0, 0.65 / BAR_INCHES)
    for place, each in enumerate(shown):
        axes = page.figure.add_subplot(grid[place, 0])
        draw_bar(axes, each)
    return page.figure


def draw_bar(axes: Axes, shown: Map) -> None:
    """A bar from zero, its interval, the launches, the number at its end."""
    pairs = shown.work.own()
    value = shown.figure(shown.work.ns(pairs))
    places = [shown.work.found.places[shown.work.point(*pair)] for pair in pairs]
    rows = shown.work.found.launches.loc[places].stack()
    launches = [shown.figure(Estimate(ns, ns, ns)).value for ns in rows]
    axes.barh(0, value.value, 0.5, color=style.SKY, linewidth=0)
    axes.plot([value.low, value.high], [0, 0], color=style.BLACK, linewidth=2, zorder=3)
    axes.plot(
        launches,
        [0.38] * len(launches),
        color=style.BLUE,
        linestyle="",
        marker="o",
        markersize=3,
        alpha=0.6,
    )
    axes.set_xlim(0, 1.02 * max(launches + [value.value]))
    axes.set_ylim(-0.3, 0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_title(shown.title, size=style.LABEL_POINTS, weight="bold", loc="left")
    axes.annotate(
        style.number_text(value.value),
        (1.01, 0.35),
        xycoords="axes fraction",
        size=style.LABEL_POINTS,
        weight="bold",
        va="center",
        annotation_clip=False,
    )
