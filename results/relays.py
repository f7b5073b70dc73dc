"""
The measured cells of the proxy experiment: what passing a message on costs the proxy, by relay,
what it looks at, and message size; its CPU time, and how long it takes.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

import pandas

from results import crossovers, estimate, load, points
from results.crossovers import Crossover
from results.estimate import Estimate
from results.points import Point, Points

NAME = "proxy"
DIRECT, BASE = "direct", "read_write"
RELAYS = (
    BASE,
    "readv_writev",
    "io_uring",
    "io_uring_fixed",
    "splice",
    "sendfile",
)
AHEAD = ("splice", "io_uring", "io_uring_fixed", "sendfile")  # perhaps, of BASE
INSPECTIONS = {
    "none": "untouched",
    "header": "with the header inspected",
    "all": "with every byte inspected",
}
TRANSPORTS = {"tcp": "TCP", "unix": "UNIX sockets"}
AXES = ("relay", "message", "inspect", "transport", "buffer", "source", "pair", "mode")
USUAL_BUFFER = 64 << 10
PROXY, MEMBERS = 0, 3


class Line(NamedTuple):
    """One relay, by message size; a file is the source where there is no other."""

    relay: str
    inspect: str = "none"
    transport: str = "tcp"
    from_file: bool = False
    buffer: int = USUAL_BUFFER

    @property
    def source(self) -> str:
        """Of the messages."""
        return "file" if self.from_file or self.relay == "sendfile" else "socket"

    def based(self) -> Line:
        """What it is compared with: the same messages, read and written."""
        return self._replace(relay=BASE, from_file=self.source == "file")


class Cells(NamedTuple):
    """
    The measured cells of the usual pair of CPUs. times: of a call, by the clock. costs: CPU time of
    the proxy; sums: of all three processes.
    """

    pair: str
    times: Points
    costs: Points
    sums: Points
    table: pandas.DataFrame

    def point(self, line: Line, message: int, mode: str = "throughput") -> Point:
        """Of the cell; where there is no buffer it counts as the usual one."""
        return (
            *(line.relay, message, line.inspect, line.transport, line.buffer),
            *(line.source, self.pair, mode),
        )

    def points(self, line: Line, messages: List[int]) -> List[Point]:
        """Of these messages."""
        return [self.point(line, message) for message in messages]

    def messages(self, *lines: Line, mode: str = "throughput") -> List[int]:
        """Those at which all of these were measured, ascending."""
        known = sorted({place[1] for place in self.times.places})
        return [
            message
            for message in known
            if self.times.has(*(self.point(line, message, mode) for line in lines))
        ]

    def cost(self, line: Line, message: int) -> Estimate:
        """CPU time of the proxy for a message, ns."""
        return self.costs.estimate([self.point(line, message)], lambda ns: ns[:, 0])

    def each_byte(self, line: Line, message: int) -> Estimate:
        """The same of a byte."""
        return Estimate(*(ns / message for ns in self.cost(line, message)))

    def gigabits(self, line: Line, message: int) -> Estimate:
        """Per second."""
        asked = [self.point(line, message)]
        return self.times.estimate(asked, lambda ns: 8 * message / ns[:, 0])

    def row(self, point: Point) -> pandas.Series:
        """Of the table."""
        return self.table.loc[self.times.places[point][1]]

    def crossover(self, line: Line) -> Optional[Crossover]:
        """From which size on it costs the proxy less CPU time than reading and writing."""
        base = line.based()
        messages = self.messages(line, base)
        way, other = self.points(line, messages), self.points(base, messages)
        return crossovers.find(self.costs, messages, way, other)


def read(dataset: load.Dataset) -> Cells:
    """The pair is that of most cells which is not one CPU, unless there is no other."""
    found = points.read(dataset, NAME, AXES)
    places = {
        (
            *point[:4],
            USUAL_BUFFER if pandas.isna(point[4]) else point[4],
            *point[5:],
        ): at
        for point, at in found.places.items()
    }
    counts: Dict[str, int] = {}
    for place in places:
        counts[place[6]] = counts.get(place[6], 0) + 1
    pair = max(sorted(counts), key=lambda p: (p != "cpu", counts[p]), default="")
    times = found._replace(places=places)
    costs = estimate.cpu_launches(dataset, NAME, [PROXY])
    sums = estimate.cpu_launches(dataset, NAME, range(MEMBERS))
    table = dataset.table(NAME).set_index("cell")
    return Cells(pair, times, times.by(costs), times.by(sums), table)
