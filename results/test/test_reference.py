"""The table of what others measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from results import load, reference
from results.importers import ipc_bench, tinymembench
from results.test import logs


def test_every_row_is_well_formed() -> None:
    rows = reference.read()
    assert len(set(rows)) == len(rows) > 50
    for row in rows:
        assert row.machine and row.source, row
        assert row.unit == reference.QUANTITIES[row.quantity], row
        assert (
            re.fullmatch(r"[0-9]+(\.[0-9]+)?", row.value) and float(row.value) > 0
        ), row
        assert re.fullmatch(r"[0-9]*", row.clock_mhz), row
        assert row == reference.Reference(*(text.strip() for text in row)), row


def test_no_quantity_is_without_a_row() -> None:
    assert {row.quantity for row in reference.read()} == set(reference.QUANTITIES)


def test_a_table_of_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reference.csv"
    path.write_text("machine,value\nx,1\n", encoding="utf-8")
    with pytest.raises(load.DatasetError, match="columns"):
        reference.read(path)


def test_rows_follow_from_what_was_imported(tmp_path: Path, whole: Path) -> None:
    path = logs.write(tmp_path / "board.txt", logs.sbc_bench())
    assert tinymembench.main([f"--out={tmp_path / 'out'}", str(path)]) == 0
    rows = [
        row
        for f in load.find([tmp_path / "out"])
        for row in reference.follow(load.dataset(f))
    ]
    found = {(row.cpu, row.quantity): row for row in rows}
    little = found["Cortex-A53", "best_copy_32mib"]
    assert (little.value, little.clock_mhz) == ("1.3", "1502")
    assert little.source == "tinymembench, board.txt"
    assert found["Cortex-A72", "libc_copy_32mib"].value == "11.6854"
    assert list(reference.follow(load.dataset(whole))) == []


def test_rows_of_real_logs_agree_with_the_importers(tmp_path: Path) -> None:
    for folder, main in (
        ("tinymembench", tinymembench.main),
        ("ipc-bench", ipc_bench.main),
    ):
        paths = logs.reference(folder)
        assert main([f"--out={tmp_path}", *map(str, paths)]) == 0
        sources = {f"{folder}, {path.name}" for path in paths}
        stated = {row for row in reference.read() if row.source in sources}
        found = {
            r for f in load.find([tmp_path]) for r in reference.follow(load.dataset(f))
        }
        assert stated and stated <= found, stated - found


def test_a_sentence_for_a_footer() -> None:
    text = reference.range_text("A handover", "handover")
    assert text == (
        "A handover, by 5 figures of others: 40 ns (Apple M1 Pro), 47 ns (Graviton2), "
        "145 ns (Apple M1 Pro)."
    )
