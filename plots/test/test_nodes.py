"""The figure of nodes: what it says, however many nodes there are and however much was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, List

import pytest
from matplotlib.figure import Figure

from plots import kernels
from plots.test import look
from results import load
from results.test import (
    specimen,
    specimen_cells,
    specimen_nodes,
)
from results.test.specimen_cells import Cell

MAPS = (
    "loads, ns",
    "copies from there, GB/s",
    "copies to there, GB/s",
    "copies within it, GB/s",
)


EXPERIMENTS = ("nodes",)


def draw(dataset: load.Dataset, keep: str = "") -> Figure:
    """The figure of the rows for which that holds."""
    if keep:
        dataset.experiments["nodes"] = dataset.experiments["nodes"].query(keep)
    figure = look.draw(dataset, "nodes")["nodes"]
    assert look.touching(figure) == []
    assert look.cut(figure) == []
    return figure


def texts_of(figure: Figure, title: str) -> List[str]:
    """What is written in the map of that title, but for its axes."""
    (axes,) = (axes for axes in figure.axes if axes.get_title() == title)
    return [text.get_text() for text in axes.texts]


def machine_of(
    count: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> load.Dataset:
    """So many nodes, all with a CPU, in a ring."""
    away = [
        [min((a - b) % count, (b - a) % count) for b in range(count)]
        for a in range(count)
    ]
    numbers = tuple(range(count))
    monkeypatch.setattr(specimen_nodes, "CPUS", {node: node for node in numbers})
    monkeypatch.setattr(specimen_nodes, "MEMORIES", numbers)
    ratios = tuple(tuple(1 + 0.4 * steps for steps in row) for row in away)
    monkeypatch.setattr(specimen_nodes, "LATENCY", ratios)
    nodes = {
        "nodes": [{"node": node, "bytes": 1 << 30, "cpus": 1} for node in numbers],
        "distances": [[10 + 6 * steps for steps in row] for row in away],
    }
    monkeypatch.setattr(specimen_nodes, "MACHINE", nodes)
    return load.dataset(specimen.write(tmp_path / "specimen", ("nodes",)))


def test_everything(dataset: load.Dataset) -> None:
    figure = draw(dataset)
    words = look.words(figure).replace("\n", " ")
    for wanted in (
        "Specimen 4000",
        "memory of node",
        "CPU of node",
        "time ÷ the own node's",
        "Copies of 64 MiB by libc memcpy",
        "distances are wrong for 2 of 12 pairs",
        "HMAT latencies are in the order",
        *MAPS,
    ):
        assert wanted in words
    assert "wrong for 2 of 12 pairs" in figure.get_label()


def test_numbers_are_those_measured(dataset: load.Dataset) -> None:
    written = texts_of(draw(dataset), MAPS[0])
    assert len(written) == 2 * 12  # with the firmware's distances
    truth = [
        specimen_nodes.OWN_NS * ratio for row in specimen_nodes.LATENCY for ratio in row
    ]
    assert [float(text) for text in written[:12]] == pytest.approx(truth, rel=0.05)
    assert written[12:] == [str(d) for row in specimen_nodes.DISTANCES[:3] for d in row]


def test_distances_that_lie_are_framed(dataset: load.Dataset) -> None:
    framed: Callable[[Figure], int] = lambda figure: sum(
        text.get_bbox_patch() is not None for axes in figure.axes for text in axes.texts
    )
    assert framed(draw(dataset)) == len(MAPS) * len(specimen_nodes.LIARS)
    for one, other in specimen_nodes.LIARS:
        dataset.machine["distances"][one][other] = 22
    assert framed(draw(dataset)) == 0


@pytest.mark.parametrize("count", [2, 3, 6])
def test_many_nodes(
    count: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    figure = draw(machine_of(count, monkeypatch, tmp_path))
    assert sum(axes.get_title() in MAPS for axes in figure.axes) == len(MAPS)
    # Pairs with their distances.
    assert len(texts_of(figure, MAPS[0])) == 2 * count**2


def test_nodes_too_many_for_numbers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cells = specimen_nodes.cells_nodes

    def chases() -> List[Cell]:
        return [cell for cell in cells() if cell["work"] == "chase"]

    monkeypatch.setitem(specimen_cells.CELLS, "nodes", chases)
    figure = draw(machine_of(32, monkeypatch, tmp_path), "cpu_node < 2")
    assert texts_of(figure, MAPS[0]) == []


def test_one_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    figure = draw(machine_of(1, monkeypatch, tmp_path))
    words = look.words(figure)
    assert "this machine has one node, so there is no wrong one" in words
    assert "a load from memory, ns" in words and "copies of 64 MiB, GB/s" in words
    assert "95 %" in words


@pytest.mark.parametrize(
    "keep, maps",
    [
        ("work == 'chase'", 1),
        ("work == 'copy'", 3),
        ("cpu_node == 0", 4),
        (
            "cpu_node == 0 and src_node in [0, 3] and (work == 'chase' or dst_node == 0)",
            2,
        ),
        ("src_node == cpu_node and work == 'chase'", 1),
        ("cpu_node == 0 and src_node == 0 and work == 'copy' and dst_node == 0", 1),
    ],
)
def test_little(dataset: load.Dataset, keep: str, maps: int) -> None:
    figure = draw(dataset, keep)
    assert (
        sum(
            bool(axes.get_title(loc))
            for axes in figure.axes
            for loc in ("left", "center")
        )
        == maps
    )


def test_firmware_that_tells_nothing(dataset: load.Dataset) -> None:
    dataset.machine.update(distances=None, memory_attributes=[])
    figure = draw(dataset)
    assert len(texts_of(figure, MAPS[0])) == 12
    assert "Small: " not in look.words(figure)


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    assert "EMULATED: no timing" in look.words(draw(dataset))


def test_what_was_not_measured_is_said(dataset: load.Dataset) -> None:
    table = dataset.experiments["nodes"]
    table.loc[table["src_node"] == 3, "verdict"] = "skipped"
    figure = draw(dataset)
    assert "15 skipped (not drawn)" in look.words(figure)
    assert len(texts_of(figure, MAPS[0])) == 2 * 9


@pytest.mark.parametrize("keep", ["cpu_node != src_node", "work == 'neither'"])
def test_nothing_to_draw(dataset: load.Dataset, keep: str) -> None:
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        draw(dataset, keep)


def test_missing_column_is_named(dataset: load.Dataset) -> None:
    table = dataset.experiments["nodes"]
    dataset.experiments["nodes"] = table.drop(columns="work")
    with pytest.raises(kernels.Undrawable, match="column 'work'"):
        draw(dataset)
