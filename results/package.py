"""Writing a dataset's folder: fields, tables, files with their checksums, datapackage.json."""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any, Collection, Dict, List, Sequence

from results import schema
from results.load import PACKAGE, ROLE

Fields = List[Dict[str, Any]]

_MEDIA = {"csv": "text/csv", "json": "application/json", "xml": "application/xml"}


def field(
    role: str, name: str, kind: str, unit: str, description: str
) -> Dict[str, Any]:
    """A column of the experiment's own; `unit` "" for text."""
    described = {"name": name, "type": kind, "description": description, ROLE: role}
    return {**described, "unit": unit} if unit else described


def fields(slots: Dict[str, Fields], without: Collection[str] = ()) -> Fields:
    """
    An experiment's columns: those that every table has, but for axes that bring their own of that
    name and those `without`, with its own in their slots.
    """
    own = {axis["name"] for axis in slots["axis"]}
    found: Fields = []
    for column in schema.experiment_columns():
        if "slot" in column:
            found += slots.get(column["slot"], [])
        elif column["name"] not in own and column["name"] not in without:
            found.append(
                {
                    key: column[key]
                    for key in column
                    if key not in ("constraints", "optional")
                }
            )
    return found


def csv_bytes(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A table as the format has it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def put(
    path: Path, name: str, file: str, content: bytes, form: str, **more: Any
) -> Dict[str, Any]:
    """Writes the file into the dataset's folder; its entry of datapackage.json."""
    (path / file).write_bytes(content)
    return {
        "name": name,
        "path": file,
        "profile": "tabular-data-resource" if form == "csv" else "data-resource",
        "format": form,
        "mediatype": _MEDIA[form],
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": "sha256:" + hashlib.sha256(content).hexdigest(),
        **more,
    }


def put_table(
    path: Path, experiment: str, columns: Fields, rows: Sequence[Dict[str, Any]]
) -> Dict[str, Any]:
    """Writes an experiment's table; a value that a row lacks is empty."""
    names = [column["name"] for column in columns]
    content = csv_bytes(names, [[row.get(name) for name in names] for row in rows])
    table = {"fields": columns, "primaryKey": "cell", "missingValues": [""]}
    return put(path, experiment, f"{experiment}.csv", content, "csv", schema=table)


def put_machine(path: Path, machine: Dict[str, Any]) -> Dict[str, Any]:
    """Writes machine.json."""
    text = json.dumps(machine, indent=2) + "\n"
    return put(path, "machine", "machine.json", text.encode(), "json")


def write_package(path: Path, content: Dict[str, Any]) -> None:
    """Writes datapackage.json, which has to be last."""
    text = json.dumps(content, indent=2) + "\n"
    (path / PACKAGE).write_text(text, encoding="utf-8")
