"""The call experiment: what each way to a copy costs, the boundary and the copy stacked."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from plots import kernels, layout, machine, style
from plots.kernels import Rows, Undrawable
from results import boundaries, load
from results.findings import of_experiment

PANELS_MAX = 3
LEGEND_INCHES = 0.2
SHOWN_SIZES = (64, 1024, 4096)
WORDS = {
    "constant": "C: size known to the compiler",
    "inlined": "C: copy called from the loop",
    "direct": "C: direct call",
    "pointer": "C: through a pointer",
    "plt": "C: through the PLT",
    "ocaml_noalloc_bytes": "OCaml, Bytes: [@@noalloc]",
    "ocaml_noalloc_bigarray": "OCaml, Bigarray: [@@noalloc]",
    "ocaml_plain_bytes": "OCaml, Bytes: plain",
    "ocaml_plain_bigarray": "OCaml, Bigarray: plain",
    "ocaml_boxed_bytes": "OCaml, Bytes: boxed",
    "ocaml_boxed_bigarray": "OCaml, Bigarray: boxed",
    "ocaml_blit": "OCaml: Bytes.blit",
    "ocaml_loop_unchecked": "OCaml: byte loop, unchecked",
    "ocaml_loop": "OCaml: byte loop",
}
NOTE = (
    "Boundary: the time at 0 B beyond that of a copy of 0 B called from the loop itself. The copy "
    "is the rest of the bar; where the two overlap, that is less than alone. Per cent: the boundary "
    "as a share of a copy called from the loop at that size. Whisker: "
    f"{kernels.INTERVAL_NOTE}."
)


class Part(NamedTuple):
    """A kind of segment: its words, its colour, its hatch."""

    words: str
    colour: str
    hatch: str


BOUNDARY = Part("boundary", style.VERMILION, "")
COPY = Part("copy", style.SKY, "")
OWN = Part("copy without such a call", style.GREY, "...")


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """call: a panel for each size, a stacked bar for each boundary."""
    rows = kernels.read_rows(dataset, "call", ["kernel", "boundary", "size"])
    kernel = boundaries.read(dataset).kernel
    table = rows.drawn[rows.drawn["kernel"].isin([kernel, ""])]
    table = with_parts(table)
    sizes = pick_sizes(sorted({int(size) for size in table["size"]}))
    if not sizes:
        raise Undrawable("call.csv: nothing to draw: no copy of more than 0 bytes")
    names = [name for name in WORDS if name in set(table["boundary"])]
    page = layout.open_page(
        f"What the way to a copy costs, {machine.title(dataset)}",
        finding(dataset),
        machine.marks(dataset),
        machine.footer(dataset, rows, [f"{NOTE} Copy: {kernels.label(kernel)}."]),
        0.27 * len(names) + LEGEND_INCHES,
        (left_margin(names), 0.1),
    )
    draw_legend(page)
    below = LEGEND_INCHES / page.figure.get_size_inches()[1]
    grid = page._replace(top=page.top - below).add_grid(1, len(sizes), 0.08, 0.0)
    for column, size in enumerate(sizes):
        axes = page.figure.add_subplot(grid[0, column])
        draw_panel(axes, table[table["size"] == size], names, column == 0)
        axes.set_title(f"{style.size_text(size)} copied", size=style.LABEL_POINTS)
    yield "call", page.figure


def finding(dataset: load.Dataset) -> str:
    """The first thing that was found, as a sentence."""
    first = next(of_experiment(dataset, "call")).sentence
    return f"{first[0].upper()}{first[1:]}."


def with_parts(table: pandas.DataFrame) -> pandas.DataFrame:
    """
    Adds boundary_ns, NAN where there is no kernel behind the boundary or nothing to compare with,
    and base_ns, the time of a copy of that size that is called from the loop.
    """
    median = table.set_index(["boundary", "size"])["median_ns"]
    base = median.get(boundaries.BASE, pandas.Series(dtype=float))
    empty = median[median.index.get_level_values("size") == 0].droplevel("size")
    fixed = (empty - base.get(0, float("nan"))).clip(lower=0)
    called = table["boundary"].isin([boundaries.BASE, *boundaries.called()])
    return table.assign(
        boundary_ns=table["boundary"].map(fixed).where(called),
        base_ns=table["size"].map(base),
    )


def pick_sizes(sizes: list[int]) -> list[int]:
    """The usual ones if they were measured, else the first, a middle one and the last above 0."""
    usual = [size for size in sizes if size in SHOWN_SIZES]
    if len(usual) == len(SHOWN_SIZES):
        return usual
    sizes = [size for size in sizes if size > 0]
    if len(sizes) <= PANELS_MAX:
        return sizes
    return [sizes[0], sizes[len(sizes) // 2], sizes[-1]]


def left_margin(names: list[str]) -> float:
    """Inches for the boundaries' words."""
    return 0.1 + max(
        style.text_width_inches(WORDS[name], style.LABEL_POINTS) for name in names
    )


