"""Which kernels and sizes of many a figure of ratios has room for."""

from __future__ import annotations

import numpy
import pandas

from plots import kernels

PANELS_MAX = 3


def pick_kernels(compared: pandas.DataFrame, count: int) -> list[str]:
    """libc first, then by turns the fastest when aligned and those that suffer most."""
    libc = kernels.libc_kernel(compared)
    others = [name for name in sorted(compared["kernel"].unique()) if name != libc]
    time = (
        numpy.log(compared["median_ns_base"] / compared["payload_bytes"])
        .groupby(compared["kernel"])
        .mean()
    )
    worst = compared.groupby("kernel")["ratio"].quantile(0.95)
    chosen = [libc] if libc else []
    while others and len(chosen) < count:
        fast = len(chosen) % 2 == (1 if libc else 0)
        name = min(others, key=lambda k: (time[k] if fast else -worst[k], k))
        others.remove(name)
        chosen.append(name)
    return chosen


def pick_sizes(compared: pandas.DataFrame) -> list[int]:
    """At most PANELS_MAX sizes, evenly chosen, the least and the greatest included."""
    sizes = sorted(int(size) for size in compared["size"].unique())
    if len(sizes) <= PANELS_MAX:
        return sizes
    return [
        sizes[round(i * (len(sizes) - 1) / (PANELS_MAX - 1))] for i in range(PANELS_MAX)
    ]
