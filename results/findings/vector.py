"""
What the vector experiment says: from which length of fragments on parsing in place beats flattening.

Where that is depends on the length of a fragment more than on the message's, so all cells in two or
more fragments are put in the order of their mean length. From its least value on, the logarithm of
the ratio flatten ÷ in_place is made to ascend with the length (isotonic regression by pooling
adjacent violators: least squares), and crosses zero at the length in question. Ascending is what the
claim says; it keeps noise from making crossovers where the ratio is almost one. Below the least
value the ratio may rise again: for a few bytes a parser's call may cost less than a copy's.
"""

from __future__ import annotations

from typing import Callable, Iterator, List, NamedTuple, Optional, Sequence

import numpy
import pandas

from results import estimate, load
from results.findings import Finding

MESSAGE_BYTES, MESSAGE_FRAGMENTS = 1500, 4
AGREEMENT = 0.15
USUAL_KERNEL = "copy_libc_memcpy"
UNKNOWN = estimate.Estimate(numpy.nan, numpy.nan, numpy.nan)
NAMES = {
    "http": "HTTP heads",
    "checksum": "Internet checksum",
    "search": "byte search",
}


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """A crossover a parser, a ratio a parser, and the cross-check against `size`."""
    cells = pairs(dataset.table("vector"))
    if cells.empty:
        sentence = "nothing can be said: no message was both flattened and not"
        yield Finding("vector", sentence)
        return
    launches = estimate.launches(dataset, "vector")
    parsers = [name for name in NAMES if name in set(cells["parser"])]
    for parser in parsers:
        of_parser = cells[cells["parser"] == parser]
        yield Crossover.of(launches, of_parser, parser).finding()
    for parser in parsers:
        yield of_message(launches, cells[cells["parser"] == parser], parser)
    yield from cross_check(dataset, launches, cells)


def pairs(table: pandas.DataFrame) -> pandas.DataFrame:
    """
    A row a message that was measured both ways: parser, size, fragments, mean_bytes of a fragment,
    and the cells in_place and flatten. Flattened by one kernel, the C library's if that is there.
    """
    fit = table[table["verdict"].isin(["ok", "noisy"])]
    flat, place = (fit[fit["approach"] == name] for name in ("flatten", "in_place"))
    kernels = list(flat["kernel"].unique())
    libc = [name for name in kernels if name == USUAL_KERNEL]
    flat = flat[flat["kernel"].isin((libc or kernels)[:1])]
    # Of several placements, the first.
    keys = ["parser", "size", "fragments"]
    flat, place = (rows.drop_duplicates(keys) for rows in (flat, place))
    both = place.merge(flat, on=keys, suffixes=("_in_place", "_flatten"))
    return both.assign(
        mean_bytes=both["size"] / both["fragments"],
        in_place=both["cell_in_place"],
        flatten=both["cell_flatten"],
        kernel=both["kernel_flatten"],
    )


def ascending(values: numpy.ndarray, weights: numpy.ndarray) -> numpy.ndarray:
    """The ascending sequence that is nearest by least squares."""
    pools: List[List[float]] = []
    for value, weight in zip(values, weights):
        pools.append([value, weight, 1])
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            upper, lower = pools.pop(), pools.pop()
            total = lower[1] + upper[1]
            mean = (lower[0] * lower[1] + upper[0] * upper[1]) / total
            pools.append([mean, total, lower[2] + upper[2]])
    return numpy.repeat([pool[0] for pool in pools], [int(pool[2]) for pool in pools])


