"""
The specimen's experiment `residency`, whose places are known: a machine with more cores and another
node. Being imported is enough for specimen.write() to know it.
"""

from typing import Any, Dict, List

from results.test import specimen_machine as model
from results.test.specimen_cells import AXES, CELLS, REPORTS, Cell, make_cell

KERNEL = "copy_libc_memcpy"
SIZES = (64, 1500)
LONG = 4096  # L1 alone
WAITING_NS = 6.0  # for the copy before
DST_SHARE = 0.4  # of a far line's latency that stores don't hide
LATENCY_NS: Dict[str, float] = {
    "l1": 1.6,
    "l2": 4.8,
    "l3": 21.2,
    "core_clean": 39.0,
    "core_dirty": 49.0,
    "dram": 92.0,
    "node": 148.0,
}

AXES["residency"] = [
    ("kernel", "string", "", "the kernel that copies"),
    ("src", "string", "", "where the source is"),
    ("dst", "string", "", "where the destination is"),
    ("size", "integer", "bytes", "bytes copied by one call"),
]
REPORTS["residency"] = [
    ("src_latency_ns", "number", "ns", "of a dependent load from the source"),
    ("dst_latency_ns", "number", "ns", "of a dependent load from the destination"),
]


def copy_ns(src: str, dst: str, size: int) -> float:
    """What a copy costs: in L1 as in `size`, beyond it what is missed and what comes slower."""
    _, _, fixed, rates = model.KERNELS[KERNEL]
    near = LATENCY_NS["l1"]
    missed = LATENCY_NS[src] - near + DST_SHARE * (LATENCY_NS[dst] - near)
    return float(WAITING_NS + fixed + size / rates[0] + missed * (1 + size / 3000))


def make(src: str, dst: str, size: int) -> Cell:
    """A cell with what it costs and where its lines were found to be."""
    axes = {"kernel": KERNEL, "src": src, "dst": dst, "size": size}
    core = any(place.startswith("core") for place in (src, dst))
    cell = make_cell(axes, size, members=2 if core else 1)
    for side, place in (("src", src), ("dst", dst)):
        if place == "node":
            cell[f"{side}_node_asked"] = "1"
    cell["payload_bytes"] = size  # one member copies, the other is a cache
    cell["cost_ns"] = copy_ns(src, dst, size)
    cell["src_latency_ns"] = LATENCY_NS[src]
    cell["dst_latency_ns"] = LATENCY_NS[dst]
    return cell


def cells_residency() -> List[Cell]:
    """Source and destination vary one at a time, then together."""
    places: List[Any] = [(place, "l1") for place in LATENCY_NS]
    places += [("l1", place) for place in LATENCY_NS if place != "l1"]
    places += [(place, place) for place in LATENCY_NS if place != "l1"]
    cells = [make(src, dst, size) for size in SIZES for src, dst in places]
    return [*cells, make("l1", "l1", LONG)]


CELLS["residency"] = cells_residency
