"""
The layers experiment: what a layer costs, by what it passes.

A line is one way of passing over all depths that were measured, everything else being equal. At
depth 0 nothing is passed, so the ring read as a view is the start of all lines but those of grants.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy

from results import estimate, levels, load, points
from results.estimate import Estimate
from results.findings import Finding, cross_check
from results.points import Point, Points

NAME = "layers"
USUAL_BYTES = 1500
LOST = 0.05  # of a copied layer: what is not the copy may be neglected
FLAT = 0.01  # of what a copied layer costs more


class Place(NamedTuple):
    """What all cells of a line have in common but the passing."""

    size: int
    working_set: int
    touch: str


class Line(NamedTuple):
    """Points (passing, depth, size, working_set, touch) by depth."""

    passing: str
    place: Place
    depths: Tuple[int, ...]
    points: Tuple[Point, ...]


class Lines(NamedTuple):
    """What was measured, with one kernel."""

    kernel: str
    found: Points
    places: Tuple[Place, ...]
    levels: Tuple[levels.Level, ...]

    def line(self, passing: str, place: Place) -> Optional[Line]:
        """None if there are fewer than two depths."""
        depths = sorted({depth for _, depth, *_ in self.found.places})
        kept = []
        for depth in depths:
            shared = depth == 0 and passing != "grant"
            point = ("view" if shared else passing, depth, *place)
            if self.found.has(point):
                kept.append((depth, point))
        if len(kept) < 2 or kept[-1][1][0] != passing:
            return None
        return Line(passing, place, *map(tuple, zip(*kept)))  # type: ignore[arg-type]

    def level(self, working_set: float) -> str:
        """The name of the level that holds so much; "" if none is known."""
        return next((each.name for each in self.levels if working_set <= each.upto), "")

    def estimate(
        self,
        which: Sequence[Line],
        figure: Callable[..., numpy.ndarray],
        alone: Sequence[Point] = (),
    ) -> Estimate:
        """The figure of the slopes of these lines, and of the ns of points that stand alone."""
        ends = numpy.cumsum([len(line.points) for line in which])
        asked = [point for line in which for point in line.points] + list(alone)

        def of_slopes(ns: numpy.ndarray) -> numpy.ndarray:
            parts = numpy.split(ns, ends, axis=1)
            slopes = [estimate.slope(l.depths)(part) for l, part in zip(which, parts)]
            return figure(*slopes, *([parts[-1]] if alone else []))

        return self.found.estimate(asked, of_slopes)

    def slope(self, line: Line) -> Estimate:
        """ns per layer."""
        return self.estimate([line], lambda slope: slope)

    def medians(self, line: Line) -> List[float]:
        """ns per packet at each depth, over all launches."""
        rows = [self.found.launches.loc[self.found.places[p]] for p in line.points]
        return [float(numpy.nanmedian(row)) for row in rows]

    def determination(self, line: Line) -> float:
        """R² of the line."""
        return estimate.determination(line.depths, self.medians(line))

    def usual_places(self) -> List[Place]:
        """Of the touch of most cells; packets of the usual size come first, then by size."""
        touches = [place.touch for place in self.places]
        usual = max(sorted(set(touches)), key=touches.count, default="")
        kept = [place for place in self.places if place.touch == usual]
        return sorted(
            kept,
            key=lambda place: (not self.is_usual(place), place.size, place.working_set),
        )

    def is_usual(self, place: Place) -> bool:
        """Whether its packets have the usual size, or what is nearest to it."""
        return place.size == min(
            (each.size for each in self.places),
            key=lambda size: abs(numpy.log(size / USUAL_BYTES)),
        )


def read(dataset: load.Dataset) -> Lines:
    """The lines of the C library's memcpy, or of the first kernel there is."""
    table = dataset.table(NAME)
    kernel = points.usual_kernel(dataset, NAME)
    axes = ["passing", "depth", "size", "working_set", "touch"]
    found = points.read(dataset, NAME, axes, kernel=kernel)
    places = tuple(dict.fromkeys(Place(*point[2:]) for point in found.places))
    known = levels.levels(dataset.machine, levels.cpu_of(table))
    return Lines(kernel, found, places, tuple(known))


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """What layers cost, whether the reference's cost is flat, and whether `size` agrees."""
    lines = read(dataset)
    said = [
        found
        for place in lines.usual_places()
        for found in (copied(lines, place), counted(lines, place), fused(lines, place))
        if found
    ]
    yield from said or [Finding(NAME, f"nothing can be said: {why_not(dataset)}")]
    yield from filter(None, (each_kib(lines),))
    yield from flat(lines)
    yield from against_size(dataset, lines)


