"""Raw tables, of samples, counts or bins: reading them, and the cells that they belong to."""

import re
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pandas

from results import schema
from results.load import DatasetError, read_table
from results.validate.findings import Findings
from results.validate.table import COUNT, read_rows, read_text

Cells = Dict[Any, Tuple[int, Dict[str, Any]]]  # line and row by cell

_FORMS = {"integer": COUNT, "string": "[a-z0-9_]+"}


def read(path: Path, raw: Dict[str, Any], findings: Findings) -> Any:
    """
    A frame, or None with findings. There are many samples: only where a line is not simply that
    many integers are the values gone through one by one, to name row and column.
    """
    name = raw["path"]
    before = findings.about(name)
    text = read_text(path, name, findings)
    if text is None or findings.about(name) > before:
        return None
    fields = raw["schema"]["fields"]
    form = re.compile(",".join(_FORMS[field["type"]] for field in fields))
    header = ",".join(field["name"] for field in fields)
    lines = text.split("\n")[:-1]
    if lines[0] == header and all(map(form.fullmatch, lines[1:])):
        try:
            frame = read_table(path, raw)
        except DatasetError as error:
            findings.add(name, str(error))
            return None
        if all((frame[column] > 0).all() for column in _positive(raw)):
            return frame
    read_rows(path, raw, findings)
    return None


def _positive(raw: Dict[str, Any]) -> List[str]:
    """The columns in which no 0 may stand."""
    return [
        column["name"]
        for column in schema.resource_columns(raw)
        if column.get("constraints", {}).get("minimum") == 1
    ]


def drop_strangers(
    name: str, frame: pandas.DataFrame, table: str, cells: Cells, findings: Findings
) -> pandas.DataFrame:
    """The rows of cells that are in the table; others are findings."""
    stranger = ~frame["cell"].isin(list(cells))
    for index, cell in frame["cell"][stranger].drop_duplicates().items():
        findings.add(name, f"{cell} is not in {table}", int(index) + 2, "cell")
    return frame[~stranger]
