"""Broken histograms are found."""

from pathlib import Path
from typing import Any, List

import pytest

from results.test import breaking
from results.test.breaking import Edit, drop_line, repeat_line, set_field
from results.validate import validate

FILE = "samples/mix-histogram.csv.gz"
CELL, BYTES, COUNT = 0, 1, 2


def _swapped(lines: List[str]) -> List[str]:
    return lines[:4] + [lines[5], lines[4]] + lines[6:]


BROKEN = [
    (set_field(1, BYTES, "size"), f"{FILE}:1: the columns are not those"),
    (set_field(9, CELL, "9999"), f"{FILE}:9: cell: 9999 is not in mix.csv"),
    (set_field(2, CELL, "6"), f"{FILE}:2: cell: 6 has no figures in mix.csv"),
    (set_field(9, BYTES, ""), f"{FILE}:9: bytes: is missing"),
    (set_field(9, BYTES, "1.5"), f"{FILE}:9: bytes: '1.5' is no integer"),
    (set_field(9, BYTES, "-1"), f"{FILE}:9: bytes: -1 is below 0"),
    (set_field(9, COUNT, "0"), f"{FILE}:9: count: 0 is below 1"),
    (set_field(9, COUNT, ""), f"{FILE}:9: count: is missing"),
    (repeat_line(9), f"{FILE}:10: bytes: 70 comes after 70 in its cell"),
    (_swapped, f"{FILE}:6: bytes: 66 comes after 67 in its cell"),
]


@pytest.mark.parametrize("edit, text", BROKEN)
def test_broken_histogram(copied: Path, edit: Edit, text: str) -> None:
    breaking.edit_raw(copied, edit, FILE)
    found = validate(copied)
    assert any(entry.startswith(text) for entry in found), found


def test_bins_may_be_missing(copied: Path) -> None:
    """No file says which of them there have to be."""
    breaking.edit_raw(copied, drop_line(9), FILE)
    assert validate(copied) == []


def _without_bins(fields: List[Any]) -> None:
    del fields[BYTES]


def _with_two_bins(fields: List[Any]) -> None:
    fields.insert(BYTES, dict(fields[BYTES], name="octets"))


def _bins_are_samples(fields: List[Any]) -> None:
    fields[BYTES]["copycost:role"] = "sample"


@pytest.mark.parametrize(
    "edit, text",
    [
        (_without_bins, "mix-histogram: no column has the role bin"),
        (_with_two_bins, "mix-histogram: column 3 is bytes, not count"),
        (_bins_are_samples, "mix-histogram: column 2 is bytes, not count"),
    ],
)
def test_broken_description(copied: Path, edit: Any, text: str) -> None:
    def broken(package: Any) -> None:
        edit(breaking.resource(package, "mix-histogram")["schema"]["fields"])

    breaking.edit_json(copied, broken)
    assert f"datapackage.json: {text}" in validate(copied)


def test_a_histogram_without_a_table(copied: Path) -> None:
    breaking.remove(copied, "mix.csv")
    found = "datapackage.json: resources: mix-histogram is there, but mix is missing"
    assert found in validate(copied)
