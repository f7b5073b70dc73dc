"""The figure of loaded: whole, with parts missing, with more than usual."""

from __future__ import annotations

from pathlib import Path

import pandas
import pytest
from matplotlib.figure import Figure

from plots import kernels, loaded, style
from plots.test import look
from results import findings, load
from results.test import specimen, specimen_cells, specimen_loaded


EXPERIMENTS = ("loaded",)


def clean(dataset: load.Dataset) -> Figure:
    """The one figure, in which all can be read."""
    ((stem, figure),) = look.draw(dataset, "loaded").items()
    assert stem == "loaded"
    assert look.touching(figure) == []
    assert look.cut(figure) == []
    return figure


def keep(dataset: load.Dataset, rows: pandas.Series) -> None:
    """Leaves these rows."""
    table = dataset.experiments["loaded"]
    dataset.experiments["loaded"] = table[rows.fillna(False).astype(bool)]


def test_whole(dataset: load.Dataset) -> None:
    figure = clean(dataset)
    words = look.words(figure)
    for wanted in ["Specimen 4000", "clock: tsc", "95 %", "ns per load", "GB/s", "64"]:
        assert wanted in words
    for wanted in ["p50", "p99", "p99.9", "7 × 100 %", "idle 90.0 ns", "mean of 8"]:
        assert wanted in words
    assert "10 % above idle from 59" in words
    said = [each.sentence for each in findings.of_experiment(dataset, "loaded")]
    assert figure.get_label() in map(style.sentence_text, said)


def test_lines_are_the_percentiles_over_what_was_copied(dataset: load.Dataset) -> None:
    (axes,) = clean(dataset).axes
    lines = [line for line in axes.lines if line.get_gid() == "line"]
    assert len(lines) == len(loaded.LINES)
    usual = lines[0]
    rates = sorted(dataset.table("loaded")["injected_gb_per_s"])
    assert list(usual.get_xdata()) == pytest.approx(rates)
    for rate, ns in zip(usual.get_xdata(), usual.get_ydata()):
        expected = specimen_loaded.latency_ns(float(rate))
        assert ns == pytest.approx(expected, rel=0.001)
    for line, times in zip(lines, (1.0, 1.6, 6.0)):
        assert line.get_ydata()[0] == pytest.approx(90 * times, rel=0.001)


def test_two_cpus(dataset: load.Dataset) -> None:
    keep(dataset, dataset.experiments["loaded"]["copiers"] < 2)
    words = look.words(clean(dataset))
    assert "1 × 10 %" in words and "1 × 100 %" in words
    assert "above idle from" not in words


@pytest.mark.parametrize("rows", ["idle", "copying"])
def test_half_is_nothing_to_draw(dataset: load.Dataset, rows: str) -> None:
    copiers = dataset.experiments["loaded"]["copiers"]
    keep(dataset, copiers == 0 if rows == "idle" else copiers > 0)
    with pytest.raises(kernels.Undrawable, match="nothing to draw: no set was read"):
        look.draw(dataset, "loaded")


def test_all_skipped(dataset: load.Dataset) -> None:
    dataset.experiments["loaded"]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "loaded")


@pytest.mark.parametrize(
    "column", ["kernel", "copiers", "injected_gb_per_s", "median_ns", "verdict"]
)
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["loaded"]
    dataset.experiments["loaded"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "loaded")


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(clean(dataset))


def test_few_readings_have_no_tail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {0.95: 800, 1.0: 1000, 1.6: 20}
    monkeypatch.setattr(specimen_loaded, "SPREAD", few)
    dataset = load.dataset(specimen.write(tmp_path / "specimen", ("loaded",)))
    words = look.words(clean(dataset)).split()
    assert "p99" in words and "p99.9" not in words


def test_hardly_any_readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specimen_loaded, "SPREAD", {1.0: 12})
    dataset = load.dataset(specimen.write(tmp_path / "specimen", ("loaded",)))
    with pytest.raises(kernels.Undrawable, match="nothing to draw: no set was read"):
        look.draw(dataset, "loaded")


def test_two_working_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = specimen_loaded.cells_loaded()
    more = [dict(cell, size=8 << 20, cost_ns=cell["cost_ns"] / 4) for cell in cells]
    monkeypatch.setitem(specimen_cells.CELLS, "loaded", lambda: more + cells)
    dataset = load.dataset(specimen.write(tmp_path / "specimen", ("loaded",)))
    figure = clean(dataset)
    assert len(figure.axes) == 2
    assert "working set 8 MiB" in look.words(figure)
