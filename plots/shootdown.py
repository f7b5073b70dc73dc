"""The shootdown experiment: an operation's time over other threads, and over pages."""

from __future__ import annotations

from typing import Iterable, List, NamedTuple, Sequence

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from plots import kernels, labels, layout, machine, style
from results import load
from results.findings import shootdown as findings
from results.shootdown import ALONE, BUSY, IDLE, Cells, Place, read

AXES = ["operation", "pages", "threads", "others", "tlb_interrupts"]
LOOKS = {
    BUSY: style.Look(style.VERMILION, "-", "o", 1.8),
    IDLE: style.Look(style.BLUE, (0, (5, 1.5)), "s"),
    ALONE: style.Look(style.BLACK, (0, (1.5, 1.2)), "^"),
}
ROW_INCHES = 2.45
HEADING_INCHES = 0.15  # for what stands above a panel, below its title
GAP_PANELS, GAP_ROWS = 0.12, 0.42
TICKS_MAX = 5
WIDEST = "512 pages, busy"
NOTE = (
    "Beside others: so many threads of the process, each on a CPU of its own, that have loaded "
    "from the pages; busy: running user code, idle: asleep in the kernel. One interrupt may be "
    "all that a sleeping CPU gets in a sample, which has several operations where they are "
    "short."
)
CEILING_NOTE = (
    f"Dotted: up to {findings.CEILING} pages Linux on x86 flushes one by one, unless set "
    "otherwise, beyond that the whole TLB."
)


class Line(NamedTuple):
    """The rows of a line: x, value, low and high; its name and look."""

    name: str
    look: style.Look
    rows: pandas.DataFrame


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """shootdown: a column for each operation; over threads above, over pages below."""
    rows = kernels.read_rows(dataset, "shootdown", AXES)
    cells = read(dataset)
    drawn = rows.drawn.set_index("cell")
    operations = cells.operations()
    upper = {name: over_threads(cells, drawn, name) for name in operations}
    lower = {name: over_pages(cells, drawn, name) for name in operations}
    values = pandas.concat(
        line.rows["value"]
        for lines in (*upper.values(), *lower.values())
        for line in lines
    )
    ends = 0.6 * float(values.min()), 1.7 * float(values.max())
    ceiling = ceiling_text(dataset, cells)
    note = f"{NOTE} {CEILING_NOTE}" if ceiling else NOTE
    page = layout.open_page(
        f"TLB shootdowns, {machine.title(dataset)}",
        style.sentence_text(headline(dataset, cells)),
        machine.marks(dataset),
        machine.footer(dataset, rows, [note, kernels.SHADE_NOTE]),
        2 * ROW_INCHES + 0.5,
        labels.margins([WIDEST]),
    ).below(HEADING_INCHES)
    grid = page.add_grid(2, len(operations), GAP_PANELS, GAP_ROWS)
    ratios = {name: ratio_text(cells, name) for name in operations}
    draw_row(page.figure, grid, 0, upper, ends, ratios)
    draw_row(page.figure, grid, 1, lower, ends, dict.fromkeys(operations, ceiling))
    yield "shootdown", page.figure


def headline(dataset: load.Dataset, cells: Cells) -> str:
    """What busy threads do to the operation that is named first, else why it can't be said."""
    return findings.beside(dataset, cells, cells.operations()[0], BUSY).sentence


def ratio_text(cells: Cells, operation: str) -> str:
    """What most busy threads do to an operation on few pages."""
    pages = cells.usual_pages()[0]
    alone, most = cells.alone(operation, pages), cells.most(operation, pages, BUSY)
    if alone is None or most is None:
        return ""
    ratio = style.number_text(cells.ratio(most, alone).value)
    return f"{BUSY}: × {ratio} ({findings.pages_text(pages)})"


def ceiling_text(dataset: load.Dataset, cells: Cells) -> str:
    """Where Linux on x86 changes to flushing the whole TLB; nothing is known of others."""
    sizes = [place.pages for place in cells.places]
    shown = min(sizes) < findings.CEILING < max(sizes)
    known = shown and findings.flushes_all(dataset)
    return f"{findings.CEILING} pages" if known else ""


def line(
    cells: Cells,
    drawn: pandas.DataFrame,
    name: str,
    places: Sequence[Place],
    axis: str,
) -> List[Line]:
    """One over that axis, of those places that are drawn; none if there are none."""
    rows = [
        {
            "x": getattr(place, axis),
            "value": drawn.loc[cell, "median_ns"],
            "low": drawn.loc[cell, "low_ns"],
            "high": drawn.loc[cell, "high_ns"],
        }
        for place, cell in zip(places, cells.numbers(*places))
        if cell in drawn.index
    ]
    look = LOOKS[places[-1].others] if places else LOOKS[ALONE]
    return [Line(name, look, pandas.DataFrame(rows))] if rows else []


