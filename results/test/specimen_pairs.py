"""
Files of pairs whose truth is known: of two objects and a machine that do not exist, with the noise
of a shared machine. `python3 -m results.test.specimen_pairs FILE` writes one.
"""

from __future__ import annotations

import gzip
import itertools
import json
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy
from scipy import stats

from results.ab.pairs import CHANGE, COMPLETE, CONTROL, MEASURED, PLACEMENT, SKIPPED
from results.ab.pairs import Cell, Pairs, Point
from results.test import specimen_machine

SIZES = (64, 1024, 16384, 262144, 4194304)
NS_FIXED, BYTES_PER_NS = 2.0, 20.0
TAILS = 2.5  # degrees of freedom of Student's t

Truth = Callable[[Point], float]  # new / old


class Noise(NamedTuple):
    """
    Robust spreads (what the standard deviation is of a normal distribution): of one batch, and of a
    launch's own ratio of new to old. correlated: neighbouring pairs. behind: by how much the batch
    that comes first is slower.
    """

    batch: float = 0.01
    launch: float = 0.003
    correlated: float = 0.2
    behind: float = 0.01


def points(count: int) -> List[Point]:
    """The first so many of a grid, all sizes at each alignment."""
    grid = itertools.product(
        ("base", "thp"), ("warm", "cold"), (0, 1, 8), (0, 4), SIZES
    )
    every = [
        Point("memcpy", size, src, dst, page, temperature)
        for page, temperature, src, dst, size in grid
    ]
    return every[:count]


def heavy(random: numpy.random.Generator, spread: float, *shape: int) -> numpy.ndarray:
    """Noise around 0 with far more outliers than a normal distribution."""
    unit = stats.t.ppf(0.75, TAILS) / stats.norm.ppf(0.75)
    values: numpy.ndarray = random.standard_t(TAILS, shape) * (spread / unit)
    return values


def cells(
    random: numpy.random.Generator,
    comparison: str,
    truths: Dict[Point, float],
    plan: Dict[str, Any],
    noise: Noise,
    first: int,
) -> List[Cell]:
    """A cell a point, numbered from `first` on."""
    shape = len(truths), plan["launches"], plan["pairs"]
    batches = heavy(random, noise.batch, 2, *shape)
    for pair in range(1, shape[2]):
        earlier = noise.correlated * batches[..., pair - 1]
        batches[..., pair] *= (1 - noise.correlated**2) ** 0.5
        batches[..., pair] += earlier
    new_first = random.integers(2, size=shape)
    batches[1] += noise.behind * new_first
    batches[0] += noise.behind * (1 - new_first)
    batches[1] += heavy(random, noise.launch, *shape[:2], 1)
    launch = numpy.repeat(numpy.arange(shape[1]), shape[2]).astype(float)
    made = []
    for place, (point, truth) in enumerate(truths.items()):
        ns = NS_FIXED + point.size / BYTES_PER_NS
        times = ns * numpy.exp(batches[:, place].reshape(2, -1))
        made.append(
            Cell(
                first + place,
                point,
                comparison,
                (64, 1120 if comparison == CHANGE else 64),
                MEASURED,
                "",
                max(1, int(plan["batch_ns"] / ns)),
                launch,
                new_first[place].reshape(-1).astype(float),
                times[0],
                times[1] * truth,
            )
        )
    return made


def pairs(
    truth: Optional[Truth] = None,
    *,
    same: Optional[Truth] = None,
    control: float = 1.0,
    count: int = 100,
    launches: int = 40,
    each: int = 15,
    detect: float = 0.02,
    threshold: float = 0.015,
    noise: Noise = Noise(),
    seed: int = 1,
) -> Pairs:
    """
    truth: of the change as it lies; same: of it entered at the same offset, where that was
    measured, as it is up to 16 KiB (default: not at all); control: of old and its copy.
    """
    random = numpy.random.default_rng(seed)
    plan = {"detect": detect, "alpha": 0.01, "threshold": threshold}
    plan.update(launches=launches, pairs=each, batch_ns=15000, seed=seed, cpu=1)
    grid = points(count)
    made: List[Cell] = []
    kinds: Dict[str, Dict[Point, float]] = {
        CHANGE: {point: truth(point) if truth else 1.0 for point in grid},
        CONTROL: {point: control for point in grid},
        PLACEMENT: {
            point: same(point) for point in grid if same and point.size <= 16384
        },
    }
    for comparison, truths in kinds.items():
        made += cells(random, comparison, truths, plan, noise, len(made))
    old, new = (
        {
            "file": f"lib{name}.so",
            "sha256": digit * 64,
            "label": f"lib{name}.so",
            "shared_code": None,
        }
        for name, digit in (("old", "0"), ("new", "f"))
    )
    machine = specimen_machine.machine(())
    return Pairs(Path("specimen"), old, new, machine, plan, made, COMPLETE)


def skip(cell: Cell, reason: str) -> Cell:
    """The cell as one that can't be measured."""
    none = numpy.empty(0)
    return Cell(
        *(cell.number, cell.point, cell.comparison, (-1, -1), SKIPPED, reason, 0),
        *(none, none, none, none),
    )


def content(found: Pairs) -> Dict[str, Any]:
    """What the file holds."""
    return {
        "format": "copycost-pairs/1",
        "old": found.old,
        "new": found.new,
        "machine": found.machine,
        "plan": found.plan,
        "cells": [_entry(cell) for cell in found.cells],
        "ended": found.ended,
    }


def _entry(cell: Cell) -> Dict[str, Any]:
    old, new = (None if entry < 0 else entry for entry in cell.entries)
    return {
        "cell": cell.number,
        **cell.point._asdict(),
        "comparison": cell.comparison,
        "old_entry": old,
        "new_entry": new,
        "verdict": cell.verdict,
        "reason": cell.reason,
        "calls": cell.calls,
        "launch": cell.launch.astype(int).tolist(),
        "new_first": cell.new_first.astype(int).tolist(),
        "old_ns": cell.old_ns.tolist(),
        "new_ns": cell.new_ns.tolist(),
    }


def write(path: Path, document: Any) -> Path:
    """As JSON, packed if its name ends in .gz."""
    text = json.dumps(document).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path


def mixed() -> Pairs:
    """Some of everything: slower, faster, by placement alone, noisy, skipped."""

    def truth(point: Point) -> float:
        if point.size == 1024 and point.temperature == "warm":
            return 1.22 if point.src_offset else 1.04
        return 0.93 if point.size == 262144 and point.src_offset == 8 else 1.0

    def same(point: Point) -> float:
        return 1.04 if truth(point) == 1.04 else 1.0

    found = pairs(truth, same=same, count=60)
    found.cells[4] = skip(found.cells[4], "4 MiB: memory for buffers is not there")
    loud = found.cells[9]
    random = numpy.random.default_rng(2)
    loud.new_ns[:] *= numpy.exp(heavy(random, 0.3, 40, 1).repeat(15))
    return found


def main(arguments: Sequence[str]) -> None:
    """Writes mixed()."""
    write(Path(arguments[0]), content(mixed()))


if __name__ == "__main__":
    main(sys.argv[1:])
