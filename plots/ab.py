"""
`python3 -m plots.ab PAIRS --out=FILE.svg`: every cell of a comparison of two shared objects, by
function and size, its change with its interval. `python3 -m results.ab` gives the verdict.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from plots import labels, layout, style
from plots.kernels import Undrawable
from results import load
from results.ab import pairs, texts, verdict
from results.ab.verdict import ALARMED, BY_PLACEMENT, IMPROVED, INCONCLUSIVE
from results.ab.verdict import NOT_REGRESSED, REGRESSED, Judged, Ratio, Verdict
from results.machines import shortened

FORMATS = (".svg", ".png")
LOOKS = {
    REGRESSED: style.Look(style.VERMILION, "-", "s"),
    BY_PLACEMENT: style.Look(style.PURPLE, "-", "D"),
    INCONCLUSIVE: style.Look(style.ORANGE, "-", "v"),
    IMPROVED: style.Look(style.GREEN, "-", "^"),
    NOT_REGRESSED: style.Look(style.BLUE, "-", "o"),
}
NAMED = (
    REGRESSED,
    BY_PLACEMENT,
    INCONCLUSIVE,
    IMPROVED,
)  # the worth of a name, first to last
ROW_INCHES, ROWS_INCHES = 0.13, 9.0  # of a row, and of all rows where they are many
LEAST_INCHES = 1.6
GAP_ROWS = 1.5  # between sizes
NAME_INCHES = 1.35 * style.LABEL_POINTS / 72
WIDE_MOST = 0.1  # a wider interval, in logarithms, is cut where no value is as far out
CONTROL_COLOUR = "#C9C9C9"
SHA_DIGITS = 12
NOTE = (
    "Point and line: new ÷ old over launches (Hodges-Lehmann) and its interval, each end at alpha. "
    "Grey: the same of old and its own copy. Hollow: new and old entered at the same offset in a "
    "page. Band: changes up to the threshold; dashed: what was to be detected."
)


class Row(NamedTuple):
    """A cell at its height, from the top down, and the control of the same point."""

    y: float
    judged: Judged
    control: Optional[Ratio]


def draw(found: Verdict) -> Figure:
    """The figure; Undrawable if nothing was measured."""
    rows = order(found)
    if not rows:
        raise Undrawable(f"{found.pairs.path}: nothing to draw: no cell was measured")
    last = rows[-1].y + 1
    height = max(LEAST_INCHES, min(ROW_INCHES * last, ROWS_INCHES))
    groups = {name: list(members) for name, members in itertools.groupby(rows, group)}
    new, old = found.pairs.new["label"], found.pairs.old["label"]
    page = layout.open_page(
        f"{new} against {old}, "
        f"{shortened(load.machine_title(found.pairs.machine))}",
        style.sentence_text(texts.headline(found)),
        [],
        [footer(found), NOTE, left_out(found)],
        height,
        (
            widest(groups) + 0.2,
            widest(name(row.judged)[0] for row in rows if to_see(row, found)) + 0.3,
        ),
    )
    axes = page.add_axes()
    axes.set_ylim(last, -1)
    ratio_axis(axes, rows, found.pairs.plan)
    for row in rows:
        draw_row(axes, row, min(4.5, 60 * height / last))
    groups_axis(axes, groups)
    draw_key(axes, found)
    seen = [[row for row in each if to_see(row, found)] for each in groups.values()]
    most = [
        max(2, int(len(each) * height / last / NAME_INCHES)) for each in groups.values()
    ]
    labels.label_ends(axes, names(zip(seen, most), axes.get_xlim()[1]))
    return page.figure


def widest(lines: Iterable[str]) -> float:
    """Of these texts, in inches."""
    return max(
        (style.text_width_inches(line, style.LABEL_POINTS) for line in lines), default=0
    )


def order(found: Verdict) -> List[Row]:
    """All measured cells by function and size, the slowest of each size first."""
    controls = {
        each.cell.point: each.ratio for each in found.control if each.ratio.launches
    }
    measured = [judged for judged in found.change if judged.ratio.launches]
    measured.sort(
        key=lambda judged: (
            judged.cell.point.function,
            judged.cell.point.size,
            -judged.ratio.value,
        )
    )
    rows: List[Row] = []
    for judged in measured:
        y = rows[-1].y + 1 if rows else 0.0
        if rows and group(rows[-1]) != group(Row(y, judged, None)):
            y += GAP_ROWS
        rows.append(Row(y, judged, controls.get(judged.cell.point)))
    return rows


def group(row: Row) -> str:
    """The function and size that a row belongs to."""
    point = row.judged.cell.point
    return f"{point.function} {texts.size(point.size)}"


def footer(found: Verdict) -> str:
    """What was compared and how."""
    about = texts.circumstances(found, SHA_DIGITS)
    return " · ".join(f"{name}: {text}" for name, text in about)


def left_out(found: Verdict) -> str:
    """Cells without figures, in words."""
    total = len(found.change)
    missing = sum(not judged.ratio.launches for judged in found.change)
    return f"Without figures: {missing} of {total} cells." if missing else ""


def ratio_axis(axes: Axes, rows: Sequence[Row], plan: Dict[str, float]) -> None:
    """Logarithmic in new ÷ old, in percent, with the band of the threshold."""
    values = numpy.log([row.judged.ratio.value for row in rows])
    ends = [math.log(end) for row in rows for end in finite_ends(row.judged.ratio)]
    least = 1.6 * math.log1p(plan["detect"])
    widest = max(1.3 * float(abs(values).max()), WIDE_MOST)
    low = max(min([*ends, -least]), min(-widest, -least))
    high = min(max([*ends, least]), max(widest, least))
    room = 0.04 * (high - low)
    low, high = low - room, high + room
    axes.set_xlim(low, high)
    band = math.log1p(plan["threshold"])
    axes.axvspan(-band, band, color=style.BAND, linewidth=0, zorder=0)
    axes.axvline(0, color=style.QUIET, linewidth=0.8, zorder=1)
    axes.axvline(
        math.log1p(plan["detect"]),
        color=style.QUIET,
        linestyle=(0, (4, 2)),
        linewidth=0.9,
        zorder=1,
    )
    axes.xaxis.set_major_locator(FixedLocator(ticks(low, high)))
    axes.xaxis.set_major_formatter(
        FuncFormatter(
            lambda value, _: f"{100 * math.expm1(value):+.3g} %".replace("+0 ", "0 ")
        )
    )
    axes.set_xlabel("new takes longer by")


def finite_ends(ratio: Ratio) -> List[float]:
    """The interval's ends, as far as it has any."""
    return [end for end in (ratio.low, ratio.high) if 0 < end < math.inf]


