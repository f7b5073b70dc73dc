"""
The measured cells of the send experiment: what sending a message costs its sender, by the call, by
who is at the far end, and by size; its CPU time, and how long it takes.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional

import numpy
import pandas

from results import crossovers, estimate, load, points
from results.crossovers import Crossover
from results.estimate import Estimate
from results.points import Point, Points

NAME = "send"
AXES = ("sending", "receiver", "protocol", "size")
COPY = "copy"
SENDINGS = {"zerocopy": "MSG_ZEROCOPY", "send_zc": "io_uring's send_zc"}
SENDER = 0
DOCUMENTED_BYTES = (
    10000  # Linux, Documentation/networking/msg_zerocopy.rst: "over around 10 KB"
)


class End(NamedTuple):
    """Who is at the far end, and by which protocol."""

    receiver: str
    protocol: str

    @property
    def words(self) -> str:
        """ "UDP that is discarded"; as a network card frees what it has sent, too."""
        name = self.protocol.upper()
        discards = self.receiver == "discard"
        return f"{name} {'that is discarded' if discards else 'to a local socket'}"


ENDS = (End("discard", "udp"), End("socket", "udp"), End("socket", "tcp"))


class Line(NamedTuple):
    """One way of sending to one end, by size."""

    sending: str
    end: End

    def point(self, size: int) -> Point:
        """Of the cell."""
        return (self.sending, *self.end, size)

    def copied(self) -> Line:
        """The same messages copied."""
        return self._replace(sending=COPY)


class Cells(NamedTuple):
    """Those that were measured. costs: CPU time of the sender; times: by the clock."""

    times: Points
    costs: Points
    table: pandas.DataFrame

    def sizes(self, *lines: Line) -> List[int]:
        """Those at which all of these were measured, ascending."""
        known = sorted({place[-1] for place in self.times.places})
        return [
            size
            for size in known
            if self.times.has(*(line.point(size) for line in lines))
        ]

    def points(self, line: Line) -> List[Point]:
        """All of it, ascending by size."""
        return [line.point(size) for size in self.sizes(line)]

    def numbers(self, *lines: Line) -> tuple[int, ...]:
        """Their cells."""
        return self.times.cells(
            *(point for line in lines for point in self.points(line))
        )

    def cost(self, line: Line, size: int) -> Estimate:
        """CPU time of the sender for a message, ns."""
        return self.costs.estimate([line.point(size)], lambda ns: ns[:, 0])

    def each_byte(self, line: Line, size: int) -> Estimate:
        """The same of a byte."""
        return Estimate(*(ns / size for ns in self.cost(line, size)))

    def gigabits(self, line: Line, size: int) -> Estimate:
        """Per second, by the clock."""
        return self.times.estimate([line.point(size)], lambda ns: 8 * size / ns[:, 0])

    def column(self, name: str, line: Line) -> pandas.Series:
        """A figure of the experiment's own, of all sizes in order."""
        return self.table.loc[list(self.numbers(line)), name].astype(float)

    def copied_share(self, line: Line) -> float:
        """Of the notices of all sizes, those that say that the kernel copied; NAN: there are none."""
        return float(self.column("copied_share", line).mean())

    def crossover(self, line: Line) -> Optional[Crossover]:
        """From which size on it costs the sender less CPU time than copying."""
        copied = line.copied()
        sizes = self.sizes(line, copied)
        way = [line.point(size) for size in sizes]
        other = [copied.point(size) for size in sizes]
        return crossovers.find(self.costs, sizes, way, other)

    def growth(self, line: Line) -> Estimate:
        """
        What the largest message costs more than the smallest, of what it does where it is copied; NAN
        with fewer than two sizes.
        """
        copied = line.copied()
        sizes = self.sizes(line, copied)
        if len(sizes) < 2:
            return Estimate(numpy.nan, numpy.nan, numpy.nan)
        asked = [each.point(sizes[end]) for each in (line, copied) for end in (0, -1)]
        return self.costs.estimate(
            asked, lambda ns: (ns[:, 1] - ns[:, 0]) / (ns[:, 3] - ns[:, 2])
        )


def read(dataset: load.Dataset) -> Cells:
    """All that were measured."""
    times = points.read(dataset, NAME, AXES)
    costs = times.by(estimate.cpu_launches(dataset, NAME, [SENDER]))
    return Cells(times, costs, dataset.table(NAME).set_index("cell"))


def lines(cells: Cells, *sendings: str) -> List[Line]:
    """Those of which something was measured: of every end, these ways."""
    every = [Line(sending, end) for end in ENDS for sending in sendings]
    return [line for line in every if cells.sizes(line)]