def why_not(dataset: load.Dataset) -> str:
    """Why there is no line."""
    reason = points.reason(dataset, NAME)
    return (
        "no way of passing was measured at two depths"
        if reason == "not asked for"
        else reason
    )


def place_text(lines: Lines, place: Place) -> str:
    """ "1500 B in L1"."""
    level = lines.level(place.working_set)
    return f"{estimate.size_text(place.size)} in {level or estimate.size_text(place.working_set)}"


def cells_of(lines: Lines, *which: Line) -> Tuple[int, ...]:
    """The cells of these lines, each once."""
    found = [point for line in which for point in line.points]
    return lines.found.cells(*dict.fromkeys(found))


def crossing(lines: Lines, one: Line, other: Line) -> Estimate:
    """The depth at which both lines cost the same."""
    count = len(one.depths)

    def depth(ns: numpy.ndarray) -> numpy.ndarray:
        halves = ((one.depths, ns[:, :count]), (other.depths, ns[:, count:]))
        slopes = [estimate.slope(depths)(half) for depths, half in halves]
        starts = [
            half.mean(axis=1) - slope * numpy.mean(depths)
            for (depths, half), slope in zip(halves, slopes)
        ]
        return (starts[1] - starts[0]) / (slopes[0] - slopes[1])

    return lines.found.estimate([*one.points, *other.points], depth)


def wins_text(lines: Lines, copy: Line, view: Line) -> str:
    """From which depth on the view is cheaper."""
    if not lines.slope(copy).value > lines.slope(view).value:
        return "a view wins at no depth"
    cross = crossing(lines, copy, view)
    first, low, high = (
        max(1, int(numpy.floor(each)) + 1) if numpy.isfinite(each) else 0
        for each in cross
    )
    between = f" ({low} to {high})" if 0 < low < high else ""
    return f"a view wins from layer {first}{between} on"


def copied(lines: Lines, place: Place) -> Optional[Finding]:
    """A copied layer against one that passes a view."""
    copy, view = (lines.line(passing, place) for passing in ("copy", "view"))
    if not copy:
        return None
    slope = lines.slope(copy)
    sentence = (
        f"a copied layer costs {estimate.text(slope, 'ns')} at {place_text(lines, place)} "
        f"(R² {lines.determination(copy):.3f})"
    )
    cells = cells_of(lines, copy)
    if view:
        flat_ns = estimate.text(lines.slope(view), "ns")
        sentence += (
            f"; with a view, depth costs {flat_ns} (R² {lines.determination(view):.3f}); "
            f"{wins_text(lines, copy, view)}"
        )
        cells = cells_of(lines, copy, view)
    return Finding(NAME, sentence, *slope, "ns", cells)


def counted(lines: Lines, place: Place) -> Optional[Finding]:
    """What counting references adds to a view, and what a grant costs."""
    if not lines.is_usual(place):
        return None
    names = {
        "view": "a view",
        "handle": "a counted handle",
        "handle_atomic": "one counted atomically",
        "grant": "a grant",
    }
    which = [line for each in names if (line := lines.line(each, place))]
    if len(which) < 2:
        return None
    slopes = [lines.slope(line) for line in which]
    parts = [
        f"{names[line.passing]} {estimate.text(slope, 'ns')}"
        for line, slope in zip(which, slopes)
    ]
    sentence = f"a layer costs, at {place_text(lines, place)}: {', '.join(parts)}"
    return Finding(NAME, sentence, *slopes[0], "ns", cells_of(lines, *which))


