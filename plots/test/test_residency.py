"""The figure of residency: whole, with parts missing, with lines that were elsewhere."""

from __future__ import annotations


import pytest
from matplotlib.figure import Figure

from plots import kernels
from plots.test import look
from results import load
from results.test import specimen_residency


EXPERIMENTS = ("residency",)


def draw(dataset: load.Dataset, keep: str = "") -> Figure:
    """The figure of the rows for which that holds, in which all can be read."""
    if keep:
        table = dataset.experiments["residency"]
        dataset.experiments["residency"] = table.query(keep)
    figure = look.draw(dataset, "residency")["residency"]
    assert look.touching(figure) == []
    assert look.cut(figure) == []
    return figure


def points_of(figure: Figure, filled: bool) -> int:
    """How many points are filled, or hollow."""
    lines = [line for axes in figure.axes for line in axes.lines]
    markers = [
        line for line in lines if line.get_marker() != "None" and len(line.get_xdata())
    ]
    return sum((line.get_markerfacecolor() != "white") == filled for line in markers)


def test_everything(dataset: load.Dataset) -> None:
    figure = draw(dataset)
    words = look.words(figure)
    for wanted in (
        "Specimen 4000",
        "64 B a copy",
        "1500 B a copy",
        "ns per copy",
        "ns per load",
        "Where lines were found",
        "another core,\ndirty",
        "another\nnode",
        "source there, the other in L1",
        "destination there, the other in L1",
        "both there",
        "148",
    ):
        assert wanted in words
    assert "from another node's DRAM as from L1" in figure.get_label()
    assert "Hollow" not in words and "Not measured" not in words
    # 19 cells of each of two sizes: a copy, and a load from either side.
    assert points_of(figure, filled=True) == 3 * 2 * 19
    assert points_of(figure, filled=False) == 0


def test_lines_that_were_elsewhere_are_hollow(dataset: load.Dataset) -> None:
    table = dataset.experiments["residency"]
    wrong = (table["src"] == "dram") & (table["dst"] == "dram") & (table["size"] == 64)
    table.loc[wrong, "src_latency_ns"] = specimen_residency.LATENCY_NS["l3"]
    figure = draw(dataset)
    assert "Hollow" in look.words(figure)
    assert points_of(figure, filled=False) == 2


def test_two_cores_and_one_node(dataset: load.Dataset) -> None:
    table = dataset.experiments["residency"]
    node = (table["src"] == "node") | (table["dst"] == "node")
    table.loc[node, "verdict"] = "skipped"
    table.loc[node, "reason"] = "no other node has memory that may be used"
    words = look.words(draw(dataset))
    assert "another\nnode" not in words
    assert "Not measured: another node's DRAM (no other node" in words
    assert "from DRAM as from L1" in words


def test_one_size_one_place(dataset: load.Dataset) -> None:
    figure = draw(dataset, "size == 64 and src == 'l1' and dst == 'l1'")
    assert "can't be said" in figure.get_label()
    assert len(figure.axes) == 2


def test_wide_intervals(dataset: load.Dataset) -> None:
    table = dataset.experiments["residency"]
    table["low_ns"], table["high_ns"] = 0.0, table["median_ns"] * 100
    draw(dataset)


def test_no_intervals(dataset: load.Dataset) -> None:
    table = dataset.experiments["residency"]
    table["low_ns"] = table["high_ns"] = float("nan")
    assert "25." in look.words(draw(dataset))


def test_other_kernels_are_not_drawn(dataset: load.Dataset) -> None:
    table = dataset.experiments["residency"]
    table.loc[
        (table["src"] == "dram") | (table["dst"] == "dram"), "kernel"
    ] = "copy_avx2"
    names = [label.get_text() for label in draw(dataset).axes[0].get_yticklabels()]
    assert "DRAM" not in names and "L3" in names


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(draw(dataset))


@pytest.mark.parametrize("column", ["src", "size", "median_ns", "src_latency_ns"])
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["residency"]
    dataset.experiments["residency"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "residency")


def test_all_skipped(dataset: load.Dataset) -> None:
    dataset.experiments["residency"]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "residency")
