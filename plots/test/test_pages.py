"""The figure of pages: what it says, however much of it was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from plots import kernels, style
from plots.test import look
from results import findings, load
from results.test import specimen, specimen_pages


EXPERIMENTS = ("pages",)


def draw(dataset: load.Dataset, keep: str = "") -> Figure:
    """The figure of the rows for which that holds."""
    return look.drawn(dataset, "pages", keep)


def test_everything(dataset: load.Dataset) -> None:
    figure = draw(dataset)
    words = look.words(figure)
    for wanted in (
        "Specimen 4000",
        "pages: base, hugetlb, thp",
        "ns per KiB",
        "ns per 64 B",
        "base, fresh",
        "hugetlb, fresh",
        "prefaulted",
        "thp gains →",
        "base ÷ thp: 1.9",
        "4096",
        "L3 32 MiB",
        "16 MiB",
        "bytes of src (working set: src and dst, twice that)",
        "Copied by libc memcpy.",
    ):
        assert wanted in words
    assert look.measured_lines(figure) == [6, 3]


def test_the_finding_is_that_of_results(dataset: load.Dataset) -> None:
    said = [each.sentence for each in findings.of_experiment(dataset, "pages")]
    first, second = draw(dataset).get_label().split("; copied", 1)
    assert first in map(str, [f"{each[:1].upper()}{each[1:]}" for each in said])
    assert f"Copied{second}" in map(style.sentence_text, said)


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(draw(dataset))


@pytest.mark.parametrize(
    "keep, lines",
    [
        ("mapping == 'prefaulted'", [3, 3]),
        ("order == 'random'", [3]),
        ("order == 'sequential'", [6]),
        ("mapping == 'first_touch'", [3]),
        ("page == 'base'", [2, 1]),
        ("page != 'hugetlb'", [4, 2]),
        ("page == 'hugetlb'", [2, 1]),
        ("size == 4096", [6, 3]),
        ("size == 4096 and page == 'base' and order == 'random'", [1]),
        ("size in (4096, 65536)", [6, 3]),
    ],
)
def test_little(dataset: load.Dataset, keep: str, lines: list[int]) -> None:
    figure = draw(dataset, keep)
    assert look.measured_lines(figure) == lines
    untouched = "random" in keep or "prefaulted" in keep
    assert ("page faults" in look.words(figure)) != untouched


def test_what_was_skipped(dataset: load.Dataset) -> None:
    table = dataset.experiments["pages"]
    wanted = table["page"] == "hugetlb"
    table.loc[wanted, ["verdict", "reason"]] = ["skipped", "the pool is empty"]
    words = look.words(draw(dataset))
    assert f"{wanted.sum()} skipped (not drawn)" in words
    assert "hugetlb, fresh" not in words


def test_few_launches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 2)
    figure = draw(load.dataset(specimen.write(tmp_path / "specimen", ("pages",))))
    assert "gains →" not in look.words(figure)
    assert "do not surely gain" in figure.get_label()


def test_the_full_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [4096 << power for power in range(18)]
    monkeypatch.setattr(specimen_pages, "SIZES", sizes)
    monkeypatch.setattr(specimen_pages, "FRESH_MOST", 64 << 20)
    figure = draw(load.dataset(specimen.write(tmp_path / "specimen", ("pages",))))
    assert look.measured_lines(figure) == [6, 3]


def test_caches_that_are_not_known(dataset: load.Dataset) -> None:
    dataset.machine["caches"] = []
    assert "L3" not in look.words(draw(dataset))


@pytest.mark.parametrize("column", ["page", "mapping", "chunk", "median_ns", "verdict"])
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["pages"]
    dataset.experiments["pages"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "pages")


def test_all_skipped(dataset: load.Dataset) -> None:
    dataset.experiments["pages"]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "pages")
