"""The figure of shootdown: whole, with parts missing, with more than usual."""

from __future__ import annotations


import pandas
import pytest
from matplotlib.figure import Figure

from plots import kernels, style
from plots.test import look
from results import findings, load
from results.test import specimen_shootdown as model


EXPERIMENTS = ("shootdown",)


def clean(dataset: load.Dataset) -> Figure:
    """The one figure, in which all can be read."""
    ((stem, figure),) = look.draw(dataset, "shootdown").items()
    assert stem == "shootdown"
    assert look.touching(figure) == []
    assert look.cut(figure) == []
    return figure


def keep(dataset: load.Dataset, rows: pandas.Series) -> None:
    """Leaves these rows."""
    table = dataset.experiments["shootdown"]
    dataset.experiments["shootdown"] = table[rows.fillna(False).astype(bool)]


def test_whole(dataset: load.Dataset) -> None:
    figure = clean(dataset)
    words = look.words(figure)
    for wanted in ["Specimen 4000", "clock: tsc", "95 %", "time per operation", "µs"]:
        assert wanted in words
    for wanted in [*model.COST_NS, "other threads", "pages", "33 pages", "7 busy"]:
        assert wanted in words
    for wanted in ["1 page, busy", "512 pages, idle", "alone", "busy: × 3.9"]:
        assert wanted in words
    said = [each.sentence for each in findings.of_experiment(dataset, "shootdown")]
    assert figure.get_label() in map(style.sentence_text, said)


def test_lines_are_over_threads_and_over_pages(dataset: load.Dataset) -> None:
    figure = clean(dataset)
    assert len(figure.axes) == 2 * len(model.COST_NS)
    upper = [each for each in figure.axes[0].lines if each.get_gid() == "line"]
    assert [list(each.get_xdata()) for each in upper] == [list(model.THREADS)] * 4
    for threads, ns in zip(upper[0].get_xdata(), upper[0].get_ydata()):
        others = "busy" if threads else ""
        expected = model.alone_ns("munmap", 1)
        expected += model.added_ns("munmap", int(threads), others)
        assert ns == pytest.approx(expected, rel=0.05)
    lower = [each for each in figure.axes[4].lines if each.get_gid() == "line"]
    assert [list(each.get_xdata()) for each in lower] == [list(model.PAGES)] * 3


def test_two_cpus(dataset: load.Dataset) -> None:
    keep(dataset, dataset.experiments["shootdown"]["threads"] < 2)
    assert "1 busy" in look.words(clean(dataset))


def test_one_cpu(dataset: load.Dataset) -> None:
    keep(dataset, dataset.experiments["shootdown"]["threads"] == 0)
    words = look.words(clean(dataset))
    assert "1 page, alone" in words and "busy threads can't be said" in words
    assert "×" not in words


def test_one_operation_on_one_number_of_pages(dataset: load.Dataset) -> None:
    table = dataset.experiments["shootdown"]
    keep(dataset, (table["operation"] == "mremap") & (table["pages"] == 8))
    words = look.words(clean(dataset))
    assert "mremap" in words and "munmap" not in words.splitlines()
    assert "33" not in words


def test_many_cpus(dataset: load.Dataset) -> None:
    table = dataset.experiments["shootdown"]
    table["threads"] = table["threads"].replace({3: 127, 7: 255})
    assert "255 busy" in look.words(clean(dataset))


def test_other_machines_have_no_ceiling(dataset: load.Dataset) -> None:
    dataset.machine["cpu"]["isa"] = "aarch64"
    words = look.words(clean(dataset))
    assert "33 pages" not in words and "x86" not in words


def test_all_skipped(dataset: load.Dataset) -> None:
    dataset.experiments["shootdown"]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "shootdown")


@pytest.mark.parametrize(
    "column", ["operation", "pages", "threads", "median_ns", "verdict"]
)
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["shootdown"]
    dataset.experiments["shootdown"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "shootdown")


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(clean(dataset))