def over_threads(cells: Cells, drawn: pandas.DataFrame, operation: str) -> List[Line]:
    """For few and for many pages a line of busy and one of idle threads, from none on."""
    found: List[Line] = []
    for pages in cells.usual_pages():
        for others in (BUSY, IDLE):
            counts = cells.threads(operation, pages, others)
            alone = cells.alone(operation, pages)
            places = [alone] if alone else []
            places += [Place(operation, pages, count, others) for count in counts]
            if counts or others == BUSY:
                name = f"{findings.pages_text(pages)}, {others if counts else 'alone'}"
                found += line(cells, drawn, name, places, "threads")
    return found


def over_pages(cells: Cells, drawn: pandas.DataFrame, operation: str) -> List[Line]:
    """Alone, and beside the most threads."""
    found: List[Line] = []
    counts = [place.threads for place in cells.places if place.operation == operation]
    for others in (BUSY, IDLE, ALONE):
        threads = 0 if others == ALONE else max(counts)
        sizes = cells.pages(operation, threads, others)
        places = [Place(operation, pages, threads, others) for pages in sizes]
        found += line(
            cells,
            drawn,
            "alone" if others == ALONE else f"{threads} {others}",
            places,
            "pages",
        )
    return found


def draw_row(
    figure: Figure,
    grid: GridSpec,
    row: int,
    panels: dict[str, List[Line]],
    ends: tuple[float, float],
    said: dict[str, str],
) -> None:
    """
    The panels over threads (row 0) or over pages, of one scale, with what is said above each;
    names beside the last.
    """
    every = pandas.concat(
        [line.rows["x"] for lines in panels.values() for line in lines]
    )
    for column, (operation, lines) in enumerate(panels.items()):
        axes = figure.add_subplot(grid[row, column])
        if row == 0:
            threads_axis(axes, every)
            axes.set_title(operation, weight="bold", pad=20)
            labels.write_above(axes, 0.5, said[operation], LOOKS[BUSY].colour)
        else:
            pages_axis(axes, every)
            if said[operation]:
                mark_ceiling(axes, said[operation])
        style.log_axis(axes, *ends, "time per operation", style.time_text)
        axes.grid(axis="y")
        if column:
            axes.set_ylabel("")
            axes.tick_params(axis="y", labelleft=False)
        for each in lines:
            style.draw_line(
                axes, each.rows["x"], each.rows[["value", "low", "high"]], each.look
            )
        if column == len(panels) - 1:
            labels.label_ends(axes, [end(each) for each in lines])


def end(line: Line) -> labels.End:
    """Where its name stands."""
    x, y = (float(line.rows[name].iloc[-1]) for name in ("x", "value"))
    return labels.End(x, y, line.name, line.look.colour)


def threads_axis(axes: Axes, counts: pandas.Series) -> None:
    """From none on, ticks at what was measured, as far as they can be read."""
    most = max(float(counts.max()), 1.0)
    axes.set_xlim(-0.06 * most, 1.06 * most)
    ticks = sorted(set(counts))
    apart = [tick for tick in ticks if tick == 0 or tick >= most / TICKS_MAX]
    axes.xaxis.set_major_locator(FixedLocator(apart))
    axes.set_xlabel("other threads")


def pages_axis(axes: Axes, sizes: pandas.Series) -> None:
    """Logarithmic; ticks far enough apart to be read, and a line where the whole TLB is flushed."""
    low, high = float(sizes.min()), float(sizes.max())
    axes.set_xscale("log", base=2)
    axes.set_xlim(low / 1.3, high * 1.3)
    powers = [4**power for power in range(9) if low <= 4**power <= high]
    ticks = powers or [high]
    axes.xaxis.set_major_locator(
        FixedLocator(ticks[:: 1 + len(ticks) // (TICKS_MAX + 1)])
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("pages")


def mark_ceiling(axes: Axes, text: str) -> None:
    """A line where the kernel changes to flushing the whole TLB."""
    axes.axvline(
        findings.CEILING, color=style.QUIET, linestyle=(0, (2, 2)), linewidth=0.9
    )
    place = axes.transData.transform((findings.CEILING, 1))
    share = float(axes.transAxes.inverted().transform(place)[0])
    labels.write_above(axes, share, text, style.QUIET)
