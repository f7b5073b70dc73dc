"""From which size on one way of doing something is cheaper than another, with an interval."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional, Sequence, Tuple

import numpy

from results import estimate
from results.estimate import Estimate
from results.points import Point, Points

# Before it is said that something is so at no size, or at every one: of the run, and of each cell,
# since one that is precise after four is not measured again.
LAUNCHES_MIN, CELL_LAUNCHES_MIN = 5, 4


def last_crossing(sizes: Sequence[int]) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """
    Of what a way costs more than another (draws x sizes), in ns or as a logarithm of their ratio: the
    size from which on it is below zero for good, straight between sizes in logarithms; the first
    where it always is, the last where it is not even there.
    """
    logs = numpy.log(numpy.asarray(sizes, dtype=float))

    def figure(more: numpy.ndarray) -> numpy.ndarray:
        backwards = more[:, ::-1] >= 0
        last = len(sizes) - 1 - backwards.argmax(axis=1)
        before = numpy.minimum(last, len(sizes) - 2)
        draws = numpy.arange(len(more))
        low, high = more[draws, before], more[draws, before + 1]
        with numpy.errstate(all="ignore"):
            share = numpy.where(last > before, 1.0, low / (low - high))
        places = logs[before] + share * (logs[before + 1] - logs[before])
        places[~backwards.any(axis=1)] = logs[0]
        found: numpy.ndarray = numpy.exp(places)
        ends = numpy.isclose(found, sizes[0]), numpy.isclose(found, sizes[-1])
        return numpy.select(ends, (float(sizes[0]), float(sizes[-1])), found)

    return figure


def times_more(ns: numpy.ndarray) -> numpy.ndarray:
    """Of one way by size and then of another: by which factor it costs more, as a logarithm."""
    way, other = numpy.split(numpy.log(ns), 2, axis=1)
    more: numpy.ndarray = way - other
    return more


def crossing(sizes: Sequence[int]) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """For bootstrap(), of one way at these sizes and then of another: by their ratio."""
    place = last_crossing(sizes)
    return lambda ns: place(times_more(ns))


class Crossover(NamedTuple):
    """
    From how many bytes on a way is cheaper than the other. ratio: way ÷ other at the largest size.
    enough: whether there were launches to say that it is so at no size, or at every one.
    """

    sizes: Sequence[int]
    bytes: Estimate
    ratio: Estimate
    enough: bool
    cells: Sequence[int]

    @property
    def never(self) -> bool:
        """Whether it is not cheaper even at the largest size."""
        return self.bytes.value >= self.sizes[-1]

    @property
    def always(self) -> bool:
        """Whether it is cheaper even at the smallest size."""
        return self.bytes.value <= self.sizes[0]

    @property
    def unclear(self) -> bool:
        """Whether the interval has all sizes in it."""
        ends = (self.bytes.low, self.bytes.high)
        return ends[0] <= self.sizes[0] and ends[1] >= self.sizes[-1]

    @property
    def sure(self) -> bool:
        """Whether all draws of enough launches agree that it lies there, or that there is none."""
        known = bool(numpy.isfinite(self.bytes.low)) and self.enough
        if self.never:
            return known and self.bytes.low >= self.sizes[-1]
        if self.always:
            return known and self.bytes.high <= self.sizes[0]
        return known and self.bytes.high < self.sizes[-1]

    @property
    def figure(self) -> Tuple[Estimate, str]:
        """
        The size, or the ratio where there is no such size within those that were measured; its unit.
        """
        if self.never or self.unclear or (self.always and self.sure):
            return self.ratio, "1"
        return self.bytes, "bytes"


def enough(found: Points, asked: Sequence[Point]) -> bool:
    """What Crossover has by that name, of these points."""
    run = found.launches.shape[1] >= LAUNCHES_MIN
    return run and found.count(asked) >= CELL_LAUNCHES_MIN


def find(
    found: Points, sizes: Sequence[int], way: Sequence[Point], other: Sequence[Point]
) -> Optional[Crossover]:
    """Of at least two ascending sizes, at which both were measured."""
    if len(sizes) < 2:
        return None
    return Crossover(
        sizes,
        found.estimate([*way, *other], crossing(sizes)),
        found.estimate([way[-1], other[-1]], lambda ns: ns[:, 0] / ns[:, 1]),
        enough(found, [*way, *other]),
        found.cells(*way, *other),
    )


def place_text(found: Crossover) -> str:
    """ "from 612 KiB (590 KiB to 640 KiB) on"."""
    first, last = (estimate.bytes_text(found.sizes[end]) for end in (0, -1))
    if found.never or found.unclear:
        return (
            f"{'at no size' if found.sure else 'not surely at any size'} up to {last}"
        )
    if found.always and found.sure:
        return f"from {first} on, the smallest size"
    interval = "no interval"
    if numpy.isfinite(found.bytes.low):
        low = estimate.bytes_text(found.bytes.low)
        beyond = found.bytes.high >= found.sizes[-1]
        high = f"beyond {last}" if beyond else estimate.bytes_text(found.bytes.high)
        interval = f"{low} to {high}"
    return f"from {estimate.bytes_text(found.bytes.value)} ({interval}) on"


def where_text(found: Crossover, than: str) -> str:
    """ "cheaper than a memcpy from 612 KiB (590 KiB to 640 KiB) on"."""
    if not found.never and not found.unclear:
        return f"cheaper than {than} {place_text(found)}"
    last = estimate.bytes_text(found.sizes[-1])
    if found.sure:
        return f"at no size up to {last} cheaper than {than}"
    return f"not surely cheaper than {than} at any size up to {last}"


def last_text(found: Crossover, than: str) -> str:
    """What either costs of the other at the largest size."""
    where = f"at {estimate.bytes_text(found.sizes[-1])}"
    if found.ratio.value >= 1:
        return f"{where} it costs {estimate.text(found.ratio, '')} times as much"
    value, low, high = found.ratio
    less = Estimate(1 / value, 1 / high, 1 / low)
    return f"{where} {than} costs {estimate.text(less, '')} times as much"
