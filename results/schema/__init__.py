"""The formats as data: JSON Schemas, and the columns that every table of a dataset has."""

import copy
import functools
import json
from pathlib import Path
from typing import Any, Dict, List

import jsonschema

FORMAT = "copycost-dataset-1"

# What follows an experiment's name in the names of its raw tables.
SAMPLES, COUNTS, HISTOGRAM = "-samples", "-counts", "-histogram"

_HERE = Path(__file__).parent


@functools.lru_cache(maxsize=None)
def _read(name: str) -> Dict[str, Any]:
    with open(_HERE / name, encoding="utf-8") as file:
        schema: Dict[str, Any] = json.load(file)
    return schema


def package_schema() -> Dict[str, Any]:
    """JSON Schema of datapackage.json."""
    return _read("dataset.schema.json")


def machine_schema(imported: bool = False) -> Dict[str, Any]:
    """
    JSON Schema of machine.json. Of an imported dataset more may be unknown (null): the paths that
    the schema lists itself.
    """
    schema = copy.deepcopy(_read("machine.schema.json"))
    for path in schema["copycost:unknown_where_imported"] if imported else []:
        *outer, last = path.split(".")
        level = schema
        for name in outer:
            level = level["properties"][name]
            level = level.get("items", level)
        known = level["properties"][last]
        level["properties"][last] = {"anyOf": [known, {"type": "null"}]}
    return schema


def imported(package: Dict[str, Any]) -> bool:
    """Whether copycost did not measure what this datapackage.json describes."""
    return "source" in package["copycost"]


def pairs_schema() -> Dict[str, Any]:
    """JSON Schema of a file of pairs, which `copycost ab` writes and results.ab judges."""
    return _read("pairs.schema.json")


def verdict_schema() -> Dict[str, Any]:
    """JSON Schema of what `python3 -m results.ab --json` writes."""
    return _read("ab.schema.json")


def complaints(document: Any, against: Dict[str, Any]) -> List[str]:
    """What in the document is not as that schema has it, a line each, by place."""
    validator = jsonschema.validators.validator_for(against)(against)
    errors = [
        at for error in validator.iter_errors(document) for at in _innermost(error)
    ]
    errors.sort(key=lambda error: [str(key) for key in error.absolute_path])
    return [_complaint(error) for error in errors]


def _complaint(error: Any) -> str:
    place = "".join(
        f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.absolute_path
    )
    text = error.message if len(error.message) <= 160 else f"{error.message[:160]}..."
    return f"{place.lstrip('.')}: {text}" if place else text


def _innermost(error: Any) -> List[Any]:
    """What is wrong with the alternative that was meant: any but one of another type."""
    meant = [
        inner
        for inner in error.context
        if inner.validator != "type" or len(inner.path) > 0
    ]
    return [at for inner in meant for at in _innermost(inner)] or [error]


def experiment_columns() -> List[Dict[str, Any]]:
    """
    The columns of an experiment's table in order, each a Table Schema field. An entry that has
    only a "slot" stands for any number of columns of that role: the axis, counters, reports; "most"
    limits it. One that is "optional" may be missing: it was added when there were datasets already,
    or not every experiment has it.
    """
    columns: List[Dict[str, Any]] = _read("columns.json")["experiment"]
    return columns


def raw_columns(suffix: str) -> List[Dict[str, Any]]:
    """The columns of a raw table in order, by what follows the experiment's name in its own."""
    columns: List[Dict[str, Any]] = _read("columns.json")[suffix[1:]]
    return columns


def resource_columns(resource: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Those of the above that a table of the package has to have."""
    if "compression" not in resource:
        return experiment_columns()
    return raw_columns(raw_suffix(resource))


def raw_suffix(resource: Dict[str, Any]) -> str:
    """Which kind of raw table a compressed one is: SAMPLES, COUNTS or HISTOGRAM."""
    _, dash, kind = str(resource["name"]).rpartition("-")
    return dash + kind