def fused(lines: Lines, place: Place) -> Optional[Finding]:
    """Integrated layer processing against two passes."""
    if not lines.is_usual(place):
        return None
    passings = ("checksum_fused", "checksum_two_pass")
    which = [line for each in passings if (line := lines.line(each, place))]
    if len(which) < 2:
        return None
    share = lines.estimate(which, lambda one, two: one / two)
    sentence = (
        f"copy and checksum fused into one pass take {estimate.text(share, '')} of the time of "
        f"two passes, at {place_text(lines, place)}"
    )
    return Finding(NAME, sentence, *share, "1", cells_of(lines, *which))


def each_kib(lines: Lines) -> Optional[Finding]:
    """What a copied layer costs more than one that passes a view, a KiB copied, by cache level."""
    parts: List[str] = []
    used: List[int] = []
    number: Optional[Estimate] = None
    for place in lines.usual_places():
        copy, view = (lines.line(passing, place) for passing in ("copy", "view"))
        if not lines.is_usual(place) or not copy or not view:
            continue
        more = lines.estimate(
            [copy, view], lambda c, v, size=place.size: 1024 * (c - v) / size
        )
        number = number or more
        parts.append(f"{estimate.text(more, 'ns')} at {place_text(lines, place)}")
        used += cells_of(lines, copy, view)
    if not number:
        return None
    sentence = f"each KiB that a layer copies costs {', '.join(parts)}"
    return Finding(NAME, sentence, *number, "ns", tuple(dict.fromkeys(used)))


def flat(lines: Lines) -> Iterator[Finding]:
    """A view's layer has to cost the same at any size, beside what a copied one costs more."""
    by_working_set: Dict[int, List[Place]] = {}
    for place in sorted(lines.usual_places()):
        if lines.line("view", place) and lines.line("copy", place):
            by_working_set.setdefault(place.working_set, []).append(place)
    for places in by_working_set.values():
        if len(places) < 2:
            continue
        ends = [places[0], places[-1]]
        which = [
            line
            for passing in ("view", "copy")
            for place in ends
            if (line := lines.line(passing, place))
        ]
        share = lines.estimate(
            which,
            lambda small, large, *copies: (large - small) / (copies[1] - copies[0]),
        )
        small, large = (estimate.text(lines.slope(line), "ns") for line in which[:2])
        agrees = share.meets(-FLAT, FLAT)
        sentence = (
            f"cross-check: a layer that passes a view costs the same at any size: {small} at "
            f"{place_text(lines, ends[0])}, {large} at {estimate.size_text(ends[1].size)}; of what a copied layer "
            f"costs more that is {estimate.text(percent(share), '%')}: "
            f"{'agrees' if agrees else 'disagrees'}"
        )
        cells = cells_of(lines, *which)
        yield Finding(NAME, sentence, *share, "1", cells, agrees)


def percent(share: Estimate) -> Estimate:
    """Of a share of 1."""
    return Estimate(*(100 * each for each in share))


def against_size(dataset: load.Dataset, lines: Lines) -> Iterator[Finding]:
    """
    A copied layer less one that passes a view has to cost what `size` says of that copy, in the
    same cache level and where the layer itself is lost in it. Other layers are only compared.
    """
    if "size" not in dataset.experiments:
        return
    axes = ["size"]
    warm = points.read(dataset, "size", axes, kernel=lines.kernel, temperature="warm")
    for place in lines.usual_places():
        copy, view = (lines.line(passing, place) for passing in ("copy", "view"))
        level = lines.level(place.working_set)
        like = level == lines.level(2 * place.size) and warm.has((place.size,))
        if not copy or not view or not like:
            continue
        both = lines._replace(found=lines.found.beside(warm))
        which, alone = [copy, view], [(place.size,)]
        share = both.estimate(which, lambda c, v, one: (c - v) / one[:, 0], alone)
        cells = cells_of(lines, *which)
        each = (
            f"at {place_text(lines, place)} a copied layer less one that passes a view costs "
            f"{estimate.text(share, '')} times what size says of that copy"
        )
        if lines.slope(view).value <= LOST * lines.slope(copy).value:
            yield cross_check(NAME, each, share, "1", cells)
        else:
            yield Finding(
                NAME,
                f"{each}: the rest is the layer's own, its buffers' and that it copies what has "
                "just been written",
                *share,
                "1",
                cells,
            )
