"""The cores experiment: what a handover costs between every two CPUs, and by how near they are."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple, Sequence, Tuple

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from plots import kernels, layout, machine, style
from results import load, reference
from results.findings import cores

SIDE_INCHES = (1.5, 4.8)  # of the matrix, at least and at most
CPU_INCHES = 0.42
ROW_INCHES = 0.62  # of a nearness
SCALE_INCHES = 0.14
GAP_INCHES = 0.1
NUMBER_POINTS = 6.5
WIDEST = (
    2.0  # the colours span at least this ratio, so that noise does not look like a step
)
LINED_MAX = 32  # CPUs whose cores can be told apart by lines
BARS_MAX = 24  # pairs of a nearness whose intervals can be told apart
HANDOVER_NOTE = (
    "One handover: a CPU sees that the line changed, takes it and changes it again; half of a "
    "round trip."
)
MATRIX_NOTE = (
    "Row: who begins; column: who answers; colours are logarithmic. CPUs stand beside those they "
    "share most with; the thicker a line, the less is shared across it."
)
STRIP_NOTE = (
    "Dot: a pair in one direction; upright line: the median. Bar, where pairs are few: "
    f"{kernels.INTERVAL_NOTE}."
)

Ranks = Dict[Tuple[int, int], int]


class Matrix(NamedTuple):
    """CPUs in the order in which they are drawn, ns by row (from) and column (to), and ranks."""

    cpus: List[int]
    ns: numpy.ndarray
    ranks: Ranks


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """cores: the matrix, unless too few of the pairs were measured, and a strip for each nearness."""
    rows = kernels.read_rows(
        dataset, "cores", ["from", "to", "nearness"], ["cpu_asked"]
    )
    plateaus = cores.read(dataset)
    found = matrix(rows.drawn)
    whole = 2 * len(rows.drawn) >= len(found.cpus) * (len(found.cpus) - 1)
    least, most = SIDE_INCHES
    side = min(most, max(least, CPU_INCHES * len(found.cpus))) if whole else 0.0
    page = layout.open_page(
        f"How far apart cores are, {machine.title(dataset)}",
        style.sentence_text(cores.summary(plateaus).sentence),
        machine.marks(dataset),
        machine.footer(dataset, rows, [note(dataset, plateaus, whole)]),
        max(side, ROW_INCHES * len(plateaus)),
        (0.5, 0.2),
    )
    scale = open_scale(rows.drawn["median_ns"])
    left = 0.0
    if whole:
        draw_matrix(inches(page, 0, side, side), found, scale)
        draw_scale(inches(page, side + GAP_INCHES, SCALE_INCHES, side), scale)
        left = side + GAP_INCHES + SCALE_INCHES + 0.65
    least, most = (lines * ROW_INCHES * len(plateaus) for lines in (1, 2))
    draw_strips(page, (left, max(least, min(side, most))), plateaus, scale)
    yield "cores", page.figure


def note(dataset: load.Dataset, plateaus: Sequence[cores.Plateau], whole: bool) -> str:
    """What a reader has to know of the two parts, and how many pairs there are."""
    left_out = cores.taken(dataset, list(plateaus))
    parts = [HANDOVER_NOTE, MATRIX_NOTE if whole else "", STRIP_NOTE]
    parts.append(style.sentence_text(left_out.sentence) if left_out else "")
    parts.append(reference.range_text("A handover", "handover"))
    return " ".join(filter(None, parts))


def inches(page: layout.Page, left: float, width: float, height: float) -> Axes:
    """Axes that begin so far from the left of the page's room, hanging from its top."""
    wide, high = page.figure.get_size_inches()
    box = (
        page.left + left / wide,
        page.top - height / high,
        width / wide,
        height / high,
    )
    return page.figure.add_axes(box)


