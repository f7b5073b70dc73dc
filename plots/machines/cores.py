"""How far apart cores are on each machine: the matrices side by side, one scale of colours."""

from __future__ import annotations

from typing import Iterable, List, NamedTuple, Sequence

import numpy
import pandas
from matplotlib.figure import Figure

from plots import cores, kernels, layout, style
from results import load, machines

ACROSS = 5
SIDE_INCHES = 1.45
ROW_INCHES = 2.15
NAME_LINES = 2
SCALE_INCHES = 0.14
NOTE = (
    f"{cores.HANDOVER_NOTE} Row: who begins; column: who answers; CPUs stand beside those they share "
    "most with. One logarithmic scale of colours for all; below each: CPUs, and the median."
)


class Panel(NamedTuple):
    """A machine's matrix."""

    name: str
    family: str
    found: cores.Matrix
    ns: pandas.Series


def panels(datasets: Sequence[load.Dataset]) -> List[Panel]:
    """Of the machines that have one, by family and name."""
    found = []
    for name, dataset in zip(machines.labels(datasets), datasets):
        if "cores" not in dataset.experiments:
            continue
        try:
            rows = kernels.read_rows(
                dataset, "cores", ["from", "to", "nearness"], ["cpu_asked"]
            )
        except kernels.Undrawable:
            continue
        matrix = cores.matrix(rows.drawn)
        family = machines.family(dataset.machine)
        found.append(Panel(name, family, matrix, rows.drawn["median_ns"]))
    return sorted(found, key=lambda panel: (panel.family, panel.name))


def draw(datasets: Sequence[load.Dataset]) -> Iterable[tuple[str, Figure]]:
    """machines-cores, where at least two machines have it."""
    found = panels(datasets)
    if len(found) < 2:
        return
    scale = cores.open_scale(pandas.concat([panel.ns for panel in found]))
    rows = -(-len(found) // ACROSS)
    near, far = (
        pick(found, key=lambda panel: float(panel.ns.median())) for pick in (min, max)
    )
    page = layout.open_page(
        f"How far apart cores are, {len(found)} machines",
        f"A line is handed over in {median_text(near)} on {near.name}, in {median_text(far)} on "
        f"{far.name}, in the median of pairs.",
        [],
        [NOTE],
        rows * ROW_INCHES,
        (0.1, 0.6),
    )
    wide, high = page.figure.get_size_inches()
    step = (page.right - page.left) * wide / ACROSS
    for index, panel in enumerate(found):
        row, column = divmod(index, ACROSS)
        draw_panel(page, panel, (column * step, row * ROW_INCHES), scale)
    side = min(rows * ROW_INCHES - 0.6, 3.0)
    bar = page.figure.add_axes(
        (
            page.right + 0.08 / wide,
            page.top - side / high,
            SCALE_INCHES / wide,
            side / high,
        )
    )
    cores.draw_scale(bar, scale)
    yield "machines-cores", page.figure


def median_text(panel: Panel) -> str:
    """The median of a machine's pairs."""
    return cores.ns_text(float(panel.ns.median()))


def draw_panel(
    page: layout.Page,
    panel: Panel,
    place: tuple[float, float],
    scale: cores.ScalarMappable,
) -> None:
    """The matrix without numbers; `place`: inches from the left and the top of the page's room."""
    wide, high = page.figure.get_size_inches()
    left, top = page.left + place[0] / wide, page.top - place[1] / high
    box = (left, top - SIDE_INCHES / high, SIDE_INCHES / wide, SIDE_INCHES / high)
    axes = page.figure.add_axes(box)
    count = len(panel.found.cpus)
    axes.set_facecolor(style.BAND)
    axes.imshow(
        numpy.ma.masked_invalid(panel.found.ns),
        cmap=scale.cmap,
        norm=scale.norm,
        interpolation="none",
        aspect="auto",
    )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    room = (page.right - page.left) * wide / ACROSS - 0.3
    lines = layout.wrap(panel.name, style.FOOTER_POINTS, room)
    if len(lines) > NAME_LINES:
        lines = [*lines[: NAME_LINES - 1], lines[NAME_LINES - 1] + " …"]
    text = "\n".join([*lines, f"{count} CPUs, {median_text(panel)}"])
    axes.text(
        0,
        -0.04,
        text,
        transform=axes.transAxes,
        size=style.FOOTER_POINTS,
        va="top",
        linespacing=1.15,
    )
