"""
The specimen's experiment `loaded`, as of eight CPUs whose memory is full at KNEE GB/s. Being
imported is enough for specimen.write() to know it.
"""

from typing import Dict, List

from results.test import specimen_machine as model
from results.test.specimen_cells import AXES, BINS, CELLS, REPORTS, Cell, make_cell

KERNEL = "copy_libc_memcpy"
SIZE = 2 * model.L3
COPIERS = range(1, 8)
RATES = (10, 25, 50, 75, 90, 100)
LOADS_PER_READING = 8
IDLE_NS, KNEE = 90.0, 60.0
ONE_GB_PER_S = model.KERNELS[KERNEL][3][3]  # what a copier copies that is not throttled
# Shares of the readings by how many times the usual latency they take, in 100000.
SPREAD = {0.95: 8000, 1.0: 82000, 1.2: 8900, 1.6: 990, 6.0: 110}

AXES["loaded"] = [
    ("size", "integer", "bytes", "working set of the probe"),
    ("copiers", "integer", "1", "threads that copy beside the probe"),
    ("rate", "integer", "%", "share of the time in which each copies"),
    ("kernel", "string", "", "the kernel that copies"),
]
REPORTS["loaded"] = [
    ("injected_gb_per_s", "number", "GB/s", "what all copiers copied together"),
    ("loads_per_reading", "number", "1", "loads of a reading"),
]


def injected(copiers: int, rate: int) -> float:
    """What they copy: as much as they would alone, but hardly more than KNEE."""
    wanted = copiers * ONE_GB_PER_S * rate / 100
    return min(wanted, KNEE) + 0.15 * max(wanted - KNEE, 0)


def latency_ns(gb_per_s: float) -> float:
    """Of a load: almost flat up to the knee, then steep."""
    flat = 0.03 * min(gb_per_s / KNEE, 1)
    return IDLE_NS * (1 + flat + 0.5 * max(gb_per_s - KNEE, 0))


def cells_loaded() -> List[Cell]:
    """The idle one, and all numbers of copiers at all rates."""
    cells = [_cell(0, 0)]
    return cells + [_cell(copiers, rate) for copiers in COPIERS for rate in RATES]


def _cell(copiers: int, rate: int) -> Cell:
    axes = {"size": SIZE, "copiers": copiers}
    cell = make_cell(axes, 0, members=copiers + 1)
    if copiers:
        cell.update(rate=rate, kernel=KERNEL)
    cell["injected_gb_per_s"] = injected(copiers, rate)
    cell["loads_per_reading"] = LOADS_PER_READING
    cell["cost_ns"] = latency_ns(cell["injected_gb_per_s"])
    return cell


def bins_loaded(cell: Cell) -> Dict[int, int]:
    """Readings in ps a load, and how often."""
    return {round(1000 * cell["cost_ns"] * x): count for x, count in SPREAD.items()}


CELLS["loaded"] = cells_loaded
BINS["loaded"] = (
    "latency_ps",
    "ps",
    "mean latency of the loads of a reading",
    bins_loaded,
)
