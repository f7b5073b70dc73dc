"""The figure of cores: whole, of two CPUs, of a sample, and with parts missing."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest
from matplotlib.figure import Figure

from plots import cores, kernels, style
from plots.test import look
from results import findings, load
from results.test import specimen, specimen_cells, specimen_cores


EXPERIMENTS = ("cores",)


def clean(dataset: load.Dataset) -> Figure:
    """The experiment's one figure, in which all can be read."""
    ((stem, figure),) = look.draw(dataset, "cores").items()
    assert stem == "cores"
    assert look.touching(figure) == []
    assert look.cut(figure) == []
    return figure


def keep(dataset: load.Dataset, wanted: Callable[[int, int], bool]) -> load.Dataset:
    """The dataset with these pairs alone."""
    table = dataset.experiments["cores"]
    rows = [wanted(*pair) for pair in zip(table["from"], table["to"])]
    dataset.experiments["cores"] = table[rows]
    return dataset


def test_whole(dataset: load.Dataset) -> None:
    figure = clean(dataset)
    seen = look.words(figure)
    words = ["Specimen 4000", "clock: tsc", "95 %", "CPU 0-15", "from CPU", "to CPU"]
    words += ["ns for one handover", "same core\n16 pairs", "other package\n128 pairs"]
    for wanted in words:
        assert wanted in seen
    said = next(findings.of_experiment(dataset, "cores")).sentence
    assert figure.get_label() == style.sentence_text(said)
    numbers = [text for text in seen.split("\n") if text.startswith("10.")]
    assert len(numbers) == 16 + 1  # of cells, and of the plateau
    assert "pairs, of each nearness" not in seen


def test_cpus_stand_beside_those_they_share_most_with(dataset: load.Dataset) -> None:
    found = cores.matrix(dataset.table("cores"))
    assert found.cpus == [0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15]
    assert found.ns[1, 0] == pytest.approx(10.2, rel=0.03)
    assert found.ns[0, 15] == pytest.approx(140, rel=0.05)


def test_what_is_from_and_what_to(dataset: load.Dataset) -> None:
    table = dataset.experiments["cores"]
    table.loc[(table["from"] == 1) & (table["to"] == 9), "median_ns"] = 77.0
    found = cores.matrix(dataset.table("cores"))
    assert found.ns[found.cpus.index(1), found.cpus.index(9)] == 77
    assert found.ns[found.cpus.index(9), found.cpus.index(1)] != 77


def test_two_cpus(dataset: load.Dataset) -> None:
    dataset.machine["cpu"]["allowed"] = "0-1"
    figure = clean(keep(dataset, lambda one, other: one < 2 and other < 2))
    assert "same L3\n2 pairs" in look.words(figure)
    assert figure.get_figheight() < 5
    assert look.words(figure).count("44.") >= 3


def test_one_direction(dataset: load.Dataset) -> None:
    figure = clean(keep(dataset, lambda one, other: (one, other) == (0, 5)))
    assert "other package\n1 pair" in look.words(figure)


def test_a_sample_has_no_matrix(dataset: load.Dataset) -> None:
    figure = clean(keep(dataset, lambda one, other: (one + 3 * other) % 4 == 1))
    assert len(figure.axes) == 1
    assert "Measured were 64 of 240 pairs" in look.words(figure)
    assert "from CPU" not in look.words(figure)


@pytest.mark.parametrize("cpus", [6, 24, 40])
def test_however_many_cpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpus: int
) -> None:
    monkeypatch.setattr(specimen_cores, "CPUS", cpus)
    monkeypatch.setattr(specimen_cores, "CORES", cpus // 2)
    monkeypatch.setattr(specimen, "LAUNCHES", 3)
    figure = clean(load.dataset(specimen.write(tmp_path / "specimen", ("cores",))))
    assert len(figure.axes) == 3


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(clean(dataset))


def test_wide_intervals(dataset: load.Dataset) -> None:
    table = dataset.experiments["cores"]
    table["low_ns"], table["high_ns"] = -5.0, 900.0
    clean(keep(dataset, lambda one, other: one < 2 and other < 2))


@pytest.mark.parametrize("column", ["from", "nearness", "median_ns", "verdict"])
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["cores"]
    dataset.experiments["cores"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "cores")


def test_all_skipped(dataset: load.Dataset) -> None:
    dataset.experiments["cores"]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "cores")


def test_the_specimen_is_known() -> None:
    assert "cores" in specimen_cells.CELLS