def ticks(low: float, high: float) -> List[float]:
    """Places of round percentages, about six of them, or of powers of two where they are far."""
    if high - low > 2:
        step = max(1, round((high - low) / math.log(2) / 8))
        powers = range(-40 * step, 41 * step, step)
        return [power * math.log(2) for power in powers]
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
    span = 100 * (math.expm1(high) - math.expm1(low))
    width = next((each for each in steps if span / each <= 6), 100)
    counts = range(
        math.ceil(-99 / width), math.floor(100 * math.expm1(high) / width) + 1
    )
    return [math.log1p(count * width / 100) for count in counts]


def draw_row(axes: Axes, row: Row, thickness: float) -> None:
    """The control's interval, the cell's, its value, and that at the same offset."""
    ratio, look = row.judged.ratio, LOOKS[row.judged.outcome]
    low, high = axes.get_xlim()
    if row.control:
        draw_interval(axes, row.y, row.control, CONTROL_COLOUR, thickness, 2)
    draw_interval(axes, row.y, ratio, look.colour, 1.1, 3)
    quiet = row.judged.outcome == NOT_REGRESSED
    value = min(max(math.log(ratio.value), low), high)
    axes.plot(
        [value],
        [row.y],
        color=look.colour,
        marker=look.marker,
        markersize=2.2 if quiet else 4.5,
        zorder=5,
    )
    placed = row.judged.placed
    if placed and placed.same.launches and not quiet:
        axes.plot(
            [math.log(placed.same.value)],
            [row.y],
            color=look.colour,
            marker=look.marker,
            markersize=4.5,
            markerfacecolor="white",
            zorder=4,
        )