def crossing(
    lengths: Sequence[float],
) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """
    For estimate.bootstrap(), over the cells in_place of those mean lengths and then the cells
    flatten: the length at which their ratio crosses one for good, the least length where it is
    above one everywhere, and the greatest where it is not even there.
    """
    places, group, weights = numpy.unique(
        numpy.asarray(lengths, dtype=float), return_inverse=True, return_counts=True
    )
    logs = numpy.log(places)

    def cross(ratios: numpy.ndarray) -> float:
        means = numpy.bincount(group, ratios) / weights
        least = int(numpy.argmin(means))
        fit = ascending(means[least:], weights[least:])
        above = int(numpy.searchsorted(fit, 0, side="right"))
        if above == 0:
            return float(places[0])
        if above == len(fit):
            return float(places[-1])
        share = -fit[above - 1] / (fit[above] - fit[above - 1])
        before, after = logs[least + above - 1 : least + above + 1]
        return float(numpy.exp(before + share * (after - before)))

    def figure(ns: numpy.ndarray) -> numpy.ndarray:
        place, flat = numpy.split(numpy.log(ns), 2, axis=1)
        return numpy.array([cross(ratios) for ratios in flat - place])

    return figure


class Crossover(NamedTuple):
    """Where parsing in place begins to win; least and most: the mean lengths that were measured."""

    parser: str
    estimate: estimate.Estimate
    least: float
    most: float
    cells: Sequence[int]
    kernel: str = USUAL_KERNEL

    @classmethod
    def of(
        cls, launches: pandas.DataFrame, cells: pandas.DataFrame, parser: str
    ) -> "Crossover":
        """From the pairs of that parser."""
        cut = cells[cells["fragments"] > 1]
        used = [*cut["in_place"], *cut["flatten"]]
        if cut["mean_bytes"].nunique() < 2:
            return cls(parser, UNKNOWN, 0, 0, ())
        lengths = cut["mean_bytes"]
        found = estimate.bootstrap(launches, used, crossing(list(lengths)))
        ends = lengths.min(), lengths.max()
        return cls(parser, found, *ends, tuple(used), cut["kernel"].iloc[0])

    @property
    def inside(self) -> bool:
        """Whether it lies between the lengths that were measured."""
        return self.least < self.estimate.value < self.most

    @property
    def sentence(self) -> str:
        """In words."""
        name = NAMES[self.parser]
        if self.kernel != USUAL_KERNEL:
            name += f", flattened by {self.kernel}"
        if not self.estimate.known or self.estimate.value >= self.most:
            return f"{name}: {self.where}"
        never = self.estimate.value <= self.least
        verb = "is never slower," if never else "beats flattening"
        return f"{name}: in place {verb} {self.where}"

    @property
    def where(self) -> str:
        """From which fragments on in place is the faster."""
        found = self.estimate
        if not found.known:
            return "no crossover can be given from so few lengths of fragments"
        if found.value >= self.most:
            most = bytes_text(self.most)
            if found.low >= self.most:
                return f"flattening first is never slower, up to fragments of {most}"
            return (
                f"in place is not surely faster at any length up to fragments of {most}"
            )
        if found.value <= self.least:
            least = f"down to fragments of {bytes_text(self.least)}"
            if not numpy.isfinite(found.high):
                return f"{least} (no interval)"
            open_end = f", at the latest from {bytes_text(found.high)} on"
            return least + (open_end if found.high > self.least else "")
        return f"from fragments of {bytes_text(found.value)} on ({self.interval})"

    @property
    def interval(self) -> str:
        """The interval in words; open where it reaches the ends of what was measured."""
        low, high = self.estimate.low, self.estimate.high
        if not numpy.isfinite(low):
            return "no interval"
        upper = (
            f"{bytes_text(high)}" if high < self.most else f"{bytes_text(high)} or more"
        )
        lower = (
            f"{bytes_text(low)}" if low > self.least else f"{bytes_text(low)} or less"
        )
        return f"{lower} to {upper}"

    def finding(self) -> Finding:
        """With its number where there is one."""
        number = self.estimate if self.inside else UNKNOWN
        return told(self.sentence, number, "bytes", self.cells)


