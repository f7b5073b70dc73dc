"""The figure of send: what it says, however much of it was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from plots import kernels
from plots.test import look
from results import findings, load
from results.test import specimen

EXPERIMENTS = ("send",)


def draw(dataset: load.Dataset, keep: str = "") -> Figure:
    """The figure of the rows for which that holds."""
    return look.drawn(dataset, "send", keep)


def test_everything(dataset: load.Dataset) -> None:
    figure = draw(dataset)
    words = look.words(figure)
    for wanted in (
        "Specimen 4000",
        "UDP that is discarded",
        "UDP to a local socket",
        "TCP to a local socket",
        "ns of CPU per byte",
        "times a copy's cost",
        "bytes of a message",
        "zerocopy: 0 % copied",
        "send_zc: 100 % copied",
        "MTU 1500",
    ):
        assert wanted in words
    assert look.measured_lines(figure) == [3, 2] * 3


def test_crossovers_are_marked(dataset: load.Dataset) -> None:
    """Where there are some."""
    upper = draw(dataset).axes[::2]
    dotted = [sum(line.get_linestyle() == ":" for line in axes.lines) for axes in upper]
    assert dotted == [2, 0, 0]


def test_the_finding_is_that_of_results(dataset: load.Dataset) -> None:
    said = " ".join(each.sentence for each in findings.of_experiment(dataset, "send"))
    label = draw(dataset).get_label()
    assert label.startswith("MSG_ZEROCOPY costs the sender less CPU time than a copy")
    for part in label.rstrip(".").split("; "):
        place = part.split("than a copy ")[-1].split(" of UDP")[0].split(" of TCP")[0]
        assert place in said
    assert "(the kernel copied all the same)" in label


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(draw(dataset))


def test_other_interfaces(dataset: load.Dataset) -> None:
    given = [{"experiment": "send", "name": "mtu", "value": "9000"}]
    dataset.machine["run"]["parameters"] = given
    assert "MTU 9000" in look.words(draw(dataset))


@pytest.mark.parametrize(
    "keep, lines",
    [
        ("receiver == 'discard'", [3, 2]),
        ("receiver == 'socket'", [3, 2] * 2),
        ("sending == 'copy'", [1, 0] * 3),
        ("sending != 'copy'", [2, 0] * 3),
        ("sending != 'send_zc'", [2, 1] * 3),
        ("size == 1024", [3, 2] * 3),
        ("size >= 262144", [3, 2]),
        ("sending == 'send_zc' and size == 1024 and receiver == 'discard'", [1, 0]),
    ],
)
def test_little(dataset: load.Dataset, keep: str, lines: list[int]) -> None:
    assert look.measured_lines(draw(dataset, keep)) == lines


def test_what_was_skipped(dataset: load.Dataset) -> None:
    table = dataset.experiments["send"]
    wanted = table["sending"] == "send_zc"
    table.loc[wanted, ["verdict", "reason"]] = ["skipped", "this kernel has none"]
    words = look.words(draw(dataset))
    assert f"{wanted.sum()} skipped (not drawn)" in words
    assert "send_zc" not in words


def test_few_launches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 2)
    figure = draw(load.dataset(specimen.write(tmp_path / "specimen", ("send",))))
    assert "(no interval)" in figure.get_label()


@pytest.mark.parametrize("column", ["sending", "protocol", "median_ns", "verdict"])
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["send"]
    dataset.experiments["send"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "send")


def test_all_skipped(dataset: load.Dataset) -> None:
    dataset.experiments["send"]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "send")
