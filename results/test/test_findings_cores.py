"""What is found of cores: the truth that was put in, what is missing, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy
import pytest

from results import findings, levels, load
from results.findings import Finding, cores
from results.test import specimen, specimen_cells, specimen_cores
from results.test.specimen_cells import Cell

Change = Callable[[Cell], None]


def unchanged(cell: Cell) -> None:
    """Leaves it as it is."""


def dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change = unchanged
) -> load.Dataset:
    """A specimen whose cells were changed."""
    cells = specimen_cores.cells_cores()
    for cell in cells:
        change(cell)
    monkeypatch.setitem(specimen_cells.CELLS, "cores", lambda: cells)
    return load.dataset(specimen.write(tmp_path / "specimen", ("cores",)))


def found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change = unchanged
) -> List[Finding]:
    """Its findings."""
    loaded = dataset(tmp_path, monkeypatch, change)
    return list(findings.of_experiment(loaded, "cores"))


def checks(all_found: List[Finding]) -> Dict[str, Any]:
    """Whether each cross-check agrees, by its first words."""
    return {
        each.sentence.split(": ")[1].split(" ")[0]: each.agrees
        for each in all_found
        if each.sentence.startswith("cross-check")
    }


def pair(cell: Cell) -> List[int]:
    return [cell["from"], cell["to"]]


def test_plateaus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary, *plateaus = all_found = found(tmp_path, monkeypatch)
    assert summary.sentence.startswith("handing a cache line over takes 10.")
    assert " ns to an SMT sibling < 4" in summary.sentence
    assert " ns to another package, one way" in summary.sentence
    assert summary.value == pytest.approx(140 / 10.2, rel=0.02)
    assert summary.unit == "1" and len(summary.cells) == 240
    for each, truth in zip(plateaus, specimen_cores.NS.values()):
        assert each.value == pytest.approx(truth, rel=0.02) and each.unit == "ns"
        assert each.low is not None and each.value and each.high is not None
        assert each.low <= each.value <= each.high
        assert "unlike" not in each.sentence
    assert [len(each.cells) for each in plateaus[:4]] == [16, 32, 64, 128]
    assert checks(all_found) == {"farther": True, "from": True, "pairs": True}
    assert not any("measured were" in each.sentence for each in all_found)


def test_two_cpus_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset(tmp_path, monkeypatch)
    table = loaded.experiments["cores"]
    two = table["from"].isin([0, 1]) & table["to"].isin([0, 1])
    loaded.experiments["cores"] = table[two]
    loaded.machine["cpu"]["allowed"] = "0-1"
    summary, *others = findings.of_experiment(loaded, "cores")
    assert "within an L3 takes 4" in summary.sentence
    assert "(2 pairs, " in summary.sentence and summary.unit == "ns"
    assert set(checks(others)) == {"from", "pairs"} and len(others) == 2


def test_one_direction_of_one_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset(tmp_path, monkeypatch)
    table = loaded.experiments["cores"]
    loaded.experiments["cores"] = table[(table["from"] == 3) & (table["to"] == 4)]
    summary, counted, *others = findings.of_experiment(loaded, "cores")
    assert "(CPU 3→4)" in summary.sentence
    assert counted.sentence.startswith("measured were 1 of 240 pairs")
    assert set(checks(others)) == {"pairs"}


def test_sampled_pairs_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset(tmp_path, monkeypatch)
    table = loaded.experiments["cores"]
    far = table[table["nearness"] == "machine"].index
    loaded.experiments["cores"] = table.drop(far[5:])
    (counted,) = [
        each
        for each in findings.of_experiment(loaded, "cores")
        if each.sentence.startswith("measured were")
    ]
    assert counted.sentence == (
        "measured were 117 of 240 pairs, of each nearness 5 at least"
    )
    assert counted.value == 117 and len(counted.cells) == 117


def test_why_there_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def alone(cell: Cell) -> None:
        cell.update(verdict="skipped", reason="a pair needs two CPUs", nearness="cpu")

    (only,) = found(tmp_path, monkeypatch, alone)
    assert only.sentence.endswith("can't be said: a pair needs two CPUs")
    assert only.value is None and only.agrees is None


def test_an_outlying_pair_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if set(pair(cell)) == {2, 11}:
            cell["cost_ns"] *= 1.6

    all_found = found(tmp_path, monkeypatch, change)
    (l3,) = [each for each in all_found if each.sentence.startswith("same L3")]
    assert "; unlike the others: " in l3.sentence
    assert "2→11 7" in l3.sentence and "11→2 7" in l3.sentence
    assert "more" not in l3.sentence
    assert not any("unlike" in each.sentence for each in all_found if each != l3)
    assert checks(all_found)["from"] is True


def test_a_nearness_of_two_kinds_has_no_outliers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as packages that are one hop away, and two."""

    def change(cell: Cell) -> None:
        if cell["nearness"] == "machine" and sum(pair(cell)) % 2:
            cell["cost_ns"] *= 1.4

    assert not any(
        "unlike" in each.sentence for each in found(tmp_path, monkeypatch, change)
    )


def test_a_direction_unlike_the_other_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if pair(cell) == [9, 4]:
            cell["cost_ns"] *= 1.3

    all_found = found(tmp_path, monkeypatch, change)
    assert checks(all_found)["from"] is False
    (wrong,) = [each for each in all_found if each.agrees is False]
    assert "from CPU 4 to 9 takes 0.7" in wrong.sentence
    assert wrong.value == pytest.approx(1 / 1.3, rel=0.05) and len(wrong.cells) == 2


def test_what_is_farther_and_cheaper_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["nearness"] == "machine":
            cell["cost_ns"] *= 0.5

    all_found = found(tmp_path, monkeypatch, change)
    assert checks(all_found)["farther"] is False
    assert " ns within a node > 7" in all_found[0].sentence


def test_equal_plateaus_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(cell: Cell) -> None:
        if cell["nearness"] == "machine":
            cell["cost_ns"] *= 95 / 140

    assert checks(found(tmp_path, monkeypatch, change))["farther"] is True


def test_cpus_that_move_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset(tmp_path, monkeypatch)
    regions = loaded.samples_region

    def moved(experiment: str) -> Any:
        timed = regions(experiment)
        timed.loc[timed["launch"] == 2, "ns"] *= 4
        return timed

    monkeypatch.setattr(loaded, "samples_region", moved)
    all_found = list(findings.of_experiment(loaded, "cores"))
    assert checks(all_found)["pairs"] is False
    (wrong,) = [each for each in all_found if each.agrees is False]
    assert wrong.value == pytest.approx(4, rel=0.05)


def test_launches_that_lack_pairs_do_not_count_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pairs that are measured well enough have no later launches: the slow ones are left."""
    loaded = dataset(tmp_path, monkeypatch)
    launches = cores.estimate.launches(loaded, "cores")
    far = loaded.table("cores")["nearness"] == "machine"
    launches.loc[~far.to_numpy(), [2, 3]] = numpy.nan
    assert cores.median_pair(launches).median() == pytest.approx(
        launches.median(axis=1).median(), rel=0.001
    )
    assert cores.median_pair(launches).max() < 150


@pytest.mark.parametrize(
    "numbers, text", [([], ""), ([3], "3"), ([0, 2, 1, 8, 1], "0-2,8")]
)
def test_lists_of_cpus(numbers: List[int], text: str) -> None:
    assert levels.cpu_text(numbers) == text
    assert levels.cpu_numbers(text) == set(numbers)
