"""Heat maps of times as multiples of other times, on one scale around 1."""

from __future__ import annotations

from typing import Sequence

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from plots import kernels, layout, style

NUMBER_POINTS = 7.0
CERTAIN_NOTE = (
    "only where the two intervals do not touch"
    f" (interval: {kernels.INTERVAL_NOTE}). Colours are logarithmic."
)


def open_scale(ratios: pandas.Series) -> ScalarMappable:
    """Colours for these ratios, as far from 1 on either side, 4 times at most."""
    farthest = float(numpy.exp(numpy.log(ratios).abs().quantile(0.99)))
    widest = min(4.0, max(1.25, farthest))
    return ScalarMappable(LogNorm(1 / widest, widest), "PuOr_r")


def draw_map(
    axes: Axes,
    ratios: numpy.ndarray,
    certain: numpy.ndarray,
    names: tuple[Sequence[str], Sequence[str]],
    scale: ScalarMappable,
    points: float = NUMBER_POINTS,
) -> None:
    """
    Ratios by row (from the top) and column at equal steps, whatever `names` (rows, columns) stand
    for; NAN is hatched. The `certain` ones are written, if there is room.
    """
    rows, columns = ratios.shape
    room = axes.get_window_extent().width / axes.figure.dpi / columns
    if room > 1.1 * style.text_width_inches("0.00", points):
        for row, column in zip(*numpy.nonzero(certain)):
            write_number(axes, column, row, ratios[row, column], scale, points)
    axes.axvspan(
        -0.5,
        columns - 0.5,
        facecolor="white",
        edgecolor=style.GREY,
        hatch="////",
        linewidth=0,
    )
    look = {"cmap": scale.cmap, "norm": scale.norm, "interpolation": "none"}
    axes.imshow(ratios, aspect="auto", zorder=1.5, **look)
    axes.set_yticks(range(rows), names[0], size=style.FOOTER_POINTS)
    axes.set_xticks(range(columns), names[1], size=style.FOOTER_POINTS)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def write_number(
    axes: Axes, x: float, y: float, ratio: float, scale: ScalarMappable, points: float
) -> None:
    """A cell's ratio in its middle, over lines that cross the map."""
    text = style.number_text(ratio)[:4]
    axes.text(
        x,
        y,
        text,
        size=points,
        ha="center",
        va="center",
        color=ink(scale, ratio),
        bbox={"facecolor": scale.to_rgba(ratio), "edgecolor": "none", "pad": 0.5},
    )


def ink(scale: ScalarMappable, ratio: float) -> str:
    """The colour of letters that can be read on that ratio's."""
    dark = sum(scale.to_rgba(ratio)[:3]) < 1.5
    return style.LIGHT_INK if dark else style.DARK_INK


def draw_scale(page: layout.Page, scale: ScalarMappable, name: str) -> None:
    """The colour bar right of the page's room, with ticks at ratios that read well."""
    axes = page.figure.add_axes(
        (page.right + 0.02, page.bottom, 0.016, page.top - page.bottom)
    )
    marks = [1.1, 1.2, 1.5, 2.0, 3.0, 4.0]
    usable = [mark for mark in marks if mark <= scale.norm.vmax * 1.001]
    usable = usable[-3:]
    ticks = [1 / mark for mark in reversed(usable)] + [1.0] + usable
    bar = page.figure.colorbar(scale, cax=axes, extend="both", ticks=ticks)
    bar.ax.minorticks_off()
    bar.ax.set_yticklabels([f"{tick:.2g}" for tick in ticks], size=style.LABEL_POINTS)
    bar.set_label(name, size=style.LABEL_POINTS)
    bar.outline.set_visible(False)
