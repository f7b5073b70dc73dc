"""The figures of alloc and batch: whole, with parts missing, with more than usual."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from plots import alloc, kernels, layout, style
from plots.test import look
from results import findings, load
from results.test import specimen, specimen_cells

EXPERIMENTS = ("alloc", "batch")
WORDS = {
    "alloc": ["ns per packet", "malloc", "arena", "1500 B", "64 KiB", "libc.so.6 2.36"],
    "batch": [
        "ns per packet",
        "packets at a time",
        "64 B a packet",
        "L1 full",
        "best:",
    ],
}


def clean(dataset: load.Dataset, experiment: str) -> Figure:
    """The experiment's one figure, in which all can be read."""
    ((stem, figure),) = look.draw(dataset, experiment).items()
    assert stem == experiment
    assert look.touching(figure) == []
    assert look.cut(figure) == []
    return figure


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_whole(dataset: load.Dataset, experiment: str) -> None:
    figure = clean(dataset, experiment)
    for wanted in ["Specimen 4000", "clock: tsc", "95 %", *WORDS[experiment]]:
        assert wanted in look.words(figure)
    said = [each.sentence for each in findings.of_experiment(dataset, experiment)]
    assert figure.get_label() in map(style.sentence_text, said)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_marks(dataset: load.Dataset, experiment: str) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(clean(dataset, experiment))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
@pytest.mark.parametrize("column", ["kernel", "size", "median_ns", "verdict"])
def test_missing_column_is_named(
    dataset: load.Dataset, experiment: str, column: str
) -> None:
    table = dataset.experiments[experiment]
    dataset.experiments[experiment] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, experiment)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_all_skipped(dataset: load.Dataset, experiment: str) -> None:
    dataset.experiments[experiment]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, experiment)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_without_the_copy_there_is_nothing_to_draw(
    dataset: load.Dataset, experiment: str
) -> None:
    table = dataset.experiments[experiment]
    dataset.experiments[experiment] = table[table["work"] == "skip"]
    with pytest.raises(kernels.Undrawable, match="nothing to draw: no "):
        look.draw(dataset, experiment)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_caches_that_are_not_known(dataset: load.Dataset, experiment: str) -> None:
    dataset.machine["caches"] = []
    assert "full" not in look.words(clean(dataset, experiment)).split()


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_one_size(dataset: load.Dataset, experiment: str) -> None:
    table = dataset.experiments[experiment]
    dataset.experiments[experiment] = table[table["size"] == 64]
    assert "1500 B" not in look.words(clean(dataset, experiment))


def test_alloc_without_malloc(dataset: load.Dataset) -> None:
    table = dataset.experiments["alloc"]
    table.loc[table["buffer"] == "malloc", "verdict"] = "skipped"
    figure = clean(dataset, "alloc")
    assert "what malloc costs can't be said" in figure.get_label().lower()
    assert "arena" in look.words(figure)


def test_alloc_of_older_machines(dataset: load.Dataset) -> None:
    del dataset.machine["allocator"]
    assert "malloc: unknown" in look.words(clean(dataset, "alloc"))


def test_alloc_picks_sizes_where_they_are_many() -> None:
    sizes = [16 << power for power in range(13)] + [1500, 9000]
    picked = alloc.pick(sorted(sizes))
    assert len(picked) <= alloc.PANELS_MAX
    assert {16, 1500, 65536} <= set(picked)


def test_batch_of_one(dataset: load.Dataset) -> None:
    table = dataset.experiments["batch"]
    dataset.experiments["batch"] = table[table["batch"] == 1]
    assert "best: 1 at a time" in look.words(clean(dataset, "batch"))


def test_batch_of_four_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = specimen_cells.cells_batch()
    more = [dict(cell, size=4 * cell["size"] + 5) for cell in cells]
    monkeypatch.setitem(specimen_cells.CELLS, "batch", lambda: cells + more)
    loaded = load.dataset(specimen.write(tmp_path / "specimen", ("batch",)))
    figure = clean(loaded, "batch")
    assert len(figure.axes) == 4
    assert "4101 B a packet" in look.words(figure)


def test_room_at_the_top_is_kept_free() -> None:
    page = layout.open_page("title", "finding", [], [], 2.0, (1, 1))
    smaller = page.below(0.5)
    assert smaller.above(0.5) == pytest.approx(page.top)
    assert smaller.bottom == page.bottom


@pytest.mark.parametrize(
    "size, text", [(64, "64 B"), (1500, "1500 B"), (9000, "9000 B"), (4096, "4 KiB")]
)
def test_packets_in_bytes(size: float, text: str) -> None:
    assert style.packet_text(size) == text
