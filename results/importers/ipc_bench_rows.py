"""
The rows of `ipc` out of ipc-bench's logs.

What the figures are (test.c of ipc-bench): a line of throughput has the CPU that gives and the one
that takes, the NUMA node of the shared memory (-1: none), bytes a chunk, how the chunk is made, as
whether in place, whether it is read in place, whether all of it is looked at, how many chunks, and
Mb/s over all of them: one sample of that many calls. A latency is the mean of round trips in s, to
1 us: a matrix has a row for each CPU that begins and a column for each that answers.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from results.importers import Unplaced, clean, ipc_bench_machine, number
from results.importers.archive import Files
from results.package import field


class Way(NamedTuple):
    """A transport by its name in `ipc`, or its own where it has no like there."""

    name: str
    kernel_copies: int
    ring: bool = False


WAYS = {
    "pipe": Way("pipe", 2),
    "unix": Way("unix_stream", 2),
    "tcp": Way("tcp", 2),
    "tcp_nodelay": Way("tcp_nodelay", 2),
    "mempipe": Way("shm_futex", 0, True),
    "mempipe_spin": Way("shm_spin", 0, True),
    "shmem_pipe": Way("shmem_pipe", 0, True),
    "vmsplice": Way("vmsplice_pipe", 1),
    "vmsplice_pipe": Way("vmsplice_pipe", 1),
    "vmsplice_coop_pipe": Way("vmsplice_coop_pipe", 1),
    "vmsplice_hugepage_pipe": Way("vmsplice_hugepage_pipe", 1),
    "vmsplice_hugepage_coop_pipe": Way("vmsplice_hugepage_coop_pipe", 1),
}
# The ring of the latency test waits by spinning, whatever its name.
LATENCY_WAYS = {**WAYS, "mempipe": WAYS["mempipe_spin"]}
STEP_NS = 1000  # of a round trip in the matrices
STEP_MOST = 0.03  # of a latency: half a step that is more makes it doubtful

TABLE = (
    [
        field(
            "axis",
            "transport",
            "string",
            "",
            "the way; ipc-bench's name if it has no like",
        ),
        field("axis", "chunk", "integer", "bytes", "bytes handed over at a time"),
        field("axis", "pair", "string", "", "what the two CPUs share at the innermost"),
        field(
            "axis",
            "producer",
            "string",
            "",
            "in_place, or copy_in: made elsewhere, and copied",
        ),
        field(
            "axis",
            "consumer",
            "string",
            "",
            "in_place, or copy_out: copied, then looked at",
        ),
        field(
            "axis",
            "touch",
            "string",
            "",
            "all: made and looked at; empty: none of ipc's words",
        ),
        field(
            "axis", "mode", "string", "", "throughput, or latency: a call is one way"
        ),
        field("axis", "from", "integer", "1", "CPU that gives, or begins"),
        field("axis", "to", "integer", "1", "CPU that takes, or answers"),
        field("axis", "test", "string", "", "ipc-bench's own name of the way"),
    ],
    [
        field(
            "report",
            "kernel_copies",
            "integer",
            "1",
            "how often the kernel copies the payload",
        )
    ],
)

_THROUGHPUT = re.compile(
    r"([a-z_]{1,40})_thr ([0-9]{1,4}) ([0-9]{1,4}) (-?[0-9]{1,4}) ([0-9]{1,10}) ([0-9]{1,2})"
    r" ([01]) ([01]) ([01]) ([0-9]{1,12}) ([0-9]{1,9}(?:[.,][0-9]{1,6})?) Mbps ?"
)
_PAIR = re.compile(
    r"([a-z_]{1,40})_lat ([0-9]{1,10}) ([0-9]{1,12}) ([0-9]{1,6}[.,][0-9]{6})s ?"
)
_SECONDS = re.compile(r"[0-9]{1,6}[.,][0-9]{6}")
_STOSQ = "2"  # the mode that makes all of a chunk anew, as `all` of ipc does


class Rows:
    """Gathers rows, and what has no place among them. `place`: what stands before a file's name."""

    def __init__(self, files: Files, place: str) -> None:
        self.files, self.place = files, place
        self.parts = ipc_bench_machine.cpu_parts(files)
        self.rows: List[Dict[str, Any]] = []
        self.unplaced: List[Unplaced] = []
        self.points: set[Tuple[Any, ...]] = set()

    def _add(self, way: Way, test: str, row: Dict[str, Any]) -> bool:
        """Whether there is none of that point yet."""
        near = ipc_bench_machine.nearness(
            self.parts, self.files, row["from"], row["to"]
        )
        row.update(pair=near, test=test)
        if row.get("verdict") != "skipped":
            row["kernel_copies"] = way.kernel_copies
        row.update(transport=way.name, region="processes", members=2)
        row.update(cpu_asked=row["from"], payload_bytes=row["chunk"])
        point = tuple(row.get(axis["name"]) for axis in TABLE[0])
        if point in self.points:
            return False
        self.points.add(point)
        self.rows.append(row)
        return True

    def _strange(self, name: str, line: int, text: str, why: str) -> None:
        self.unplaced.append(Unplaced(self.place + name, line, clean(text), why))

    def add_throughput(self, name: str, test: str) -> None:
        """Those of a log."""
        file = self.files[name]
        for line, text in enumerate(file.lines, 1):
            found = _THROUGHPUT.fullmatch(text)
            cut = line == len(file.lines) and not file.whole
            if not found or found.group(1) != test or test not in WAYS or cut:
                if text.strip():
                    why = "the log was cut here" if cut else "not a line of throughput"
                    self._strange(name, line, text, why)
            elif not self._add(WAYS[test], f"{test}_thr", _throughput(*found.groups())):
                self._strange(name, line, text, "stands in the archive already")

    def add_matrix(
        self, name: str, test: str, pairs: Dict[Tuple[int, int], str]
    ) -> None:
        """
        Those of a matrix. Size and number of round trips stand in the logs of single pairs; the
        cross-check is that these have the matrix's times.
        """
        file = self.files[name]
        lines = [line for line in enumerate(file.lines, 1) if line[1].strip()]
        for cpu, (line, text) in enumerate(lines):
            times = text.split()
            square = len(times) == len(lines) and all(map(_SECONDS.fullmatch, times))
            if test not in LATENCY_WAYS or not square:
                self._strange(name, line, text, "not a row of a square of latencies")
                continue
            for other, time in enumerate(times):
                self._add_latency(name, line, test, (cpu, other, time), pairs)

    def _add_latency(
        self,
        name: str,
        line: int,
        test: str,
        told: Tuple[int, int, str],
        pairs: Dict[Tuple[int, int], str],
    ) -> None:
        cpu, other, time = told
        single = self._pair(test, pairs.get((cpu, other)))
        if single is None:
            text = f"CPU {cpu} to {other}: {time} s"
            self._strange(name, line, text, "no log of this pair tells its size")
            return
        size, count, seconds = single
        if number(seconds) != number(time):
            text = f"CPU {cpu} to {other}: {time} s, in the pair's own log {seconds} s"
            self._strange(name, line, text, "matrix and log disagree")
            return
        row: Dict[str, Any] = {
            "from": cpu,
            "to": other,
            "chunk": size,
            "mode": "latency",
        }
        row.update(_latency(size, round(number(time) * 1e9), count))
        self._add(LATENCY_WAYS[test], f"{test}_lat", row)

    def _pair(self, test: str, name: Optional[str]) -> Optional[Tuple[int, int, str]]:
        """Size, round trips and s of a pair's log; None if it does not tell them."""
        lines = self.files[name].lines if name else []
        for text in lines:
            found = _PAIR.fullmatch(text)
            if found and found.group(1) == test and int(found.group(3)):
                return int(found.group(2)), int(found.group(3)), found.group(4)
        return None


