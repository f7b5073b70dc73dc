"""The figure of remap: what it says, however much of it was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from plots import kernels
from plots.test import look
from results import findings, load
from results.test import specimen, specimen_remap


EXPERIMENTS = ("remap",)


def draw(dataset: load.Dataset, keep: str = "") -> Figure:
    """The figure of the rows for which that holds."""
    return look.drawn(dataset, "remap", keep)


def test_everything(dataset: load.Dataset) -> None:
    figure = draw(dataset)
    words = look.words(figure)
    for wanted in (
        "Specimen 4000",
        "Base pages, untouched",
        "with every byte touched",
        "beside 7 other threads",
        "thp pages, untouched",
        "ns per 4 KiB",
        "bytes of the payload",
        "mremap_dontunmap",
        "memcpy",
        "122 KiB",
        "Copied by libc memcpy.",
    ):
        assert wanted in words
    assert look.measured_lines(figure) == [7] * 5


def test_the_finding_is_that_of_results(dataset: load.Dataset) -> None:
    said = [each.sentence for each in findings.of_experiment(dataset, "remap")]
    for part in draw(dataset).get_label().rstrip(".").split("; "):
        found = f"{part[:1].lower()}{part[1:]}"
        assert any(each.startswith(found) for each in said)


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(draw(dataset))


@pytest.mark.parametrize(
    "keep, lines",
    [
        ("mechanism == 'memcpy'", [1] * 5),
        ("mechanism in ('memcpy', 'userfaultfd')", [2] * 5),
        ("mechanism != 'memcpy'", [6] * 5),
        ("touch == 'all'", [7]),
        ("threads == 0 and page == 'base'", [7, 7, 7]),
        ("threads == 7", [7]),
        ("page == 'thp'", [7]),
        ("page == 'thp' and size == 4194304", [7]),
        ("size == 4096", [7, 7, 7, 7]),
        ("size in (4096, 65536)", [7, 7, 7, 7]),
    ],
)
def test_little(dataset: load.Dataset, keep: str, lines: list[int]) -> None:
    assert look.measured_lines(draw(dataset, keep)) == lines


def test_what_was_skipped(dataset: load.Dataset) -> None:
    table = dataset.experiments["remap"]
    wanted = table["mechanism"] == "userfaultfd"
    table.loc[wanted, ["verdict", "reason"]] = ["skipped", "this kernel has none"]
    words = look.words(draw(dataset))
    assert f"{wanted.sum()} skipped (not drawn)" in words
    assert "\nuserfaultfd\n" not in words


def test_few_launches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 2)
    figure = draw(load.dataset(specimen.write(tmp_path / "specimen", ("remap",))))
    assert "122 KiB\n" not in look.words(figure)
    assert "(no interval)" in figure.get_label()


def test_the_full_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [4096 << power for power in range(15)]
    monkeypatch.setattr(specimen_remap, "SIZES", sizes)
    figure = draw(load.dataset(specimen.write(tmp_path / "specimen", ("remap",))))
    assert look.measured_lines(figure) == [7] * 5


@pytest.mark.parametrize("column", ["mechanism", "threads", "median_ns", "verdict"])
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["remap"]
    dataset.experiments["remap"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "remap")


def test_all_skipped(dataset: load.Dataset) -> None:
    dataset.experiments["remap"]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "remap")
