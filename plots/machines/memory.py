"""Copies beyond all caches on each machine: the C library's beside the fastest, sorted."""

from __future__ import annotations

from collections import Counter
from typing import Iterable, List, NamedTuple, Optional, Sequence

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from plots import ipc, kernels, layout, style
from plots.machines import panels
from plots.machines.size import libc_rows
from results import load

LEAST_BYTES = 16 << 20  # what is smaller may lie in a cache
ROW_INCHES = style.LABEL_POINTS * 1.5 / 72
NAMES_INCHES = 3.4
TICKS = [digit * 10.0**decade for decade in range(-3, 5) for digit in (1, 2, 5)]
LIBC_LOOK = {"color": style.BLUE, "marker": "o", "markersize": 5}
BEST_LOOK = {"color": style.ORANGE, "marker": "D", "markersize": 4}
NOTE = (
    "Warm copies of the largest size that was measured on a machine, which is named where it is "
    "another one; one thread, payload bytes counted once. The fastest is that of all copy kernels "
    "measured there, which are not the same on all; it is also the luckiest."
)


class Rates(NamedTuple):
    """
    Of a machine, in GB/s: libc's, and the fastest kernel's with its name. At how many bytes; the
    place of the dataset. libc: NaN where it was not measured.
    """

    place: int
    size: int
    libc: float
    best: float
    name: str


def copies(dataset: load.Dataset) -> Optional[pandas.DataFrame]:
    """Its rows of warm copies, with median_ns and gb_per_s; None where there are none."""
    if "size" not in dataset.experiments:
        return None
    if dataset.source:
        table = dataset.table("size").astype({"gb_per_s": float})
        does = [kernels.operation(dataset.machine, name) for name in table["kernel"]]
        return table[[each == "copy" for each in does]]
    try:
        rows = kernels.read_rows(dataset, "size", ["kernel", "size", "temperature"])
    except kernels.Undrawable:
        return None
    warm = rows.drawn[rows.drawn["temperature"] == "warm"]
    return kernels.only(dataset.machine, warm, "copy")


def rates(dataset: load.Dataset, place: int) -> Optional[Rates]:
    """None where no copy of so many bytes was measured."""
    table = copies(dataset)
    if table is None:
        return None
    table = table[table["gb_per_s"].notna() & (table["size"] >= LEAST_BYTES)]
    if table.empty:
        return None
    size = int(table["size"].max())
    table = table[table["size"] == size]
    best = table.loc[table["gb_per_s"].astype(float).idxmax()]
    own = libc_rows(dataset)
    libc = own[own["size"] == size]["gb_per_s"] if own is not None else []
    rate = max(map(float, libc), default=float("nan"))
    return Rates(place, size, rate, float(best["gb_per_s"]), str(best["kernel"]))


def draw(datasets: Sequence[load.Dataset]) -> Iterable[tuple[str, Figure]]:
    """machines-memory, where at least two machines have it."""
    every = [rates(dataset, place) for place, dataset in enumerate(datasets)]
    found = sorted(filter(None, every), key=lambda rate: -rate.best)
    if len(found) < 2:
        return
    places = [rate.place for rate in found]
    names = panels.short_names(datasets, {"": places}, NAMES_INCHES)
    usual = Counter(rate.size for rate in found).most_common(1)[0][0]
    for rate in found:
        if rate.size != usual:
            names[rate.place] += f", {style.size_text(rate.size)}"
    widest = max(
        style.text_width_inches(names[place], style.LABEL_POINTS) for place in places
    )
    page = layout.open_page(
        f"Copying {style.size_text(usual)} in memory, {len(found)} machines",
        finding(found, names),
        [],
        [NOTE, *panels.sources_notes(datasets, places)],
        ROW_INCHES * (len(found) + 1),
        (widest + 0.15, 0.2),
    )
    draw_rows(page.add_axes(), found, [names[rate.place] for rate in found])
    yield "machines-memory", page.figure


def draw_rows(axes: Axes, found: List[Rates], names: List[str]) -> None:
    """A row a machine, the fastest on top, and a line between its two rates."""
    values = [rate for each in found for rate in (each.libc, each.best) if rate == rate]
    ipc.open_rows(axes, names, True)
    ipc.value_axis(
        axes, min(values) / 1.3, max(values) * 1.3, "GB/s (10⁹ bytes a second)"
    )
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(
        FixedLocator([tick for tick in TICKS if low <= tick <= high])
    )
    for row, rate in enumerate(found):
        axes.plot([rate.libc, rate.best], [row] * 2, color=style.QUIET, linewidth=1.2)
        axes.plot([rate.best], [row], linestyle="", **BEST_LOOK)
        axes.plot([rate.libc], [row], linestyle="", **LIBC_LOOK)
    handles = [
        Line2D([], [], linestyle="", label=label, **look)
        for label, look in (("libc", LIBC_LOOK), ("fastest kernel", BEST_LOOK))
    ]
    axes.legend(
        handles=handles,
        loc="lower right",
        frameon=True,
        framealpha=1,
        edgecolor="none",
        fontsize=style.LABEL_POINTS,
        handletextpad=0.2,
    )


def finding(found: Sequence[Rates], names: Sequence[str]) -> str:
    """The two ends of the field, and where libc is farthest behind."""
    fast, slow = found[0], found[-1]
    text = (
        f"{style.number_text(slow.best)} ({names[slow.place]}) to "
        f"{style.number_text(fast.best)} GB/s ({names[fast.place]})"
    )
    known = [rate for rate in found if rate.libc > 0]
    if not known:
        return f"{text}."
    behind = max(known, key=lambda rate: rate.best / rate.libc)
    return (
        f"{text}; libc is farthest behind on {names[behind.place]}: it takes "
        f"{style.number_text(behind.best / behind.libc)} times as long as {behind.name}."
    )
