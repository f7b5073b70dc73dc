"""
The specimen's experiment `send`: what a message costs its sender, by a fixed part and one for each
byte, so that crossovers are known. Being imported is enough for specimen.write() to know it.
"""

from typing import Any, Dict, List, NamedTuple, Tuple

from results.test.specimen_cells import (
    AXES,
    CELLS,
    CPU_TIMES,
    REPORTS,
    Cell,
    make_cell,
)


class Way(NamedTuple):
    """CPU time of the sender, in ns: for a message and for a byte."""

    message: float
    byte: float


SIZES = [1 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 60 << 10]
LARGE = [256 << 10, 1 << 20]  # by TCP alone
End = Tuple[str, str]
WAYS: Dict[End, Dict[str, Way]] = {
    ("discard", "udp"): {
        "copy": Way(2500, 0.045),
        "zerocopy": Way(2900, 0.011),
        "send_zc": Way(3300, 0.012),
    },
    ("socket", "udp"): {
        "copy": Way(5000, 0.10),
        "zerocopy": Way(6500, 0.21),
        "send_zc": Way(6900, 0.20),
    },
    ("socket", "tcp"): {
        "copy": Way(3500, 0.15),
        "zerocopy": Way(6000, 0.24),
        "send_zc": Way(6500, 0.25),
    },
}
RECEIVER = Way(1500, 0.02)
READING_NS = 1000.0  # of the error queue
WAITING = 1.4  # times as long as the slower of both works, where there are two

AXES["send"] = [
    ("sending", "string", "", "the call"),
    ("size", "integer", "bytes", "bytes of a message"),
    ("receiver", "string", "", "who is at the far end"),
    ("protocol", "string", "", "udp or tcp"),
]
REPORTS["send"] = [
    ("cpu_ns_per_byte", "number", "ns", "CPU time of the sender per byte"),
    ("sender_cpu_ns", "number", "ns", "CPU time of the sender per message"),
    ("receiver_cpu_ns", "number", "ns", "CPU time of the receiver per message"),
    ("notices", "number", "1", "notices per message"),
    ("copied_share", "number", "1", "of them, copied all the same"),
    ("reap_ns", "number", "ns", "time of reading one"),
    ("refused", "number", "1", "sends put off per message"),
    ("left_share", "number", "1", "bytes that left per byte of payload"),
    ("slots", "number", "1", "messages that take turns"),
]


def slots(size: int) -> int:
    """As many as the program has."""
    return max(2, min(64, (512 << 10) // size))


def cost_ns(sending: str, end: End, size: int) -> float:
    """CPU time of the sender for a message."""
    way = WAYS[end][sending]
    return way.message + way.byte * size


def truth(sending: str, end: End) -> float:
    """The size from which on it costs less than a copy; below 0: there is none."""
    way, copy = WAYS[end][sending], WAYS[end]["copy"]
    return (way.message - copy.message) / (copy.byte - way.byte)


def cpu_ns(cell: Cell) -> List[float]:
    """Of the sender, and the receiver if there is one."""
    sender = cost_ns(
        cell["sending"], (cell["receiver"], cell["protocol"]), cell["size"]
    )
    if cell["receiver"] == "discard":
        return [sender]
    return [sender, RECEIVER.message + RECEIVER.byte * cell["size"]]


def make(sending: str, end: End, size: int) -> Cell:
    """One cell."""
    axes: Dict[str, Any] = {"sending": sending, "size": size}
    axes.update(receiver=end[0], protocol=end[1])
    alone = end[0] == "discard"
    cell = make_cell(axes, size)
    if not alone:
        cell.update(region="processes", members=2, cpus="1-2")
    used = cpu_ns(cell)
    cell.update(
        cost_ns=used[0] if alone else WAITING * max(used),
        sender_cpu_ns=used[0],
        cpu_ns_per_byte=used[0] / size,
        left_share=1 + 60 / size,
        slots=slots(size),
    )
    if not alone:
        cell["receiver_cpu_ns"] = used[1]
    if sending != "copy":
        cell.update(notices=1, copied_share=int(not alone), refused=0)
    if sending == "zerocopy":
        cell["reap_ns"] = READING_NS / slots(size)
    return cell


def cells_send() -> List[Cell]:
    """Every way to every end."""
    return [
        make(sending, end, size)
        for end, ways in WAYS.items()
        for sending in ways
        for size in SIZES + (LARGE if end[1] == "tcp" else [])
    ]


CELLS["send"] = cells_send
CPU_TIMES["send"] = cpu_ns
