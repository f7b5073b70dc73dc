"""
The size experiment: how fast the fastest copy and libc's are, how far libc is from the best kernel
in each class of sizes, and what cold buffers add.

The best of many kernels is also the luckiest. So which is the best of a class is chosen by every
other launch, and judged by the rest.
"""

from __future__ import annotations

from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

import numpy
import pandas

from results import estimate, kernels, levels, load, points
from results.estimate import Estimate
from results.findings import Finding
from results.kernels import label

NAME = "size"
SMALL_BYTES = 256
SMALLEST_CLASSES = (64, 1024)  # bytes that classes below the cache levels go up to


class Copies(NamedTuple):
    """
    The measured copies: `main` are the warm ones, the cold ones where there are no others.
    launches: as estimate.launches() has it.
    """

    dataset: load.Dataset
    every: pandas.DataFrame
    main: pandas.DataFrame
    temperature: str
    libc: Optional[str]
    launches: pandas.DataFrame


def read(dataset: load.Dataset) -> Copies:
    """Of one placement, that of most cells."""
    rows = kernels.in_one_placement(kernels.measured(dataset.table(NAME)))
    copies = kernels.only(dataset.machine, rows, "copy")
    copies = copies[copies["size"] > 0]
    names = list(copies["temperature"].unique())
    temperature = "warm" if "warm" in names or not names else str(names[0])
    main = copies[copies["temperature"] == temperature]
    launches = estimate.launches(dataset, NAME)
    libc = kernels.libc_kernel(main)
    return Copies(dataset, copies, main, temperature, libc, launches)


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """Rates, times of small copies, libc against the best by class of sizes, cold buffers."""
    copies = read(dataset)
    if copies.main.empty:
        why = points.reason(dataset, NAME)
        yield Finding(NAME, f"what a copy costs can't be said: {why}")
        return
    yield rates(copies)
    yield from filter(None, (small(copies),))
    yield from against(copies)
    yield cold(copies)


def rate(row: pandas.Series) -> Estimate:
    """A row's GB/s."""
    return Estimate(
        *(float(row["payload_bytes"] / row[name]) for name in _SLOW_AND_FAST)
    )


_SLOW_AND_FAST = ("median_ns", "high_ns", "low_ns")


def time(row: pandas.Series) -> Estimate:
    """A row's ns."""
    return Estimate(*(float(row[name]) for name in ("median_ns", "low_ns", "high_ns")))


def own_line(copies: Copies) -> pandas.DataFrame:
    """libc's rows; none where it was not measured."""
    return copies.main[copies.main["kernel"] == copies.libc].sort_values("size")


def rate_text(row: pandas.Series) -> str:
    """ "18.9 GB/s ± 0.4 at 64 MiB"."""
    size = estimate.size_text(int(row["size"]))
    return f"{estimate.text(rate(row), 'GB/s')} at {size}"


def cost_text(row: pandas.Series) -> str:
    """ "2.4 ns ± 0.1 for 64 B"."""
    size = estimate.size_text(int(row["size"]))
    return f"{estimate.text(time(row), 'ns')} for {size}"


Rows = List[pandas.Series]


def two_lines(
    copies: Copies,
    upto: float,
    ends: Callable[[pandas.DataFrame], Rows],
    text: Callable[[pandas.Series], str],
) -> Tuple[List[str], Rows]:
    """Of the fastest kernel at each size, and of libc where it was measured, the ends in words."""
    texts: List[str] = []
    used: Rows = []
    for line in (kernels.best(copies.main, ["size"]), own_line(copies)):
        line = line[line["size"] <= upto]
        if line.empty:
            continue
        rows = list({int(row["cell"]): row for row in ends(line)}.values())
        names = ["" if texts else f" ({label(row['kernel'])})" for row in rows]
        texts.append(" and ".join(text(row) + name for row, name in zip(rows, names)))
        used += rows
    return texts, used


def cells_of(rows: Rows) -> Tuple[int, ...]:
    """The numbers of these rows, each once."""
    return tuple(dict.fromkeys(int(row["cell"]) for row in rows))


def rates(copies: Copies) -> Finding:
    """The best rate and that of the largest copies, of any kernel and of libc."""
    texts, used = two_lines(
        copies,
        numpy.inf,
        lambda line: [line.loc[line["gb_per_s"].idxmax()], line.iloc[-1]],
        rate_text,
    )
    said = "; libc ".join(texts)
    sentence = f"the fastest {copies.temperature} copy reaches {said}"
    return Finding(NAME, sentence, *rate(used[0]), "GB/s", cells_of(used))


def small(copies: Copies) -> Optional[Finding]:
    """What the least copy costs and that of SMALL_BYTES, by the fastest kernel and by libc."""
    texts, used = two_lines(
        copies, SMALL_BYTES, lambda line: [line.iloc[0], line.iloc[-1]], cost_text
    )
    if not used:
        return None
    said = "; libc's ".join(texts)
    sentence = f"the fastest small {copies.temperature} copy takes {said}"
    return Finding(NAME, sentence, *time(used[0]), "ns", cells_of(used))


class Class(NamedTuple):
    """Sizes of which one kernel may be called the best."""

    words: str
    sizes: List[int]

    @property
    def text(self) -> str:
        """ "in L1 (1.5 KiB to 16 KiB)"."""
        ends = [estimate.size_text(size) for size in (self.sizes[0], self.sizes[-1])]
        span = ends[0] if len(self.sizes) == 1 else " to ".join(ends)
        return f"{self.words} ({span})" if self.words else f"for {span}"


