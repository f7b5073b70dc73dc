"""The figures of ipc: what they say, however much of it was measured."""

from __future__ import annotations


import pytest
from matplotlib.figure import Figure

from plots import kernels
from plots.test import look
from results import load
from results.test import specimen_ipc


EXPERIMENTS = ("ipc",)


def draw(dataset: load.Dataset, keep: str = "") -> dict[str, Figure]:
    """The figures of the rows for which that holds."""
    if keep:
        dataset.experiments["ipc"] = dataset.experiments["ipc"].query(keep)
    figures = look.draw(dataset, "ipc")
    for figure in figures.values():
        assert look.touching(figure) == []
        assert look.cut(figure) == []
    return figures


def test_it_can_be_read(dataset: load.Dataset) -> None:
    figures = draw(dataset)
    assert list(figures) == ["ipc", "ipc-latency"]
    words = look.words(figures["ipc"]).replace("\n", " ")
    for wanted in [
        *specimen_ipc.WAYS,
        *["64 B chunks", "1 MiB chunks", "Gb/s", "ns of CPU per byte"],
        *["the kernel copies once", "share an L3", "Payload counts once"],
        *["Specimen 4000", "95 % of cases", "not measured"],
        "Of 64 KiB chunks shm_spin is the fastest",
    ]:
        assert wanted in words
    assert len(figures["ipc"].axes) == 2 * 4


def test_what_is_off_the_scale_is_written(dataset: load.Dataset) -> None:
    figure = draw(dataset)["ipc-latency"]
    words = look.words(figure)
    assert "off the scale: 4.01 ms" in words
    assert "64 B, two CPUs" in words and "64 KiB, one CPU" in words
    assert all(axes.get_xlim()[1] < 1000 for axes in figure.axes)


def test_numbers_are_those_of_the_findings(dataset: load.Dataset) -> None:
    figures = draw(dataset)
    assert "4.82" in look.words(figures["ipc-latency"])
    table = dataset.table("ipc").query(
        "transport == 'pipe' and chunk == 65536 and pair == 'l3' and touch == 'all' "
        "and producer == 'in_place' and consumer == 'in_place' and mode == 'throughput'"
    )
    speed = float(8 * 65536 / table["median_ns"].iloc[0])
    assert f"{speed:.3g}" in look.words(figures["ipc"])


@pytest.mark.parametrize(
    "keep, stems",
    [
        ("mode == 'throughput'", ["ipc"]),
        ("mode == 'latency'", ["ipc-latency"]),
        ("pair == 'cpu'", ["ipc", "ipc-latency"]),
        ("transport == 'pipe'", ["ipc", "ipc-latency"]),
        ("chunk == 64", ["ipc", "ipc-latency"]),
        ("transport == 'mq' and chunk == 64 and mode == 'latency'", ["ipc-latency"]),
    ],
)
def test_part_of_it(dataset: load.Dataset, keep: str, stems: list[str]) -> None:
    assert list(draw(dataset, keep)) == stems


def test_far_outliers_do_not_move_the_scale(
    dataset: load.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar that would go on for decades ends in an arrow."""
    bins = dataset.histogram("ipc")
    most = bins.groupby("cell")["one_way_ns"].transform("max")
    late = (bins["one_way_ns"] == most) & bins.duplicated("cell")
    assert late.any()
    bins.loc[late, "one_way_ns"] *= 10000
    monkeypatch.setattr(load.Dataset, "histogram", lambda self, name: bins)
    figure = draw(dataset)["ipc-latency"]
    assert all(axes.get_xlim()[1] < 10000 for axes in figure.axes)
    arrows = [line for line in figure.axes[0].lines if line.get_marker() == ">"]
    assert arrows


def test_nothing_in_place_can_not_be_drawn(dataset: load.Dataset) -> None:
    with pytest.raises(kernels.Undrawable, match="in place on both sides"):
        draw(dataset, "producer == 'copy_in'")
