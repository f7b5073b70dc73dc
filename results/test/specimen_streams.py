"""
The specimen's experiment `streams`, on a machine of 16 CPUs and two nodes, of which the truth is
known. Being imported is enough for specimen.write() to know it.
"""

from typing import Any, Dict

from results.test import specimen_machine as model
from results.test.specimen_cells import (
    AXES,
    BINS,
    CELLS,
    REPORTS,
    Cell,
    cost_ns,
    make_cell,
)

KERNEL = "copy_libc_memcpy"
USUAL_BYTES, USUAL_RING = 1024, 256
SIZES = (64, 256, USUAL_BYTES, 9000)
RINGS = (1, USUAL_RING, 1024)
NODE_CPUS = 8
CLOCK_NS = 18  # of a reading
COUNTS = {  # of queues
    "none": (1, 2, 3, 4, 5, 6, 7, 8, 12, 16),
    "core": (1, 2, 3, 4, 6, 8),
    "dma": (1, 2, 3, 4, 6, 8),
}
KNEES = {"none": 6.0, "core": 1e9, "dma": 2.0}  # queues of one node, then flat
FEED_NS = {"none": 0.0, "core": 60.0, "dma": 150.0}  # what a packet costs more
REMOTE = {  # what it costs there, locally 1
    "buffer_remote": 1.3,
    "consumer_remote": 1.2,
    "both_remote": 1.5,
    "interleaved": 1.15,
}

AXES["streams"] = [
    ("kernel", "string", "", "the kernel that copies"),
    ("queues", "integer", "1", "queues at work"),
    ("size", "integer", "bytes", "bytes of a packet"),
    ("ring", "integer", "1", "slots of a queue's ring"),
    ("placement", "string", "", "of buffers and device"),
    ("feed", "string", "", "how packets arrive"),
]
REPORTS["streams"] = [
    ("nodes_used", "number", "1", "nodes that the workers are on"),
    ("working_set_bytes", "number", "bytes", "buffers of one queue"),
]


def alone_ns(feed: str, size: int, ring: int) -> float:
    """What a packet costs one queue. One slot of one packet is what the experiment size copies."""
    if ring == 1:
        plain = cost_ns(make_cell({"kernel": KERNEL, "size": size}, size))
        return plain + 3 * FEED_NS[feed]
    _, _, fixed, rates = model.KERNELS[KERNEL]
    level = 1 if 2 * ring * size < model.L2 else 2
    return float(fixed + size / rates[level] + FEED_NS[feed])


def scaled(feed: str, queues: int) -> float:
    """How many times one queue's that many carry, nodes filled one after the other."""
    node = NODE_CPUS if feed == "none" else NODE_CPUS // 2
    full, rest = divmod(queues, node)
    return full * min(node, KNEES[feed]) + min(rest, KNEES[feed])


def cell_of(feed: str, queues: int, size: int, ring: int, placement: str) -> Cell:
    """The columns of one cell."""
    axes: Dict[str, Any] = {"kernel": KERNEL, "queues": queues, "size": size}
    axes.update(ring=ring, placement=placement, feed=feed)
    members = queues if feed == "none" else 2 * queues
    cell = make_cell(axes, size, members=members)
    cell.update(payload_bytes=size * queues)
    cell["nodes_used"] = -(-members // NODE_CPUS)
    cell["working_set_bytes"] = 2 * ring * -(-size // 64) * 64
    cost = alone_ns(feed, size, ring) * queues / scaled(feed, queues)
    cell["cost_ns"] = cost * REMOTE.get(placement, 1.0)
    if placement in ("buffer_remote", "both_remote"):
        cell.update(src_node_asked="1", dst_node_asked="1")
        cell.update(src_node_got="1", dst_node_got="1")
    if placement == "interleaved":
        cell.update(src_node_asked=placement, dst_node_asked=placement)
        cell.update(src_node_got=placement, dst_node_got=placement)
    return cell


def cells_streams() -> list[Cell]:
    """Sizes with every number of queues and feed; rings and placements with one queue."""
    found = []
    for feed, counts in COUNTS.items():
        for queues in counts:
            for size in SIZES:
                found.append(cell_of(feed, queues, size, USUAL_RING, "local"))
        for ring in RINGS:
            if ring != USUAL_RING:
                found.append(cell_of(feed, 1, USUAL_BYTES, ring, "local"))
        for placement in REMOTE:
            if feed != "none" or placement in ("buffer_remote", "interleaved"):
                found.append(cell_of(feed, 1, USUAL_BYTES, USUAL_RING, placement))
    return found


def bins_streams(cell: Cell) -> Dict[int, int]:
    """Most copies cost the same, one in 50 twice that, one in 500 five times, and the clock."""
    middle = round(float(cell["cost_ns"]))
    tail = {middle + CLOCK_NS: 97800, 2 * middle + CLOCK_NS: 2000}
    return {**tail, 5 * middle + CLOCK_NS: 200}


CELLS["streams"] = cells_streams
BINS["streams"] = ("packet_ns", "ns", "time of one packet's copy", bins_streams)