def matrix(rows: pandas.DataFrame) -> Matrix:
    """The measured pairs."""
    order = list(cores.NEARNESSES)
    ranks: Ranks = {}
    for low, high, nearness in zip(rows["from"], rows["to"], rows["nearness"]):
        ranks[int(low), int(high)] = ranks[int(high), int(low)] = order.index(nearness)
    cpus = beside(sorted({cpu for pair in ranks for cpu in pair}), ranks, len(order))
    places = {cpu: place for place, cpu in enumerate(cpus)}
    ns = numpy.full((len(cpus), len(cpus)), numpy.nan)
    ns[rows["from"].map(places), rows["to"].map(places)] = rows["median_ns"]
    return Matrix(cpus, ns, ranks)


def beside(cpus: Sequence[int], ranks: Ranks, below: int) -> List[int]:
    """Orders CPUs so that those nearer than `below` to each other are together, and so within."""
    if below == 0 or len(cpus) < 2:
        return list(cpus)
    left, ordered = list(cpus), []
    while left:
        group = [left.pop(0)]
        for one in group:
            near = [cpu for cpu in left if ranks.get((one, cpu), below) < below]
            group += near
            left = [cpu for cpu in left if cpu not in near]
        ordered += beside(sorted(group), ranks, below - 1)
    return ordered


def open_scale(ns: pandas.Series) -> ScalarMappable:
    """Colours for these times: dark is far."""
    low, high = float(ns.min()), float(ns.max())
    room = max(1.0, WIDEST / (high / low)) ** 0.5
    return ScalarMappable(LogNorm(low / room, high * room), "cividis_r")


