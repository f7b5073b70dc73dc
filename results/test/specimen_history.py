"""
Writes datasets of one machine, a run a day, with the same truth at every call.
`python3 -m results.test.specimen_history DIR`.

At UPDATE comes a new kernel and with it SLOWER cells, by STEP, and FASTER ones. At MOVED what is
called at one boundary lies elsewhere, which is slower. On the day SPIKE one cell costs twice as much,
on BAD_DAY all cost half as much again. GONE is not measured from UPDATE on, ADDED only from MOVED on.
Every day all cells are slower by some per cent, each by something of its own.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Dict, List

import numpy

from results.test import specimen
from results.test.specimen_cells import Cell, cost_ns

EXPERIMENTS = ("call", "null")
RUNS = 20
SPIKE, MOVED, UPDATE, BAD_DAY = 4, 6, 13, 16
STEP, MOVED_STEP = 1.2, 1.3
SLOWER, FASTER = "plt", "ocaml_loop"
SPIKED = {"boundary": "ocaml_blit", "size": 1024}
GONE, ADDED = "ocaml_boxed_bigarray", "ocaml_plain_bigarray"
MOVED_BOUNDARY = "pointer"
KERNELS = ("6.1.0", "6.12.0")


def write(folder: Path, runs: int = RUNS, changes: bool = True, seed: int = 1) -> Path:
    """The datasets as folders below that one, which is returned; without changes only the noise."""
    for run in range(runs):
        when = datetime(2026, 10, 1, 4, 0) + timedelta(days=run)
        moment = specimen.Moment(
            when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            lambda cells, run=run: _cells(cells, run, changes, seed),  # type: ignore
            lambda machine, run=run: _machine(machine, run, changes),  # type: ignore
        )
        name = when.strftime("%Y%m%dT%H%M%SZ-quick")
        specimen.write(folder / name, EXPERIMENTS, 1000 * seed + run, moment)
    return folder


def _machine(machine: Dict[str, Any], run: int, changes: bool) -> None:
    machine["kernel"]["release"] = KERNELS[changes and run >= UPDATE]


def _cells(cells: List[Cell], run: int, changes: bool, seed: int) -> List[Cell]:
    random = numpy.random.default_rng([seed, run, len(cells)])
    common = 1 + abs(random.normal(0, 0.01))
    own = numpy.exp(random.normal(0, 0.005, len(cells)))
    noisy = [
        {**cell, "cost_ns": cost_ns(cell) * common * noise}
        for cell, noise in zip(cells, own)
    ]
    if not changes:
        return noisy
    return [_changed(cell, run) for cell in noisy if _is_there(cell, run)]


def _is_there(cell: Cell, run: int) -> bool:
    boundary = cell.get("boundary")
    return not (boundary == GONE and run >= UPDATE or boundary == ADDED and run < MOVED)


def _changed(cell: Cell, run: int) -> Cell:
    boundary, factor, place = cell.get("boundary"), 1.0, {}
    if run >= UPDATE:
        factor = {SLOWER: STEP, FASTER: 1 / STEP}.get(str(boundary), 1.0)
    if run == SPIKE and SPIKED.items() <= cell.items():
        factor = 2.0
    if run == BAD_DAY:
        factor = 1.5
    if run >= MOVED and boundary == MOVED_BOUNDARY:
        factor, place = factor * MOVED_STEP, {"code_mod_64": 0}
    return {**cell, **place, "cost_ns": cell["cost_ns"] * factor}


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
