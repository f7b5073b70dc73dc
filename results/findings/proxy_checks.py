"""Whether the figures of the proxy experiment fit together, and with those of other experiments."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Optional, Sequence

import numpy
import pandas

from results import estimate, load, points, trips
from results.estimate import Estimate
from results.findings import Finding, cross_check
from results.relays import BASE, DIRECT, NAME, PROXY, RELAYS, Cells, Line

TWICE = 0.5  # that a byte of a larger message may cost more or less
LIKE_IPC = 0.6  # a send and a receive, by one process or by two
FASTER = 0.15  # than without a proxy, by chance
CPU_MORE = 1.15  # of the time that passed: clocks are read one after another
IPC_TRANSPORTS = {"tcp": "tcp_nodelay", "unix": "unix_stream"}


def find(dataset: load.Dataset, cells: Cells) -> Iterator[Finding]:
    """Those for which there are cells; what rests on times or costs, from three launches on."""
    checks = [twice(cells), looking(dataset, cells), shrinking(cells), slower(cells)]
    checks += [like_ipc(dataset, cells, transport) for transport in IPC_TRANSPORTS]
    for check in filter(None, checks):
        if check.low is not None and numpy.isfinite(check.low):
            yield check
    yield from filter(None, (whole_cpu(dataset, cells), whole_trips(dataset, cells)))


def verdict(
    claim: str, found: Estimate, unit: str, used: tuple[int, ...], agrees: bool
) -> Finding:
    """A cross-check that is not about being near to 1."""
    sentence = f"cross-check: {claim}: {'agrees' if agrees else 'disagrees'}"
    return Finding(NAME, sentence, *found, unit, used, agrees)


def twice(cells: Cells) -> Optional[Finding]:
    """Whether reading and writing more bytes costs in proportion, where messages are large."""
    line = Line(BASE)
    messages = [each for each in cells.messages(line) if each >= line.buffer]
    if len(messages) < 2:
        return None
    few, many = messages[0], messages[-1]
    asked = cells.points(line, [few, many])
    ratio = cells.costs.estimate(asked, lambda ns: ns[:, 1] / ns[:, 0] * few / many)
    claim = (
        f"a byte of {estimate.bytes_text(many)} read and written costs {estimate.text(ratio, '')} times "
        f"the CPU time of a byte of {estimate.bytes_text(few)}"
    )
    return cross_check(NAME, claim, ratio, "1", cells.times.cells(*asked), TWICE)


def load_ns(dataset: load.Dataset) -> float:
    """What loading a byte costs one CPU at the least, by `limits`; NAN if that is not there."""
    if "limits" not in dataset.experiments:
        return float("nan")
    table = dataset.table("limits")
    reads = table["kernel"].str.startswith("read") & (table["threads"] == 1)
    fit = table[reads & table["verdict"].isin(points.MEASURED)]
    return float((fit["median_ns"].astype(float) / fit["payload_bytes"]).min())


def looking(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Whether looking at every byte costs what loading them does, at the least."""
    line, load_byte = Line(BASE), load_ns(dataset)
    every = line._replace(inspect="all")
    messages = cells.messages(line, every)
    if not messages or numpy.isnan(load_byte):
        return None
    message = messages[-1]
    asked = [cells.point(every, message), cells.point(line, message)]
    more = cells.costs.estimate(asked, lambda ns: (ns[:, 0] - ns[:, 1]) / message)
    claim = (
        f"looking at every byte of {estimate.bytes_text(message)} adds {estimate.text(more, 'ns')} a byte "
        f"to {BASE}, and a load costs {estimate.digits(load_byte)} ns at the least"
    )
    used = cells.times.cells(*asked)
    return verdict(claim, more, "ns", used, more.meets(load_byte, float("inf")))


def shrinking(cells: Cells) -> Optional[Finding]:
    """Whether looking at every byte leaves less of splice's advantage, if it has one."""
    lines = [Line(r, i) for i in ("none", "all") for r in (BASE, "splice")]
    messages = cells.messages(*lines)
    if not messages:
        return None
    asked = [cells.point(line, messages[-1]) for line in lines]
    found = cells.costs.estimate(
        asked, lambda ns: ns[:, 0] / ns[:, 1] / (ns[:, 2] / ns[:, 3])
    )
    claim = (
        f"splice's advantage at {estimate.bytes_text(messages[-1])} is {estimate.text(found, '')} times as "
        "great untouched as with every byte inspected"
    )
    agrees = found.meets(1, float("inf"))
    return verdict(claim, found, "1", cells.times.cells(*asked), agrees)


def has_own_cpus(
    cells: Cells, line: Line, message: int, mode: str = "throughput"
) -> bool:
    """Whether no two processes shared one."""
    cpus = cpus_of(cells.row(cells.point(line, message, mode)))
    return len(set(cpus)) == len(cpus)


