"""What is found of alloc and batch: the truth that was put in, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from results import findings, load
from results.findings import Finding, alloc, batch
from results.test import specimen, specimen_cells
from results.test.specimen_cells import Cell

Change = Callable[[Cell], None]


def found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    experiment: str,
    change: Change = lambda cell: None,
    beside: str = "size",
    seed: int = 1,
) -> List[Finding]:
    """The findings of a specimen whose cells were changed."""
    cells = specimen_cells.CELLS[experiment]()
    for cell in cells:
        change(cell)
    monkeypatch.setitem(specimen_cells.CELLS, experiment, lambda: cells)
    path = specimen.write(tmp_path / f"specimen{seed}", (beside, experiment), seed)
    return list(findings.of_experiment(load.dataset(path), experiment))


def checks(all_found: List[Finding]) -> Dict[str, Any]:
    """Whether each cross-check agrees, by its first words."""
    return {
        each.sentence.split(": ")[1][:12]: each.agrees
        for each in all_found
        if each.sentence.startswith("cross-check")
    }


def near(value: float, share: float) -> Any:
    return pytest.approx(value, rel=share)


def test_alloc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    malloc, crossing, cheapest, *_ = all_found = found(tmp_path, monkeypatch, "alloc")
    assert malloc.value == near(25, 0.05) and malloc.unit == "ns"
    assert malloc.sentence.startswith("at 1500 B malloc and free cost 2")
    assert malloc.low is not None and malloc.high is not None
    assert malloc.low <= malloc.value <= malloc.high
    # In L2 2.4 + size / 46 = 25, between 1024 and 1500 B.
    assert crossing.value == near(1040, 0.1) and crossing.unit == "bytes"
    assert "from an arena: an arena is cheapest" in cheapest.sentence
    assert cheapest.value == pytest.approx(0.2, abs=0.3)
    assert checks(all_found) == {"a view costs": True, "in L2 a byte": True}


def test_alloc_tells_what_is_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In all draws but one in twenty, which may be among these."""
    monkeypatch.setitem(specimen_cells.BUFFER_NS, "pool", 0.2)
    alike = 0
    for seed in range(1, 6):
        cheapest = found(tmp_path, monkeypatch, "alloc", seed=seed)[2].sentence
        alike += "an arena and a pool can't" in cheapest.replace(
            "a pool and an arena", "an arena and a pool"
        )
    assert alike >= 4


@pytest.mark.parametrize("cost, words", [(0.1, "from 16 B on"), (1e5, "up to 65536 B")])
def test_alloc_crosses_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cost: float, words: str
) -> None:
    monkeypatch.setitem(specimen_cells.BUFFER_NS, "malloc", cost)
    crossing = found(tmp_path, monkeypatch, "alloc")[1]
    assert crossing.sentence.endswith(words) and crossing.value is None
    monkeypatch.setattr(specimen, "LAUNCHES", 2)
    unsure = found(tmp_path / "few", monkeypatch, "alloc")[1]
    assert unsure.sentence.endswith(f"{words}, but not surely")


def test_a_view_that_costs_by_size_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        cell["cost_ns"] *= 1 + 0.1 * (cell["size"] > 1024) * (cell["buffer"] == "view")
        cell["cost_ns"] *= 1 + 0.3 * (cell["size"] > 4096) * (cell["buffer"] == "view")

    assert (
        checks(found(tmp_path, monkeypatch, "alloc", change))["a view costs"] is False
    )


def test_a_copy_unlike_that_of_size_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["work"] == "copy":
            cell["cost_ns"] += 0.5 * cell["size"] / 46

    assert (
        checks(found(tmp_path, monkeypatch, "alloc", change))["in L2 a byte"] is False
    )
    (tmp_path / "batch").mkdir()
    of_batch = checks(found(tmp_path / "batch", monkeypatch, "batch", change))
    assert of_batch["8 at a time,"] is False


def skip(cell: Cell) -> None:
    if cell["kernel"] and cell.get("buffer", "malloc") == "malloc":
        cell.update(verdict="skipped", reason="not on this machine")
        cell.pop("working_set_bytes")


def test_what_was_skipped_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    malloc, cheapest, *_ = found(tmp_path, monkeypatch, "alloc", skip)
    assert malloc.sentence.endswith("can't be said: not on this machine")
    assert malloc.value is None and "malloc" not in cheapest.sentence
    (tmp_path / "batch").mkdir()
    (nothing,) = found(tmp_path / "batch", monkeypatch, "batch", skip)
    assert nothing.sentence.endswith("can't be said: not on this machine")


def test_without_size_there_is_no_such_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(checks(found(tmp_path, monkeypatch, "alloc", beside="null"))) == {
        "a view costs"
    }


def test_without_caches_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = specimen.write(tmp_path / "specimen", ("size", "alloc", "batch"))
    loaded = load.dataset(path)
    loaded.machine["caches"] = []
    last = list(findings.of_experiment(loaded, "alloc"))[-1]
    assert last.agrees is None and "can't be compared" in last.sentence
    of_batch = list(findings.of_experiment(loaded, "batch"))
    assert not any("holds" in each.sentence for each in of_batch)


def test_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_found = found(tmp_path, monkeypatch, "batch")
    small, share_small, large, share_large = all_found[:4]
    # Of 64 B L1 holds 256 packets and their copies, of 1024 B 16; L2 holds 512.
    # 512 of 64 B miss L1 by half, which a draw may hide.
    dearer = {256.0: 512, 512.0: 1024}[small.high or 0.0]
    assert f"dearer from {dearer} on" in small.sentence
    assert (large.value, large.high) == (16, 16) and large.low in (8, 16)
    assert "dearer from 32 on (L1 holds 16, L2 holds 512)" in large.sentence
    copy_ns = 2.4 + 1024 / 88
    assert share_large.value == near(100 * copy_ns / (copy_ns + 11.5), 0.05)
    assert share_small.value == near(100 * 3.1 / 14.2, 0.15)
    assert checks(all_found) == {"8 at a time,": True, "without the ": True}


def test_a_floor_that_moves_bytes_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        cell["cost_ns"] += cell["size"] / 88 * (cell["work"] == "skip")

    assert (
        checks(found(tmp_path, monkeypatch, "batch", change))["without the "] is False
    )


def test_a_batch_is_never_too_large_where_nothing_gets_dearer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        cell["cost_ns"] = 20 + 8 / cell["batch"]

    (first, *_) = found(tmp_path, monkeypatch, "batch", change)
    assert "none is too large up to 1024" in first.sentence
    assert first.high == 1024 and first.low is not None and 4 <= first.low <= 64


def test_names_are_those_of_the_experiments() -> None:
    assert (alloc.NAME, batch.NAME) == ("alloc", "batch")
