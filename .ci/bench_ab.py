"""
How often `copycost ab` rings without a reason, and how often it sees a slowdown: `make bench-ab`.

null    a function against its own copy: how many runs alarm, each over all its cells together
power   against one that really copies 1, 2, 3 and 5 % more: in how many cells that is seen
real    the C library's memcpy against musl's, where that is installed, and against a byte loop

A neighbour copies on another CPU all the time, if there is one. What a slowdown is worth in time is
measured, too, because a loop's cost is not its bytes alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple

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
NEIGHBOUR = r"""
#include <stdlib.h>
#include <string.h>
int main(void)
{
    enum { BYTES = 64 << 20 };
    char *from = calloc(2, BYTES);
    for (unsigned char i = 0; from; i++) {
        memset(from, i, 64);
        memcpy(from + BYTES, from, BYTES);
    }
    return 1;
}
"""
FLAGS = ["-O2", "-fno-tree-loop-distribute-patterns", "-fno-tree-vectorize"]


class Run(NamedTuple):
    status: int
    seconds: float
    comparison: Dict[str, Any]

    def cells(self, outcome: str) -> int:
        return sum(cell["outcome"] == outcome for cell in self.comparison["cells"])


def build(folder: Path, name: str, source: str, *options: str) -> Path:
    path = folder / name
    (folder / "source.c").write_text(source)
    command = ["cc", *FLAGS, *options, "source.c", "-o", name]
    subprocess.run(command, cwd=folder, check=True)
    return path


@contextmanager
def neighbour(folder: Path, cpus: List[int]) -> Iterator[None]:
    """Copies on the last of the CPUs meanwhile, unless it is the only one."""
    if len(cpus) < 2:
        print("no neighbour: there is one CPU")
        yield
        return
    program = build(folder, "neighbour", NEIGHBOUR)
    with subprocess.Popen([str(program)]) as process:
        os.sched_setaffinity(process.pid, {cpus[-1]})
        try:
            yield
        finally:
            process.kill()


def compare(program: str, folder: Path, old: str, new: str, *options: str) -> Run:
    """One run on the first CPU, with the verdict's figures."""
    verdict = folder / "verdict.json"
    verdict.unlink(missing_ok=True)
    cpu = min(os.sched_getaffinity(0))
    given = [old, new, f"--json={verdict}", f"--cpu={cpu}", "--quiet", *options]
    begun = time.monotonic()
    env = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        [program, "ab", *given], env=env, stdout=subprocess.DEVNULL, check=False
    )
    seconds = time.monotonic() - begun
    if not verdict.exists():
        sys.exit(f"ab of {old} and {new} ended with {done.returncode}, not a verdict")
    (comparison,) = json.loads(verdict.read_text())["comparisons"]
    return Run(done.returncode, seconds, comparison)


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


def ratio_of(runs: List[Run]) -> float:
    """The middle of all cells and runs, in percent."""
    known = [
        cell["ratio"]["value"]
        for run in runs
        for cell in run.comparison["cells"]
        if cell["ratio"]
    ]
    return 100 * (statistics.median(known) - 1) if known else float("nan")


def show_null(runs: List[Run]) -> None:
    """Both directions: nothing has changed."""
    either = [run.cells("regressed") + run.cells("improved") > 0 for run in runs]
    undecided = sum(run.status == 3 for run in runs)
    print(f"null: alarms in {share(sum(run.status == 1 for run in runs), len(runs))}")
    print(f"  in either direction {share(sum(either), len(runs))}")
    print(f"  no verdict or inconclusive in {share(undecided, len(runs))}")
    print(f"  {seconds_of(runs)}")


def show_power(percent: int, runs: List[Run]) -> None:
    seen = sum(run.cells("regressed") for run in runs)
    judged = sum(len(run.comparison["cells"]) for run in runs)
    print(f"{percent} % more bytes, {ratio_of(runs):+.2f} % in time:")
    print(f"  seen in cells {share(seen, judged)}")
    print(f"  in runs {share(sum(run.status == 1 for run in runs), len(runs))}")
    print(f"  {seconds_of(runs)}")


def show_real(name: str, run: Run) -> None:
    outcomes = ("regressed", "inconclusive", "improved", "not regressed")
    found = ", ".join(f"{run.cells(outcome)} {outcome}" for outcome in outcomes)
    print(f"{name}: status {run.status}; {found}; {run.seconds:.1f} s")


def c_library() -> str:
    command = ["cc", "-print-file-name=libc.so.6"]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--null", type=int, default=5, metavar="RUNS")
    parser.add_argument("--power", type=int, default=5, metavar="RUNS")
    parser.add_argument("--detect", default="2%")
    given = parser.parse_args()
    detect = f"--detect={given.detect}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shared = ["-shared", "-fPIC"]
        for percent in (0, *SLOWDOWNS):
            permille = f"-DPERMILLE={10 * percent}"
            build(folder, f"{percent}.so", SOURCE, *shared, permille)
        (folder / "same.so").write_bytes((folder / "0.so").read_bytes())

        def runs(new: str, count: int) -> List[Run]:
            objects = [f"{folder / build}:copy" for build in ("0.so", new)]
            return [
                compare(given.program, folder, *objects, detect) for _ in range(count)
            ]

        with neighbour(folder, sorted(os.sched_getaffinity(0))):
            if given.null:
                show_null(runs("same.so", given.null))
            for percent in SLOWDOWNS if given.power else ():
                show_power(percent, runs(f"{percent}.so", given.power))
            libc = f"{c_library()}:memcpy"
            others = [("musl's memcpy", f"{path}:memcpy") for path in musl()]
            for title, other in [*others, ("a byte loop", f"{folder / '0.so'}:loop")]:
                run = compare(given.program, folder, libc, other, detect)
                show_real(f"the C library's memcpy against {title}", run)


def musl() -> List[str]:
    return [str(path) for path in sorted(Path("/lib").glob("ld-musl-*.so.1"))][:1]


if __name__ == "__main__":
    main()
