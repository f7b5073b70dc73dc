"""One look for all figures: colours, units, axes and lines, and how a figure becomes a file."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Callable, Iterable, NamedTuple, Optional, Sequence

import matplotlib
import pandas
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from results.findings import Finding

LABEL_POINTS = 9.5
FOOTER_POINTS = 8.0
COPIED_AXIS = "bytes copied (working set: src and dst, twice that)"

# Okabe & Ito, "Color Universal Design" (2008), without the yellow that vanishes on white paper.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#7F7F7F"
QUIET = "#555555"
BAND = "#F1F1F1"
# Letters on a coloured ground, which stay what they are whatever colour the page has.
DARK_INK, LIGHT_INK = "#010101", "#FEFEFE"

RULER = RendererAgg(1, 1, 100)


class Look(NamedTuple):
    """A line's colour, and its dashes and marker as the second channel for grey print."""

    colour: str
    dashes: Any
    marker: str
    width: float = 1.4


LOOKS = (
    Look(BLUE, "-", "o"),
    Look(VERMILION, (0, (5, 1.5)), "s"),
    Look(GREEN, (0, (7, 1.5, 1.5, 1.5)), "^"),
    Look(PURPLE, "-", "D"),
    Look(ORANGE, (0, (3, 1.2)), "v"),
    Look(SKY, "-", "P"),
    Look(GREY, (0, (1.2, 1.2)), "X"),
)
LIBC_LOOK = Look(BLACK, "-", "", 2.6)

SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 10.0,
    "axes.labelsize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.axisbelow": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.0,
    "figure.dpi": 100.0,
    "savefig.dpi": 150.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "copycost",
    "hatch.linewidth": 0.5,
}


def size_text(size: float) -> str:
    """Bytes in IEC units, as short as is exact to three digits."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return (
                f"{size / factor:.3g} {unit}"
                if size / factor < 1000
                else f"{size / factor:.0f} {unit}"
            )
    return f"{size:.0f} B"


def packet_text(size: float) -> str:
    """Bytes of a packet: whole numbers of them, where IEC units would not be whole."""
    return f"{size:.0f} B" if size % 1024 else size_text(size)


def sentence_text(finding: str) -> str:
    """A finding as a sentence of its own."""
    return f"{finding[:1].upper()}{finding[1:]}."


def sentences_text(found: Iterable[Finding]) -> str:
    """Findings one after another."""
    return " ".join(sentence_text(one.sentence) for one in found)


def number_text(value: float) -> str:
    """Three significant digits, never an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}".rstrip(".") if value >= 0.01 else f"{value:.2g}"


@functools.lru_cache(maxsize=None)
def text_width_inches(text: str, points: float, weight: str = "normal") -> float:
    """How wide a line of text will be."""
    font = FontProperties(
        family=SETTINGS["font.sans-serif"][:1], size=points, weight=weight
    )
    width, _, _ = RULER.get_text_width_height_descent(text, font, False)
    return float(width) / RULER.dpi


def bytes_range(sizes: pandas.Series) -> tuple[float, float]:
    """The ends of a logarithmic axis for these sizes; room around a single one."""
    low, high = float(sizes.min()), float(sizes.max())
    return (low, high) if low < high else (low / 2, high * 2)


def bytes_axis(axes: Axes, low: float, high: float, name: Optional[str]) -> None:
    """A logarithmic axis of sizes: ticks at powers of two, labels far enough apart to be read."""
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    powers = [power for power in range(0, 50) if low <= 2.0**power <= high]
    step = next(step for step in (1, 2, 4, 5, 10, 20) if len(powers) <= 12 * step)
    axes.xaxis.set_major_locator(
        FixedLocator([2.0**p for p in powers if p % step == 0])
    )
    axes.xaxis.set_minor_locator(FixedLocator([2.0**p for p in powers if p % step]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: size_text(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if name:
        axes.set_xlabel(name)


def time_text(value: float) -> str:
    """Nanoseconds in the unit that keeps the number short."""
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value:.3g} ns"


def log_axis(
    axes: Axes,
    low: float,
    high: float,
    name: str,
    text: Callable[[float], str] = "{:g}".format,
) -> None:
    """A logarithmic y axis with ticks at 1, 2 and 5 of each decade, fewer where they are many."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    decades = range(-6, 12)
    digits = (1, 2, 5) if high / low < 500 else (1,)
    ticks = [digit * 10.0**decade for decade in decades for digit in digits]
    axes.yaxis.set_major_locator(
        FixedLocator([tick for tick in ticks if low <= tick <= high])
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel(name)


def draw_line(axes: Axes, x: pandas.Series, y: pandas.DataFrame, look: Look) -> None:
    """A line with its interval as shade; the columns of `y` are the value, low and high.

    An interval wider than the value itself would only flood the figure: a hollow point says so.
    """
    place = x.astype(float).to_numpy()
    middle, low, high = y.astype(float).to_numpy().T
    wide = high - low > middle
    above = 4 if look.colour == BLACK else 3
    axes.fill_between(
        place,
        low,
        high,
        where=~wide,
        color=look.colour,
        alpha=0.15,
        linewidth=0,
        zorder=2,
    )
    axes.plot(
        place,
        middle,
        color=look.colour,
        linestyle=look.dashes,
        linewidth=look.width,
        marker=look.marker or ("o" if len(place) == 1 else ""),
        markevery=max(1, len(place) // 12),
        zorder=above,
        gid="line",
    )
    axes.plot(
        place[wide],
        middle[wide],
        color=look.colour,
        linestyle="",
        marker="o",
        markerfacecolor="white",
        zorder=above,
    )


def write(figure: Figure, path: Path) -> None:
    """Writes the figure in the form that the path's suffix names; the same bytes every time."""
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    figure.savefig(path, metadata=metadata)
