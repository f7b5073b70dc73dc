"""
The specimen's experiment `nodes`: three nodes with CPUs and one of memory only, one distance of
which is a lie. Being imported is enough for specimen.write() to know it, machine.json included.
"""

from typing import Any, Dict, List, Tuple

from results.test import specimen_machine as model
from results.test.specimen_cells import AXES, CELLS, Cell, cost_ns, make_cell

KERNEL = "copy_libc_memcpy"
SIZE = 64 << 20
CPUS = {0: 1, 1: 2, 2: 3}  # the one measured on, by node
MEMORIES = (0, 1, 2, 3)
OWN_NS = 90.0
# How many times as long as from the own node a load takes.
LATENCY = (
    (1.0, 1.4, 1.9, 2.6),
    (1.4, 1.0, 1.4, 2.6),
    (1.9, 1.4, 1.0, 2.6),
)
DISTANCES = [[10, 16, 16, 28], [16, 10, 16, 28], [16, 16, 10, 28], [28, 28, 28, 10]]
LIARS = [(0, 2), (2, 0)]
# Of what a load takes longer, what copies do that read from there, and that write to there.
READING, WRITING = 0.5, 0.3

AXES["nodes"] = [
    ("cpu_node", "integer", "1", "NUMA node of the CPU at work"),
    ("src_node", "integer", "1", "NUMA node of what is read"),
    ("dst_node", "integer", "1", "NUMA node that is copied to"),
    ("work", "string", "", "copy or chase"),
    ("size", "integer", "bytes", "bytes that one call copies"),
    ("kernel", "string", "", "the kernel that copies"),
]


def copy_factor(cpu: int, src: int, dst: int) -> float:
    """How many times as long as on the own node the copy takes."""
    reading, writing = LATENCY[cpu][src] - 1, LATENCY[cpu][dst] - 1
    return 1 + READING * reading + WRITING * writing


def _place(cell: Cell, cpu: int, src: int, dst: str) -> Cell:
    cell.update(cpu_asked=CPUS[cpu], cpus=str(CPUS[cpu]))
    cell.update(src_node_asked=str(src), dst_node_asked=dst)
    return cell


def _chase(cpu: int, src: int) -> Cell:
    cell = make_cell({"cpu_node": cpu, "src_node": src, "work": "chase"}, 0)
    cell["cost_ns"] = OWN_NS * LATENCY[cpu][src]
    return _place(cell, cpu, src, "local")


def _copy(cpu: int, src: int, dst: int) -> Cell:
    axes: Dict[str, Any] = {"cpu_node": cpu, "src_node": src, "dst_node": dst}
    axes.update(work="copy", size=SIZE, kernel=KERNEL)
    cell = make_cell(axes, SIZE)
    own_ns = cost_ns(make_cell({"kernel": KERNEL, "size": SIZE}, SIZE))
    cell["cost_ns"] = own_ns * copy_factor(cpu, src, dst)
    return _place(cell, cpu, src, str(dst))


def cells_nodes() -> List[Cell]:
    """Every CPU's node with every memory's."""
    pairs: List[Tuple[int, int]] = [(cpu, src) for cpu in CPUS for src in MEMORIES]
    cells = [_chase(*pair) for pair in pairs]
    return cells + [_copy(cpu, src, dst) for cpu, src in pairs for dst in MEMORIES]


def _attributes(initiator: int, target: int) -> Dict[str, Any]:
    bandwidth = 10e9 / copy_factor(initiator, target, target)
    return {
        "initiator": initiator,
        "target": target,
        "read_bandwidth_bytes_per_s": int(bandwidth),
        "write_bandwidth_bytes_per_s": None,
        "read_latency_ns": round(OWN_NS * LATENCY[initiator][target]),
        "write_latency_ns": None,
    }


MACHINE: Dict[str, Any] = {
    "nodes": [
        {"node": node, "bytes": 4 << 30, "cpus": cpus}
        for node, cpus in zip(MEMORIES, (2, 1, 1, 0))
    ],
    "distances": DISTANCES,
    # The kernel tells of the nearest CPUs alone.
    "memory_attributes": [
        _attributes(*pair) for pair in ((0, 0), (1, 1), (2, 2), (1, 3))
    ],
}


def change_machine(content: Dict[str, Any]) -> None:
    """Gives machine.json these nodes."""
    content.update(MACHINE)


CELLS["nodes"] = cells_nodes
model.CHANGES["nodes"] = change_machine
