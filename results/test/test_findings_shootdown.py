"""What is found of shootdown: the truth that was put in, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from results import findings, load
from results.findings import Finding
from results.test import specimen, specimen_cells
from results.test import specimen_shootdown as model
from results.test.specimen_cells import Cell

Change = Callable[[Cell], None]
CHECKS = {
    "beside others operat": True,
    "beside busy threads ": True,
    "beside the most busy": True,
    "operations that inte": True,
    "operations take no p": True,
}


def changed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Change = lambda cell: None,
) -> load.Dataset:
    """A specimen whose cells were changed."""
    cells = model.cells_shootdown()
    for cell in cells:
        change(cell)
    monkeypatch.setitem(specimen_cells.CELLS, "shootdown", lambda: cells)
    return load.dataset(specimen.write(tmp_path / "specimen", ("shootdown",)))


def found(dataset: load.Dataset) -> List[Finding]:
    return list(findings.of_experiment(dataset, "shootdown"))


def checks(all_found: List[Finding]) -> Dict[str, Any]:
    """Whether each cross-check agrees, by its first words."""
    return {
        each.sentence.split(": ")[1][:20]: each.agrees
        for each in all_found
        if each.sentence.startswith("cross-check")
    }


def near(value: float, share: float = 0.05) -> Any:
    return pytest.approx(value, rel=share)


def test_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_found = found(changed(tmp_path, monkeypatch))
    of_each = [all_found[start : start + 4] for start in range(0, 16, 4)]
    for operation, (busy, idle, added, ceiling) in zip(model.COST_NS, of_each):
        alone = model.alone_ns(operation, 1)
        times = 1 + model.added_ns(operation, 7, "busy") / alone
        assert busy.value == near(times) and busy.unit == "1"
        assert f"{operation} takes " in busy.sentence
        assert "beside 7 busy threads as alone for 1 page" in busy.sentence
        assert "for 512 pages" in busy.sentence
        assert busy.low is not None and busy.high is not None
        assert busy.low <= busy.value <= busy.high
        assert idle.value == near(1 + model.added_ns(operation, 7, "idle") / alone)
        often = "1 times" if operation == "mremap" else "0 times"
        assert idle.sentence.endswith(often)
        assert added.value == near(model.EACH_NS, 0.1) and added.unit == "ns"
        assert "each further one" in added.sentence
        last, above = model.alone_ns(operation, 32), model.alone_ns(operation, 34)
        slope = model.COST_NS[operation][1] + model.FLUSH_PAGE_NS
        saved = 100 * (last + 2 * slope - above) / last
        assert ceiling.value == near(saved, 0.1) and ceiling.unit == "%"
        assert "cheaper from 32 to 34 pages than its growth says" in ceiling.sentence
        assert "Linux on x86 flushes the whole TLB" in ceiling.sentence
    assert checks(all_found) == CHECKS


def test_without_a_ceiling_none_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "CEILING", 1000)
    dataset = changed(tmp_path, monkeypatch)
    dataset.machine["cpu"]["isa"] = "aarch64"
    all_found = found(dataset)
    ceilings = [each for each in all_found if "32 to 34 pages" in each.sentence]
    assert len(ceilings) == 4
    for each in ceilings:
        assert "goes on growing" in each.sentence or "not surely" in each.sentence
        assert "x86" not in each.sentence
    assert checks(all_found) == CHECKS


def test_few_launches_see_no_ceiling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 4)
    said = [each.sentence for each in found(changed(tmp_path, monkeypatch))]
    assert sum("too few launches" in each for each in said) == 4
    assert not any("than its growth says" in each for each in said)
    assert [each for each in said if each.startswith("cross-check")] == said[-1:]


def test_two_cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing can be said of further threads."""
    cells = [cell for cell in model.cells_shootdown() if cell["threads"] < 2]
    monkeypatch.setattr(model, "cells_shootdown", lambda: cells)
    all_found = found(changed(tmp_path, monkeypatch))
    added = all_found[2]
    assert added.value == near(model.FIRST_NS)
    assert "further" not in added.sentence
    kept = {name: True for name in CHECKS if name != "beside the most busy"}
    assert checks(all_found) == kept


def test_one_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(cell: Cell) -> None:
        if cell["threads"]:
            cell.pop("tlb_interrupts")
            cell.pop("faults")
            cell.update(verdict="skipped", reason="needs 2 CPUs, and 1 may be used")

    all_found = found(changed(tmp_path, monkeypatch, change))
    busy, ceiling = all_found[:2]
    assert busy.value is None
    assert busy.sentence.endswith("can't be said: needs 2 CPUs, and 1 may be used")
    assert "cheaper from 32 to 34" in ceiling.sentence
    assert checks(all_found) == {"operations take no p": True}


def test_nothing_measured_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = changed(tmp_path, monkeypatch)
    table = dataset.experiments["shootdown"]
    table[["verdict", "reason"]] = ["failed", "it died"]
    (only,) = found(dataset)
    assert only.value is None and only.sentence.endswith("can't be said: it died")


def test_where_interrupts_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing is said of them."""

    def change(cell: Cell) -> None:
        cell.pop("tlb_interrupts", None)

    all_found = found(changed(tmp_path, monkeypatch, change))
    assert not any("that interrupt" in each.sentence for each in all_found)
    kept = {name: True for name in CHECKS if name != "operations that inte"}
    assert checks(all_found) == kept
    assert not any("interrupts each" in each.sentence for each in all_found)


@pytest.mark.parametrize("threads", [1, 7])
def test_others_that_speed_up_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    def change(cell: Cell) -> None:
        if cell["threads"] == threads and cell["operation"] == "madvise":
            cell["cost_ns"] *= 0.5 if cell["others"] == "idle" else 1.0

    dataset = changed(tmp_path, monkeypatch, change)
    assert checks(found(dataset)) == {**CHECKS, "beside others operat": False}


def test_idle_threads_that_were_busy_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two kinds changed about, in their times alone."""

    def change(cell: Cell) -> None:
        other = {"idle": "busy", "busy": "idle", "": ""}[cell["others"]]
        operation, pages = cell["operation"], cell["pages"]
        cell["cost_ns"] = model.alone_ns(operation, pages)
        cell["cost_ns"] += model.added_ns(operation, cell["threads"], other)

    wrong = checks(found(changed(tmp_path, monkeypatch, change)))
    assert wrong["beside busy threads "] is False


def test_threads_that_add_less_the_more_they_are_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "EACH_NS", -400.0)
    wrong = checks(found(changed(tmp_path, monkeypatch)))
    assert wrong["beside the most busy"] is False


def test_interrupts_that_cost_nothing_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["operation"] == "munmap" and cell["threads"]:
            cell["cost_ns"] = 0.9 * model.alone_ns("munmap", cell["pages"])

    wrong = checks(found(changed(tmp_path, monkeypatch, change)))
    assert wrong["operations that inte"] is False


def test_pages_that_were_not_there_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["operation"] == "mprotect" and cell["pages"] == 64:
            cell["faults"] = 64

    dataset = changed(tmp_path, monkeypatch, change)
    assert checks(found(dataset)) == {**CHECKS, "operations take no p": False}
