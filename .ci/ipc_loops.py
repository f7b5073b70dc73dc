"""
How the ipc experiment's throughput compares with plain loops in the style of lmbench, and its
latency with `perf bench sched pipe` (both on one CPU, where perf would otherwise have a choice), in
the same minutes: `make bench-ipc`. The two take turns; what counts is the middle one of the turns'
ratios, as a turn's two figures are a second apart and a neighbour's work is in both or in neither.
Below 0.9 the experiment would measure itself.
"""

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from results import load
from results.levels import cpu_numbers

TURNS = 9
TOTAL_BYTES = 1 << 30
LOOPS = {"pipe": "pipe", "unix": "unix_stream", "tcp": "tcp"}
MESSAGES = (64 << 10, 1 << 20)
OPERATIONS = 20000
WORD = 4  # bytes that perf bench sends
LEAST = 0.9

Speeds = Dict[Tuple[str, int], List[float]]


def loop(program: str, kind: str, message: int, cpus: List[int]) -> float:
    """Bytes per second of one turn of the loop."""
    numbers = [message, TOTAL_BYTES, *cpus]
    done = subprocess.run(
        [program, kind, *map(str, numbers)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return float(done.stdout)


def experiment(copycost: str, *options: str) -> load.Dataset:
    """One short run, with nothing of a chunk touched, as in the loops."""
    with tempfile.TemporaryDirectory() as folder:
        command = [copycost, "run", "ipc", f"--out={folder}/run", "--format=none"]
        fixed = ["--quiet", "--touch=none", "--launches=8"]
        places = ["--producer=in_place", "--consumer=in_place"]
        given = [*command, *fixed, *places, *options]
        null = subprocess.DEVNULL
        subprocess.run(given, check=True, stdout=null, stderr=null)
        loaded = load.dataset(Path(folder) / "run")
    return loaded


def perf_ns(cpu: int) -> Optional[float]:
    """Of half a round trip; None where there is no perf, or it refuses."""
    if not shutil.which("perf") or not shutil.which("taskset"):
        return None
    pinned = ["taskset", "-c", str(cpu)]
    command = [*pinned, "perf", "bench", "sched", "pipe", "-l", str(OPERATIONS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    found = re.search(r"([0-9.]+) usecs/op", done.stdout)
    return 1000 * float(found[1]) / 2 if found else None


def compare_speeds(copycost: str, program: str) -> Tuple[Speeds, Speeds, List[int]]:
    """Of the loops and of the experiment, in bytes per second; and the CPUs."""
    loops: Speeds = {}
    ours: Speeds = {}
    cpus: List[int] = []
    chunks = ",".join(map(str, MESSAGES))
    names = ",".join(LOOPS.values())
    for _ in range(TURNS):
        table = experiment(
            copycost,
            "--mode=throughput",
            "--pair=near",
            f"--transport={names}",
            f"--chunk={chunks}",
        ).table("ipc")
        table = table[table["median_ns"].notna()]
        if table.empty:
            raise SystemExit("nothing was measured: the machine has one CPU")
        text = str(table["cpus"].iloc[0])
        cpus = [min(cpu_numbers(part)) for part in text.split()]
        if len(cpus) == 1:
            cpus = sorted(cpu_numbers(text))
        for kind, name in LOOPS.items():
            for message in MESSAGES:
                row = table[(table["transport"] == name) & (table["chunk"] == message)]
                rate = float(1e9 * message / row["median_ns"].iloc[0])
                ours.setdefault((kind, message), []).append(rate)
                speed = loop(program, kind, message, cpus)
                loops.setdefault((kind, message), []).append(speed)
    return loops, ours, cpus


def show(theirs: List[float], own: List[float], name: str, unit: str) -> bool:
    """A line of the table, of rates; whether the middle ratio is below the least."""
    ratios = [mine / other for mine, other in zip(own, theirs)]
    middle = statistics.median(ratios)
    print(
        f"{name:24} {statistics.median(theirs):11.2f} {statistics.median(own):11.2f} {unit:5} "
        f"{middle:9.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
    )
    return middle < LEAST


def trips(copycost: str, cpu: int) -> Tuple[List[float], List[float]]:
    """Millions a second, one way, of perf's and of the experiment's turns; empty without perf."""
    options = ["--mode=latency", "--transport=pipe", "--pair=cpu", f"--chunk={WORD}"]
    theirs: List[float] = []
    own: List[float] = []
    for _ in range(TURNS):
        their_ns = perf_ns(cpu)
        if not their_ns:
            return [], []
        own_ns = experiment(copycost, *options).table("ipc")["median_ns"].iloc[0]
        theirs.append(1e3 / their_ns)
        own.append(1e3 / float(own_ns))
    return theirs, own


def main(copycost: str, program: str) -> int:
    """Prints the ratios; 1 if one is below the least."""
    loops, ours, cpus = compare_speeds(copycost, program)
    print(f"CPUs {cpus}, {TURNS} turns each")
    print(
        "way                             loop         ipc       ipc / loop: middle (range)"
    )
    low = [
        show(
            [8 * rate / 1e9 for rate in rates],
            [8 * rate / 1e9 for rate in ours[kind, message]],
            f"{kind} {message} B",
            "Gb/s",
        )
        for (kind, message), rates in loops.items()
    ]
    theirs, own = trips(copycost, cpus[0])
    if theirs:
        low.append(show(theirs, own, "perf bench sched pipe", "M/s"))
    else:
        print("perf bench sched pipe: not here")
    return int(any(low))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
