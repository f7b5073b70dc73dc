"""
The specimen's experiment `proxy`, as of eight CPUs: what each relay costs for a message and for a
byte is known. Being imported is enough for specimen.write() to know it.
"""

from typing import Any, Dict, List, NamedTuple

from results.test import specimen
from results.test.specimen_cells import (
    AXES,
    BINS,
    CELLS,
    CPU_TIMES,
    REPORTS,
    Cell,
    make_cell,
)


class Way(NamedTuple):
    """CPU time of the proxy, in ns: for a message, for a byte, for a message that it looks at."""

    message: float
    byte: float
    look: float = 0.0


MESSAGES = [64, 1500, 16 << 10, 256 << 10, 1 << 20]
BUFFER = 64 << 10
LATE = 16 << 10  # messages up to this have cells of latency
WAYS: Dict[str, Way] = {
    "direct": Way(0, 0),
    "read_write": Way(1500, 0.30),
    "readv_writev": Way(1600, 0.31),
    "splice": Way(3500, 0.05, 700),
    "sendfile": Way(1100, 0.06),
    "io_uring": Way(1900, 0.28),
    "io_uring_fixed": Way(1850, 0.27),
}
CALLS = {"splice": 2, "sendfile": 1, "io_uring": 1, "io_uring_fixed": 1}
OF_TRANSPORT = {"tcp": 1.0, "unix": 0.7}
CHECKSUM = 0.05  # of a byte that is looked at
PEEK = 0.12  # of a byte that is copied out to be looked at
CLIENT, SERVER = Way(1400, 0.15), Way(1300, 0.12)
CLIENT_TALKS = 1.1  # times as much of the others' CPU time, where there is a proxy
STEP = 100  # calls of a region of latency
DIRECT_NS = 6000.0  # one way, and what a proxy's CPU time adds to it
PARTS = {  # by inspection, transport, buffer, source and mode, as the quick profile has them
    ("none", "tcp", BUFFER, "socket", "throughput"),
    ("none", "unix", BUFFER, "socket", "throughput"),
    ("header", "tcp", BUFFER, "socket", "throughput"),
    ("all", "tcp", BUFFER, "socket", "throughput"),
    ("none", "tcp", 4096, "socket", "throughput"),
    ("none", "tcp", 256 << 10, "socket", "throughput"),
    ("none", "tcp", BUFFER, "file", "throughput"),
    ("none", "tcp", BUFFER, "socket", "latency"),
}
USUAL = ("direct", "read_write", "splice", "io_uring")

AXES["proxy"] = [
    ("relay", "string", "", "how the proxy passes messages on"),
    ("message", "integer", "bytes", "bytes of a message"),
    ("inspect", "string", "", "what the proxy looks at"),
    ("transport", "string", "", "connections"),
    ("buffer", "integer", "bytes", "what the proxy takes at a time"),
    ("source", "string", "", "where the proxy has messages from"),
    ("pair", "string", "", "what CPUs share"),
    ("mode", "string", "", "throughput or latency"),
]
REPORTS["proxy"] = [
    ("cpu_ns_per_byte", "number", "ns", "CPU time of the proxy per byte"),
    ("proxy_cpu_ns", "number", "ns", "CPU time of the proxy per call"),
    ("client_cpu_ns", "number", "ns", "CPU time of the client per call"),
    ("server_cpu_ns", "number", "ns", "CPU time of the server per call"),
    ("system_calls", "number", "1", "calls of the kernel by the proxy"),
    ("pipe_bytes", "number", "bytes", "what the pipe holds"),
]


def looked_ns(relay: str, message: int, inspect: str) -> float:
    """What looking costs."""
    count = {"none": 0, "header": min(message, 64), "all": message}[inspect]
    each = CHECKSUM + (PEEK if relay == "splice" else 0)
    return count * each + (WAYS[relay].look if count else 0)


def proxy_ns(
    relay: str,
    message: int,
    inspect: str = "none",
    transport: str = "tcp",
    buffer: int = BUFFER,
) -> float:
    """CPU time of the proxy for a message."""
    way = WAYS[relay]
    pieces = -(-message // buffer) if relay in ("read_write", "io_uring") else 1
    passed = way.message * max(1, pieces / 4) + way.byte * message
    return passed * OF_TRANSPORT[transport] + looked_ns(relay, message, inspect)


def cpu_ns(cell: Cell) -> List[float]:
    """Of the proxy, the client, the server."""
    relay, message = cell["relay"], cell["message"]
    buffer = cell["buffer"] or BUFFER
    proxy = proxy_ns(relay, message, cell["inspect"], cell["transport"], buffer)
    more = CLIENT_TALKS if proxy else 1.0
    others = [more * (way.message + way.byte * message) for way in (CLIENT, SERVER)]
    if cell["source"] == "file":
        others[0] = 50.0
    return [proxy, *others]


def call_ns(cell: Cell) -> float:
    """By the clock: as long as the slowest takes, or all of them one after the other."""
    used = cpu_ns(cell)
    if cell["mode"] == "latency":
        return DIRECT_NS + (used[0] + 3000.0 if used[0] else 0.0)
    return 1.1 * max(used)


def make(relay: str, message: int, *part: Any) -> Cell:
    """One cell."""
    inspect, transport, buffer, source, mode = part
    has = relay not in ("direct", "sendfile") and (relay, inspect) != ("splice", "none")
    axes: Dict[str, Any] = {"relay": relay, "message": message, "inspect": inspect}
    axes.update(transport=transport, buffer=buffer if has else None, source=source)
    axes.update(pair="l3", mode=mode)
    cell = make_cell(axes, message)
    cell.update(region="processes", members=3, cpus="1-3")
    used = cpu_ns(cell)
    cell.update(cost_ns=call_ns(cell), client_cpu_ns=used[1], server_cpu_ns=used[2])
    if mode == "latency":
        cell["calls_step"] = STEP
    if relay != "direct":
        cell.update(proxy_cpu_ns=used[0], cpu_ns_per_byte=used[0] / message)
        cell["system_calls"] = CALLS.get(relay, 2)
    if relay == "splice":
        cell["pipe_bytes"] = 1 << 20
    return cell


def is_there(relay: str, message: int, part: Any) -> bool:
    """As the quick profile has it: one axis at a time."""
    inspect, _, buffer, source, mode = part
    if relay == "sendfile":
        return source == "file"
    if source == "file":
        return relay == "read_write"
    if relay not in USUAL:
        return part == ("none", "tcp", BUFFER, "socket", "throughput")
    if relay == "direct" and inspect != "none":
        return False
    if buffer != BUFFER:
        return relay in ("read_write", "io_uring") and min(buffer, BUFFER) < message
    return mode == "throughput" or message <= LATE


def cells_proxy() -> List[Cell]:
    """Every relay."""
    return [
        make(relay, message, *part)
        for relay in WAYS
        for message in MESSAGES
        for part in sorted(PARTS)
        if is_there(relay, message, part)
    ]


def bins_proxy(cell: Cell) -> Dict[int, int]:
    """One trip in fifty takes three times as long."""
    if cell["mode"] != "latency":
        return {}
    visits = specimen.LAUNCHES * specimen.SWEEPS
    trips = cell["calls"] * visits * specimen.SAMPLES // 2
    time, late = round(float(cell["cost_ns"])), -(-trips // 50)
    return {time: trips - late, 3 * time: late}


CELLS["proxy"] = cells_proxy
BINS["proxy"] = ("one_way_ns", "ns", "half of a round trip", bins_proxy)
CPU_TIMES["proxy"] = cpu_ns
