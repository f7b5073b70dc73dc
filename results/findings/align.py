"""
The align experiment: what offsets from a line cost a copy, and 4 KiB aliasing.

Of many cells the worst is also the unluckiest. So which is the worst is chosen by every other
launch, and judged by the rest.
"""

from __future__ import annotations

from typing import Callable, Iterator

import numpy
import pandas

from results import estimate, kernels, load, offsets, points
from results.findings import Finding

NAME = "align"


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """What misalignment and aliasing cost libc, and the kernel that suffers most of all others."""
    rows = kernels.in_one_placement(kernels.measured(dataset.table(NAME)))
    grid, sweep = offsets.read(dataset.machine, rows)
    yield from misaligned(dataset, grid)
    yield from aliased(dataset, sweep)
    if grid.empty and sweep.empty:
        why = points.reason(dataset, NAME)
        yield Finding(NAME, f"what alignment costs can't be said: {why}")


def misaligned(dataset: load.Dataset, grid: pandas.DataFrame) -> Iterator[Finding]:
    """Of the rows of offsets.grid_ratios()."""
    yield from of_everyone(dataset, grid, "misaligned", "as aligned", offset_text)


def aliased(dataset: load.Dataset, sweep: pandas.DataFrame) -> Iterator[Finding]:
    """Of the rows of offsets.sweep_ratios()."""
    yield from of_everyone(
        dataset, sweep, "with dst at any distance from src", "as far apart", away_text
    )


def offset_text(row: pandas.Series) -> str:
    """The offsets of a cell, in words."""
    return f"src {int(row['src_align'])}, dst {int(row['dst_align'])}"


def away_text(row: pandas.Series) -> str:
    """Where dst is modulo 4096, in words."""
    distance = int(row["distance"])
    return (
        f"dst {abs(distance)} B {'before' if distance < 0 else 'past'} src modulo 4096"
    )


Place = Callable[[pandas.Series], str]


def of_everyone(
    dataset: load.Dataset,
    compared: pandas.DataFrame,
    how: str,
    otherwise: str,
    place: Place,
) -> Iterator[Finding]:
    """libc's finding, and that of the one of all others that suffers most."""
    if compared.empty:
        return
    launches = estimate.launches(dataset, NAME)
    own = compared["kernel"] == kernels.libc_kernel(compared)
    for rows, who in ((compared[own], "libc"), (compared[~own], "")):
        if len(rows):
            yield worst(launches, rows, who, how, otherwise, place)


def worst(
    launches: pandas.DataFrame,
    rows: pandas.DataFrame,
    who: str,
    how: str,
    otherwise: str,
    place: Place,
) -> Finding:
    """What cells take in the middle of these, and at worst."""
    cells, base = (rows[name].astype(int).tolist() for name in ("cell", "cell_base"))
    bases = list(dict.fromkeys(base))
    own = [len(cells) + bases.index(each) for each in base]
    middle = estimate.bootstrap(
        launches,
        [*cells, *bases],
        lambda ns: numpy.median(ns[:, : len(cells)] / ns[:, own], axis=1),
    )
    count = rows["kernel"].nunique()
    name = who or (f"all {count} other kernels" if count > 1 else "the other kernel")
    start = (
        f"{how}, {name} take{'s' * (count == 1)} {estimate.text(middle, '')} times as long "
        f"{otherwise} in the middle of {len(rows)} cells"
    )
    chosen, judged = estimate.halves(launches)
    medians = chosen.median(axis=1)
    ratios = medians.reindex(cells).to_numpy() / medians.reindex(base).to_numpy()
    at = int(numpy.nanargmax(ratios))
    least = estimate.count(launches, [cells[at], base[at]])
    if least < estimate.LAUNCHES_HALVED:
        sentence = f"{start}; which is the worst can't be said from {least} launches"
        return Finding(NAME, sentence, *middle, "1", tuple(cells))
    found = estimate.bootstrap(
        judged, [cells[at], base[at]], lambda ns: ns[:, 0] / ns[:, 1]
    )
    row = rows.iloc[at]
    kernel = "" if who else f"{kernels.label(str(row['kernel']))}, "
    where = f"{kernel}{estimate.size_text(int(row['size']))}, {place(row)}"
    sentence = f"{start}, at worst {estimate.text(found, '')} times ({where})"
    return Finding(NAME, sentence, *found, "1", (cells[at], base[at]))
