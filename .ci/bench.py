"""
How repeatable this suite's figures are on this machine: the quick profile twice, one run after the
other, compared cell by cell. Called by `make bench` with the program's path; takes four minutes.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator, List, Tuple

import pandas

from results import load

ROOT = Path(__file__).resolve().parent.parent
SMALL_BYTES = 16 * 1024
FIRST, SECOND = "_first", "_second"


def pairs(first: load.Dataset, second: load.Dataset) -> pandas.DataFrame:
    """One row a cell that has figures in both: its columns with _first and _second."""
    frames = []
    for name in first.experiments:
        axes = first.axes(name)
        keep = [*axes, "min_ns", "median_ns", "low_ns", "high_ns"]
        tables = [run.table(name) for run in (first, second)]
        known = [table[table["median_ns"].notna()][keep] for table in tables]
        both = known[0].merge(known[1], on=axes, suffixes=(FIRST, SECOND))
        frames.append(both.assign(experiment=name))
    return pandas.concat(frames, ignore_index=True)


def share(condition: pandas.Series) -> float:
    """In percent; 0 of nothing, so that an empty comparison reaches no goal."""
    return 100 * float(condition.mean()) if len(condition) else 0.0


def minima_agree(cells: pandas.DataFrame) -> float:
    """Percentage of warm, small cells of `size` whose minima differ by 2 % at most."""
    chosen = cells[cells["experiment"] == "size"]
    chosen = chosen[(chosen["temperature"] == "warm") & (chosen["size"] <= SMALL_BYTES)]
    ratio = chosen["min_ns" + FIRST] / chosen["min_ns" + SECOND]
    return share((ratio <= 1.02) & (ratio >= 1 / 1.02))


def medians_differ(cells: pandas.DataFrame) -> float:
    """By how many percent the medians of a cell differ, in the middle of all cells."""
    ratio = cells["median_ns" + FIRST] / cells["median_ns" + SECOND]
    return 100 * float((ratio - 1).abs().median())


def intervals_narrow(cells: pandas.DataFrame, run: str) -> float:
    """Percentage of cells whose interval is within 3 % of the median on both sides."""
    median = cells["median_ns" + run]
    low, high = cells["low_ns" + run] / median, cells["high_ns" + run] / median
    return share((low >= 0.97) & (high <= 1.03))


def intervals_hold(cells: pandas.DataFrame) -> float:
    """Percentage of intervals that hold the other run's median."""
    held: List[bool] = []
    for run, other in ((FIRST, SECOND), (SECOND, FIRST)):
        known = cells[cells["low_ns" + run].notna()]
        median = known["median_ns" + other]
        held += list(
            (known["low_ns" + run] <= median) & (median <= known["high_ns" + run])
        )
    return share(pandas.Series(held, dtype=bool))


def run(command: List[str], folder: Path) -> Tuple[load.Dataset, float, float]:
    """The dataset that it makes below the folder, its wall time in s, its peak memory in MiB."""
    begin = time.monotonic()
    child = subprocess.Popen([*command, f"--out={folder}"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed")
    dataset = load.dataset(load.latest(folder))
    return dataset, time.monotonic() - begin, usage.ru_maxrss / 1024


def buffers_mib(dataset: load.Dataset) -> float:
    """The largest pair of buffers under measurement, of all members together."""
    tables = [dataset.table(name) for name in dataset.experiments]
    largest = max(table["payload_bytes"].max() for table in tables)
    return 2 * float(largest) / 1024**2


def figures(program: str, folder: Path) -> Iterator[Tuple[str, str, str]]:
    """What, how much, and the goal."""
    door, wall_s, _ = run([str(ROOT / "run.sh"), "--no-install"], folder / "first")
    yield "./run.sh", f"{wall_s:.0f} s", "120 s at most"
    yield "  of which measuring", f"{100 * door.machine['run']['visits_s'] / wall_s:.0f} %", "80 % at least"
    names = list(door.experiments)
    again, _, peak_mib = run([program, "run", *names], folder / "second")
    beyond = peak_mib - buffers_mib(again)
    yield "resident memory beyond the buffers", f"{beyond:.0f} MiB", "below 64 MiB"
    cells = pairs(door, again)
    yield "cells compared", str(len(cells)), ""
    yield "minima within 2 %, warm, to 16 KiB", f"{minima_agree(cells):.1f} %", "95 % of cells"
    yield "medians differ by (median of cells)", f"{medians_differ(cells):.1f} %", ""
    for label, suffix in (("first", FIRST), ("second", SECOND)):
        yield f"intervals within 3 %, {label} run", f"{intervals_narrow(cells, suffix):.1f} %", ""
    yield "intervals hold the other's median", f"{intervals_hold(cells):.1f} %", "95 % of cells"


def main(program: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for what, value, goal in figures(program, Path(folder)):
            print(f"{what:<38} {value:>9}   {goal}".rstrip(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
