"""Broken histograms are found."""

from pathlib import Path
from typing import Any, List

import pytest

from results.test import (
    breaking,
    specimen,
    specimen_migrate,
)
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


@pytest.fixture(name="series")
def series_by_visit(tmp_path: Path) -> Path:
    """A specimen that keeps each visit's, to be broken."""
    return specimen.write(tmp_path / "series", ("migrate",))


SERIES = "samples/migrate-histogram.csv.gz"
SKIPPED = str(len(specimen_migrate.cells_migrate()) - 1)
LAUNCH, MS = 1, 3


@pytest.mark.parametrize(
    "edit, text",
    [
        (repeat_line(9), f"{SERIES}:10: ms: 7 comes after 7 in its visit"),
        (set_field(9, MS, ""), f"{SERIES}:9: ms: is missing"),
        (set_field(9, LAUNCH, ""), f"{SERIES}:9: launch: is missing"),
        (set_field(9, LAUNCH, "-1"), f"{SERIES}:9: launch: -1 is below 0"),
        (set_field(2, CELL, SKIPPED), f"{SERIES}:2: cell: {SKIPPED} has no figures"),
    ],
)
def test_broken_series(series: Path, edit: Edit, text: str) -> None:
    assert validate(series) == []
    breaking.edit_raw(series, edit, SERIES)
    found = validate(series)
    assert any(entry.startswith(text) for entry in found), found


def test_visits_that_went_well_before_a_cell_failed_are_kept(series: Path) -> None:
    line = breaking.line_where(series, "migrate.csv", cell=SKIPPED)
    breaking.edit_raw(series, set_field(2, CELL, SKIPPED), SERIES)
    breaking.set_value(series, line, "verdict", "failed", "migrate.csv")
    assert validate(series) == []


def test_a_launch_without_a_sweep(series: Path) -> None:
    def broken(package: Any) -> None:
        fields = breaking.resource(package, "migrate-histogram")["schema"]["fields"]
        del fields[2]

    breaking.edit_json(series, broken)
    text = "migrate-histogram: launch and sweep stand together or not at all"
    assert f"datapackage.json: {text}" in validate(series)
