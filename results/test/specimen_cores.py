"""
The specimen's experiment `cores`, on a machine of two packages with two L3s each, of two cores with
two threads. Being imported is enough for specimen.write() to know it.
"""

from typing import Any, Dict, List

from results.test import specimen_machine
from results.test.specimen_cells import AXES, CELLS, Cell, make_cell

CPUS = 16
CORES = CPUS // 2  # CPU n and n + CORES are threads of one
NS = {"core": 10.2, "l3": 44.0, "node": 95.0, "machine": 140.0}
LINES = (
    (1, 0, 0, 0),
    (1, 1, -1, 0),
    (-1, 1, 0, 1),
)  # a pair's cost varies, in per cent

AXES["cores"] = [
    ("from", "integer", "1", "CPUs that begin"),
    ("to", "integer", "1", "CPUs that answer"),
    ("nearness", "string", "", "the innermost thing that both share"),
]


def nearness(cpu: int, other: int) -> str:
    """What the two share on that machine."""
    one, two = cpu % CORES, other % CORES
    if one == two:
        return "core"
    if one // 2 == two // 2:
        return "l3"
    return "node" if one // 4 == two // 4 else "machine"


def pair_ns(cpu: int, other: int) -> float:
    """What a handover costs; the same in both directions."""
    low, high = sorted((cpu % CORES, other % CORES))
    return NS[nearness(cpu, other)] * (1 + LINES[low % 3][high % 4] / 100)


def pair_cell(cpu: int, other: int) -> Cell:
    """From one to the other."""
    axes: Dict[str, Any] = {"from": cpu, "to": other, "nearness": nearness(cpu, other)}
    cell = make_cell(axes, 0, members=2)
    cell.update(cpu_asked=cpu, cpus=f"{cpu} {other}", cost_ns=pair_ns(cpu, other))
    return cell


def cells_cores() -> List[Cell]:
    """Every pair in both directions."""
    return [
        pair_cell(cpu, other)
        for cpu in range(CPUS)
        for other in range(CPUS)
        if cpu != other
    ]


def enlarge(machine: Dict[str, Any]) -> None:
    """The CPUs and caches that such a machine has."""
    every = f"0-{CPUS - 1}"
    machine["cpu"].update(online=CPUS, allowed=every, packages=2, cores=CORES, smt=2)
    machine["cpu"]["kinds"] = [{"kind": 0, "cpus": every}]
    machine["nodes"] = [
        {"node": node, "bytes": 8 << 30, "cpus": CPUS // 2} for node in (0, 1)
    ]
    machine["distances"] = [[10, 21], [21, 10]]


CELLS["cores"] = cells_cores
specimen_machine.CHANGES["cores"] = enlarge