def classes(copies: Copies) -> List[Class]:
    """
    By the sizes that libc was measured at: the smallest in two classes, the others by the level
    that holds the working set, which is source and destination.
    """
    sizes = sorted({int(size) for size in own_line(copies)["size"]})
    machine, cpu = copies.dataset.machine, levels.cpu_of(copies.main)
    by_name: dict[str, List[int]] = {}
    for size in sizes:
        upto = next((each for each in SMALLEST_CLASSES if size <= each), 0)
        level = next(
            (each for each in levels.levels(machine, cpu) if 2 * size <= each.upto),
            None,
        )
        name = str(upto) if upto else f"in {level.name}" if level else ""
        by_name.setdefault(name, []).append(size)
    return [
        Class("" if name.isdigit() else name, each) for name, each in by_name.items()
    ]


def against(copies: Copies) -> List[Finding]:
    """libc against the best of its rivals, a finding a class."""
    if not copies.libc or copies.main["kernel"].nunique() < 2:
        why = "libc's memcpy and another kernel have to be measured"
        return [Finding(NAME, f"how far libc is from the best can't be said: {why}")]
    return [of_class(copies, each) for each in classes(copies)]


def of_class(copies: Copies, sizes: Class) -> Finding:
    """The best rival over all of these sizes, and libc's time over its."""
    assert copies.libc
    table = kernels.rivals_of(copies.main, copies.libc)
    table = table[table["size"].isin(sizes.sizes)]
    cells = kernels.best(table, ["kernel", "size"]).pivot(
        index="kernel", columns="size", values="cell"
    )
    cells = cells.dropna().astype(int)
    asked = cells.to_numpy().ravel()
    halves = estimate.halves(copies.launches.reindex(asked))
    rivals = len(cells) - 1
    unsaid = f"how far libc is from the best {sizes.text} can't be said:"
    if rivals < 1:
        return Finding(NAME, f"{unsaid} no other kernel has all of these sizes")
    times = numpy.log(halves[0].median(axis=1).to_numpy())
    chosen = times.reshape(cells.shape).mean(axis=1)
    own = list(cells.index).index(copies.libc)
    chosen[own] = numpy.inf
    place = int(numpy.nanargmin(chosen))
    used = [*map(int, cells.iloc[own]), *map(int, cells.iloc[place])]
    count = estimate.count(copies.launches, used)
    if count < estimate.LAUNCHES_HALVED:
        return Finding(NAME, f"{unsaid} {count} launches are too few")
    half = len(sizes.sizes)

    def ratio(ns: numpy.ndarray) -> numpy.ndarray:
        logs = numpy.log(ns)
        return numpy.exp(logs[:, :half].mean(axis=1) - logs[:, half:].mean(axis=1))

    found = estimate.bootstrap(halves[1], used, ratio)
    name = label(str(cells.index[place]))
    return Finding(
        NAME, ratio_text(found, sizes, name, rivals), *found, "1", tuple(used)
    )


def ratio_text(found: Estimate, sizes: Class, name: str, rivals: int) -> str:
    """Who is the better."""
    others = f"the best of {rivals} other kernels" if rivals > 1 else "the other kernel"
    if found.low > 1:
        times = estimate.text(found, "")
        return f"{sizes.text} libc takes {times} times as long as {name}, {others}"
    if found.high < 1:
        less = Estimate(1 / found.value, 1 / found.high, 1 / found.low)
        times = estimate.text(less, "")
        return f"{sizes.text} libc is the fastest: {name}, {others}, takes {times} times as long"
    times = estimate.text(found, "")
    return (
        f"{sizes.text} no kernel is surely faster than libc, which takes {times} times as long as "
        f"{name}, {others}"
    )


def farthest(copies: Copies) -> Finding:
    """That class in which libc surely loses most; the first where it does in none."""
    found = against(copies)
    return max(
        found, key=lambda one: (one.value or 0) if one.low and one.low > 1 else 0
    )


def cold(copies: Copies) -> Finding:
    """What eviction adds to the least and to the greatest copy measured both ways."""
    name = copies.libc or str(copies.main["kernel"].iloc[0])
    rows = copies.every[copies.every["kernel"] == name]
    cells = rows.drop_duplicates(["size", "temperature"]).pivot(
        index="size", columns="temperature", values="cell"
    )
    both = cells.dropna() if {"warm", "cold"} <= set(cells.columns) else cells[:0]
    if both.empty:
        why = points.reason(copies.dataset, NAME, temperature="cold")
        return Finding(NAME, f"what cold buffers add can't be said: {why}")
    parts, used, ratios = [], [], []
    for size in dict.fromkeys((both.index[0], both.index[-1])):
        pair = [int(both["cold"][size]), int(both["warm"][size])]
        cold_ns, warm_ns = (time(rows[rows["cell"] == cell].iloc[0]) for cell in pair)
        ratio = estimate.bootstrap(
            copies.launches, pair, lambda ns: ns[:, 0] / ns[:, 1]
        )
        parts.append(
            f"{estimate.time_text(cold_ns)} instead of {estimate.time_text(warm_ns)} for "
            f"{estimate.size_text(size)} ({estimate.text(ratio, '')} times)"
        )
        used += pair
        ratios.append(ratio)
    who = "libc" if name == copies.libc else label(name)
    sentence = f"on cold buffers {who} takes {' and '.join(parts)}"
    return Finding(NAME, sentence, *ratios[0], "1", tuple(used))
