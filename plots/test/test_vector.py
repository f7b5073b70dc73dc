"""The figure of vector: what it says, however much of it was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from plots import kernels
from plots.test import look
from results import load
from results.test import specimen, specimen_vector


EXPERIMENTS = ("vector",)


def draw(dataset: load.Dataset, keep: str = "") -> Figure:
    """The figure of the rows for which that holds."""
    if keep:
        table = dataset.experiments["vector"]
        dataset.experiments["vector"] = table.query(keep)
    figure = look.draw(dataset, "vector")["vector"]
    assert look.touching(figure) == []
    assert look.cut(figure) == []
    return figure


def crossovers(figure: Figure) -> int:
    """How many lines are drawn across the maps."""
    return sum(len(axes.lines) for axes in figure.axes if axes.get_title())


def test_everything(dataset: load.Dataset) -> None:
    figure = draw(dataset)
    words = look.words(figure)
    for wanted in (
        "Specimen 4000",
        "HTTP heads",
        "Internet checksum",
        "byte search",
        "fragments",
        "bytes of a message",
        "time flattened ÷ in place",
        "1500 B",
        "64 KiB",
        "Flattened by libc memcpy.",
    ):
        assert wanted in words
    assert figure.get_label() in words.replace("\n", " ")
    # The search has no crossover.
    assert crossovers(figure) == 2 * 3


def test_numbers_are_the_ratios(dataset: load.Dataset) -> None:
    figure = draw(dataset, "parser == 'search'")
    truth = [
        specimen_vector.message_ns("search", 8 << 10, 1, flatten)
        for flatten in (True, False)
    ]
    (axes,) = (axes for axes in figure.axes if axes.get_title())
    written = {text.get_position(): float(text.get_text()) for text in axes.texts}
    row_from_top = 1  # 64 KiB is above it
    assert written[(0, row_from_top)] == pytest.approx(truth[0] / truth[1], rel=0.05)


@pytest.mark.parametrize(
    "keep",
    [
        "size == 1500",
        "fragments == 16",
        "size == 1500 and fragments == 4",
        "parser == 'http'",
        "parser != 'http'",
        "fragments == 1",
    ],
)
def test_little(dataset: load.Dataset, keep: str) -> None:
    figure = draw(dataset, keep)
    words = look.words(figure)
    assert "time flattened ÷ in place" in words
    assert (crossovers(figure) > 0) == ("Line: " in words)


def test_the_full_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = sorted([1500, 9000, *(64 << power for power in range(11))])
    monkeypatch.setattr(specimen_vector, "SIZES", sizes)
    monkeypatch.setattr(specimen_vector, "FRAGMENTS", [1, 2, 4, 8, 16, 32, 64])
    figure = draw(load.dataset(specimen.write(tmp_path / "specimen", ("vector",))))
    assert crossovers(figure) == 2 * 3


def test_what_was_not_measured_is_hatched(dataset: load.Dataset) -> None:
    table = dataset.experiments["vector"]
    table.loc[table["size"] == 64, "verdict"] = "skipped"
    words = look.words(draw(dataset))
    assert "24 skipped (not drawn)" in words and "64 B" not in words.split("\n")


def test_one_side_only_is_nothing_to_draw(dataset: load.Dataset) -> None:
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        draw(dataset, "approach == 'flatten'")
