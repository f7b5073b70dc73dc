"""Runs of a machine as results.minima reads them, of times that a test makes up."""

from typing import Any, Dict, List, Sequence

import numpy
import pandas

from results import facts, minima
from results.minima import Run
from results.test import specimen_machine

USUAL = {name: "same" for name in (*facts.MACHINE, *facts.SOFTWARE, *facts.PROGRAM)}
USUAL.update({facts.CPU_KIND: "0", "machine": specimen_machine.machine([])["name"]})


def run(
    number: int,
    times_ns: Sequence[float],
    codes: Any = "one",
    samples: Any = 100,
    **other: str,
) -> Run:
    """
    The run of day `number`: a cell a time, NAN where it was not measured; `codes` and `samples` of
    all, or of each; the facts that are `other` than usual, blanks in their names written as "_".
    """
    frame = pandas.DataFrame(
        {
            "experiment": "size",
            "kernel": "copy_word",
            "cell": [f"size={place}" for place in range(len(times_ns))],
            "min_ns": times_ns,
            "samples": samples,
            "median_ns": numpy.multiply(times_ns, 1.1),
            "low_ns": numpy.multiply(times_ns, 1.0),
            "high_ns": numpy.multiply(times_ns, 1.2),
            "code": codes,
            "reason": "",
        }
    ).set_index(minima.KEY)
    about: Dict[str, str] = {**USUAL}
    about.update({name.replace("_", " "): value for name, value in other.items()})
    when = pandas.Timestamp("2026-10-01T04:00:00Z") + pandas.Timedelta(days=number)
    return Run(f"runs/{number}", when, about, str(number), "Made-up 1", frame)


def runs(times_ns: numpy.ndarray) -> List[Run]:
    """A row a cell, a column a run."""
    return [run(number, column) for number, column in enumerate(times_ns.T)]


def noise(
    random: numpy.random.Generator, cells: int, count: int, flipping: float = 0.02
) -> numpy.ndarray:
    """
    Logarithms by cell and run in which nothing changes, as ugly as they come: each cell has its own
    spread, some have two levels between which they flip, one value in fifty is a spike, and each run
    slows all cells by something of its own.
    """
    spread = numpy.exp(random.normal(-4.6, 0.6, (cells, 1)))
    logs = random.standard_normal((cells, count)) * spread
    flips = random.random((cells, 1)) < flipping
    logs += numpy.log(2) * flips * (random.random((cells, count)) < 0.2)
    spikes = random.random((cells, count)) < 0.02
    logs += spikes * random.exponential(0.5, (cells, count))
    logs += numpy.abs(random.normal(0, 0.02, count))
    return numpy.asarray(logs)
