"""
The cores experiment: what handing a cache line to another CPU costs, by how near it is, and which
pairs of CPUs are unlike others.
"""

from __future__ import annotations

from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

import numpy
import pandas

from results import estimate, levels, load, points
from results.estimate import Estimate
from results.findings import AGREEING, Finding, cross_check

NAME = "cores"
# How near two CPUs are, the nearest first: what they share, and whose line it is then.
NEARNESSES = {
    "core": ("same core", "to an SMT sibling"),
    "l2": ("same L2", "within an L2"),
    "cluster": ("same cluster", "within a cluster"),
    "l3": ("same L3", "within an L3"),
    "node": ("same node", "within a node"),
    "package": ("same package", "to another node"),
    "machine": ("other package", "to another package"),
}
STEADY = 1.5  # times as long at most, one launch as another
ALIKE = 0.05  # plateaus that are nearer to each other are not told apart
FAR_OFF = (
    4  # median absolute deviations from its plateau, at least, of a pair that is named
)
NAMED = 3  # pairs in a sentence, at most
SHARE = 0.1  # of the launches, that may contradict a verdict on one pair


class Plateau(NamedTuple):
    """
    The pairs of one nearness. rows: of the table, with from, to, cell and median_ns. launches: the
    median pair in each launch, in ns.
    """

    nearness: str
    rows: pandas.DataFrame
    launches: pandas.Series

    @property
    def cells(self) -> Tuple[int, ...]:
        """Their numbers."""
        return tuple(self.rows["cell"].tolist())


def measured(dataset: load.Dataset) -> pandas.DataFrame:
    """The rows of all pairs that were."""
    table = dataset.table(NAME)
    return table[table["verdict"].isin(points.MEASURED) & table["from"].notna()]


def read(dataset: load.Dataset) -> List[Plateau]:
    """One for each nearness that was measured, the nearest first."""
    launches = estimate.launches(dataset, NAME)
    table = measured(dataset)
    plateaus = []
    for nearness in NEARNESSES:
        rows = table[table["nearness"] == nearness]
        if len(rows):
            plateaus.append(
                Plateau(nearness, rows, median_pair(launches.loc[rows["cell"]]))
            )
    return plateaus


def median_pair(launches: pandas.DataFrame) -> pandas.Series:
    """
    What the median of these pairs takes in each launch. Not every launch has all of them, so it is
    the median of all launches times what the launch adds to its pairs.
    """
    medians = launches.median(axis=1)
    added = launches.div(medians, axis=0).median(axis=0)
    return added * (medians.median() / added.median())


def figure(
    plateaus: List[Plateau], of: Callable[[numpy.ndarray], numpy.ndarray]
) -> Estimate:
    """Of these plateaus' ns, as estimate.bootstrap() has it."""
    table = pandas.DataFrame([plateau.launches for plateau in plateaus])
    table.index = pandas.RangeIndex(len(plateaus))
    return estimate.bootstrap(table, range(len(plateaus)), of)


def cost(plateau: Plateau) -> Estimate:
    """Of one handover."""
    return figure([plateau], lambda ns: ns[:, 0])


def ratio(farther: Plateau, nearer: Plateau) -> Estimate:
    """How many times as long it takes."""
    return figure([farther, nearer], lambda ns: ns[:, 0] / ns[:, 1])


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """The plateaus, each of them if there are several, what was left out; cross-checks."""
    plateaus = read(dataset)
    if not plateaus:
        why = points.reason(dataset, NAME)
        yield Finding(NAME, f"how far apart cores are can't be said: {why}")
        return
    yield summary(plateaus)
    if len(plateaus) > 1:
        yield from map(one_plateau, plateaus)
    yield from filter(None, (taken(dataset, plateaus), order(plateaus)))
    yield from filter(None, (both_directions(dataset), steady(plateaus)))


def summary(plateaus: List[Plateau]) -> Finding:
    """All of them in one sentence."""
    cells = tuple(cell for plateau in plateaus for cell in plateau.cells)
    costs = [cost(plateau) for plateau in plateaus]
    words = [NEARNESSES[plateau.nearness][1] for plateau in plateaus]
    if len(plateaus) == 1:
        taking = estimate.text(costs[0], "ns")
        sentence = (
            f"handing a cache line over {words[0]} takes {taking} one way "
            f"({pairs_text(plateaus[0])})"
        )
        return Finding(NAME, sentence, *costs[0], "ns", cells)
    steps = [
        f"{estimate.digits(each.value)} ns {word}" for each, word in zip(costs, words)
    ]
    times = ratio(plateaus[-1], plateaus[0])
    # The sign is what was found, which need not be what was expected.
    signs = [
        "<" if one.value < other.value else ">" for one, other in zip(costs, costs[1:])
    ]
    chain = steps[0] + "".join(
        f" {sign} {step}" for sign, step in zip(signs, steps[1:])
    )
    sentence = (
        f"handing a cache line over takes {chain}, one way: from the nearest to the farthest "
        f"{estimate.text(times, '')} times as long"
    )
    return Finding(NAME, sentence, *times, "1", cells)


def pairs_text(plateau: Plateau) -> str:
    """How many, and between what they lie."""
    medians = plateau.rows["median_ns"].astype(float)
    if len(medians) == 1:
        return f"CPU {name(plateau.rows.iloc[0])}"
    ends = [estimate.digits(each) for each in (medians.min(), medians.max())]
    alike = "all alike" if ends[0] == ends[1] else f"{' to '.join(ends)} ns"
    return f"{len(medians)} pairs, {alike}"


def name(row: pandas.Series) -> str:
    """A pair's: "3→7"."""
    return f"{int(row['from'])}→{int(row['to'])}"


