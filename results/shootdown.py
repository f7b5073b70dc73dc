"""
The measured cells of the shootdown experiment: how long an operation on pages takes by how many
other threads of the process there are, and whether those run.
"""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Tuple

import numpy
import pandas

from results import load, points
from results.estimate import Estimate
from results.points import Points

NAME = "shootdown"
OPERATIONS = ("munmap", "mprotect", "mremap", "madvise")
IDLE, BUSY, ALONE = "idle", "busy", ""
MANY = 512  # pages


class Place(NamedTuple):
    """A cell: an operation on so many pages, beside so many threads that are idle or busy."""

    operation: str
    pages: int
    threads: int
    others: str


class Cells(NamedTuple):
    """places: those measured, of operations in the order of OPERATIONS. table: a row a place."""

    places: List[Place]
    found: Points
    table: pandas.DataFrame

    def of(
        self,
        places: List[Place],
        figure: Callable[[numpy.ndarray], numpy.ndarray],
    ) -> Estimate:
        """The figure of these, as estimate.bootstrap() has it."""
        return self.found.estimate([tuple(place) for place in places], figure)

    def ns(self, place: Place) -> Estimate:
        """Of an operation."""
        return self.of([place], lambda ns: ns[:, 0])

    def ratio(self, place: Place, base: Place) -> Estimate:
        """How many times as long as there it takes."""
        return self.of([place, base], lambda ns: ns[:, 0] / ns[:, 1])

    def numbers(self, *places: Place) -> Tuple[int, ...]:
        """Their cells."""
        return self.found.cells(*(tuple(place) for place in places))

    def interrupts(self, place: Place) -> float:
        """TLB shootdowns that the others' CPUs took per operation; NAN unknown."""
        return float(self.table.loc[tuple(place), "tlb_interrupts"])

    def faults(self, place: Place) -> float:
        """Page faults of an operation."""
        return float(self.table.loc[tuple(place), "faults"])

    def launches(self, place: Place) -> int:
        """In how many it was measured."""
        return int(self.table.loc[tuple(place), "launches"])

    def operations(self) -> List[str]:
        """Those of which something was measured."""
        here = {place.operation for place in self.places}
        return [operation for operation in OPERATIONS if operation in here]

    def pages(self, operation: str, threads: int, others: str) -> List[int]:
        """On how many pages it was measured so, ascending."""
        return sorted(
            place.pages
            for place in self.places
            if (place.operation, *place[2:]) == (operation, threads, others)
        )

    def threads(self, operation: str, pages: int, others: str) -> List[int]:
        """Beside how many such threads it was measured, ascending."""
        return sorted(
            place.threads
            for place in self.places
            if (*place[:2], place.others) == (operation, pages, others)
        )

    def alone(self, operation: str, pages: int) -> Optional[Place]:
        """Without other threads."""
        place = Place(operation, pages, 0, ALONE)
        return place if place in self.places else None

    def most(self, operation: str, pages: int, others: str) -> Optional[Place]:
        """Beside the most of such threads, if there were some."""
        counts = self.threads(operation, pages, others)
        return Place(operation, pages, counts[-1], others) if counts else None

    def usual_pages(self) -> List[int]:
        """Those that are told of: the fewest, and what is nearest to MANY."""
        sizes = sorted({place.pages for place in self.places})
        many = sorted(sizes, key=lambda pages: abs(float(numpy.log(pages / MANY))))
        return sorted({*sizes[:1], *many[:1]})


def read(dataset: load.Dataset) -> Cells:
    """All that were measured."""
    axes = list(Place._fields)
    found = points.read(dataset, NAME, axes)
    table = dataset.table(NAME)
    table = table[table["verdict"].isin(points.MEASURED)].set_index(axes)
    places = [Place(*point) for point in found.places]
    return Cells(places, found, table)
