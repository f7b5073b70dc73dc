"""Broken raw samples are found, and figures that do not follow from them."""

from pathlib import Path
from typing import List

import pytest

from results.test import breaking
from results.test.breaking import Edit, drop_line, repeat_line, set_field
from results.validate import validate

CELL, MEMBER, CALLS, TICKS = 0, 3, 4, 5

BROKEN = [
    (set_field(1, CELL, "cells"), "samples/size.csv.gz:1: the columns are not those"),
    (
        set_field(9, CELL, "9999"),
        "samples/size.csv.gz:9: cell: 9999 is not in size.csv",
    ),
    (set_field(9, TICKS, "1.5"), "samples/size.csv.gz:9: ticks: '1.5' is no integer"),
    (set_field(9, TICKS, ""), "samples/size.csv.gz:9: ticks: is missing"),
    (set_field(9, TICKS, "-4"), "samples/size.csv.gz:9: ticks: -4 is below 0"),
    (
        set_field(9, TICKS, "4,5"),
        "samples/size.csv.gz:9: has 8 values, the header has 7",
    ),
    (set_field(9, CALLS, "0"), "samples/size.csv.gz:9: calls: 0 is below 1"),
    (set_field(9, CALLS, "7"), "samples/size.csv.gz:9: calls: 7, but the cell has "),
    (
        set_field(9, MEMBER, "3"),
        "samples/size.csv.gz:9: member: 3, though they count from 0",
    ),
    (
        repeat_line(9),
        "samples/size.csv.gz:9: member: 2 rows of a region that has 1 members",
    ),
    (drop_line(9), "size.csv:2: samples: says 32, but samples/ has 31"),
]


@pytest.mark.parametrize("edit, text", BROKEN)
def test_broken_samples(copied: Path, edit: Edit, text: str) -> None:
    breaking.edit_raw(copied, edit)
    found = validate(copied)
    assert any(entry.startswith(text) for entry in found), found


def test_a_median_that_the_samples_do_not_give(copied: Path) -> None:
    def slow(lines: List[str]) -> List[str]:
        for line, text in enumerate(lines[1:], start=2):
            if text.startswith("0,"):
                lines = set_field(line, TICKS, str(int(text.split(",")[TICKS]) * 2))(
                    lines
                )
        return lines

    breaking.edit_raw(copied, slow)
    found = validate(copied)
    assert any(entry.startswith("size.csv:2: median_ns: is ") for entry in found), found


def test_a_number_too_large(copied: Path) -> None:
    breaking.edit_raw(copied, set_field(9, TICKS, "9" * 30))
    assert validate(copied) == [
        f"samples/size.csv.gz:9: ticks: '{'9' * 30}' is no integer"
    ]


def test_a_region_that_lacks_a_member(copied: Path) -> None:
    line = breaking.line_where(copied, "null.csv", region="team", members="2")
    breaking.set_value(copied, line, "members", "3", "null.csv")
    found = validate(copied)
    assert any(
        "2 rows of a region that has 3 members" in entry for entry in found
    ), found