def draw_interval(
    axes: Axes, y: float, ratio: Ratio, colour: str, width: float, zorder: int
) -> None:
    """A line from end to end, or over the whole width where there is no interval."""
    low, high = axes.get_xlim()
    ends = [max(ratio.low, math.exp(low)), min(ratio.high, math.exp(high))]
    axes.plot(
        numpy.log(ends),
        [y, y],
        color=colour,
        linewidth=width,
        solid_capstyle="butt",
        zorder=zorder,
        gid="interval",
    )


def groups_axis(axes: Axes, groups: Dict[str, List[Row]]) -> None:
    """Names of functions and sizes, and lines between them."""
    middles = [(rows[0].y + rows[-1].y) / 2 for rows in groups.values()]
    axes.set_yticks(middles, labels=list(groups), size=style.LABEL_POINTS)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for rows in list(groups.values())[:-1]:
        axes.axhline(
            rows[-1].y + (1 + GAP_ROWS) / 2, color="#DDDDDD", linewidth=0.6, zorder=0
        )


def draw_key(axes: Axes, found: Verdict) -> None:
    """Above the panel: how many cells have which outcome, each with its marker."""
    for outcome, look in LOOKS.items():
        number = sum(
            judged.outcome == outcome and judged.ratio.launches > 0
            for judged in found.change
        )
        if number:
            axes.plot(
                [], [], look.marker, color=look.colour, label=f"{number} {outcome}"
            )
    alarms = sum(each.outcome == ALARMED for each in found.control)
    grey = f"control, {alarms or 'none'} alarmed"
    axes.plot(
        [], [], color=CONTROL_COLOUR, linewidth=5, solid_capstyle="butt", label=grey
    )
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncol=len(LOOKS) + 1,
        frameon=False,
        fontsize=style.LABEL_POINTS,
        handletextpad=0.3,
        handlelength=1.2,
        columnspacing=1.2,
        borderpad=0.2,
    )


def to_see(row: Row, found: Verdict) -> bool:
    """Whether a reader has to see which cell it is; without a verdict all are alike."""
    return row.judged.outcome in NAMED and not found.why


def names(groups: Iterable[Tuple[List[Row], int]], right: float) -> List[labels.End]:
    """
    Of the rows of a size so many as stand beside it, the worst first. They begin at the panel's
    edge: a line from the point itself would look like its interval.
    """
    ends = []
    for rows, most in groups:
        rows.sort(
            key=lambda row: (
                NAMED.index(row.judged.outcome),
                -abs(math.log(row.judged.ratio.value)),
            )
        )
        shown = rows if len(rows) <= most else rows[: most - 1]
        ends += [labels.End(right, row.y, *name(row.judged)) for row in shown]
        if len(shown) < len(rows):
            more = f"and {len(rows) - len(shown)} more"
            ends.append(labels.End(right, rows[len(shown)].y, more, style.QUIET))
    return ends


def name(judged: Judged) -> Tuple[str, str]:
    """What distinguishes a cell from others of its size, its change, and the colour of both."""
    point = judged.cell.point
    return (
        f"src +{point.src_offset}, dst +{point.dst_offset}, {point.page}, "
        f"{point.temperature}  {texts.percent(judged.ratio.value)}",
        LOOKS[judged.outcome].colour,
    )


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line; usage errors end the program with 2."""
    parser = argparse.ArgumentParser(prog="plots.ab", description=__doc__)
    parser.add_argument("pairs", metavar="PAIRS", help="a file of pairs")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="FILE.svg or FILE.png"
    )
    options = parser.parse_args(arguments)
    if options.out.suffix not in FORMATS:
        parser.error(f"--out: {options.out} does not end in {' or '.join(FORMATS)}")
    return options


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """0: drawn; 1: it could not be, as a line on stderr says; 2: usage."""
    options = parse(arguments)
    try:
        style.write(draw(verdict.judge(pairs.read(options.pairs))), options.out)
    except (load.DatasetError, Undrawable, OSError) as error:
        print(f"plots.ab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
