"""What is found of residency: the truth that was put in, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence

import pytest

from results import findings, load
from results.findings import Finding, residency
from results.test import specimen, specimen_cells
from results.test.specimen_cells import Cell
from results.test.specimen_residency import (
    DST_SHARE,
    LATENCY_NS,
    SIZES,
    cells_residency,
    copy_ns,
)

Change = Callable[[Cell], Optional[bool]]


def found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Change = lambda cell: None,
    beside: Sequence[str] = ("size",),
) -> List[Finding]:
    """The findings of a specimen whose cells were changed."""
    cells = cells_residency()
    for cell in cells:
        change(cell)
    monkeypatch.setitem(specimen_cells.CELLS, "residency", lambda: cells)
    path = specimen.write(tmp_path / "specimen", (*beside, "residency"))
    return list(findings.of_experiment(load.dataset(path), "residency"))


def one(all_found: List[Finding], words: str) -> Finding:
    """That whose sentence has these words."""
    (only,) = [each for each in all_found if words in each.sentence]
    return only


def near(value: float) -> Any:
    return pytest.approx(value, rel=0.05)


def test_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_found = found(tmp_path, monkeypatch)
    for size in SIZES:
        near_ns = copy_ns("l1", "l1", size)
        src, dst = all_found[2 * SIZES.index(size) :][:2]
        assert src.value == near(copy_ns("node", "l1", size) / near_ns)
        assert dst.value == near(copy_ns("l1", "node", size) / near_ns)
        assert src.sentence.startswith(f"{size} B take ") and src.unit == "1"
        assert src.low is not None and src.high is not None and src.value is not None
        assert src.low <= src.value <= src.high
        for place in ("L1", "L2", "L3", "cache, clean", "cache, dirty", "DRAM"):
            assert place in src.sentence and place in dst.sentence
        assert len(src.cells) == len(dst.cells) == len(LATENCY_NS)
        dirty = one(all_found, f"{size} B that are dirty")
        assert dirty.value == near(
            copy_ns("core_dirty", "l1", size) / copy_ns("l3", "l1", size)
        )
        share = one(all_found, f"a destination of {size} B in DRAM")
        assert share.value == near(100 * DST_SHARE)
        assert "stores hide the rest" in share.sentence
    assert [each.agrees for each in all_found if each.agrees is not None] == [True] * 3
    assert not any("not where they should be" in each.sentence for each in all_found)


def test_dram_that_is_in_the_l3_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one cell: that cell is named. In all: no latency tells the two apart."""

    def one_cell(cell: Cell) -> None:
        if (cell["src"], cell["dst"], cell["size"]) == ("dram", "l1", 64):
            cell["src_latency_ns"] = LATENCY_NS["l3"]

    all_found = found(tmp_path, monkeypatch, one_cell)
    wrong = one(all_found, "not where they should be")
    assert wrong.value == 1 and len(wrong.cells) == 1
    assert "source of 64 B (copy_libc_memcpy): DRAM was asked for" in wrong.sentence
    assert "nearer to L3" in wrong.sentence
    assert "; DRAM" not in all_found[0].sentence and "; DRAM" in all_found[2].sentence
    assert one(all_found, "loads take longer").agrees is True

    def both_ends(cell: Cell) -> None:
        if (cell["src"], cell["dst"], cell["size"]) == ("core_dirty", "l1", 64):
            cell["src_latency_ns"] = LATENCY_NS["l2"]

    (tmp_path / "dirty").mkdir()
    said = one(found(tmp_path / "dirty", monkeypatch, both_ends), "what 64 B cost")
    assert "lines were not in another core's cache, dirty where" in said.sentence

    def all_cells(cell: Cell) -> None:
        for side in ("src", "dst"):
            if cell[side] == "dram":
                cell[f"{side}_latency_ns"] = LATENCY_NS["l3"] * 1.02

    (tmp_path / "all").mkdir()
    check = one(found(tmp_path / "all", monkeypatch, all_cells), "loads take longer")
    assert check.agrees is False
    assert "DRAM can't be told from L3" in check.sentence


def test_a_kernel_that_takes_its_destination_out_of_the_caches_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if (cell["src"], cell["dst"]) == ("l1", "l2"):
            cell.update(kernel="copy_avx2_nontemporal", dst_latency_ns=88.0)

    wrong = one(found(tmp_path, monkeypatch, change), "not where they should be")
    assert "destination of 64 B (copy_avx2_nontemporal): L2" in wrong.sentence
    assert "nearer to DRAM" in wrong.sentence and wrong.value == 2


def test_a_dirty_line_no_farther_than_the_l3_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        for side in ("src", "dst"):
            if cell[side] == "core_dirty":
                cell[f"{side}_latency_ns"] = LATENCY_NS["l3"]

    check = one(found(tmp_path, monkeypatch, change), "loads take longer")
    assert check.agrees is False and "cache, dirty can't be told" in check.sentence


def test_copies_unlike_those_of_size_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["src"] == cell["dst"] == "l1":
            cell["cost_ns"] += 0.5 * cell["size"] / 88
        if cell["src"] == cell["dst"] == "dram":
            cell["cost_ns"] /= 4

    all_found = found(tmp_path, monkeypatch, change)
    assert one(all_found, "in L1, 4096 B").agrees is False
    assert one(all_found, "in DRAM, copies").agrees is False
    assert one(all_found, "loads take longer").agrees is True


def test_stores_that_hide_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["dst"] == "dram":
            cell["cost_ns"] = copy_ns("dram", "l1", cell["size"])

    share = one(found(tmp_path, monkeypatch, change), "a destination of 64 B")
    assert share.value == near(100) and "hide" not in share.sentence


def test_what_was_skipped_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if any(cell[side].startswith("core") for side in ("src", "dst")):
            cell.update(verdict="skipped", reason="needs a CPU of another core")

    all_found = found(tmp_path, monkeypatch, change)
    said = [each for each in all_found if "can't be said" in each.sentence]
    assert len(said) == 2 and all(each.value is None for each in said)
    assert all("needs a CPU of another core" in each.sentence for each in said)

    def skip(cell: Cell) -> None:
        cell.update(verdict="skipped", reason="not today")

    (tmp_path / "none").mkdir()
    nothing = found(tmp_path / "none", monkeypatch, skip)
    assert all("can't be said: not today" in each.sentence for each in nothing)


def test_without_size_and_emulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_found = found(tmp_path, monkeypatch, beside=())
    assert [each.agrees for each in all_found if each.agrees is not None] == [True]
    loaded = load.dataset(tmp_path / "specimen")
    loaded.machine["emulated"] = True
    of_emulated = findings.of_experiment(loaded, "residency")
    assert not any(each.agrees is not None for each in of_emulated)


def test_name_is_that_of_the_experiment() -> None:
    assert residency.NAME == "residency"