def cpus_of(row: pandas.Series) -> List[int]:
    """Of the members in order."""
    found: List[int] = []
    for part in str(row["cpus"]).split():
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def slower(cells: Cells) -> Optional[Finding]:
    """Whether no proxy is faster than none; where client and server share a CPU one may be."""
    worst: Optional[Estimate] = None
    text = ""
    used: tuple[int, ...] = ()
    for line in (Line(relay, transport=t) for relay in RELAYS for t in IPC_TRANSPORTS):
        direct = line._replace(relay=DIRECT)
        messages = cells.messages(line, direct)
        if line.source == "file" or not messages:
            continue
        if not has_own_cpus(cells, line, messages[-1]):
            return None
        asked = [cells.point(direct, messages[-1]), cells.point(line, messages[-1])]
        ratio = cells.times.estimate(asked, lambda ns: ns[:, 0] / ns[:, 1])
        if worst is None or ratio.low > worst.low:
            worst, used = ratio, cells.times.cells(*asked)
            text = f"{line.relay} over {line.transport}"
    if worst is None:
        return None
    claim = (
        f"no proxy is faster than none; the fastest, {text}, reaches {estimate.text(worst, '')} of "
        "the speed without one"
    )
    return verdict(claim, worst, "1", used, worst.low <= 1 + FASTER)


def shares(
    dataset: load.Dataset, table: pandas.DataFrame, cells: Sequence[int]
) -> pandas.Series:
    """Of these cells: the most of a CPU's time that the processes on it used."""
    samples = dataset.samples(NAME)
    used = samples.groupby(["cell", "member"])["cpu_ns"].sum()
    wall = dataset.samples_region(NAME).groupby("cell")["ticks"].sum()
    wall *= dataset.ns_per_tick
    found: Dict[int, float] = {}
    for cell in cells:
        cpus = cpus_of(table.loc[cell])
        by_cpu = used[cell].groupby(lambda member, at=cpus: at[member]).sum()
        found[cell] = float(by_cpu.max() / wall[cell])
    return pandas.Series(found, dtype=float)


def whole_cpu(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Nobody can have used more CPU time than there was."""
    known = sorted({cell for _, cell in cells.times.places.values()})
    found = shares(dataset, cells.table, known)
    if not len(found):
        return None
    worst = int(found.idxmax())
    share, agrees = float(found[worst]), bool(found[worst] <= CPU_MORE)
    claim = (
        "no process used more CPU time than passed, "
        f"{estimate.digits(100 * share)} % of it at most (cell {worst})"
    )
    used = tuple(map(int, found.index)) if agrees else (worst,)
    value = Estimate(100 * share, numpy.nan, numpy.nan)
    return verdict(claim, value, "%", used, agrees)


def whole_trips(dataset: load.Dataset, cells: Cells) -> Optional[Finding]:
    """Each round trip of a sample is in the histogram, as far as a visit keeps them."""
    late = [c for p, (_, c) in cells.times.places.items() if p[-1] == "latency"]
    if not late:
        return None
    wrong = trips.lost(dataset, NAME, late)
    agrees = not wrong
    sentence = (
        "cross-check: the histogram has each round trip that was made: "
        f"{'agrees' if agrees else 'disagrees'}"
    )
    return Finding(NAME, sentence, cells=tuple(wrong or late), agrees=agrees)


def like_ipc(dataset: load.Dataset, cells: Cells, transport: str) -> Optional[Finding]:
    """
    A proxy that reads and writes does what ipc's two processes do, which is to send and to receive:
    CPU time of a byte, of pieces as long as the proxy's buffer.
    """
    line = Line(BASE, transport=transport)
    if "ipc" not in dataset.experiments:
        return None
    name = IPC_TRANSPORTS[transport]
    only = {"transport": name, "chunk": line.buffer, "mode": "throughput"}
    only.update(producer="in_place", consumer="in_place", touch="none")
    ipc = points.read(dataset, "ipc", ["pair"], **only)
    messages = [each for each in cells.messages(line) if each >= line.buffer]
    near = (cells.pair,)
    if not ipc.has(near) or not messages or not has_cpu_time(dataset):
        return None
    both = ipc.by(estimate.cpu_launches(dataset, "ipc", [0, 1]))
    message = messages[0]
    scale = line.buffer / message
    found = cells.costs.beside(both).estimate(
        [cells.point(line, message), near], by_scale(scale)
    )
    claim = (
        f"{BASE} of {estimate.bytes_text(message)} over {transport} costs the proxy "
        f"{estimate.text(found, '')} times the CPU time that sending and receiving as much by {name} costs "
        "in ipc"
    )
    used = cells.times.cells(cells.point(line, message))
    return cross_check(NAME, claim, found, "1", used, LIKE_IPC)


def by_scale(scale: float) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """The first over the second, times that."""
    return lambda ns: scale * ns[:, 0] / ns[:, 1]


def has_cpu_time(dataset: load.Dataset) -> bool:
    """Whether samples of ipc have it, which older ones have not."""
    return "cpu_ns" in dataset.samples("ipc").columns
