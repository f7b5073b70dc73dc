"""
The limits experiment: what share of the machine's limit the best copy reaches, by working set.

A copy loads and stores each payload byte once, so it can't be faster than the slower of the best
load-only and the best store-only kernel. Where loads and stores share one path, as in DRAM, their
times add up: a lower limit, which is not the one that shares are of.

The best of many kernels is also the luckiest. So which is the best of its kind is chosen by every
other launch, and judged by the rest, but for cells that have too few.
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Tuple

import numpy
import pandas

from results import estimate, kernels, load, points
from results.estimate import Estimate
from results.findings import Finding
from results.levels import Level, cpu_of
from results.levels import levels as levels_of

NAME = "limits"
STORES = ("store", "nontemporal")
SIZES_MAX = 5


class Measured(NamedTuple):
    """
    The rows with their kinds. chosen, judged: ns by cell and launch, as estimate.launches() has it,
    of the launches that say which kernel is the fastest of its kind, and of those that say how fast.
    """

    rows: pandas.DataFrame
    levels: List[Level]
    chosen: pandas.DataFrame
    judged: pandas.DataFrame

    def cell(self, threads: int, size: int) -> pandas.DataFrame:
        """The row of the fastest kernel of each kind."""
        here = (self.rows["threads"] == threads) & (self.rows["size"] == size)
        rows = self.rows[here]
        medians = rows["cell"].map(self.chosen.median(axis=1))
        return fastest(rows.assign(median_ns=medians)).set_index("kind")


def with_kinds(machine: dict, rows: pandas.DataFrame) -> pandas.DataFrame:
    """Adds the column `kind`: load, store, nontemporal or copy."""
    kinds = {name: kind_of(machine, name) for name in rows["kernel"].unique()}
    return rows.assign(kind=rows["kernel"].map(kinds))


def kind_of(machine: dict, kernel: str) -> str:
    """What the kernel is measured for."""
    operation = kernels.operation(machine, kernel)
    if operation in ("fill", "zero"):
        return "nontemporal" if "nontemporal" in kernel else "store"
    return "copy" if operation == "copy" else "load"


def fastest(rows: pandas.DataFrame) -> pandas.DataFrame:
    """Of rows with kinds that of the least time at each number of threads and working set."""
    return kernels.best(rows, ["threads", "size", "kind"])


def read(dataset: load.Dataset) -> Measured:
    """Of one placement, that of most cells."""
    rows = kernels.in_one_placement(kernels.measured(dataset.table(NAME)))
    levels = levels_of(dataset.machine, cpu_of(rows))
    launches = estimate.launches(dataset, NAME)
    enough = launches.notna().sum(axis=1) >= estimate.LAUNCHES_HALVED
    chosen, judged = (
        half.where(enough, launches, axis=0) for half in estimate.halves(launches)
    )
    return Measured(with_kinds(dataset.machine, rows), levels, chosen, judged)


def limit_of(cell: pandas.DataFrame) -> Optional[Tuple[float, float]]:
    """The copy's limit where loads and stores run side by side, and where they share one path."""
    rates = cell["gb_per_s"]
    stores = [rates[kind] for kind in STORES if kind in rates]
    if "load" not in rates or not stores:
        return None
    return min(rates["load"], max(stores)), 1 / (1 / rates["load"] + 1 / max(stores))


def threads_text(threads: int) -> str:
    """So many threads, in words."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def place_text(levels: List[Level], size: float, threads: int) -> str:
    """The level that holds the working set of each of so many threads; "" if not known."""
    for level in levels:
        if size * min(threads, level.shared_cpus) <= level.upto:
            return level.name
    return ""


def pick_sizes(sizes: List[int], levels: List[Level]) -> List[int]:
    """All of them, or, where they are many, the largest in each level, else an even choice."""
    if len(sizes) <= SIZES_MAX:
        return sizes
    if levels:
        return sorted({place_text(levels, size, 1): size for size in sizes}.values())
    return [
        sizes[round(i * (len(sizes) - 1) / (SIZES_MAX - 1))] for i in range(SIZES_MAX)
    ]


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """The shares of one thread, and of as many as were measured."""
    measured = read(dataset)
    if measured.rows.empty:
        why = points.reason(dataset, NAME)
        yield Finding(NAME, f"how near copies come to the limit can't be said: {why}")
        return
    for threads in sorted(
        {measured.rows["threads"].min(), measured.rows["threads"].max()}
    ):
        yield shares(measured, int(threads))


def share(
    measured: Measured, threads: int, size: int
) -> Tuple[Estimate, Tuple[int, ...]]:
    """The best copy's rate in percent of the limit, and the cells of all that it is made of."""
    cell = measured.cell(threads, size)
    if not limit_of(cell) or "copy" not in cell.index:
        return Estimate(numpy.nan, numpy.nan, numpy.nan), ()
    kinds = ["copy", "load", *(kind for kind in STORES if kind in cell.index)]
    numbers = {kind: int(cell["cell"][kind]) for kind in kinds}

    payloads = cell["payload_bytes"][kinds].to_numpy()

    def percent(ns: numpy.ndarray) -> numpy.ndarray:
        rates = payloads / ns
        slower = numpy.minimum(rates[:, 1], rates[:, 2:].max(axis=1))
        return 100 * rates[:, 0] / slower

    found = estimate.bootstrap(measured.judged, list(numbers.values()), percent)
    return found, tuple(numbers.values())


def shares(measured: Measured, threads: int) -> Finding:
    """By working set; the number is that of the largest."""
    sizes = sorted(int(size) for size in measured.rows["size"].unique())
    said: List[str] = []
    used: List[int] = []
    last = Estimate(numpy.nan, numpy.nan, numpy.nan)
    for size in pick_sizes(sizes, measured.levels):
        found, cells = share(measured, threads, size)
        place = place_text(measured.levels, size, threads)
        if found.known:
            where = f"in {place} ({estimate.size_text(size)})"
            said.append(
                f"{estimate.text(found, '%')} "
                + (where if place else f"at {estimate.size_text(size)}")
            )
            used += cells
            last = found
    who = f"with {threads_text(threads)} the best copy"
    if not said:
        why = "a load-only, a store-only or a copy kernel is missing"
        return Finding(
            NAME, f"what share of the limit {who} reaches can't be said: {why}"
        )
    sentence = (
        f"{who} reaches, of what loads alone and stores alone allow, {', '.join(said)}"
    )
    return Finding(NAME, sentence, *last, "%", tuple(used))