def draw_matrix(axes: Axes, found: Matrix, scale: ScalarMappable) -> None:
    """The heat map, its numbers where they fit, and lines between what shares less."""
    count = len(found.cpus)
    axes.axvspan(
        -0.5, count - 0.5, facecolor="white", edgecolor=style.GREY, hatch="////", lw=0
    )
    look = {"cmap": scale.cmap, "norm": scale.norm, "interpolation": "none"}
    axes.imshow(found.ns, aspect="auto", zorder=1.5, **look)
    room = axes.get_window_extent().width / axes.figure.dpi / count
    points = style.LABEL_POINTS if count <= 4 else NUMBER_POINTS
    seen = list(zip(*numpy.nonzero(numpy.isfinite(found.ns))))
    texts = [style.number_text(float(found.ns[place])) for place in seen]
    widest = max(style.text_width_inches(text, points) for text in texts)
    for (row, column), text in zip(seen, texts) if room > 1.05 * widest else ():
        ground = scale.to_rgba(found.ns[row, column])
        write_number(axes, (column, row), text, ground, points)
    widest = max(
        style.text_width_inches(str(cpu), style.FOOTER_POINTS) for cpu in found.cpus
    )
    step = max(1, -(-int(100 * 1.3 * widest) // int(100 * room)))
    places = range(0, count, step)
    names = [str(found.cpus[place]) for place in places]
    axes.set_xticks(places, names, size=style.FOOTER_POINTS)
    axes.set_yticks(places, names, size=style.FOOTER_POINTS)
    axes.set_xlabel("to CPU")
    axes.set_ylabel("from CPU")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    draw_boundaries(axes, found)


def draw_boundaries(axes: Axes, found: Matrix) -> None:
    """Lines between CPUs that share less than others do."""
    pairs = list(zip(found.cpus, found.cpus[1:]))
    between = [found.ranks.get(pair, -1) for pair in pairs]
    levels = sorted(set(found.ranks.values()))
    hidden = 1 if len(found.cpus) > LINED_MAX else 0
    for place, rank in enumerate(between):
        level = levels.index(rank) if rank in levels else 0
        width = 0.7 * level if level > hidden else 0.0
        for draw_line in (axes.axvline, axes.axhline) if width else ():
            draw_line(place + 0.5, color=style.BLACK, linewidth=width, zorder=2)


def write_number(
    axes: Axes,
    place: Tuple[int, int],
    text: str,
    ground: Tuple[float, float, float, float],
    points: float,
) -> None:
    """A pair's time in its cell, on that colour."""
    red, green, blue, _ = ground
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
    axes.text(
        *place,
        text,
        size=points,
        color=style.LIGHT_INK if dark else style.DARK_INK,
        ha="center",
        va="center",
        zorder=3,
    )


def draw_scale(axes: Axes, scale: ScalarMappable) -> None:
    """The colour bar, in ns."""
    low, high = scale.norm.vmin, scale.norm.vmax
    finer = (1, 1.5, 2, 3, 5, 7) if high / low < 30 else (1,)
    marks = [digit * 10.0**power for power in range(-1, 9) for digit in finer]
    ticks = [mark for mark in marks if low <= mark <= high]
    bar = axes.figure.colorbar(scale, cax=axes, ticks=ticks)
    bar.ax.minorticks_off()
    bar.ax.set_yticklabels([f"{tick:g}" for tick in ticks], size=style.FOOTER_POINTS)
    bar.ax.set_title("ns", size=style.LABEL_POINTS)
    bar.outline.set_visible(False)


def name_of(plateau: cores.Plateau) -> str:
    """A nearness and how many pairs have it, on two lines."""
    count = len(plateau.cells)
    return f"{cores.NEARNESSES[plateau.nearness][0]}\n{count} pair{'s' * (count > 1)}"


def ns_text(ns: float) -> str:
    """Three digits, and a larger unit where that many are not whole ns."""
    return f"{style.number_text(ns)} ns" if ns < 1000 else style.time_text(ns)


def draw_strips(
    page: layout.Page,
    place: Tuple[float, float],
    plateaus: List[cores.Plateau],
    scale: ScalarMappable,
) -> None:
    """
    A row of dots for each nearness, the nearest on top, with its median. place: inches left of it,
    and its height.
    """
    names = [name_of(plateau) for plateau in plateaus]
    left = place[0] + max(
        style.text_width_inches(line, style.LABEL_POINTS)
        for name in names
        for line in name.split("\n")
    )
    width = (page.right - page.left) * layout.WIDTH_INCHES - left
    axes = inches(page, left, width, place[1])
    farthest = max(float(plateau.rows["median_ns"].max()) for plateau in plateaus)
    label = 0.25 + max(
        style.text_width_inches(
            ns_text(cores.cost(each).value), style.LABEL_POINTS, "bold"
        )
        for each in plateaus
    )
    axes.set_xlim(0, farthest / (1 - label / width))
    axes.set_ylim(len(plateaus) - 0.5, -0.5)
    axes.set_yticks(range(len(plateaus)), names, size=style.LABEL_POINTS)
    axes.set_xlabel("ns for one handover")
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row, plateau in enumerate(plateaus):
        draw_strip(axes, row, plateau, scale)


def draw_strip(
    axes: Axes, place: int, plateau: cores.Plateau, scale: ScalarMappable
) -> None:
    """One row: its pairs spread over its height in their order, so that equal ones are seen."""
    rows = plateau.rows[["median_ns", "low_ns", "high_ns"]].astype(float)
    count = len(rows)
    heights = place + 0.05 + 0.4 * ((numpy.arange(count) + 0.5) / count - 0.5)
    if count <= BARS_MAX:
        low = rows["low_ns"].clip(lower=0)
        axes.hlines(
            heights, low, rows["high_ns"], color=style.GREY, linewidth=0.8, zorder=2
        )
    axes.scatter(
        rows["median_ns"],
        heights,
        s=14 if count <= BARS_MAX else 7,
        c=scale.to_rgba(rows["median_ns"].to_numpy()),
        edgecolors=style.QUIET,
        linewidths=0.4,
        zorder=3,
    )
    median = cores.cost(plateau).value
    axes.vlines(
        median, place - 0.42, place + 0.32, color=style.BLACK, linewidth=1.6, zorder=2.5
    )
    axes.annotate(
        ns_text(median),
        (median, place - 0.33),
        (4, 0),
        textcoords="offset points",
        size=style.LABEL_POINTS,
        weight="bold",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        zorder=4,
    )
