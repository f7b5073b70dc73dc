"""
How often `copycost ab` rings without a reason, and how often it sees a slowdown: `make bench-ab`.

null    a function against its own copy: how many runs alarm, each over all its cells together
power   against one that really copies 1, 2, 3 and 5 % more: in how many cells that is seen
real    the C library's memcpy against musl's, where that is installed, and against a byte loop

Two runs go on at a time, on the first and the last CPU that may be used, so that each has a
neighbour that copies. What a slowdown is worth in time is measured, too, because a loop's cost is
not its bytes alone: power is that over the cells which the slowdown makes slower by as much as is
to be detected, by the middle of all runs.

With --keep the runs are added to a file, a line each, and those that are there count: a long series
can be made in pieces, of one build of copycost.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Dict, List, NamedTuple, Optional

from scipy.stats import binomtest

SLOWDOWNS = (1, 2, 3, 5)
# The same code in all builds: only the constant differs. The first bytes are copied again.
SOURCE = r"""
#include <stddef.h>
static const volatile unsigned permille = PERMILLE;
static size_t owed;
__attribute__((noinline, aligned(64))) static void words(char *dst, const char *src, size_t bytes)
{
    size_t i = 0;
    for (; i + 8 <= bytes; i += 8)
        __builtin_memcpy(dst + i, src + i, 8);
    for (; i < bytes; i++)
        ((volatile char *)dst)[i] = src[i];
}
__attribute__((aligned(64))) void *copy(void *dst, const void *src, size_t bytes)
{
    owed += bytes * permille;
    size_t again = owed / 8000 * 8;
    again = again < bytes ? again : bytes;
    owed -= again * 1000;
    words(dst, src, bytes);
    if (again)
        words(dst, src, again);
    return dst;
}
__attribute__((aligned(64))) void *loop(void *dst, const void *src, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile char *)dst)[i] = ((const char *)src)[i];
    return dst;
}
"""
FLAGS = ["-O2", "-fno-tree-loop-distribute-patterns", "-fno-tree-vectorize"]


class Run(NamedTuple):
    new: str  # the build
    detect: str
    status: int
    seconds: float
    cells: List[Dict[str, Any]]  # outcome and ratio

    def count(self, outcome: str) -> int:
        """Cells with that outcome."""
        return sum(cell["outcome"] == outcome for cell in self.cells)


def build(folder: Path, name: str, source: str, *options: str) -> Path:
    path = folder / name
    (folder / "source.c").write_text(source)
    command = ["cc", *FLAGS, *options, "source.c", "-o", name]
    subprocess.run(command, cwd=folder, check=True)
    return path


def compare(
    program: str, folder: Path, old: str, new: str, detect: str, cpu: int
) -> Run:
    """One run on that CPU."""
    verdict = folder / f"verdict-{cpu}.json"
    verdict.unlink(missing_ok=True)
    given = [f"--json={verdict}", f"--cpu={cpu}", f"--detect={detect}", "--quiet"]
    begun = time.monotonic()
    env = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        [program, "ab", old, new, *given],
        env=env,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.monotonic() - begun
    if not verdict.exists():
        sys.exit(f"ab of {old} and {new} ended with {done.returncode}, not a verdict")
    (comparison,) = json.loads(verdict.read_text())["comparisons"]
    cells = [
        {
            "outcome": cell["outcome"],
            "ratio": cell["ratio"]["value"] if cell["ratio"] else None,
        }
        for cell in comparison["cells"]
    ]
    return Run(Path(new).name.split(":")[0], detect, done.returncode, seconds, cells)


def share(count: int, of: int) -> str:
    """`3 of 30: 10 % (2.1 to 26.5)`, by Clopper and Pearson."""
    if not of:
        return "0 of 0"
    interval = binomtest(count, of).proportion_ci(method="exact")
    low, high = 100 * interval.low, 100 * interval.high
    return f"{count} of {of}: {100 * count / of:.3g} % ({low:.3g} to {high:.3g})"


def seconds_of(runs: List[Run]) -> str:
    times = [run.seconds for run in runs]
    return f"{statistics.median(times):.1f} s a run, {max(times):.1f} at most"


def show_null(runs: List[Run]) -> None:
    """Both directions: nothing has changed."""
    either = [run.count("regressed") + run.count("improved") > 0 for run in runs]
    undecided = sum(run.status == 3 for run in runs)
    print(f"null: alarms in {share(sum(run.status == 1 for run in runs), len(runs))}")
    print(f"  in either direction {share(sum(either), len(runs))}")
    print(f"  no verdict or inconclusive in {share(undecided, len(runs))}")
    print(f"  {seconds_of(runs)}")


def show_power(percent: int, detect: str, runs: List[Run]) -> None:
    """Over the cells that the slowdown makes slower by as much as is to be detected."""
    wanted = 1 + float(detect.rstrip("%")) / 100
    columns = list(zip(*(run.cells for run in runs)))
    truths = [
        statistics.median(cell["ratio"] or 1 for cell in column) for column in columns
    ]
    slower = [column for column, truth in zip(columns, truths) if truth >= wanted]
    found = [cell["outcome"] == "regressed" for column in slower for cell in column]
    low, middle, high = (100 * (value - 1) for value in quartiles(truths))
    print(
        f"{percent} % more bytes, {middle:+.2f} % in time (quartiles of cells {low:+.2f}, "
        f"{high:+.2f}):"
    )
    print(f"  {len(slower)} of {len(columns)} cells are slower by {detect} or more")
    print(f"  of those seen: {share(sum(found), len(found))}")
    print(f"  in runs {share(sum(run.status == 1 for run in runs), len(runs))}")
    print(f"  {seconds_of(runs)}")


def quartiles(values: List[float]) -> List[float]:
    return statistics.quantiles(values, n=4, method="inclusive")


def show_real(name: str, run: Run) -> None:
    outcomes = ("regressed", "inconclusive", "improved", "not regressed")
    found = ", ".join(f"{run.count(outcome)} {outcome}" for outcome in outcomes)
    print(f"{name}: status {run.status}; {found}; {run.seconds:.1f} s")


def c_library() -> str:
    command = ["cc", "-print-file-name=libc.so.6"]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


class Series:
    """Runs, those of the file among them, two at a time."""

    def __init__(self, program: str, folder: Path, keep: Optional[Path]) -> None:
        self.program, self.folder, self.keep = program, folder, keep
        cpus = sorted(os.sched_getaffinity(0))
        self.cpus = sorted({cpus[0], cpus[-1]})
        self.runs: List[Run] = []
        if keep and keep.exists():
            self.runs = [
                Run(**json.loads(line)) for line in keep.read_text().splitlines()
            ]

    def add(self, run: Run) -> None:
        """Keeps it, in the file at once."""
        self.runs.append(run)
        if self.keep:
            with self.keep.open("a") as file:
                file.write(json.dumps(run._asdict()) + "\n")

    def of(self, new: str, detect: str) -> List[Run]:
        """Those of that build."""
        return [run for run in self.runs if (run.new, run.detect) == (new, detect)]

    def reach(self, new: str, detect: str, count: int) -> List[Run]:
        """Makes what is missing of so many."""
        left = iter(range(len(self.of(new, detect)), count))
        lock = Lock()

        def work(cpu: int) -> None:
            while True:
                with lock:
                    if next(left, None) is None:
                        return
                old, other = (f"{self.folder / each}:copy" for each in ("0.so", new))
                run = compare(self.program, self.folder, old, other, detect, cpu)
                with lock:
                    self.add(run)

        with ThreadPoolExecutor(len(self.cpus)) as pool:
            list(pool.map(work, self.cpus))
        return self.of(new, detect)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--null", type=int, default=5, metavar="RUNS")
    parser.add_argument("--power", type=int, default=5, metavar="RUNS")
    parser.add_argument(
        "--slowdowns",
        type=lambda text: [int(word) for word in text.split(",")],
        default=SLOWDOWNS,
        metavar="PERCENT,...",
    )
    parser.add_argument("--detect", default="2%")
    parser.add_argument("--keep", type=Path, metavar="FILE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shared = ["-shared", "-fPIC"]
        for percent in (0, *SLOWDOWNS):
            permille = f"-DPERMILLE={10 * percent}"
            build(folder, f"{percent}.so", SOURCE, *shared, permille)
        (folder / "same.so").write_bytes((folder / "0.so").read_bytes())
        series = Series(given.program, folder, given.keep)
        print(f"on CPUs {', '.join(map(str, series.cpus))} at a time")
        if given.null:
            show_null(series.reach("same.so", given.detect, given.null))
        for percent in given.slowdowns if given.power else ():
            found = series.reach(f"{percent}.so", given.detect, given.power)
            show_power(percent, given.detect, found)
        libc = f"{c_library()}:memcpy"
        others = [("musl's memcpy", f"{path}:memcpy") for path in musl()]
        for title, other in [*others, ("a byte loop", f"{folder / '0.so'}:loop")]:
            run = compare(
                given.program, folder, libc, other, given.detect, series.cpus[0]
            )
            show_real(f"the C library's memcpy against {title}", run)


def musl() -> List[str]:
    return [str(path) for path in sorted(Path("/lib").glob("ld-musl-*.so.1"))][:1]


if __name__ == "__main__":
    main()
