"""The one reader of files of pairs: what `copycost ab` measured, checked, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import numpy

from results import load, schema
from results.load import DatasetError

CHANGE, CONTROL, PLACEMENT = "change", "control", "placement"
MEASURED, SKIPPED, FAILED = "measured", "skipped", "failed"
COMPLETE = "complete"
ORDER_LEAST = 30  # pairs of each order, from which what the order does is taken off
_LISTS = ("launch", "new_first", "old_ns", "new_ns")


class Point(NamedTuple):
    """What is copied, in which circumstances: cells of one point differ in what is compared."""

    function: str
    size: int
    src_offset: int
    dst_offset: int
    page: str
    temperature: str


@dataclass(frozen=True)
class Cell:
    """
    A comparison at a point. The arrays have a place a pair and are empty unless the cell is
    MEASURED; new_first is true where the new one's batch came first; ns are those of a call.
    """

    number: int
    point: Point
    comparison: str
    entries: Tuple[int, int]  # offsets in the page of old and new; -1: not known
    verdict: str
    reason: str
    calls: int
    launch: numpy.ndarray
    new_first: numpy.ndarray
    old_ns: numpy.ndarray
    new_ns: numpy.ndarray

    def launches(self) -> Tuple[numpy.ndarray, numpy.ndarray]:
        """
        The launches, ascending, and of each the median log(new / old) of its pairs, the first
        batch's disadvantage taken off.

        Launches are what varies (each has pages, addresses and a minute of its own), so the pairs
        of one are no independent values. Taken as such, 100 equal cells gave an alarm in 0 to 91 %
        of simulated runs; by launches in 0 to 1 % (0.3 % of 2400), and without the threshold in
        0.8 %. That was with 20 launches of 15 pairs, a threshold of 1.5 %, a spread of a batch of
        0.9 and 3 %, of a launch of 0, 1 and 2 %, neighbouring pairs correlated by 0 and 0.5, and
        tails of Student's t with 2.5 degrees of freedom.

        A batch that comes first may be slower; half of what the medians of both orders differ by is
        taken off. Where that is 3 %, it raises the power at 2 % from 56 to 100 % of cells (20
        launches, spread 0.9 %); where there is nothing, it changes nothing. Of few pairs it would
        be too uncertain: with 20 of them the test rang twice as often as it should.
        """
        ratio = numpy.log(self.new_ns) - numpy.log(self.old_ns)
        first = self.new_first == 1
        if min(first.sum(), (~first).sum()) >= ORDER_LEAST:
            behind = (numpy.median(ratio[first]) - numpy.median(ratio[~first])) / 2
            ratio = ratio - numpy.where(first, behind, -behind)
        return of_launches(self.launch, ratio)

    def ns(self) -> Tuple[float, float]:
        """Of old and new: the median over launches of each launch's median; NAN of none."""
        if not len(self.launch):
            return numpy.nan, numpy.nan
        old, new = (
            float(numpy.median(of_launches(self.launch, ns)[1]))
            for ns in (self.old_ns, self.new_ns)
        )
        return old, new

    @property
    def seconds(self) -> float:
        """How long its batches took together."""
        return float((self.old_ns.sum() + self.new_ns.sum()) * self.calls / 1e9)


@dataclass(frozen=True)
class Pairs:
    """A file of pairs; old, new, machine and plan as the file has them."""

    path: Path
    old: Dict[str, Any]
    new: Dict[str, Any]
    machine: Dict[str, Any]
    plan: Dict[str, Any]
    cells: List[Cell]
    ended: str

    def of(self, comparison: str) -> List[Cell]:
        """The cells of that comparison."""
        return [cell for cell in self.cells if cell.comparison == comparison]


def of_launches(
    launch: numpy.ndarray, values: numpy.ndarray
) -> Tuple[numpy.ndarray, numpy.ndarray]:
    """The launches, ascending, and the median of each one's values."""
    order = numpy.argsort(launch, kind="stable")
    names, starts = numpy.unique(launch[order], return_index=True)
    parts = numpy.split(values[order], starts[1:])
    if not len(names):
        return names, values
    if len({len(part) for part in parts}) == 1:  # the usual case, and much faster
        return names, numpy.median(numpy.array(parts), axis=1)
    return names, numpy.array([numpy.median(part) for part in parts])


def read(path: load.AnyPath) -> Pairs:
    """DatasetError says in a line what is wrong with the file."""
    content = load.read_json(Path(path))
    for text in schema.complaints(content, schema.pairs_schema()):
        raise DatasetError(f"{path}: {text}; copy it anew")
    cells = [_cell(entry) for entry in content["cells"]]
    found = Pairs(
        Path(path),
        content["old"],
        content["new"],
        content["machine"],
        content["plan"],
        cells,
        content["ended"],
    )
    for text in _contradictions(found):
        raise DatasetError(f"{path}: {text}; copy it anew")
    return found


def _cell(entry: Dict[str, Any]) -> Cell:
    """Of checked form; of lists that are not of numbers nothing is kept but the length."""
    measured = entry["verdict"] == MEASURED
    launch, new_first, old_ns, new_ns = (
        _array(entry[name] if measured else []) for name in _LISTS
    )
    old, new = (entry.get(f"{side}_entry") for side in ("old", "new"))
    return Cell(
        int(entry["cell"]),
        Point(*(entry[name] for name in Point._fields)),
        entry["comparison"],
        (-1 if old is None else int(old), -1 if new is None else int(new)),
        entry["verdict"],
        entry["reason"],
        int(entry.get("calls", 0)),
        launch,
        new_first,
        old_ns,
        new_ns,
    )


def _array(values: List[Any]) -> numpy.ndarray:
    try:
        if all(type(value) in (int, float) for value in values):
            return numpy.array(values, dtype=float)
    except OverflowError:  # a whole number beyond all
        pass
    return numpy.full(len(values), numpy.nan)


def _contradictions(found: Pairs) -> Iterator[str]:
    plan = found.plan
    if plan["threshold"] >= plan["detect"]:
        yield f"plan.threshold: {plan['threshold']} is not below detect, {plan['detect']}"
    seen: Dict[Tuple[Any, ...], int] = {}
    for place, cell in enumerate(found.cells):
        here = f"cells[{place}]"
        for key in (("number", cell.number), (cell.point, cell.comparison)):
            if key in seen:
                yield f"{here}: is the same cell as cells[{seen[key]}]"
            seen[key] = place
        if cell.verdict != MEASURED and not cell.reason:
            yield f"{here}.reason: is missing, though the verdict is {cell.verdict}"
        yield from (f"{here}.{text}" for text in _wrong_lists(cell, plan["launches"]))


def _wrong_lists(cell: Cell, launches: int) -> Iterator[str]:
    for name in _LISTS:
        values = getattr(cell, name)
        if len(values) != len(cell.launch):
            yield f"{name}: has {len(values)} values, launch has {len(cell.launch)}"
        elif not numpy.isfinite(values).all():
            yield f"{name}: holds what is no number"
    for name in ("old_ns", "new_ns"):
        if not (getattr(cell, name) > 0).all():
            yield f"{name}: holds a time that is not above 0"
    if not numpy.isin(cell.new_first, (0, 1)).all():
        yield "new_first: holds what is neither 0 nor 1"
    if (cell.launch < 0).any() or (cell.launch % 1 != 0).any():
        yield "launch: holds what is no launch's number"
    count = len(numpy.unique(cell.launch))
    if count > launches:
        yield f"launch: has {count} launches, {launches} were planned"
    if len(cell.launch) and not cell.calls:
        yield "calls: is 0, though there are pairs"
