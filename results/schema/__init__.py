"""The format of a dataset, as data: two JSON Schemas and the columns that every table has."""

import functools
import json
from pathlib import Path
from typing import Any, Dict, List

FORMAT = "copycost-dataset-1"

# What follows an experiment's name in the names of its raw tables.
SAMPLES, COUNTS = "-samples", "-counts"

_HERE = Path(__file__).parent


@functools.lru_cache(maxsize=None)
def _read(name: str) -> Dict[str, Any]:
    with open(_HERE / name, encoding="utf-8") as file:
        schema: Dict[str, Any] = json.load(file)
    return schema


def package_schema() -> Dict[str, Any]:
    """JSON Schema of datapackage.json."""
    return _read("dataset.schema.json")


def machine_schema() -> Dict[str, Any]:
    """JSON Schema of machine.json."""
    return _read("machine.schema.json")


def experiment_columns() -> List[Dict[str, Any]]:
    """
    The columns of an experiment's table in order, each a Table Schema field. An entry that has
    only a "slot" stands for any number of columns of that role: the axis, counters, reports. One
    that is "optional" may be missing: it was added when there were datasets already.
    """
    columns: List[Dict[str, Any]] = _read("columns.json")["experiment"]
    return columns


def sample_columns() -> List[Dict[str, Any]]:
    """The columns of a samples file in order."""
    columns: List[Dict[str, Any]] = _read("columns.json")["samples"]
    return columns


def count_columns() -> List[Dict[str, Any]]:
    """The columns of a file of raw counts in order."""
    columns: List[Dict[str, Any]] = _read("columns.json")["counts"]
    return columns


def resource_columns(resource: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Those of the above that a table of the package has to have."""
    if "compression" not in resource:
        return experiment_columns()
    return count_columns() if is_counts(resource) else sample_columns()


def is_counts(resource: Dict[str, Any]) -> bool:
    """Whether a compressed table is of raw counts, not of samples."""
    return str(resource["name"]).endswith(COUNTS)
