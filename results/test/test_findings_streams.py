"""What is found of streams: the truth that was put in, and what is wrong."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, List

import numpy
import pytest

from results import findings, knee, load, queues
from results.estimate import Estimate
from results.findings import Finding, streams
from results.test import specimen, specimen_cells, specimen_streams as truth
from results.test.specimen_cells import Cell
from results.test.test_findings_packets import Change, found

COUNTS = [1, 2, 3, 4, 6, 8, 12, 16]


def of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Change = lambda cell: None,
    beside: str = "size",
) -> List[Finding]:
    """The findings of a specimen whose cells were changed."""
    return found(tmp_path, monkeypatch, "streams", change, beside)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> load.Dataset:
    """The specimen as it is."""
    path = tmp_path_factory.mktemp("streams") / "specimen"
    return load.dataset(specimen.write(path, ("size", "streams")))


@pytest.fixture(scope="module")
def whole(dataset: load.Dataset) -> List[Finding]:
    """What is found of it."""
    return list(findings.of_experiment(dataset, "streams"))


def saying(all_found: List[Finding], *words: str) -> List[Finding]:
    """Those that have all these words."""
    return [each for each in all_found if all(word in each.sentence for word in words)]


def near(value: float, share: float) -> object:
    return pytest.approx(value, rel=share)


def test_the_knees_are_found(whole: List[Finding]) -> None:
    dma, core, none = whole[:3]
    assert none.value == near(6, 0.02) and none.unit == "1"
    assert none.low is not None and none.high is not None
    assert none.low <= 6.05 and none.high >= 5.9 and none.high - none.low < 0.5
    assert "linear up to the knee at" in none.sentence
    assert "16 carry" in none.sentence and "8 queues on one node" in none.sentence
    assert dma.value == near(2, 0.05) and "fed by stores" in dma.sentence
    assert "no knee up to 4 on one node" in core.sentence
    assert core.value == near(100, 0.03) and core.unit == "%"


def test_all_agrees(whole: List[Finding]) -> None:
    agreeing = [each.agrees for each in whole]
    assert agreeing.count(True) == 8 and False not in agreeing


def test_copies_affordable(whole: List[Finding]) -> None:
    each = saying(whole, "each packet of 1024 B")[0]
    one = truth.alone_ns("none", 1024, 256)
    # (1024 + 20) B at 100 Gb/s are 83.5 ns; two nodes carry 12 times what one queue does.
    assert each.value == near(12 * 83.52 / one, 0.05)
    assert "one CPU 33" in each.sentence and 330 < 8352 / one < 340
    assert "at 1 / 10 / 25 / 40 / 100 / 200 / 400 Gb/s" in each.sentence
    assert queues.budget_ns(1500, 10) == near(1216, 1e-9)


def test_tails(whole: List[Finding]) -> None:
    each = saying(whole, "copying alone", "99th")[0]
    one = round(truth.alone_ns("none", 1024, 256))
    assert f"{one + 18} / {2 * one + 18} / {5 * one + 18} ns with one" in each.sentence


def test_ring_and_remote(whole: List[Finding]) -> None:
    for placement, share in truth.REMOTE.items():
        for each in saying(whole, f"{placement} takes"):
            assert each.value == pytest.approx(100 * (share - 1), abs=6)
    assert len(saying(whole, " more time than local")) == 10
    (ring,) = saying(whole, "copying alone", "slots of its ring")
    assert "of 1, " in ring.sentence and ring.value == near(14.04, 0.05)


def straight(cell: Cell) -> None:
    cell["cost_ns"] = truth.alone_ns(cell["feed"], cell["size"], cell["ring"])


def collapsing(cell: Cell) -> None:
    if cell["queues"] > 4:
        cell["cost_ns"] *= 3


def gaining(cell: Cell) -> None:
    if cell["feed"] == "none":
        cell["cost_ns"] /= 1 + 0.2 * (cell["queues"] > 1)


def dearer_alone(cell: Cell) -> None:
    if cell["ring"] == 1:
        cell["cost_ns"] *= 1.12


def test_without_a_knee_none_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = of(tmp_path, monkeypatch, straight)[2]
    assert "no knee up to 8" in none.sentence and none.value == near(100, 0.03)


def disagreeing(all_found: List[Finding]) -> List[str]:
    return [each.sentence for each in all_found if each.agrees is False]


@pytest.mark.parametrize(
    "change, words",
    [
        (collapsing, "the total is linear, then flat"),
        (gaining, "more than 1 would be wrong"),
        (dearer_alone, "the time that size takes"),
    ],
)
def test_what_is_wrong_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, words: str
) -> None:
    wrong = disagreeing(of(tmp_path, monkeypatch, change))
    assert len(wrong) >= 1 and all(words in each for each in wrong)


def test_wrong_clocking_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ticks taken for ns, for instance."""
    name, unit, words, bins = specimen_cells.BINS["streams"]
    monkeypatch.setitem(
        specimen_cells.BINS,
        "streams",
        (
            name,
            unit,
            words,
            lambda cell: {round(2.5 * k): n for k, n in bins(cell).items()},
        ),
    )
    assert [
        "clocked one by one" in each for each in disagreeing(of(tmp_path, monkeypatch))
    ] == [True]