def draw_panel(
    axes: Axes, cells: pandas.DataFrame, names: list[str], named: bool
) -> None:
    """The bars of one size; those much longer than all calls leave the axes, with their number."""
    rows = cells.drop_duplicates("boundary").set_index("boundary")
    usual = rows[rows["boundary_ns"].notna()] if len(rows) else rows
    axes.set_xlim(0, room_ns(axes, usual if len(usual) else rows))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [WORDS[name] for name in names])
    axes.tick_params(axis="y", length=0, labelleft=named, labelsize=style.LABEL_POINTS)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("ns per copy")
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="x")
    for place, name in enumerate(names):
        if name in rows.index:
            draw_bar(axes, place, rows.loc[name])
        else:
            write(axes, place, 0.0, "not measured")


def room_ns(axes: Axes, rows: pandas.DataFrame) -> float:
    """An axis as long as bars, their intervals (not much longer ones) and their texts need it."""
    inches = axes.get_window_extent().width / axes.figure.dpi
    longest = float(rows["median_ns"].max())
    ends = rows[["median_ns", "high_ns"]].max(axis=1).clip(upper=2.5 * longest)
    texts = [
        style.text_width_inches(bar_text(row), style.FOOTER_POINTS)
        for _, row in rows.iterrows()
    ]
    needed = [end / (0.96 - text / inches) for end, text in zip(ends, texts)]
    return max([1.75 * longest, *needed])


def bar_text(row: pandas.Series) -> str:
    """A bar's time, and the boundary's share."""
    text = style.number_text(float(row["median_ns"]))
    if row["boundary_ns"] > 0 and row["base_ns"] > 0:
        text += f" ({100 * row['boundary_ns'] / row['base_ns']:.0f} %)"
    return text


def draw_bar(axes: Axes, place: int, row: pandas.Series) -> None:
    """One boundary's bar: the boundary first, then the copy; its time and share at the end."""
    time, boundary = float(row["median_ns"]), float(row["boundary_ns"])
    common: dict[str, Any] = {"height": 0.62, "edgecolor": "white", "linewidth": 0}
    if boundary != boundary:
        axes.barh(place, time, color=OWN.colour, hatch=OWN.hatch, **common)
    else:
        boundary = min(boundary, time)
        axes.barh(place, boundary, color=BOUNDARY.colour, **common)
        axes.barh(place, time - boundary, left=boundary, color=COPY.colour, **common)
    right = axes.get_xlim()[1]
    if time > right:
        write(axes, place, 0.62 * right, f"{style.number_text(time)} ns →", True)
        return
    axes.plot([row["low_ns"], row["high_ns"]], [place] * 2, color=style.BLACK, lw=1)
    write(axes, place, min(max(time, float(row["high_ns"])), right), bar_text(row))


def write(axes: Axes, place: int, x: float, text: str, boxed: bool = False) -> None:
    """Writes a bar's text from that place on."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0} if boxed else None
    shift = 0.012 * axes.get_xlim()[1]
    axes.text(x + shift, place, text, size=style.FOOTER_POINTS, va="center", bbox=box)


def draw_legend(page: layout.Page) -> None:
    """What the colours are, above the panels' headings."""
    parts = (BOUNDARY, COPY, OWN)
    page.figure.legend(
        [
            Patch(facecolor=part.colour, hatch=part.hatch, edgecolor="white", lw=0)
            for part in parts
        ],
        [part.words for part in parts],
        loc="lower left",
        bbox_to_anchor=(page.left, page.top),
        ncol=len(parts),
        frameon=False,
        fontsize=style.LABEL_POINTS,
        handlelength=1.2,
        borderaxespad=0.1,
    )
