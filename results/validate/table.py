"""Tables: the columns that they have to have, and every value against its field."""

import csv
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from results import schema
from results.load import PACKAGE, ROLE
from results.validate.findings import Findings

Row = Tuple[int, Dict[str, Any]]  # line in the file, value by column (None: missing)

COUNT = "(?:0|[1-9][0-9]{0,17})"  # 18 digits fit in 64 bits whatever they are
_INTEGER = re.compile(f"-?{COUNT}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def check_fields(resource: Dict[str, Any], findings: Findings) -> bool:
    """Whether the fields that the package states are those of the format, in its order."""
    name, fields = resource["name"], resource["schema"]["fields"]
    raw = "compression" in resource
    before = findings.about(PACKAGE)
    place = 0
    for column in schema.resource_columns(resource):
        if "slot" in column:
            end = place + column.get("most", len(fields))
            while place < min(end, len(fields)) and (
                fields[place][ROLE] == column["slot"]
            ):
                place += 1
            continue
        found = fields[place] if place < len(fields) else {"name": "nothing"}
        if found["name"] != column["name"]:
            if column.get("optional"):
                continue
            findings.add(
                PACKAGE,
                f"{name}: column {place + 1} is {found['name']}, not {column['name']}",
            )
            return False
        _check_field(name, found, column, findings)
        place += 1
    for field in fields[place:]:
        findings.add(PACKAGE, f"{name}: column {field['name']} is one too many")
    names = [field["name"] for field in fields]
    for twice in sorted({column for column in names if names.count(column) > 1}):
        findings.add(PACKAGE, f"{name}: there are {names.count(twice)} columns {twice}")
    role = {"": "axis", schema.HISTOGRAM: "bin"}.get(
        schema.raw_suffix(resource) if raw else ""
    )
    if role and not any(field[ROLE] == role for field in fields):
        findings.add(PACKAGE, f"{name}: no column has the role {role}")
    return findings.about(PACKAGE) == before


def _check_field(
    table: str, field: Dict[str, Any], column: Dict[str, Any], findings: Findings
) -> None:
    for key in ("type", "unit", ROLE):
        if field.get(key) != column.get(key):
            text = f"its {key} is {field.get(key)}, not {column.get(key)}"
            findings.add(PACKAGE, f"{table}: {field['name']}: {text}")


def read_rows(
    path: Path, resource: Dict[str, Any], findings: Findings
) -> Optional[List[Row]]:
    """
    The rows that have the right number of values; what is wrong with any becomes a finding. None
    if the file can't be read as this table at all.
    """
    name = resource["path"]
    text = read_text(path, name, findings)
    if text is None:
        return None
    fields = [
        _with_constraints(field, resource) for field in resource["schema"]["fields"]
    ]
    names = [field["name"] for field in fields]
    rows: List[Row] = []
    for line, values in _records(name, text, findings):
        if line == 1:
            if values != names:
                findings.add(
                    name, f"the columns are not those of {PACKAGE}; copy both anew", 1
                )
                return None
        elif len(values) != len(names):
            findings.add(
                name, f"has {len(values)} values, the header has {len(names)}", line
            )
        else:
            typed = [
                _typed(name, line, *pair, findings) for pair in zip(fields, values)
            ]
            rows.append((line, dict(zip(names, typed))))
    _check_unique(name, fields, rows, findings)
    return rows


def read_text(path: Path, name: str, findings: Findings) -> Optional[str]:
    """The file's text, unpacked; None if it has none. Broken line ends are findings."""
    try:
        content = (path / name).read_bytes()
        if name.endswith(".gz"):
            content = gzip.decompress(content)
        text = content.decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, EOFError, zlib.error) as error:
        findings.add(name, f"cannot be unpacked: {error}; copy it anew")
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        findings.add(name, f"not UTF-8: byte {error.object[error.start]:#04x}", line)
        return None
    if not text:
        findings.add(name, "is empty; it should have a header at least")
        return None
    if "\r" in text:
        findings.add(
            name,
            "a carriage return: lines end in LF alone",
            text[: text.index("\r")].count("\n") + 1,
        )
        return None
    if not text.endswith("\n"):
        findings.add(
            name,
            "the last line has no end: the file was cut short",
            text.count("\n") + 1,
        )
    return text


def _records(
    name: str, text: str, findings: Findings
) -> Iterator[Tuple[int, List[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for values in reader:
            if reader.line_num > line:
                findings.add(
                    name, "a value goes on in the next line; write it in one", line
                )
                return
            yield line, values
            line += 1
    except csv.Error as error:
        findings.add(name, f"not CSV: {error}", line)


def _with_constraints(
    field: Dict[str, Any], resource: Dict[str, Any]
) -> Dict[str, Any]:
    """The field with the format's constraints added to those that it states itself."""
    columns = schema.resource_columns(resource)
    common = [column for column in columns if column.get("name") == field["name"]]
    if not common and field[ROLE] in ("counter", "bin"):
        common = [{"constraints": {"minimum": 0, "required": field[ROLE] == "bin"}}]
    merged = dict(field)
    merged["constraints"] = [
        stated.get("constraints", {})
        for stated in common + [field]
        if stated.get("constraints")
    ]
    return merged


def _typed(
    name: str, line: int, field: Dict[str, Any], text: str, findings: Findings
) -> Any:
    column = field["name"]
    value: Any = None
    if text:
        value = _parse(field["type"], text)
        if value is None:
            findings.add(name, f"{text!r} is no {_KINDS[field['type']]}", line, column)
            return None
    for constraints in field["constraints"]:
        broken = _broken(constraints, text, value)
        if broken:
            findings.add(name, broken, line, column)
            break
    return value


_KINDS = {
    "integer": "integer",
    "number": "number with a decimal point",
    "string": "text without control characters",
}


def _parse(kind: str, text: str) -> Any:
    if kind == "integer":
        return int(text) if _INTEGER.fullmatch(text) else None
    if kind == "number":
        return float(text) if _NUMBER.fullmatch(text) else None
    return None if _CONTROL.search(text) else text


def _broken(constraints: Dict[str, Any], text: str, value: Any) -> Optional[str]:
    if value is None:
        return "is missing" if constraints.get("required") else None
    if "minimum" in constraints and value < constraints["minimum"]:
        return f"{text} is below {constraints['minimum']}"
    if "maximum" in constraints and value > constraints["maximum"]:
        return f"{text} is above {constraints['maximum']}"
    if "enum" in constraints and value not in constraints["enum"]:
        return f"{text!r} is none of {', '.join(map(str, constraints['enum']))}"
    if "pattern" in constraints and not re.fullmatch(constraints["pattern"], text):
        return f"{text!r} has not the form {constraints['pattern']}"
    return None


def _check_unique(
    name: str, fields: List[Dict[str, Any]], rows: List[Row], findings: Findings
) -> None:
    for field in fields:
        if not any(constraints.get("unique") for constraints in field["constraints"]):
            continue
        first: Dict[Any, int] = {}
        for line, row in rows:
            value = row[field["name"]]
            if value is not None and value in first:
                text = f"{value} stands in line {first[value]} already"
                findings.add(name, text, line, field["name"])
            first.setdefault(value, line)