def _throughput(*told: str) -> Dict[str, Any]:
    """What a line says. One sample of all calls is its launch's and its cell's median."""
    _, giver, taker, node, size, mode, written, taken, looked, count, megabits = told
    row: Dict[str, Any] = {"from": int(giver), "to": int(taker), "chunk": int(size)}
    row["mode"] = "throughput"
    row["producer"] = "in_place" if written == "1" else "copy_in"
    row["consumer"] = "in_place" if taken == "1" else "copy_out"
    row["touch"] = "all" if looked == "1" and mode == _STOSQ else None
    if not node.startswith("-"):
        row.update(src_node_asked=str(int(node)), dst_node_asked=str(int(node)))
    rate = number(megabits)
    if not rate or not int(size) or not int(count):
        return {**row, "verdict": "skipped", "reason": f"the log says {megabits} Mbps"}
    return {**row, **_sample(int(size), int(size) * 8000 / rate, int(count))}


def _latency(size: int, trip_ns: int, count: int) -> Dict[str, Any]:
    if not trip_ns:
        return {"verdict": "skipped", "reason": "below 1 us, the matrix's last digit"}
    row = _sample(size, trip_ns / 2, 2 * count)
    if STEP_NS / 2 > STEP_MOST * trip_ns:
        share = 100 * STEP_NS / 2 / trip_ns
        reason = f"the matrix's last digit leaves it open by +-{share:.2g} %"
        row.update(verdict="noisy", reason=reason)
    return row


def _sample(size: int, ns: float, calls: int) -> Dict[str, Any]:
    one = f"{ns:.9g}"
    row = {"method": "batch", "calls": calls, "launches": 1, "samples": 1}
    rate = f"{size / ns:.9g}" if size else None
    return {**row, "median_ns": one, "min_ns": one, "gb_per_s": rate}
