"""Histograms: whether they are whole, and of cells that were measured."""

from pathlib import Path
from typing import Any, Dict, List

from results.load import PACKAGE, ROLE
from results.validate import raws
from results.validate.findings import Findings
from results.validate.table import Row


def check_histogram(
    path: Path,
    resource: Dict[str, Any],
    raw: Dict[str, Any],
    rows: List[Row],
    findings: Findings,
) -> None:
    """
    Checks an experiment's histograms: the bins of each cell, or of each visit where those are kept,
    ascend, and the cell was measured.
    """
    names = [field["name"] for field in raw["schema"]["fields"]]
    if ("launch" in names) != ("sweep" in names):
        text = f"{raw['name']}: launch and sweep stand together or not at all"
        findings.add(PACKAGE, text)
        return
    by_visit = "launch" in names
    frame = raws.read(path, raw, findings)
    if frame is None:
        return
    cells = {row["cell"]: (line, row) for line, row in rows}
    name, table = raw["path"], resource["path"]
    frame = raws.drop_strangers(name, frame, table, cells, findings)
    (key,) = (
        field["name"] for field in raw["schema"]["fields"] if field[ROLE] == "bin"
    )
    whole = ["cell", "launch", "sweep"] if by_visit else ["cell"]
    before = frame.groupby(whole)[key].shift()
    for index, bin_before in before[frame[key] <= before].items():
        where = "visit" if by_visit else "cell"
        text = f"{frame[key][index]} comes after {int(bin_before)} in its {where}"
        findings.add(name, text, int(index) + 2, key)
    for index, cell in frame["cell"].drop_duplicates().items():
        _, row = cells[cell]
        # A cell that failed keeps the visits that went well before.
        kept = by_visit and row["verdict"] == "failed"
        if row["median_ns"] is None and not kept:
            text = f"{cell} has no figures in {table}"
            findings.add(name, text, int(index) + 2, "cell")
