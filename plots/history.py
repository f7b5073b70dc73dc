"""
`python3 -m plots.history MACHINE... --out=DIR`: of every cell whose cost has changed (results.history)
its least times over all runs, a picture each. Prints their paths.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from plots import layout, style
from results import history, load, minima
from results.history import CODE, FASTER, SLOWER, Change, History
from results.history.text import cause_text, report

FORMATS = ("svg", "png")
MOST = 24
PANEL_INCHES = 3.6
BAR = "#C8C8C8"
COLOURS = {SLOWER: style.VERMILION, FASTER: style.BLUE, CODE: style.PURPLE}
WORDS = {SLOWER: "slower", FASTER: "faster", CODE: "on another level by other code"}
NOTE = (
    "Points: the least time in each run. Grey bars: the interval in which the median of a like run "
    "falls in 95 % of cases. Triangles: beyond the axis, with the highest one's time. Lines: medians of the points of a "
    "level. Dashed: from where on it is another one, and by what it is multiplied; what machine.json "
    "says has changed with it need not be the cause."
)


def draw(found: History) -> Iterator[Tuple[str, Figure]]:
    """A figure a cell that changed: those of the newest change first, of these the worst."""
    by_cell: Dict[Tuple[str, ...], List[Change]] = {}
    for change in found.changes:
        by_cell.setdefault(change.key, []).insert(0, change)
    for key, changes in by_cell.items():
        yield file_stem(key), _figure(found, key, changes)


def file_stem(key: Sequence[str]) -> str:
    """A name of a file for the cell."""
    return re.sub(r"[^\w=.]+", "-", "-".join(part for part in key if part)).strip("-")


def _figure(found: History, key: Tuple[str, ...], changes: Sequence[Change]) -> Figure:
    last = found.runs[-1]
    marks = ["EMULATED: no timing"] if found.emulated else []
    page = layout.open_page(
        f"{minima.cell_text(key)}, {last.title}",
        style.sentence_text(change_text(found, changes[-1])),
        marks,
        [*(change_text(found, change) for change in changes[:-1]), NOTE, _where(found)],
        PANEL_INCHES,
        (0.75, 0.9),
    )
    axes = page.add_axes()
    parts = history.levels(found.minima.loc[key], [change.place for change in changes])
    _draw_points(axes, found, key, parts)
    _draw_levels(axes, found, parts, changes)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda ns, _: style.time_text(ns)))
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=9))
    axes.xaxis.set_major_formatter(
        ConciseDateFormatter(axes.xaxis.get_major_locator(), show_offset=False)
    )
    axes.grid(axis="y")
    axes.set_xlabel("end of the run (UTC)")
    axes.set_ylabel("least time of a call")
    return page.figure


def change_text(found: History, change: Change) -> str:
    """Since when, by how much, and what changed with it."""
    value, low, high = map(style.number_text, change.ratio)
    when = found.runs[change.place].when.strftime("%Y-%m-%d")
    factor = f"times {value} ({low} to {high})"
    return (
        f"{WORDS[change.verdict]} since {when}, {factor}; with it: {cause_text(change)}"
    )


def _where(found: History) -> str:
    """Which runs these are."""
    runs = found.runs
    return (
        f"{runs[-1].facts['machine']} · {len(runs)} runs, {runs[0].when.strftime('%Y-%m-%d')} to "
        f"{runs[-1].when.strftime('%Y-%m-%d')} · profile {runs[-1].facts['profile']} · "
        f"clock: {runs[-1].facts['clock source']}"
    )


def _times(found: History) -> numpy.ndarray:
    return numpy.asarray(date2num([run.when.to_pydatetime() for run in found.runs]))


def _draw_points(
    axes: Axes, found: History, key: Tuple[str, ...], parts: Sequence[pandas.Series]
) -> None:
    """Minima, which are judged, and medians' intervals behind them as far as there is room."""
    times, least = _times(found), found.minima.loc[key].to_numpy(dtype=float)
    bottom, top = _room(parts)
    axes.set_ylim(bottom, top)
    axes.set_xlim(*(times[[0, -1]] + numpy.array([-0.03, 0.03]) * numpy.ptp(times)))
    for when, run in zip(times, found.runs):
        if key in run.cells.index:
            ends = run.cells.loc[key, ["low_ns", "high_ns"]].astype(float)
            axes.plot([when, when], ends, color=BAR, linewidth=4, zorder=1)
    within = least <= top
    axes.plot(
        times[within], least[within], "o", color=style.BLACK, zorder=4, gid="line"
    )
    spikes = numpy.flatnonzero(least > top)
    edge = axes.get_xaxis_transform()
    axes.plot(
        times[spikes], [0.98] * len(spikes), "^", color=style.BLACK, transform=edge
    )
    if len(spikes):
        highest = spikes[least[spikes].argmax()]
        axes.text(
            times[highest],
            0.95,
            style.time_text(least[highest]),
            transform=edge,
            size=style.LABEL_POINTS,
            ha="center",
            va="top",
            bbox={"boxstyle": "square,pad=0.1", "color": "white"},
            zorder=5,
        )


