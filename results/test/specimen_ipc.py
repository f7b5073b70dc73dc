"""
The specimen's experiment `ipc`: what each way costs by bytes and by chunk, near, far and on one CPU.
Being imported is enough for specimen.write() to know it.
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
from results.test.specimen_machine import KERNELS


class Way(NamedTuple):
    """
    What a chunk takes (ns) one way and another one behind it, what a byte takes (ns), how often the
    kernel copies it, and the largest chunk.
    """

    one_way: float
    another: float
    byte: float
    copies: int
    most: int = 1 << 30


WAYS: Dict[str, Way] = {
    "mq": Way(5200, 900, 0.16, 2, 8192),
    "pipe": Way(4800, 600, 0.14, 2),
    "process_vm_readv": Way(5600, 1300, 0.06, 1),
    "process_vm_writev": Way(5700, 1200, 0.05, 1),
    "shm_futex": Way(4200, 600, 0.02, 0),
    "shm_spin": Way(120, 50, 0.02, 0),
    "tcp": Way(9500, 1500, 0.12, 2),
    "tcp_nodelay": Way(9400, 1700, 0.12, 2),
    "unix_dgram": Way(5600, 950, 0.13, 2),
    "unix_stream": Way(5300, 1100, 0.15, 2),
    "vmsplice": Way(5100, 900, 0.08, 1),
    "vmsplice_gift": Way(6500, 2500, 0.4, 1),
    "vmsplice_huge": Way(5000, 800, 0.07, 1),
}
FARTHER = {"l3": 1.0, "machine": 1.8}
TURN_NS = 4e6  # of who spins on the CPU that the other one needs
COPY = "copy_libc_memcpy"
# By chunk, pair and switch, as the quick profile has them: one axis at a time.
PLACES = [
    *[(chunk, "l3", "") for chunk in (64 << 10, 64, 4096, 1 << 20)],
    *[(64 << 10, pair, "") for pair in ("cpu", "machine")],
    *[(64 << 10, "l3", switch) for switch in ("copy_in", "copy_out", "none")],
]

AXES["ipc"] = [
    ("transport", "string", "", "the way from one process to the other"),
    ("chunk", "integer", "bytes", "bytes handed over at a time"),
    ("pair", "string", "", "what the two CPUs share"),
    ("producer", "string", "", "in_place or copy_in"),
    ("consumer", "string", "", "in_place or copy_out"),
    ("touch", "string", "", "what is made and read of a chunk"),
    ("mode", "string", "", "throughput or latency"),
]
REPORTS["ipc"] = [
    ("cpu_ns_per_byte", "number", "ns", "CPU time of both per byte"),
    ("producer_cpu_ns", "number", "ns", "CPU time of the first process per call"),
    ("consumer_cpu_ns", "number", "ns", "CPU time of the second process per call"),
    ("kernel_copies", "number", "1", "copies that the kernel makes"),
    ("capacity_bytes", "number", "bytes", "what it holds"),
]


def copy_ns(chunk: int) -> float:
    """Of one more copy: what size says of it in L2, where both buffers are."""
    _, _, fixed, rates = KERNELS[COPY]
    return float(fixed + chunk / rates[1])


def chunk_ns(transport: str, chunk: int, pair: str, switch: str, mode: str) -> float:
    """What a call takes."""
    way = WAYS[transport]
    spins = transport == "shm_spin" and pair == "cpu"
    touched = 0.0 if switch == "none" else 0.1 * chunk
    time = way.one_way if mode == "latency" else way.another
    time += (way.byte * chunk + touched) * FARTHER.get(pair, 1.0)
    time += copy_ns(chunk) if switch.startswith("copy") else 0.0
    return time + (TURN_NS if spins else 0.0)


def cpu_share(pair: str, mode: str) -> float:
    """Of the time that passes, what one process uses."""
    return 0.5 if pair == "cpu" or mode == "latency" else 0.9


def cells_ipc() -> List[Cell]:
    """Every way and mode at every place."""
    return [
        make_one(transport, *place, mode)
        for transport in WAYS
        for place in PLACES
        for mode in ("throughput", "latency")
    ]


def make_one(transport: str, chunk: int, pair: str, switch: str, mode: str) -> Cell:
    """The cell of that point."""
    axes: Dict[str, Any] = {"transport": transport, "chunk": chunk, "pair": pair}
    axes["producer"] = "copy_in" if switch == "copy_in" else "in_place"
    axes["consumer"] = "copy_out" if switch == "copy_out" else "in_place"
    axes.update(touch="none" if switch == "none" else "all", mode=mode)
    cell = make_cell(axes, chunk)
    cell.update(region="processes", members=2, cpus="1 1" if pair == "cpu" else "1 2")
    if chunk > WAYS[transport].most:
        reason = f"a message has at most {WAYS[transport].most} B"
        cell.update(verdict="skipped", reason=reason, cpus="")
        return cell
    time = chunk_ns(transport, chunk, pair, switch, mode)
    used = time * cpu_share(pair, mode)
    cell.update(cost_ns=time, producer_cpu_ns=used, consumer_cpu_ns=used)
    cell.update(cpu_ns_per_byte=2 * used / chunk, kernel_copies=WAYS[transport].copies)
    cell["capacity_bytes"] = 256 << 10
    if mode == "latency":
        cell["calls_step"] = 80 if chunk < 4096 else 4
    return cell


def bins_ipc(cell: Cell) -> Dict[int, int]:
    """One trip in fifty takes three times as long; each sample's first is left out."""
    if cell["mode"] != "latency":
        return {}
    visits = specimen.LAUNCHES * specimen.SWEEPS
    regions = visits * specimen.SAMPLES
    calls, firsts = cell["calls"] * regions, regions
    if cell["method"] == "difference":
        calls += cell["calls"] * regions // 2
    trips, time = calls // 2 - firsts, round(float(cell["cost_ns"]))
    late = -(-trips // 50)
    return {time: trips - late, 3 * time: late}


def cpu_times_ipc(cell: Cell) -> List[float]:
    """Of both."""
    return [float(cell[f"{who}_cpu_ns"]) for who in ("producer", "consumer")]


CELLS["ipc"] = cells_ipc
CPU_TIMES["ipc"] = cpu_times_ipc
BINS["ipc"] = ("one_way_ns", "ns", "half of a round trip", bins_ipc)
