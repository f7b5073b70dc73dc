"""
What random sizes cost beyond their mean, and whether the best kernel for one is so for both.

Two things are in the difference: what was not predicted, and that a copy's time is no straight line
in its size, so that the mean of times is not the time of the mean. It may be below zero.

The best of several kernels is also the luckiest: it is chosen by every other launch, and judged by
the rest.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Tuple

import numpy
import pandas

from results import estimate, load
from results.estimate import Estimate
from results.findings import Finding

LIBC = "copy_libc_memcpy"
# The nearest to real traffic comes first.
DISTRIBUTIONS = ("pcap", "histogram", "imix", "uniform", "loguniform")
# Of the mean of sizes that were dealt and walked through in part.
SIGMAS = 5


class Pair(NamedTuple):
    """The cells of one kernel and distribution, and their medians in ns."""

    kernel: str
    fixed: int
    random: int
    fixed_ns: float
    random_ns: float
    payload_bytes: int


def read_pairs(dataset: load.Dataset) -> Dict[str, List[Pair]]:
    """By distribution, those kernels that were measured both ways."""
    table = dataset.table("mix")
    table = table[table["verdict"].isin(["ok", "noisy"])]
    found: Dict[str, List[Pair]] = {}
    for (distribution, kernel), rows in table.groupby(["distribution", "kernel"]):
        by = rows.drop_duplicates("sequence").set_index("sequence")
        if {"fixed", "random"} <= set(by.index):
            cells, ns = by["cell"], by["median_ns"]
            pair = (int(cells["fixed"]), int(cells["random"]))
            times = (float(ns["fixed"]), float(ns["random"]))
            payload = int(by["payload_bytes"]["random"])
            found.setdefault(str(distribution), []).append(
                Pair(str(kernel), *pair, *times, payload)
            )
    return {name: found[name] for name in DISTRIBUTIONS if name in found}


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """Of each distribution what random sizes cost and which kernel is best; whether sizes are right."""
    pairs = read_pairs(dataset)
    if not pairs:
        yield Finding("mix", "can't be said: no kernel was measured both ways")
        return
    table = estimate.launches(dataset, "mix")
    for distribution, kernels in pairs.items():
        yield _penalty(table, distribution, kernels)
        if len(kernels) > 1:
            yield best(table, distribution, kernels)
    yield _sizes(dataset, pairs)


def _penalty(
    table: pandas.DataFrame, distribution: str, kernels: List[Pair]
) -> Finding:
    """The C library's, or of the first kernel where that was not measured."""
    pair = next((pair for pair in kernels if pair.kernel == LIBC), kernels[0])
    cells = (pair.fixed, pair.random)
    more = estimate.bootstrap(table, cells, lambda ns: ns[:, 1] - ns[:, 0])
    whose = f"{pair.kernel} ({distribution}, {pair.payload_bytes} B on average)"
    if more.low > 0 or more.high < 0:
        less = more.high < 0
        shown = Estimate(-more.value, -more.high, -more.low) if less else more
        sentence = (
            f"random sizes cost {estimate.text(shown, 'ns')} a packet "
            f"{'less' if less else 'more'} than their mean for {whose}"
        )
    else:
        sentence = (
            f"whether random sizes cost more than their mean can't be said for {whose}: "
            f"{estimate.text(more, 'ns')} a packet"
        )
    return Finding("mix", sentence, more.value, more.low, more.high, "ns", cells)


def best(table: pandas.DataFrame, distribution: str, kernels: List[Pair]) -> Finding:
    """Which kernel is the best for the mean, and by how much it wins or loses on random sizes."""
    chosen, judged = estimate.halves(table)
    medians = chosen.median(axis=1)
    fixed = min(kernels, key=lambda pair: medians.get(pair.fixed, numpy.inf))
    rivals = [pair for pair in kernels if pair != fixed]
    rival = min(rivals, key=lambda pair: medians.get(pair.random, numpy.inf))
    cells = (fixed.random, rival.random)
    count = estimate.count(table, [fixed.fixed, *cells])
    if count < estimate.LAUNCHES_HALVED:
        sentence = (
            f"which kernel is the fastest for {distribution} can't be said: {count} launches are "
            "too few"
        )
        return Finding("mix", sentence)
    loss = estimate.bootstrap(judged, cells, lambda ns: ns[:, 0] - ns[:, 1])
    start = f"{fixed.kernel} is the fastest for {distribution}'s mean"
    if loss.low > 0:
        sentence = f"{start}, but loses {estimate.text(loss, 'ns')} a packet to {rival.kernel} on random sizes"
    elif loss.high < 0:
        gain = Estimate(-loss.value, -loss.high, -loss.low)
        sentence = f"{start} and for its random sizes, {estimate.text(gain, 'ns')} a packet before {rival.kernel}"
    else:
        sentence = (
            f"{start}, and on random sizes neither it nor {rival.kernel} is surely the faster: "
            f"{estimate.text(loss, 'ns')} a packet"
        )
    return Finding("mix", sentence, *loss, "ns", cells)


def _sizes(dataset: load.Dataset, pairs: Dict[str, List[Pair]]) -> Finding:
    """The sizes really copied have the mean that was asked for."""
    bins = dataset.histogram("mix")
    wrong: List[Tuple[float, Pair, float]] = []
    cells: List[int] = []
    for pair in (pair for kernels in pairs.values() for pair in kernels):
        here = bins[bins["cell"] == pair.random]
        cells.append(pair.random)
        mean, error = _mean_and_error(here["bytes"], here["count"])
        off = abs(mean - pair.payload_bytes)
        if not off <= 0.5 + SIGMAS * error:
            wrong.append((off, pair, mean))
    if wrong:
        _, pair, mean = max(wrong)
        sentence = (
            f"cross-check: disagrees: sizes copied in cell {pair.random} are {mean:.0f} B on "
            f"average, not {pair.payload_bytes} B"
        )
        return Finding(
            "mix", sentence, mean, unit="bytes", cells=(pair.random,), agrees=False
        )
    sentence = "cross-check: random sizes really copied have the mean asked for"
    return Finding("mix", sentence, cells=tuple(cells), agrees=True)


def _mean_and_error(sizes: pandas.Series, counts: pandas.Series) -> Tuple[float, float]:
    """The mean of so many of each, and its standard error; NAN if there are none."""
    if not len(counts):
        return float("nan"), float("nan")
    values, weights = sizes.to_numpy(dtype=float), counts.to_numpy(dtype=float)
    mean = float(numpy.average(values, weights=weights))
    variance = float(numpy.average((values - mean) ** 2, weights=weights))
    return mean, float(numpy.sqrt(variance / weights.sum()))