@pytest.mark.parametrize("share, agrees", [(1.0, True), (1.2, False)])
def test_residency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, agrees: bool
) -> None:
    # Its own cells enter when it is first imported, and have done so before they are replaced.
    importlib.import_module("results.test.specimen_residency")
    axes = [(name, "string", "", name) for name in ("kernel", "src", "dst")]
    size = ("size", "integer", "bytes", "bytes copied")
    places = {"src": "core_dirty", "dst": "core_dirty"}
    cell = {"kernel": truth.KERNEL, "size": 1024, **places}
    dirty = specimen_cells.make_cell(cell, 1024)
    dirty["cost_ns"] = share * truth.alone_ns("core", 1024, 1)
    monkeypatch.setitem(specimen_cells.AXES, "residency", [*axes, size])
    monkeypatch.setitem(specimen_cells.CELLS, "residency", lambda: [dirty])
    all_found = of(tmp_path, monkeypatch, beside="residency")
    (check,) = saying(all_found, "just written")
    assert check.agrees is agrees and check.value == near(1 / share, 0.05)


def test_one_queue_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with two CPUs and one node."""

    def change(cell: Cell) -> None:
        members = cell["queues"] * (1 if cell["feed"] == "none" else 2)
        if members > 2 or cell["placement"] != "local":
            why = "needs more" if cell["placement"] == "local" else "one node"
            cell.update(verdict="skipped", reason=why, cpus="")
            cell.pop("nodes_used")
            cell.pop("working_set_bytes")

    all_found = of(tmp_path, monkeypatch, change)
    dma, core, none = all_found[:3]
    assert dma.sentence.endswith("more can't be said: needs more")
    assert dma.unit == core.unit == "GB/s"
    assert "4 numbers of queues on one node, not 2" in none.sentence
    assert saying(all_found, "what a remote node costs can't be said: one node")


def test_nothing_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(cell: Cell) -> None:
        cell.update(verdict="skipped", reason="not here", cpus="")

    (nothing,) = of(tmp_path, monkeypatch, change)
    assert nothing.sentence == "how queues scale can't be said: not here"


def test_coarse_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty: Any = (*specimen_cells.BINS["streams"][:3], lambda cell: {})
    monkeypatch.setitem(specimen_cells.BINS, "streams", empty)
    all_found = of(tmp_path, monkeypatch)
    assert len(saying(all_found, "can't be said: the clock steps by 1 ns")) == 3
    assert not saying(all_found, "one by one")


def test_few_copies_make_no_tail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few: Any = (*specimen_cells.BINS["streams"][:3], lambda cell: {40: 980, 80: 20})
    monkeypatch.setitem(specimen_cells.BINS, "streams", few)
    (each, *_) = saying(of(tmp_path, monkeypatch), "99th percentile")
    assert "40 / 80 / (too few) ns with one queue" in each.sentence


def test_few_launches_make_no_knee(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 3)
    assert "from 3 launches" in of(tmp_path, monkeypatch)[2].sentence


def test_a_knee_that_may_be_anywhere_is_not_denied(
    monkeypatch: pytest.MonkeyPatch, dataset: load.Dataset
) -> None:
    vague = Estimate(3.0, 2.5, 7.5)
    monkeypatch.setattr(queues.Queues, "knee", lambda *_: vague)
    counts = [1, 2, 3, 4, 6, 8]
    bend, words = streams.bend_text(queues.read(dataset), "none", 1024, counts)
    assert bend is None
    assert words == (
        "whether there is a knee up to 8 on one node can't be said: at 3 queues (2.5 to 7.5) if so"
    )


def test_a_bend_at_the_end_is_not_called_flat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        straight(cell)
        if cell["feed"] == "core" and cell["queues"] == 4:
            cell["cost_ns"] *= 4 / 3.4

    core = of(tmp_path, monkeypatch, change)[1]
    assert "whether it is flat" in core.sentence and core.value == near(3.4, 0.03)


def totals(at: float, counts: List[int]) -> numpy.ndarray:
    return 5 * numpy.minimum(numpy.asarray(counts, dtype=float), at)[None, :]


@pytest.mark.parametrize("at", [2.0, 3.5, 6.0, 11.0, 16.0])
def test_knee_of_exact_totals(at: float) -> None:
    rates = totals(at, COUNTS)
    assert knee.of(COUNTS)(rates)[0] == pytest.approx(at, abs=0.1)
    assert knee.furthest(COUNTS)(rates)[0] == pytest.approx(1, abs=0.02)


def test_furthest_finds_the_outlier() -> None:
    rates = totals(6, COUNTS)
    rates[0, 5] *= 0.5
    assert knee.furthest(COUNTS)(rates)[0] < 0.75


def test_name() -> None:
    assert streams.NAME == queues.NAME == "streams"
