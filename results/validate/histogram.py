"""Histograms: whether they are whole, and of cells that were measured."""

from pathlib import Path
from typing import Any, Dict, List

from results.load import ROLE
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
    """Checks an experiment's histograms: each cell's bins ascend, and it has figures."""
    frame = raws.read(path, raw, findings)
    if frame is None:
        return
    cells = {row["cell"]: (line, row) for line, row in rows}
    name, table = raw["path"], resource["path"]
    frame = raws.drop_strangers(name, frame, table, cells, findings)
    (key,) = (
        field["name"] for field in raw["schema"]["fields"] if field[ROLE] == "bin"
    )
    before = frame.groupby("cell")[key].shift()
    for index, bin_before in before[frame[key] <= before].items():
        text = f"{frame[key][index]} comes after {int(bin_before)} in its cell"
        findings.add(name, text, int(index) + 2, key)
    for index, cell in frame["cell"].drop_duplicates().items():
        _, row = cells[cell]
        if row["median_ns"] is None:
            text = f"{cell} has no figures in {table}"
            findings.add(name, text, int(index) + 2, "cell")
