"""
The measured cells of the call experiment: by boundary and size, with what a boundary costs.

A boundary's fixed cost is its time at 0 bytes less that of `inlined` at 0 bytes: both call the same
copy kernel, which has nothing to do then.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy
import pandas

from results import estimate, load
from results.estimate import Estimate

NAME = "call"
BASE = "inlined"
USUAL_KERNEL = "copy_libc_memcpy"
WITHIN_C = {
    "direct": "direct",
    "pointer": "through a pointer",
    "plt": "through the PLT",
}
OUT_OF_OCAML = {
    "ocaml_plain": "",
    "ocaml_noalloc": "with [@@noalloc] and [@untagged] ",
    "ocaml_boxed": "with boxed arguments ",
}


def called() -> List[str]:
    """The boundaries behind which a kernel copies."""
    kinds = [f"{name}_{b}" for name in OUT_OF_OCAML for b in ("bytes", "bigarray")]
    return [*WITHIN_C, *kinds]


class Cells(NamedTuple):
    """The measured cells of one kernel: their numbers by boundary and size, and ns by launch."""

    kernel: str
    numbers: Dict[Tuple[str, int], int]
    launches: pandas.DataFrame

    def sizes(self) -> List[int]:
        """Those of the base, ascending."""
        return sorted(size for name, size in self.numbers if name == BASE)

    def has(self, *points: Tuple[str, int]) -> bool:
        """Whether all of these were measured."""
        return all(point in self.numbers for point in points)

    def estimate(
        self,
        points: Sequence[Tuple[str, int]],
        figure: Callable[[numpy.ndarray], numpy.ndarray],
    ) -> Estimate:
        """The figure of these cells."""
        found = [self.numbers[point] for point in points]
        return estimate.bootstrap(self.launches, found, figure)

    def fixed(self, boundary: str, size: int = 0) -> Estimate:
        """What the boundary costs beyond the base, ns."""
        points = [(boundary, size), (BASE, size)]
        return self.estimate(points, lambda ns: ns[:, 0] - ns[:, 1])

    def cells(self, *boundaries: str) -> Tuple[int, ...]:
        """The numbers of all cells of these boundaries."""
        return tuple(
            number for (name, _), number in self.numbers.items() if name in boundaries
        )


def read(dataset: load.Dataset) -> Cells:
    """The cells of the usual kernel, or of the first; those that copy by themselves are any's."""
    table = dataset.table(NAME)
    fit = table[table["verdict"].isin(["ok", "noisy"])]
    names = [name for name in fit["kernel"].unique() if name]
    kernel = USUAL_KERNEL if USUAL_KERNEL in names or not names else names[0]
    fit = fit[fit["kernel"].isin([kernel, ""])]
    points = zip(fit["boundary"], fit["size"].astype(int))
    numbers = dict(zip(points, map(int, fit["cell"])))
    return Cells(kernel, numbers, estimate.launches(dataset, NAME))