def _room(parts: Sequence[pandas.Series]) -> Tuple[float, float]:
    """The axis' ends: all levels and what is usual around them; a spike is told in words."""
    middle = [float(part.median()) for part in parts]
    usual = max(float((part - part.median()).abs().median()) for part in parts)
    reach = max(numpy.ptp(middle), 6 * usual, 0.02 * max(middle))
    least = min(float(part.min()) for part in parts)
    return min(least, min(middle) - 0.6 * reach) - 0.2 * reach, max(middle) + reach


def _draw_levels(
    axes: Axes,
    found: History,
    parts: Sequence[pandas.Series],
    changes: Sequence[Change],
) -> None:
    """Each level, where it begins, and where it is now."""
    times = _times(found)
    colours = [style.GREY] + [COLOURS[change.verdict] for change in changes]
    for part, colour in zip(parts, colours):
        ends = times[[part.index[0], part.index[-1]]]
        axes.plot(ends, [part.median()] * 2, color=colour, linewidth=2.2, zorder=3)
    for number, change in enumerate(changes):
        before = times[parts[number].index[-1]]
        place, colour = (before + times[change.place]) / 2, COLOURS[change.verdict]
        axes.axvline(place, color=colour, linestyle="--", linewidth=1.0, zorder=2)
        axes.text(
            place,
            1.02 + 0.06 * (number % 2),  # two that are near beside each other
            f"× {style.number_text(change.ratio.value)}",
            transform=axes.get_xaxis_transform(),
            size=style.LABEL_POINTS,
            color=colour,
            weight="bold",
            ha="center",
        )
    level_ns = float(parts[-1].median())
    axes.text(
        1.01,
        level_ns,
        style.time_text(level_ns),
        transform=axes.get_yaxis_transform(),
        size=style.LABEL_POINTS,
        color=colours[-1],
        va="center",
    )


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """As results.history: 0; 1: slower than before; 2: usage, or what can't be read or written."""
    parser = argparse.ArgumentParser(prog="plots.history", description=__doc__)
    parser.add_argument("machines", nargs="+", metavar="MACHINE")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for the pictures"
    )
    parser.add_argument(
        "--all", action="store_true", help=f"all cells, not the {MOST} worst"
    )
    parser.add_argument(
        "--findings", action="store_true", help="print what results.history does first"
    )
    options = parser.parse_args(arguments)
    try:
        found = history.of(options.machines)
        if options.findings:
            print("\n".join(report(found, options.all)), flush=True)
        cells = len({change.key for change in found.changes})
        most = cells if options.all else MOST
        options.out.mkdir(parents=True, exist_ok=True)
        for _, (stem, figure) in zip(range(most), draw(found)):
            for kind in FORMATS:
                path = options.out / f"{stem}.{kind}"
                style.write(figure, path)
                print(path, flush=True)
    except (load.DatasetError, OSError) as error:
        print(f"plots.history: {error}", file=sys.stderr)
        return 2
    if cells > most:
        print(f"{cells - most} more cells have changed; --all draws them")
    return int(found.is_worse)


if __name__ == "__main__":
    sys.exit(main())
