"""
How the ipc experiment's throughput compares with plain loops in the style of lmbench, and its
latency with `perf bench sched pipe` (both on one CPU, where perf would otherwise have a choice), in
the same minutes: `make bench-ipc`. The two take turns, and of each the best turn counts. Below 0.9
the experiment would measure itself.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from results import load
from results.levels import cpu_numbers

TURNS = 5
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


def main(copycost: str, program: str) -> int:
    """Prints the ratios; 1 if one is below the least."""
    loops, ours, cpus = compare_speeds(copycost, program)
    low = False
    print(f"CPUs {cpus}, best of {TURNS} turns each")
    print("way    message B   loop Gb/s    ipc Gb/s   ipc / loop")
    for (kind, message), speeds in loops.items():
        theirs, own = max(speeds), max(ours[kind, message])
        low = low or own / theirs < LEAST
        print(
            f"{kind:6} {message:9} {8 * theirs / 1e9:11.2f} {8 * own / 1e9:11.2f} "
            f"{own / theirs:12.3f}"
        )
    theirs_ns = [ns for ns in (perf_ns(cpus[0]) for _ in range(TURNS)) if ns]
    options = ["--mode=latency", "--transport=pipe", "--pair=cpu", f"--chunk={WORD}"]
    own_ns = [
        float(experiment(copycost, *options).table("ipc")["median_ns"].iloc[0])
        for _ in range(TURNS)
    ]
    if theirs_ns:
        ratio = min(theirs_ns) / min(own_ns)
        low = low or ratio < LEAST
        print(
            f"perf bench sched pipe: {min(theirs_ns):.0f} ns one way, ipc {min(own_ns):.0f} ns, "
            f"rate {ratio:.3f} times that of perf"
        )
    else:
        print("perf bench sched pipe: not here")
    return int(low)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
