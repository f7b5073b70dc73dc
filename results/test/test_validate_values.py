"""Each broken value of a table is found, with file, row and column."""

from pathlib import Path
from typing import Any, Dict

import pytest

from results.test import breaking
from results.validate import validate

OK = {"verdict": "ok", "method": "batch"}
PAIRED = {"verdict": "ok", "method": "difference"}
SINGLE = {"verdict": "ok", "method": "single"}
NOISY = {"verdict": "noisy"}
SKIPPED = {"verdict": "skipped"}

CASES = [
    # which row, column, value that it gets, what is said of it
    (OK, "cell", "first", "'first' is no integer"),
    (OK, "cell", "-1", "-1 is below 0"),
    (OK, "cell", "0", "0 stands in line"),
    (OK, "kernel", "copy_nothing", "copy_nothing is not in machine.json"),
    (OK, "size", "1e3", "'1e3' is no integer"),
    (OK, "payload_bytes", "", "is missing, though the verdict is ok"),
    (OK, "region", "crowd", "'crowd' is none of thread, team, processes"),
    (OK, "members", "1.0", "'1.0' is no integer"),
    (OK, "members", "", "is missing"),
    (OK, "members", "0", "0 is below 1"),
    (OK, "src_node_asked", "near", "'near' has not the form"),
    (OK, "src_node_got", "local", "'local' has not the form"),
    (OK, "src_node_asked", "1", "is 1, but its pages were on 0"),
    (OK, "dst_node_asked", "1", "is 1, but its pages were on 0"),
    (OK, "page_asked", "big", "'big' is none of base, thp, hugetlb"),
    (OK, "huge_share_got", "1.5", "1.5 is above 1"),
    (OK, "dst_offset_got", "4096", "4096 is above 4095"),
    (OK, "code_mod_64", "64", "64 is above 63"),
    (OK, "code_hash", "0xabc", "'0xabc' has not the form"),
    (OK, "method", "guess", "'guess' is none of batch, difference, single"),
    (OK, "fixed_ns", "5", "5.0 is not 0, though the method is batch"),
    (SINGLE, "calls", "2", "2 is not 1, though the method is single"),
    (OK, "launches", "0", "is 0, though the verdict is ok"),
    (OK, "launches", "3", "says 3, but samples/ has 8"),
    (OK, "samples", "31", "says 31, but samples/ has 32"),
    (OK, "samples", "3", "3 is below launches 8"),
    (OK, "median_ns", "", "is missing, though the verdict is ok"),
    (OK, "median_ns", "fast", "'fast' is no number with a decimal point"),
    (OK, "median_ns", "1,5", "'1,5' is no number with a decimal point"),
    (OK, "median_ns", "nan", "'nan' is no number"),
    (OK, "median_ns", " 5.0", "' 5.0' is no number"),
    (OK, "median_ns", "1e9", "but the samples give"),
    (PAIRED, "fixed_ns", "900", "is 900.0, but the samples give"),
    (OK, "min_ns", "0.001", "is 0.001, but the samples give"),
    (OK, "low_ns", "1e9", "is above median_ns"),
    (OK, "low_ns", "", "is missing: an interval has two ends"),
    (OK, "high_ns", "0.1", "is below median_ns"),
    (OK, "q1_ns", "1e9", "is above q3_ns"),
    (OK, "p95_ns", "1e9", "is above p99_ns"),
    (OK, "p99_ns", "1e9", "but the samples give"),
    (OK, "mdape_percent", "-1", "-1 is below 0"),
    (OK, "gb_per_s", "1000", "is 1000.0, but payload_bytes / median_ns is"),
    (OK, "gb_per_s", "", "is missing"),
    (OK, "cycles_source", "", "stands with cycles_per_byte or not at all"),
    (OK, "cycles", "-3", "-3 is below 0"),
    (OK, "counters_reason", "", "is missing, though l3_misses is missing"),
    (OK, "steal_ns", "-1", "-1 is below 0"),
    (OK, "throttled", "-1", "-1 is below 0"),
    (OK, "throttled", "2", "is 2, though the verdict is ok"),
    (OK, "stop", "", "is missing, though the verdict is ok"),
    (OK, "verdict", "good", "'good' is none of ok, noisy, skipped, failed"),
    (NOISY, "reason", "", "is missing, though the verdict is noisy"),
    (NOISY, "reason", "a\tb", "is no text without control characters"),
    (SKIPPED, "reason", "", "is missing, though the verdict is skipped"),
    (SKIPPED, "median_ns", "3", "is 3.0, though the verdict is skipped"),
    (SKIPPED, "cycles", "3", "is 3.0, though the verdict is skipped"),
    (SKIPPED, "samples", "4", "says 4, but samples/ has 0"),
]


@pytest.mark.parametrize("where, column, value, text", CASES)
def test_broken_value(
    copied: Path, where: Dict[str, Any], column: str, value: str, text: str
) -> None:
    line = breaking.line_where(copied, **where)
    breaking.set_value(copied, line, column, value)
    found = validate(copied)
    place = f"size.csv:{line}: {column}: "
    assert any(entry.startswith(place) and text in entry for entry in found), found


def test_without_payload_there_is_no_rate(copied: Path) -> None:
    breaking.set_value(copied, 2, "gb_per_s", "1", "null.csv")
    assert validate(copied) == [
        "null.csv:2: gb_per_s: is 1.0, though payload_bytes or median_ns is not above 0"
    ]


def test_a_dataset_of_before_a_column_was_added(copied: Path) -> None:
    def drop(package: Any) -> None:
        fields = breaking.resource(package, "null")["schema"]["fields"]
        fields[:] = [field for field in fields if field["name"] != "throttled"]

    table = breaking.rows(copied, "null.csv")
    place = list(table[0]).index("throttled")
    lines = (copied / "null.csv").read_text(encoding="utf-8").splitlines()
    kept = [line.split(",") for line in lines]
    assert all(len(values) == len(table[0]) for values in kept)
    text = "".join(",".join(row[:place] + row[place + 1 :]) + "\n" for row in kept)
    breaking.edit_bytes(copied, "null.csv", lambda _: text.encode())
    breaking.edit_json(copied, drop)
    assert validate(copied) == []


def test_the_constraints_of_the_package_hold_too(copied: Path) -> None:
    def limit(package: Any) -> None:
        field = breaking.resource(package, "size")["schema"]["fields"][2]
        assert field["name"] == "size"
        field["constraints"] = {"maximum": 64 << 20}

    breaking.edit_json(copied, limit)
    line = breaking.line_where(copied, size=str(128 << 20))
    assert f"size.csv:{line}: size: {128 << 20} is above {64 << 20}" in validate(copied)


def test_a_cell_is_there_once(copied: Path) -> None:
    rows = breaking.rows(copied)
    second = next(
        line
        for line in range(3, len(rows) + 2)
        if rows[line - 2]["size"] != rows[0]["size"]
        and rows[line - 2]["kernel"] == rows[0]["kernel"]
        and rows[line - 2]["temperature"] == rows[0]["temperature"]
    )
    breaking.set_value(copied, second, "size", rows[0]["size"])
    assert f"size.csv:{second}: is the cell of line 2 again" in validate(copied)


def test_many_findings_are_counted(copied: Path) -> None:
    text = (copied / "size.csv").read_text(encoding="utf-8")
    (copied / "size.csv").write_text(
        text.replace(",thread,", ",thraed,"), encoding="utf-8"
    )
    breaking.reseal(copied)
    found = validate(copied)
    assert len(found) == 21
    assert found[-1] == "size.csv: and 190 more"
