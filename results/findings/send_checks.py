"""Whether the figures of the send experiment fit together, and with those of `size`."""

from __future__ import annotations

from typing import Iterator, Optional

import numpy
import pandas

from results import estimate, load, points, sends
from results.estimate import Estimate
from results.findings import Finding
from results.sends import COPY, NAME, SENDER, SENDINGS, Cells, Line

FLAT_MOST = 0.7  # of a copy's growth, where pages are only pinned, one by one
RISING_LEAST = 0.7  # of a copy's growth, where the kernel copies later
# Of what `size` says of a byte: a copy into pages that were just taken, or better ones.
COPY_LEAST, COPY_MOST = 0.3, 6.0
# Of the time that passed, where nothing is waited for: clocks are read one after another.
CPU_LEAST, CPU_MOST = 0.85, 1.05
UNDISTURBED = 0.9  # the share of a cell's samples that others may have disturbed
HALF = 0.5


def find(dataset: load.Dataset, cells: Cells) -> Iterator[Finding]:
    """Those for which there are cells."""
    for line in sends.lines(cells, *SENDINGS):
        yield from filter(None, (dose(cells, line),))
    checks = (
        left(cells),
        told(cells),
        whole_cpu(dataset, cells),
        like_size(dataset, cells),
    )
    yield from filter(None, checks)


def verdict(
    claim: str, found: Estimate, unit: str, used: tuple[int, ...], agrees: bool
) -> Finding:
    """A cross-check that is not about being near to 1."""
    sentence = f"cross-check: {claim}: {'agrees' if agrees else 'disagrees'}"
    return Finding(NAME, sentence, *found, unit, used, agrees)


def dose(cells: Cells, line: Line) -> Optional[Finding]:
    """Whether cost rises with bytes as notices say: not much if nothing was copied, else it does."""
    growth, share = cells.growth(line), cells.copied_share(line)
    if not numpy.isfinite(growth.low) or numpy.isnan(share):
        return None
    copied = share > HALF
    agrees = (
        growth.meets(RISING_LEAST, float("inf"))
        if copied
        else growth.meets(-float("inf"), FLAT_MOST)
    )
    sizes = cells.sizes(line, line.copied())
    claim = (
        f"from {estimate.bytes_text(sizes[0])} to {estimate.bytes_text(sizes[-1])} the cost of "
        f"{SENDINGS[line.sending]} of {line.end.words} grows {estimate.text(growth, '')} times as "
        f"much as that of a copy, and {'most' if copied else 'few'} notices say that the kernel "
        "copied"
    )
    return verdict(claim, growth, "1", cells.numbers(line, line.copied()), agrees)


def everything(cells: Cells, *sendings: str) -> tuple[int, ...]:
    """All cells of these."""
    return cells.numbers(*sends.lines(cells, *sendings))


def least(cells: Cells, column: str, used: tuple[int, ...]) -> Estimate:
    """Of these cells."""
    value = float(cells.table.loc[list(used), column].astype(float).min())
    return Estimate(value, numpy.nan, numpy.nan)


def left(cells: Cells) -> Optional[Finding]:
    """Whether every byte left over the veth interface, by its own counter."""
    used = everything(cells, COPY, *SENDINGS)
    if not used:
        return None
    found = least(cells, "left_share", used)
    claim = (
        "for a byte of payload the veth interface counted "
        f"{estimate.digits(found.value, 4)} bytes sent at the least"
    )
    return verdict(claim, found, "1", used, found.value >= 1)


def told(cells: Cells) -> Optional[Finding]:
    """Whether every message's memory was told to be free."""
    used = everything(cells, *SENDINGS)
    if not used:
        return None
    found = least(cells, "notices", used)
    claim = (
        f"of a message there were {estimate.digits(found.value)} notices at the least"
    )
    return verdict(claim, found, "1", used, found.value >= 1)


def cpu_shares(dataset: load.Dataset, used: tuple[int, ...]) -> pandas.Series:
    """Of these cells: CPU time by the time that passed, in samples that nobody disturbed."""
    samples = dataset.samples(NAME)
    samples = samples[samples["cell"].isin(used) & (samples["member"] == SENDER)]
    shares = samples["cpu_ns"] / (samples["ticks"] * dataset.ns_per_tick)
    return shares.groupby(samples["cell"]).quantile(UNDISTURBED)


def whole_cpu(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Whether CPU time is all of the time that passed where a sender waits for nobody."""
    alone = [
        line for line in sends.lines(cells, COPY) if line.end.receiver == "discard"
    ]
    used = cells.numbers(*alone)
    if not used:
        return None
    shares = cpu_shares(dataset, used)
    worst = shares.iloc[int(numpy.argmax(abs(shares.to_numpy() - 1)))]
    found = Estimate(100 * float(worst), numpy.nan, numpy.nan)
    claim = (
        "where nothing is waited for, the sender's CPU time is at worst "
        f"{estimate.digits(found.value)} % of the time that passed (less would mean that the kernel "
        "counts soft interrupts by themselves)"
    )
    agrees = bool(shares.between(CPU_LEAST, CPU_MOST).all())
    return verdict(claim, found, "%", used, agrees)


def like_size(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Whether a byte more costs a copying sender about what `size` says of copying it."""
    if "size" not in dataset.experiments:
        return None
    kernel = points.usual_kernel(dataset, "size")
    only = {"kernel": kernel, "temperature": "warm"}
    warm = points.read(dataset, "size", ["size"], **only)
    lines = [
        line for line in sends.lines(cells, COPY) if line.end.receiver == "discard"
    ]
    if not lines or not warm.places or len(cells.sizes(lines[0])) < 2:
        return None
    sizes = cells.sizes(lines[0])
    first, last = sizes[0], sizes[-1]
    copied = points.nearest([place[0] for place in warm.places], last)
    both = cells.costs.beside(warm)
    asked = [lines[0].point(first), lines[0].point(last), (copied,)]
    ratio = both.estimate(
        asked,
        lambda ns: (ns[:, 1] - ns[:, 0]) / (last - first) / (ns[:, 2] / copied),
    )
    claim = (
        f"a byte more, from {estimate.bytes_text(first)} to {estimate.bytes_text(last)}, costs a "
        f"sender that copies {estimate.text(ratio, '')} times what size says of a byte of a copy of "
        f"{estimate.bytes_text(copied)}"
    )
    agrees = ratio.meets(COPY_LEAST, COPY_MOST)
    return verdict(claim, ratio, "1", cells.costs.cells(*asked[:2]), agrees)
