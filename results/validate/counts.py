"""Raw counts: whether they are whole, and whether the columns of counters follow from them."""

from pathlib import Path
from typing import Any, Dict, List, Optional

import pandas

from results.load import ROLE
from results.validate import raws
from results.validate.findings import Findings
from results.validate.raws import Cells
from results.validate.rules import TOLERANCE
from results.validate.table import Row


def check_counts(
    path: Path,
    resource: Dict[str, Any],
    raw: Optional[Dict[str, Any]],
    rows: List[Row],
    findings: Findings,
) -> None:
    """Checks an experiment's raw counts, None if it has none, and against them its rows."""
    counters = [
        field["name"]
        for field in resource["schema"]["fields"]
        if field[ROLE] == "counter"
    ]
    cells = {row["cell"]: (line, row) for line, row in rows}
    table = resource["path"]
    medians = pandas.Series(dtype="float64")
    if raw is not None:
        counts = raws.read(path, raw, findings)
        if counts is None:
            return
        name = raw["path"]
        counts = raws.drop_strangers(name, counts, table, cells, findings)
        _check_counters(name, counts, counters, table, findings)
        _check_calls(name, counts, cells, findings)
        each = counts["count"] / counts["calls"]
        medians = each.groupby([counts["cell"], counts["counter"]]).median()
    _check_columns(table, medians.to_dict(), counters, cells, findings)


def _check_counters(
    name: str,
    counts: pandas.DataFrame,
    counters: List[str],
    table: str,
    findings: Findings,
) -> None:
    unknown = counts["counter"][~counts["counter"].isin(counters)]
    for index, counter in unknown.drop_duplicates().items():
        text = f"{counter} is no counter of {table}"
        findings.add(name, text, int(index) + 2, "counter")


def _check_calls(
    name: str, counts: pandas.DataFrame, cells: Cells, findings: Findings
) -> None:
    """A region is of as many calls as the cell's row says."""
    stated = counts["cell"].map(
        {cell: row["calls"] for cell, (_, row) in cells.items()}
    )
    wrong = stated.notna() & (counts["calls"] != stated)
    for index, calls in counts["calls"][wrong].items():
        text = f"{calls}, but the cell has {int(stated[index])} a sample"
        findings.add(name, text, int(index) + 2, "calls")


def _check_columns(
    table: str,
    medians: Dict[Any, float],
    counters: List[str],
    cells: Cells,
    findings: Findings,
) -> None:
    """Each figure is the median of its counts; a cell that failed need not state it."""
    for cell, (line, row) in cells.items():
        for counter in counters:
            stated, found = row[counter], medians.get((cell, counter))
            if stated is None and (found is None or row["median_ns"] is None):
                continue
            if stated is None or found is None:
                there = f"is {stated}" if found is None else "is missing"
                counted = "no" if found is None else "some"
                text = f"{there}, but there are {counted} counts of it"
                findings.add(table, text, line, counter)
            elif not abs(stated - found) <= TOLERANCE * abs(found):
                text = f"is {stated}, but the counts give {found:.6g}"
                findings.add(table, text, line, counter)
