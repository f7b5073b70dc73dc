"""The figures of proxy: what they say, however much of it was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from plots import kernels
from plots.test import look
from results import findings, load
from results.test import specimen

EXPERIMENTS = ("proxy",)


def draw(dataset: load.Dataset, keep: str = "") -> dict[str, Figure]:
    """The figures of the rows for which that holds."""
    if keep:
        dataset.experiments["proxy"] = dataset.experiments["proxy"].query(keep)
    figures = look.draw(dataset, "proxy")
    for figure in figures.values():
        assert look.touching(figure) == []
        assert look.cut(figure) == []
    return figures


def measured_lines(figure: Figure) -> list[int]:
    """How many there are in each panel."""
    return [
        sum(line.get_gid() == "line" for line in axes.lines) for axes in figure.axes
    ]


def test_everything(dataset: load.Dataset) -> None:
    figures = draw(dataset)
    assert list(figures) == ["proxy", "proxy-latency"]
    words = look.words(figures["proxy"]).replace("\n", " ")
    for wanted in (
        *["Specimen 4000", "TCP, untouched", "TCP, with every byte inspected"],
        *["UNIX sockets, untouched", "TCP, out of a file", "Speed over TCP"],
        *["ns of CPU per byte", "Gb/s", "no proxy", "io_uring_fixed"],
        *["splice", "6.31 KiB", "The server has a CPU of its own."],
    ):
        assert wanted in words
    assert measured_lines(figures["proxy"]) == [5, 3, 3, 3, 2, 6]
    words = look.words(figures["proxy-latency"])
    for wanted in ("64 B, TCP", "16 KiB, TCP", "µs one way", "no proxy", "12.5"):
        assert wanted in words


def test_the_finding_is_that_of_results(dataset: load.Dataset) -> None:
    said = [each.sentence for each in findings.of_experiment(dataset, "proxy")]
    figures = draw(dataset)
    place = figures["proxy"].get_label().split("untouched ")[1].split(" on;")[0]
    assert place.startswith("from 6.31 KiB (")
    assert any(place in each and "splice over TCP" in each for each in said)
    latency = figures["proxy-latency"].get_label().rstrip(".")
    assert f"{latency[:1].lower()}{latency[1:]}" in said


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    for figure in draw(dataset).values():
        assert "EMULATED: no timing" in look.words(figure)


def test_shared_cpus_are_told(dataset: load.Dataset) -> None:
    table = dataset.experiments["proxy"]
    dataset.experiments["proxy"] = table.assign(cpus="1 2 2")
    words = look.words(draw(dataset)["proxy"]).replace("\n", " ")
    assert "Client and server share a CPU." in words
    dataset.experiments["proxy"] = table.assign(cpus="1 1 1", pair="cpu")
    words = look.words(draw(dataset)["proxy"])
    assert "Proxy, client and server on one CPU." in words


@pytest.mark.parametrize(
    "keep, lines",
    [
        ("relay == 'read_write'", [1, 1, 1, 1, 1, 1]),
        ("relay in ('read_write', 'splice')", [2, 2, 2, 2, 1, 2]),
        ("relay == 'direct'", [1]),
        ("relay == 'sendfile'", [1]),
        ("inspect == 'all'", [3]),
        ("transport == 'unix'", [3]),
        ("message == 64", [5, 3, 3, 3, 2, 6]),
        ("message in (64, 1500) and mode == 'throughput'", [5, 3, 3, 3, 2, 6]),
    ],
)
def test_little(dataset: load.Dataset, keep: str, lines: list[int]) -> None:
    assert measured_lines(draw(dataset, keep)["proxy"]) == lines


def test_latency_alone(dataset: load.Dataset) -> None:
    assert list(draw(dataset, "mode == 'latency'")) == ["proxy-latency"]


def test_few_launches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 2)
    dataset = load.dataset(specimen.write(tmp_path / "specimen", ("proxy",)))
    assert "(no interval)" in draw(dataset)["proxy"].get_label()


def test_what_was_skipped(dataset: load.Dataset) -> None:
    table = dataset.experiments["proxy"]
    wanted = table["relay"].str.startswith("io_uring")
    table.loc[wanted, ["verdict", "reason"]] = ["skipped", "built without liburing"]
    words = look.words(draw(dataset)["proxy"])
    assert f"{wanted.sum()} skipped (not drawn)" in words
    assert "io_uring" not in words


@pytest.mark.parametrize("column", ["relay", "inspect", "median_ns", "verdict"])
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["proxy"]
    dataset.experiments["proxy"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "proxy")


@pytest.mark.parametrize("keep", ["buffer == 4096", "relay == 'no such'"])
def test_nothing_to_draw(dataset: load.Dataset, keep: str) -> None:
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        draw(dataset, keep)
