"""
The least time of every cell in several runs, by which runs that lie far apart in time are compared:
what disturbs only adds to it, so that it is steadier than a median if the samples are spread over a
minute or more. Source: J. Chen and J. Revels, "Robust benchmarking in noisy environments", 2016.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Sequence, Tuple, Union

import numpy
import pandas

from results import facts, load, schema
from results.points import MEASURED

SAMPLES_ALIKE = (
    2.0  # the factor by which their numbers may differ: of more the least is less
)
SPREAD_LEAST_S = 70.0  # from a cell's first sample to its last
SAMPLES_ALIKE = (
    2.0  # by which factor their numbers may differ: of more the least is less
)
TOO_SHORT = f"its samples lie within {SPREAD_LEAST_S:.0f} s"
KEY = ["experiment", "kernel", "cell"]
_FIGURES = ["samples", "median_ns", "low_ns", "high_ns"]
# What is asked of a run as a whole, with what is usual; it is no axis.
_PLACEMENT = {
    "page_asked": "base",
    "src_node_asked": "local",
    "dst_node_asked": "local",
}
_OFFSETS = ("src_offset_asked", "dst_offset_asked")


class Run(NamedTuple):
    """
    A dataset's cells by KEY: experiment, kernel ("" where there is none) and cell, which is a text
    of its axes. min_ns is NAN where it can't be used, and `reason` says why. samples, median_ns, low_ns
    and high_ns are the dataset's. `code` says by which code it was measured.
    """

    path: str
    when: pandas.Timestamp
    facts: Dict[str, str]
    identity: str
    title: str
    cells: pandas.DataFrame


def read(dataset: load.Dataset) -> Run:
    """Of one dataset."""
    about = facts.facts(dataset)
    frames = [
        _cells(dataset, name, about)
        for name in dataset.experiments
        if len(dataset.experiments[name])
    ]
    cells = pandas.concat(frames).set_index(KEY)
    twice = cells.index[cells.index.duplicated()]
    if len(twice):
        raise load.DatasetError(
            f"{dataset.path}: has two cells {cell_text(twice[0])}; "
            "python3 -m results.validate names more"
        )
    return Run(
        str(dataset.path),
        pandas.Timestamp(dataset.package["created"]),
        about,
        f"{dataset.package['name']} {dataset.package['created']}",
        dataset.title,
        cells,
    )


def read_all(paths: Iterable[Path]) -> Tuple[List[Run], List[str]]:
    """
    All datasets in and below the folders, in time; a run that is there twice, as a copy perhaps,
    once. And what could not be read, in words.
    """
    with ThreadPoolExecutor() as threads:  # unpacking and parsing let others run
        found = list(threads.map(_read_or_say, load.find(paths)))
    once = {run.identity: run for run in reversed(found) if isinstance(run, Run)}
    runs = sorted(once.values(), key=lambda run: run.when)
    return runs, [f"left out: {said}" for said in found if isinstance(said, str)]


def _read_or_say(path: Path) -> Union[Run, str]:
    try:
        return read(load.dataset(path))
    except load.DatasetError as error:
        return str(error)


def cell_text(key: Sequence[str]) -> str:
    """A cell's KEY for a reader."""
    return " ".join(part for part in key if part)


def _cells(
    dataset: load.Dataset, experiment: str, about: Dict[str, str]
) -> pandas.DataFrame:
    table = dataset.table(experiment)
    axes = [axis for axis in dataset.axes(experiment) if axis != "kernel"]
    least = table["min_ns"].where(table["verdict"].isin(MEASURED))
    reason = table["reason"].where(least.isna(), "")
    spread = table["cell"].map(_spread_s(dataset, experiment))
    short = least.notna() & ~(spread >= SPREAD_LEAST_S)
    reason = reason.mask(short, TOO_SHORT)
    negative = least.notna() & ~short & ~(least > 0)
    reason = reason.mask(negative, "its least time is not above 0")
    return pandas.DataFrame(
        {
            "experiment": experiment,
            "kernel": table["kernel"] if "kernel" in table else "",
            "cell": _names(table, axes),
            "min_ns": least.mask(short | negative),
            **{name: table[name] for name in _FIGURES},
            "code": _codes(table, about),
            "reason": reason,
        }
    )


def _spread_s(dataset: load.Dataset, experiment: str) -> pandas.Series:
    """By cell: from the start of its first sample to that of its last."""
    resource = dataset.resource(f"{experiment}{schema.SAMPLES}")
    samples = load.read_table(dataset.path, resource, ["cell", "start_ns"])
    starts = samples.groupby("cell")["start_ns"]
    return (starts.max() - starts.min()) / 1e9


def _names(table: pandas.DataFrame, axes: Sequence[str]) -> pandas.Series:
    """Axes and what is unusual of the placement, in words that are the same in every run."""
    found = pandas.Series("", index=table.index)
    for axis in axes:
        found = found + f" {axis}=" + table[axis].astype(str).replace("<NA>", "")
    for column, usual in _PLACEMENT.items():
        words = f" {column[:-6]}=" + table[column].astype(str)
        found = found + words.where(table[column] != usual, "")
    for column in _OFFSETS:
        offsets = table[column].dropna().unique()
        if len(offsets) == 1 and offsets[0]:
            found = found + f" {column[:-6]}={offsets[0]}"
    return found.str.strip()


def _codes(table: pandas.DataFrame, about: Dict[str, str]) -> pandas.Series:
    """
    By which code each cell was measured: the kernel's, by hash and place; the C library's; of cells
    without a kernel the program's.
    """
    place = table["code_mod_64"].astype(str)
    kernel = "hash " + table["code_hash"] + " at 64k+" + place
    libc = f"libc {about['libc']} {about[facts.MEMCPY]} at 64k+"
    program = f"copycost {about['copycost']}"
    return kernel.where(
        table["code_hash"] != "",
        (libc + place).where(table["code_mod_64"].notna(), program),
    )


def matrix(runs: Sequence[Run], column: str) -> pandas.DataFrame:
    """
    That column of all runs: a row a cell of any of them, a column a run. Where an experiment's axes
    are not the same its cells stay apart, as their texts differ.
    """
    return pandas.concat(
        {place: run.cells[column] for place, run in enumerate(runs)}, axis=1
    )


def of_alike(runs: Sequence[Run], samples: pandas.Series) -> pandas.DataFrame:
    """
    matrix() of min_ns of the cells in `samples`, without those that were sampled far more or less
    often than the number there: a dear cell is, where a run had time for more of it.
    """
    counts = matrix(runs, "samples").reindex(samples.index)
    least = matrix(runs, "min_ns").reindex(samples.index)
    return least.where(~differ(counts, samples))


def differ(counts: pandas.DataFrame, samples: pandas.Series) -> pandas.DataFrame:
    """Whether the numbers of samples are too far from these, by cell and run."""
    ratios = counts.astype("float64").div(samples.astype("float64"), axis=0)
    return (ratios > SAMPLES_ALIKE) | (ratios < 1 / SAMPLES_ALIKE)
