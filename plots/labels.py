"""Names written beside the lines they belong to, moved apart where they would touch."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from plots import layout, style


class End(NamedTuple):
    """A line's end in data coordinates, and what to write there."""

    x: float
    y: float
    text: str
    colour: str


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places at least `gap` apart in [low, high], in the same order, as near as can be to `wanted`.

    `wanted` ascends. Isotonic regression by pooling adjacent violators: least squares.
    """
    pools: list[tuple[float, int]] = []
    for index, place in enumerate(wanted):
        pool = (place - index * gap, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, count = pools.pop()
            pool = (
                (mean * count + pool[0] * pool[1]) / (count + pool[1]),
                count + pool[1],
            )
        pools.append(pool)
    flat = [mean for mean, count in pools for _ in range(count)]
    last = max(low, high - (len(flat) - 1) * gap)
    return [
        min(max(place, low), last) + index * gap for index, place in enumerate(flat)
    ]


def margins(texts: Iterable[str]) -> tuple[float, float]:
    """A page's margins in inches with room for these names right of the axes."""
    widest = max(
        style.text_width_inches(text, style.LABEL_POINTS, "bold") for text in texts
    )
    return 0.75, widest + 0.3


def label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Writes each line's name right of the axes, with a thin leader where it had to move."""
    pixels = axes.figure.dpi / 72
    box = axes.get_window_extent()
    placed = sorted(
        ends, key=lambda end: (axes.transData.transform((end.x, end.y))[1], end.text)
    )
    wanted = [axes.transData.transform((end.x, end.y))[1] for end in placed]
    gap = style.LABEL_POINTS * 1.35 * pixels
    for end, y in zip(placed, spread(wanted, gap, box.y0 + gap / 2, box.y1 - gap / 2)):
        axes.annotate(
            end.text,
            xy=(end.x, end.y),
            xytext=(1.025, (y - box.y0) / box.height),
            textcoords="axes fraction",
            size=style.LABEL_POINTS,
            color=end.colour,
            weight="bold" if end.colour == style.BLACK else "normal",
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": end.colour,
                "linewidth": 0.6,
                "shrinkA": 2,
                "shrinkB": 2,
                "relpos": (0, 0.5),
            },
        )


def label_leaving(axes: Axes, ends: Sequence[End]) -> None:
    """Writes the names of lines that leave the axes at the top above it, side by side."""
    box = axes.get_window_extent()
    taken = 0.0
    for end in sorted(ends):
        text = f"↑ {end.text}"
        wanted = (axes.transData.transform((end.x, end.y))[0] - box.x0) / box.width
        place = max(wanted, taken)
        axes.text(
            place,
            1.015,
            text,
            transform=axes.transAxes,
            size=style.LABEL_POINTS,
            color=end.colour,
            va="bottom",
        )
        taken = (
            place
            + (style.text_width_inches(text, style.LABEL_POINTS) + 0.2)
            * axes.figure.dpi
            / box.width
        )


def write_above(
    axes: Axes, x: float, text: str, colour: str, side: str = "center"
) -> None:
    """A text between the panel and its title, at that share of its width, on that side of it."""
    axes.text(
        x,
        1.01,
        text,
        transform=axes.transAxes,
        size=style.LABEL_POINTS,
        color=colour,
        ha=side,
        va="bottom",
    )


def draw_legend(page: layout.Page, looks: dict[str, style.Look]) -> None:
    """Names of lines, above the panels at the left."""
    handles = [
        Line2D(
            [],
            [],
            color=look.colour,
            linestyle=look.dashes,
            marker=look.marker,
            linewidth=look.width,
        )
        for look in looks.values()
    ]
    page.figure.legend(
        handles,
        list(looks),
        loc="lower left",
        bbox_to_anchor=(page.left, page.above(0.3)),
        ncol=len(looks),
        frameon=False,
        fontsize=style.LABEL_POINTS,
        borderaxespad=0,
        columnspacing=1.4,
        handlelength=2.4,
    )


PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}


def mark_size(axes: Axes, size: float, colour: str, height: float = 0.03) -> None:
    """A dotted line at that size, which stands left of it at that share of the axes' height."""
    axes.axvline(size, color=colour, linestyle=":", linewidth=1.1, zorder=1)
    axes.annotate(
        style.size_text(size),
        xy=(size, height),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-3, 0),
        textcoords="offset points",
        size=style.LABEL_POINTS,
        color=colour,
        ha="right",
        va="bottom",
        bbox=PAPER,
    )
