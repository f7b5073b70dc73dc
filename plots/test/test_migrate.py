"""The figure of migrate: what it says, however much of it was measured."""

from __future__ import annotations


import pytest
from matplotlib.figure import Figure

from plots import kernels
from plots.test import look
from results import load
from results.test import specimen_migrate


EXPERIMENTS = ("migrate",)


def draw(dataset: load.Dataset, keep: str = "") -> Figure:
    """The figure of the rows for which that holds."""
    if keep:
        table = dataset.experiments["migrate"]
        dataset.experiments["migrate"] = table.query(keep).copy()
    figure = look.draw(dataset, "migrate")["migrate"]
    assert look.touching(figure) == []
    assert look.cut(figure) == []
    return figure


def test_everything(dataset: load.Dataset) -> None:
    figure = draw(dataset)
    words = look.words(figure)
    for wanted in (
        "Specimen 4000",
        "thread to another package; 64 MiB",
        "peer to a core on the same L3; 512 KiB",
        "thread to another node, same package, pages follow; 64 MiB",
        "GB/s",
        "ms",
        "50 %",
        "12 ms",
        "away",
        "4 skipped (not drawn)",
    ):
        assert wanted in words
    assert figure.get_label() in words.replace("\n", " ")
    assert "The thread moved to another package (64 MiB): copies at 50" in words
    panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert len(panels) == 16


def test_lines_are_the_rates(dataset: load.Dataset) -> None:
    figure = draw(
        dataset, "where == 'machine' and mover == 'thread' and pages == 'stay'"
    )
    rates = {}
    for axes in figure.axes:
        (line,) = (line for line in axes.lines if line.get_gid() == "line")
        rates[axes.get_title(loc="left")] = line.get_ydata()
    large = rates["thread to another package; 64 MiB"]
    assert large[10] == pytest.approx(specimen_migrate.GB_PER_S[64 << 20], rel=0.05)
    assert large[30] == pytest.approx(large[10] / 2, rel=0.05)


@pytest.mark.parametrize(
    "keep",
    [
        "where == 'l3' and mover == 'thread'",
        "where == 'l3' and mover == 'thread' and size < 1000000",
        "mover == 'peer'",
        "pages == 'follow'",
        "where == 'machine'",
    ],
)
def test_little(dataset: load.Dataset, keep: str) -> None:
    words = look.words(draw(dataset, keep))
    assert "away" in words and "GB/s" in words


def test_the_kernels_own_moving_of_pages_is_said(dataset: load.Dataset) -> None:
    dataset.machine["numa_balancing"] = True
    words = look.words(draw(dataset, "where == 'machine' and size > 1000000"))
    assert "NUMA balancing was on" in words


def test_nothing_measured(dataset: load.Dataset) -> None:
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        draw(dataset, "verdict == 'skipped'")
