"""Raw samples: whether they are whole, and whether the figures follow from them."""

from pathlib import Path
from typing import Any, Dict, List

import pandas

from results import regions
from results.validate import raws
from results.validate.findings import Findings
from results.validate.rules import TOLERANCE
from results.validate.raws import Cells
from results.validate.table import Row

_QUANTILES = {
    "min_ns": 0.0,
    "q1_ns": 0.25,
    "q3_ns": 0.75,
    "p95_ns": 0.95,
    "p99_ns": 0.99,
}


def check_samples(
    path: Path,
    resource: Dict[str, Any],
    raw: Dict[str, Any],
    rows: List[Row],
    ns_per_tick: float,
    findings: Findings,
) -> None:
    """Checks an experiment's samples file and, against it, the experiment's rows."""
    samples = raws.read(path, raw, findings)
    if samples is None:
        return
    cells = {row["cell"]: (line, row) for line, row in rows}
    table, name = resource["path"], raw["path"]
    samples = raws.drop_strangers(name, samples, table, cells, findings)
    timed = regions.regions(samples)
    _check_members(name, samples, timed, cells, findings)
    _check_counts(table, timed, cells, findings)
    _check_calls(name, timed, cells, findings)
    if ns_per_tick > 0:
        _check_fixed(table, timed, cells, ns_per_tick, findings)
        fixed = {cell: row["fixed_ns"] for cell, (_, row) in cells.items()}
        by_cell = pandas.Series(fixed, dtype="float64")
        timed = regions.add_values(timed, by_cell, ns_per_tick)
        _check_figures(table, timed, cells, findings)


def _check_members(
    name: str,
    samples: pandas.DataFrame,
    timed: pandas.DataFrame,
    cells: Cells,
    findings: Findings,
) -> None:
    """Every region has each of its members once."""
    asked = timed["cell"].map(
        {cell: row["members"] for cell, (_, row) in cells.items()}
    )
    wrong = (timed["members"] != asked) | (timed["rows"] != asked)
    for _, region in timed[wrong].iterrows():
        line = int(region["first"]) + 2
        text = (
            f"{region['rows']} rows of a region that has {asked[region.name]} members"
        )
        findings.add(name, text, line, "member")
    beyond = samples["member"] >= samples["cell"].map(
        {cell: row["members"] or 0 for cell, (_, row) in cells.items()}
    )
    for index, member in samples["member"][beyond].items():
        findings.add(
            name, f"{member}, though they count from 0", int(index) + 2, "member"
        )


def _check_counts(
    table: str, timed: pandas.DataFrame, cells: Cells, findings: Findings
) -> None:
    """
    Columns samples and launches say how many there are. A cell that failed keeps the samples
    that were taken before, but need not count them.
    """
    by_cell = timed.groupby("cell")
    there = {"samples": by_cell.size(), "launches": by_cell["launch"].nunique()}
    for cell, (line, row) in cells.items():
        for column, counts in there.items():
            stated, count = row[column], int(counts.get(cell, 0))
            if stated is not None and stated != count:
                findings.add(
                    table, f"says {stated}, but samples/ has {count}", line, column
                )


def _check_calls(
    name: str, timed: pandas.DataFrame, cells: Cells, findings: Findings
) -> None:
    """A sample is of as many calls as the cell's row says; of twice as many, too, in a pair."""
    stated = timed["cell"].map({cell: row["calls"] for cell, (_, row) in cells.items()})
    method = timed["cell"].map(
        {cell: row["method"] for cell, (_, row) in cells.items()}
    )
    twice = (method == "difference") & (timed["calls"] == 2 * stated)
    for _, region in timed[
        stated.notna() & (timed["calls"] != stated) & ~twice
    ].iterrows():
        text = (
            f"{region['calls']}, but the cell has {int(stated[region.name])} a sample"
        )
        findings.add(name, text, int(region["first"]) + 2, "calls")


def _check_fixed(
    table: str,
    timed: pandas.DataFrame,
    cells: Cells,
    ns_per_tick: float,
    findings: Findings,
) -> None:
    """What is taken off follows from the pairs."""
    paired = {
        cell: row["calls"]
        for cell, (_, row) in cells.items()
        if row["method"] == "difference"
    }
    of_pairs = timed[timed["cell"].isin(list(paired))]
    expected = regions.fixed_ns(
        of_pairs, pandas.Series(paired, dtype="float64"), ns_per_tick
    )
    longest = of_pairs.groupby("cell")["ticks"].max() * ns_per_tick
    for cell in paired:
        line, row = cells[cell]
        stated, found = row["fixed_ns"], expected.get(cell, 0.0)
        # A small difference of long times: their digits count, too.
        slack = TOLERANCE * abs(found) + 1e-6 * longest.get(cell, 0.0)
        if stated is not None and abs(stated - found) > slack:
            text = f"is {stated}, but the samples give {found:.6g}"
            findings.add(table, text, line, "fixed_ns")


def _check_figures(
    table: str, values: pandas.DataFrame, cells: Cells, findings: Findings
) -> None:
    """The median, the minimum and the quantiles are those of the samples."""
    by_cell = values.groupby("cell")["ns"]
    expected = {"median_ns": regions.medians(values)}
    for column, share in _QUANTILES.items():
        expected[column] = by_cell.quantile(share)
    for cell, (line, row) in cells.items():
        for column, by_samples in expected.items():
            stated, found = row[column], by_samples.get(cell)
            if stated is None or found is None:
                continue
            scale = max(abs(found), abs(expected["median_ns"][cell]))
            if not abs(stated - found) <= TOLERANCE * scale:
                text = f"is {stated}, but the samples give {found:.6g}"
                findings.add(table, text, line, column)
