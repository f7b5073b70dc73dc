"""Ways to break a dataset, each in one place, so that a test can tell what is found of it."""

import csv
import gzip
import hashlib
import io
import json
from pathlib import Path
from typing import Any, Callable, Dict, List

Row = Dict[str, str]
Edit = Callable[[List[str]], List[str]]  # of a raw table's lines


def rows(path: Path, name: str = "size.csv") -> List[Row]:
    """All rows as text; that of index i is line i + 2 of the file."""
    with open(path / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def line_where(path: Path, name: str = "size.csv", **values: str) -> int:
    """The line of the first row that has these values."""
    for index, row in enumerate(rows(path, name)):
        if all(row[column] == value for column, value in values.items()):
            return index + 2
    raise LookupError(f"{name} has no row with {values}")


def set_value(
    path: Path, line: int, column: str, value: str, name: str = "size.csv"
) -> None:
    """Changes one value of a table and its checksum."""
    table = rows(path, name)
    table[line - 2][column] = value
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    (path / name).write_bytes(text.getvalue().encode())
    reseal(path)


def edit_bytes(path: Path, name: str, edit: Callable[[bytes], bytes]) -> None:
    """Changes a file's bytes and its checksum."""
    (path / name).write_bytes(edit((path / name).read_bytes()))
    reseal(path)


def edit_raw(path: Path, edit: Edit, name: str = "samples/size.csv.gz") -> None:
    """Changes the lines of a raw table and its checksum."""

    def unpacked(content: bytes) -> bytes:
        lines = gzip.decompress(content).decode().splitlines()
        return gzip.compress(("\n".join(edit(lines)) + "\n").encode(), mtime=0)

    edit_bytes(path, name, unpacked)


def set_field(line: int, column: int, value: str) -> Edit:
    def edit(lines: List[str]) -> List[str]:
        values = lines[line - 1].split(",")
        values[column] = value
        lines[line - 1] = ",".join(values)
        return lines

    return edit


def drop_line(line: int) -> Edit:
    return lambda lines: lines[: line - 1] + lines[line:]


def repeat_line(line: int) -> Edit:
    return lambda lines: lines[:line] + lines[line - 1 :]


def edit_json(
    path: Path, edit: Callable[[Any], None], name: str = "datapackage.json"
) -> None:
    """Changes the content of a JSON file in place, and its checksum."""
    content = json.loads((path / name).read_text(encoding="utf-8"))
    edit(content)
    (path / name).write_text(json.dumps(content), encoding="utf-8")
    if name != "datapackage.json":
        reseal(path)


def remove(path: Path, name: str) -> None:
    """Removes a file that the package lists, and what it says of it."""

    def forget(package: Any) -> None:
        package["resources"] = [
            entry for entry in package["resources"] if entry["path"] != name
        ]

    (path / name).unlink()
    edit_json(path, forget)


def reseal(path: Path) -> None:
    """Makes sizes and checksums of datapackage.json those of the files."""

    def update(package: Any) -> None:
        for resource in package["resources"]:
            content = (path / resource["path"]).read_bytes()
            resource["bytes"] = len(content)
            resource["hash"] = "sha256:" + hashlib.sha256(content).hexdigest()

    edit_json(path, update)


def resource(package: Any, name: str) -> Any:
    """The entry of that name."""
    return next(entry for entry in package["resources"] if entry["name"] == name)
