"""How many launches make it sure that something is so at no size, or at every one."""

from __future__ import annotations

import numpy
import pandas
import pytest

from results import crossovers
from results.points import Points


@pytest.mark.parametrize(
    "run, cell, enough",
    [(34, 34, True), (34, 4, True), (34, 3, False), (5, 5, True), (4, 4, False)],
)
def test_of_the_run_and_of_each_cell(run: int, cell: int, enough: bool) -> None:
    """What is precise after four launches of many is not measured again."""
    table = pandas.DataFrame(numpy.ones((2, run)))
    table.iloc[1, cell:] = numpy.nan
    table.index = pandas.MultiIndex.from_tuples([("remap", 0), ("remap", 1)])
    points = Points({("memcpy",): ("remap", 0), ("mremap",): ("remap", 1)}, table)
    assert crossovers.enough(points, [("memcpy",), ("mremap",)]) is enough
