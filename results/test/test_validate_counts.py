"""Broken raw counts are found, and counters that do not follow from them."""

from pathlib import Path
from typing import List

import pytest

from results.test import breaking
from results.test.breaking import Edit, set_field
from results.validate import validate

FILE = "samples/size-counts.csv.gz"
CELL, COUNTER, CALLS, COUNT = 0, 3, 4, 5


def _without_cycles_of_cell_0(lines: List[str]) -> List[str]:
    return [line for line in lines if not line.startswith("0,0,0,cycles,")]


def _doubled(lines: List[str]) -> List[str]:
    for line, text in enumerate(lines[1:], start=2):
        values = text.split(",")
        if values[CELL] == "0":
            lines = set_field(line, COUNT, str(int(values[COUNT]) * 2))(lines)
    return lines


BROKEN = [
    (set_field(1, CELL, "cells"), f"{FILE}:1: the columns are not those"),
    (set_field(9, CELL, "9999"), f"{FILE}:9: cell: 9999 is not in size.csv"),
    (set_field(9, COUNTER, "size"), f"{FILE}:9: counter: size is no counter of size"),
    (set_field(9, COUNTER, "A-B"), f"{FILE}:9: counter: 'A-B' has not the form"),
    (set_field(9, COUNTER, ""), f"{FILE}:9: counter: is missing"),
    (set_field(9, CALLS, "7"), f"{FILE}:9: calls: 7, but the cell has "),
    (set_field(9, CALLS, "0"), f"{FILE}:9: calls: 0 is below 1"),
    (set_field(9, COUNT, "1.5"), f"{FILE}:9: count: '1.5' is no integer"),
    (set_field(9, COUNT, "-1"), f"{FILE}:9: count: -1 is below 0"),
    (_doubled, "size.csv:2: cycles: is "),
    (_without_cycles_of_cell_0, "size.csv:2: cycles: is "),
]


@pytest.mark.parametrize("edit, text", BROKEN)
def test_broken_counts(copied: Path, edit: Edit, text: str) -> None:
    breaking.edit_raw(copied, edit, FILE)
    found = validate(copied)
    assert any(entry.startswith(text) for entry in found), found


def test_what_the_counts_give_is_said(copied: Path) -> None:
    breaking.edit_raw(copied, _doubled, FILE)
    (first, *_) = validate(copied)
    stated, given = first.split(": is ")[1].split(", but the counts give ")
    assert float(given) == pytest.approx(2 * float(stated), rel=1e-4)


def test_a_counter_that_is_not_stated(copied: Path) -> None:
    breaking.set_value(copied, 2, "cycles", "")
    found = "size.csv:2: cycles: is missing, but there are some counts of it"
    assert validate(copied) == [found]


def test_counters_without_counts(copied: Path) -> None:
    breaking.remove(copied, FILE)
    found = validate(copied)
    assert found[0].startswith("size.csv:2: cycles: is ")
    assert found[0].endswith(", but there are no counts of it")


def test_a_dataset_without_counters_has_no_counts(copied: Path) -> None:
    breaking.remove(copied, "samples/null-counts.csv.gz")
    table = breaking.rows(copied, "null.csv")
    counters = ("cycles", "instructions", "l1_misses", "l2_misses", "tlb_misses")
    for line in range(2, len(table) + 2):
        for counter in (*counters, "branch_misses"):
            breaking.set_value(copied, line, counter, "", "null.csv")
    assert validate(copied) == []


def test_counts_without_a_table(copied: Path) -> None:
    breaking.remove(copied, "null.csv")
    breaking.remove(copied, "samples/null.csv.gz")
    found = "datapackage.json: resources: null-counts is there, but null is missing"
    assert found in validate(copied)


def test_counts_under_another_name(copied: Path) -> None:
    def rename(package: dict) -> None:
        breaking.resource(package, "size-counts")["path"] = "samples/counts.csv.gz"

    (copied / FILE).rename(copied / "samples/counts.csv.gz")
    breaking.edit_json(copied, rename)
    found = f"has path samples/counts.csv.gz, not {FILE}"
    assert any(entry.endswith(found) for entry in validate(copied))