def one_plateau(plateau: Plateau) -> Finding:
    """What it costs there, and which pairs lie off."""
    found = cost(plateau)
    sentence = (
        f"{NEARNESSES[plateau.nearness][0]}: {estimate.text(found, 'ns')} "
        f"({pairs_text(plateau)})"
    )
    off = outlying(plateau)
    if len(off):
        named = ", ".join(
            f"{name(row)} {estimate.digits(float(row['median_ns']))} ns"
            for _, row in off[:NAMED].iterrows()
        )
        more = f" and {len(off) - NAMED} more" if len(off) > NAMED else ""
        sentence += f"; unlike the others: {named}{more}"
    return Finding(NAME, sentence, *found, "ns", plateau.cells)


def outlying(plateau: Plateau) -> pandas.DataFrame:
    """The pairs that are off their plateau by what chance or its own spread can't be, worst first."""
    rows = plateau.rows
    medians = rows["median_ns"].astype(float)
    middle = float(medians.median())
    spread = 1.4826 * float((medians - middle).abs().median())
    room = max(AGREEING * middle, FAR_OFF * spread)
    low = rows["low_ns"].astype(float).fillna(medians)
    high = rows["high_ns"].astype(float).fillna(medians)
    off = rows[(low > middle + room) | (high < middle - room)]
    worst = (medians / middle).map(numpy.log).abs()[off.index]
    return off.loc[worst.sort_values(ascending=False, kind="stable").index]


def taken(dataset: load.Dataset, plateaus: List[Plateau]) -> Optional[Finding]:
    """How many pairs, where it is not all."""
    cpus = len(levels.cpu_numbers(dataset.machine["cpu"]["allowed"]))
    counts = [len(plateau.cells) for plateau in plateaus]
    if sum(counts) >= cpus * (cpus - 1):
        return None
    sentence = (
        f"measured were {sum(counts)} of {cpus * (cpus - 1)} pairs, of each nearness "
        f"{min(counts)} at least"
    )
    cells = tuple(cell for plateau in plateaus for cell in plateau.cells)
    exact = Estimate(*[float(sum(counts))] * 3)
    return Finding(NAME, sentence, *exact, "1", cells)


def order(plateaus: List[Plateau]) -> Optional[Finding]:
    """Whether each plateau costs what the nearer one does, or more."""
    steps = [
        (ratio(farther, nearer), nearer, farther)
        for nearer, farther in zip(plateaus, plateaus[1:])
    ]
    if not steps:
        return None
    least, nearer, farther = min(steps, key=lambda step: step[0].value)
    agrees = least.meets(1 - ALIKE, float("inf"))
    sentence = (
        f"cross-check: farther is dearer: {NEARNESSES[farther.nearness][0]} costs "
        f"{estimate.text(least, '')} times {NEARNESSES[nearer.nearness][0]}, the smallest step: "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, *least, "1", nearer.cells + farther.cells, agrees)


def directions(dataset: load.Dataset) -> pandas.DataFrame:
    """
    A row a pair that was measured in both: low and high CPU, both cells, and what from low to high
    takes as a share of high to low: the median of the launches, and what all but SHARE of them lie
    between.
    """
    table = measured(dataset).set_index(["from", "to"])["cell"]
    there = table[[low < high for low, high in table.index]]
    both = [
        (*pair, cell, table[pair[::-1]])
        for pair, cell in there.items()
        if pair[::-1] in table
    ]
    found = pandas.DataFrame(both, columns=["low", "high", "there", "back"])
    launches = estimate.launches(dataset, NAME)
    ratios = (
        launches.loc[found["there"]].to_numpy() / launches.loc[found["back"]].to_numpy()
    )
    frame = pandas.DataFrame(ratios, index=found.index)
    for column, share, side in (
        ("ratio", 0.5, "linear"),
        ("least", SHARE, "lower"),
        ("most", 1 - SHARE, "higher"),
    ):
        found[column] = frame.quantile(share, axis=1, interpolation=side)
    return found.dropna()


def both_directions(dataset: load.Dataset) -> Optional[Finding]:
    """
    Whether there and back take the same. One pair of many is easily off by chance, so the least
    alike disagrees only where nearly every launch says so.
    """
    pairs = directions(dataset)
    if pairs.empty:
        return None
    off = numpy.log(pairs[["least", "most"]])
    certain = numpy.maximum(off["least"], -off["most"])
    worst = pairs.loc[certain.sort_values(kind="stable").index[-1]]
    found = Estimate(*(float(worst[each]) for each in ("ratio", "least", "most")))
    low, high = int(worst["low"]), int(worst["high"])
    claim = (
        f"from CPU {low} to {high} takes {estimate.text(found, '')} times what the way back takes, "
        f"the least alike of {len(pairs)} such ways"
    )
    cells = (int(worst["there"]), int(worst["back"]))
    return cross_check(NAME, claim, found, "1", cells)


def steady(plateaus: List[Plateau]) -> Optional[Finding]:
    """
    Whether pairs stay as far apart as they are. Virtual CPUs that a hypervisor moves do not, and
    then no topology says how near they are.
    """
    ends = []
    for plateau in plateaus:
        launches = plateau.launches.dropna()
        if len(launches) >= estimate.LAUNCHES_MIN:
            low = launches.quantile(SHARE, interpolation="lower")
            high = launches.quantile(1 - SHARE, interpolation="higher")
            ends.append((high / low, float(low), float(high), plateau))
    if not ends:
        return None
    times, low, high, plateau = max(ends, key=lambda end: end[0])
    agrees = bool(times <= STEADY)
    sentence = (
        f"cross-check: pairs stay as near as they are: {NEARNESSES[plateau.nearness][0]} takes "
        f"{estimate.digits(low)} to {estimate.digits(high)} ns in nine of ten launches: "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, high / low, None, None, "1", plateau.cells, agrees)
