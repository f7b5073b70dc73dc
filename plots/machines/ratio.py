"""libc's time over the best kernel's on each machine."""

from __future__ import annotations

from typing import Iterable, List, Sequence

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import best, kernels, style
from plots.machines import panels
from results import load, machines

NOTE = (
    "Warm copies; libc's memcpy over the fastest kernel of each size. The best of many kernels is "
    f"also the luckiest: a few per cent above 1 mean nothing. Shade: the ratio of the ends of "
    f"{kernels.INTERVAL_NOTE}; hollow: wider than the value, not shaded."
)


def curves(datasets: Sequence[load.Dataset]) -> List[panels.Curve]:
    """Of the machines on which another kernel than libc's was measured."""
    found = []
    for place, dataset in enumerate(datasets):
        if "size" not in dataset.experiments:
            continue
        try:
            rows = kernels.read_rows(dataset, "size", ["kernel", "size", "temperature"])
        except kernels.Undrawable:
            continue
        warm = rows.drawn[rows.drawn["temperature"] == "warm"]
        warm = kernels.only(dataset.machine, warm[warm["size"] > 0], "copy")
        libc = kernels.libc_kernel(warm)
        table = best.rivals_of(warm, libc) if libc else warm
        if not libc or table["kernel"].nunique() < 2:
            continue
        fastest = kernels.best(table, ["size"]).set_index("size")
        own = kernels.best(table[table["kernel"] == libc], ["size"]).set_index("size")
        line = best.ratio_line(own, fastest)
        found.append(panels.Curve(place, line.index.to_series(), line))
    return found


def draw(datasets: Sequence[load.Dataset]) -> Iterable[tuple[str, Figure]]:
    """machines-ratio, where at least two machines have it."""
    found = curves(datasets)
    if len(found) < 2:
        return
    highest = max(1.25, *(float(curve.y["ratio"].max()) * 1.08 for curve in found))

    def set_axis(axes: Axes) -> None:
        if highest > 4:
            style.log_axis(axes, 0.9, highest, "libc ÷ best, time")
        else:
            axes.set_ylim(0.9, highest)
            axes.set_ylabel("libc ÷ best, time")
        axes.axhline(1, color=style.QUIET, linewidth=1)

    words = panels.Words(
        f"libc against the best copy kernel, {len(found)} machines",
        finding(datasets, found),
        [NOTE],
        "bytes copied",
    )
    yield "machines-ratio", panels.draw(datasets, found, words, set_axis)


def finding(datasets: Sequence[load.Dataset], found: Sequence[panels.Curve]) -> str:
    """Where libc is farthest from what the machine can, in the median of sizes and at worst."""
    names = machines.labels(datasets)
    medians = pandas.Series(
        {names[curve.place]: curve.y["ratio"].median() for curve in found}
    )
    worst = max(found, key=lambda curve: float(curve.y["ratio"].max()))
    place = worst.y["ratio"].idxmax()
    return (
        f"In the median of sizes libc takes {style.number_text(medians.min())} "
        f"({medians.idxmin()}) to {style.number_text(medians.max())} times ({medians.idxmax()}) as "
        f"long as the best kernel; at worst {style.number_text(worst.y['ratio'][place])} times, at "
        f"{style.size_text(float(place))} on {names[worst.place]}."
    )