def told(
    sentence: str,
    number: estimate.Estimate,
    unit: str,
    cells: Sequence[int],
    agrees: Optional[bool] = None,
) -> Finding:
    """A finding of this experiment, with as much of its number as is known."""
    value, low, high = (float(x) if numpy.isfinite(x) else None for x in number)
    unit = unit if number.known else ""
    used = tuple(int(cell) for cell in cells)
    return Finding("vector", sentence, value, low, high, unit, used, agrees)


def bytes_text(size: float) -> str:
    """Bytes to two digits, since no crossover is sharper."""
    for unit, factor in (("KiB", 1 << 10), ("B", 1)):
        if size >= factor:
            break
    count = size / factor
    return f"{count:.2g} {unit}" if count < 10 else f"{count:.0f} {unit}"


def quotient(ns: numpy.ndarray) -> numpy.ndarray:
    """For estimate.bootstrap(): the second cell's time over the first's."""
    return ns[:, 1] / ns[:, 0]


def usual_message(cells: pandas.DataFrame) -> pandas.Series:
    """Of pairs that of a packet of four fragments, or of the message that is nearest to that."""
    distance = abs(numpy.log(cells["size"] / MESSAGE_BYTES)) + abs(
        numpy.log(cells["fragments"] / MESSAGE_FRAGMENTS)
    )
    return cells.loc[distance.idxmin()]


def of_message(
    launches: pandas.DataFrame, cells: pandas.DataFrame, parser: str
) -> Finding:
    """The ratio of the usual message."""
    row = usual_message(cells)
    used = (int(row["in_place"]), int(row["flatten"]))
    found = estimate.bootstrap(launches, used, quotient)
    verdict = ""
    if found.low <= 1 <= found.high:
        verdict = ", so no difference shows"
    place = f"{row['size']} B in {row['fragments']} fragments"
    sentence = (
        f"{NAMES[parser]}: flattening {place} first takes {estimate.text(found, '')} times as "
        f"long as in place{verdict}"
    )
    return told(sentence, found, "1", used)


def cross_check(
    dataset: load.Dataset, launches: pandas.DataFrame, cells: pandas.DataFrame
) -> Iterator[Finding]:
    """What flattening one fragment adds to a search is a copy, and `size` has measured that."""
    whole = cells[(cells["parser"] == "search") & (cells["fragments"] == 1)]
    other = copies(dataset, whole)
    common = sorted(set(whole["size"]) & set(other["size"]))
    if not common:
        return
    size = common[-1]
    row = whole[whole["size"] == size].iloc[0]
    copy = other[other["size"] == size].iloc[0]
    used = (int(row["in_place"]), int(row["flatten"]))
    together = launches.reindex(used)
    together.loc[-1] = (
        estimate.launches(dataset, "size").reindex([copy["cell"]]).iloc[0]
    )
    ratio = estimate.bootstrap(
        together, [*used, -1], lambda ns: (ns[:, 1] - ns[:, 0]) / ns[:, 2]
    )
    if not ratio.known:
        return
    low, high = (
        (ratio.low, ratio.high) if numpy.isfinite(ratio.low) else (ratio.value,) * 2
    )
    agrees = bool(low <= 1 + AGREEMENT and high >= 1 - AGREEMENT)
    sentence = (
        f"cross-check: what flattening {size} B adds to a search is {estimate.text(ratio, '')} "
        f"times what size measured for that copy, which {'agrees' if agrees else 'disagrees'} "
        f"(within {100 * AGREEMENT:.0f} %)"
    )
    yield told(sentence, ratio, "1", used, agrees)


def copies(dataset: load.Dataset, cells: pandas.DataFrame) -> pandas.DataFrame:
    """The rows of `size` that copy warm with the kernel that flattened."""
    if "size" not in dataset.experiments or cells.empty:
        return pandas.DataFrame({"size": []})
    table = dataset.table("size")
    kernel: Optional[str] = cells["kernel"].iloc[0]
    return table[
        (table["kernel"] == kernel)
        & (table["temperature"] == "warm")
        & table["verdict"].isin(["ok", "noisy"])
    ]
