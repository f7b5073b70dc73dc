"""
The measured cells of the streams experiment: by feed, number of queues, packet size, ring and
placement, and what follows from several of them.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy
import pandas

from results import histograms, knee, load, points
from results.estimate import Estimate
from results.points import Point, Points

NAME = "streams"
AXES = ["feed", "queues", "size", "ring", "placement"]
# The nearest to a network card comes first.
FEEDS = {
    "dma": "fed by stores that stand for DMA",
    "core": "fed by another core",
    "none": "copying alone",
}
LINE_RATES_GBIT = (1, 10, 25, 40, 100, 200, 400)
USUAL_RATE_GBIT = 100
FRAMING_BYTES = 20  # Ethernet's preamble, start of frame and gap: IEEE 802.3, 4.2.3.2
PERCENTILES = (50.0, 99.0, 99.9)


class Queues(NamedTuple):
    """The points (AXES) of one kernel, of which most have this ring."""

    kernel: str
    found: Points
    ring: int

    def counts(self, feed: str, size: int) -> List[int]:
        """The numbers of queues measured locally with the usual ring, ascending."""
        return sorted(
            queues
            for one, queues, bytes_, ring, placement in self.found.places
            if (one, bytes_, ring, placement) == (feed, size, self.ring, "local")
        )

    def sizes(self) -> List[int]:
        """Those of packets, ascending."""
        return sorted({place[2] for place in self.found.places})

    def point(self, feed: str, queues: int, size: int, ring: int = 0) -> Point:
        """A local one, with the usual ring unless said otherwise."""
        return (feed, queues, size, ring or self.ring, "local")

    def total(self, feed: str, queues: int, size: int) -> Estimate:
        """GB/s of all queues together."""
        asked = [self.point(feed, queues, size)]
        return self.found.estimate(asked, lambda ns: queues * size / ns[:, 0])

    def scaling(self, feed: str, queues: int, size: int) -> Estimate:
        """The total as a share of so many times one queue's, in %."""
        asked = [self.point(feed, count, size) for count in (1, queues)]
        return self.found.estimate(asked, lambda ns: 100 * ns[:, 0] / ns[:, 1])

    def knee(self, feed: str, size: int, counts: Sequence[int]) -> Estimate:
        """The number of queues at which the total becomes flat; the largest where it does not."""
        asked = [self.point(feed, count, size) for count in counts]
        place = knee.of(counts)
        rates = numpy.asarray(counts, dtype=float) * size
        return self.found.estimate(asked, lambda ns: place(rates / ns))

    def launches(self, feed: str, size: int, counts: Sequence[int]) -> int:
        """In how many launches the least measured of these was."""
        return self.found.count([self.point(feed, count, size) for count in counts])

    def copies(self, size: int, count: int, rate_gbit: float) -> Estimate:
        """How many copies of each packet that many CPUs have time for at that rate, alone."""
        asked = [self.point("none", count, size)]
        budget = count * budget_ns(size, rate_gbit)
        return self.found.estimate(asked, lambda ns: budget / ns[:, 0])


def read(dataset: load.Dataset) -> Queues:
    """All that was measured with the usual kernel."""
    kernel = points.usual_kernel(dataset, NAME)
    found = points.read(dataset, NAME, AXES, kernel=kernel)
    rings = pandas.Series([place[3] for place in found.places], dtype="int64")
    ring = int(rings.mode().iloc[0]) if len(rings) else 0
    return Queues(kernel, found, ring)


def one_node(dataset: load.Dataset, queues: Queues, feed: str, size: int) -> List[int]:
    """Of the numbers of queues those that are on one node: others have more lanes of memory."""
    table = dataset.table(NAME).set_index("cell")
    counts = queues.counts(feed, size)
    cells = queues.found.cells(*(queues.point(feed, count, size) for count in counts))
    nodes = table["nodes_used"].reindex(cells).to_numpy(dtype=float)
    return [count for count, used in zip(counts, nodes) if not used > 1]


def budget_ns(size: float, rate_gbit: float) -> float:
    """How long a packet of that many bytes, its checksum among them, takes on the line."""
    return (size + FRAMING_BYTES) * 8 / rate_gbit


def clocked(dataset: load.Dataset, cell: int) -> pandas.DataFrame:
    """The cell's clocked copies: packet_ns, ascending, and count."""
    bins = dataset.histogram(NAME)
    return bins[bins["cell"] == cell].sort_values("packet_ns")


def percentiles(dataset: load.Dataset, cell: int) -> Optional[Dict[float, float]]:
    """PERCENTILES of a cell's clocked copies, in ns; None where none was clocked."""
    bins = clocked(dataset, cell)
    if bins.empty:
        return None
    return {
        percent: histograms.percentile(bins, "packet_ns", percent)
        for percent in PERCENTILES
    }


def unclocked_ns(dataset: load.Dataset, cell: int) -> Optional[float]:
    """
    The mean of a cell's clocked copies without the reading of the clock, and without the slowest
    hundredth, which others disturbed; None where they are too few. Not the median, which is as
    coarse as the clock's step.
    """
    bins = clocked(dataset, cell)
    most = histograms.percentile(bins, "packet_ns", 99)
    if not numpy.isfinite(most):
        return None
    bins = bins[bins["packet_ns"] <= most]
    mean = float(numpy.average(bins["packet_ns"], weights=bins["count"]))
    return mean - float(dataset.machine["clock"]["cost_ns"])
