"""The answer: truths that were put in come out, and what can't be said says why."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Dict, List

import numpy
import pytest

from results import answer, findings, load
from results.answer import Row
from results.answer import nodes as answer_nodes
from results.estimate import Estimate
from results.findings import __main__ as command
from results.test import specimen, specimen_cells
from results.test import specimen_nodes as nodes
from results.test import specimen_remap as remap

EXPERIMENTS = tuple(answer.BOUNDARIES)
CROSSOVERS = ("remap", "vector", "proxy", "send")


@pytest.fixture(scope="module", name="folder")
def fixture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("answer") / "specimen"
    return specimen.write(path, EXPERIMENTS)


@pytest.fixture(scope="module", name="rows")
def fixture_rows(folder: Path) -> List[Row]:
    return list(answer.of_dataset(load.dataset(folder)))


def of(rows: List[Row], *words: str) -> Row:
    (one,) = [
        row
        for row in rows
        if all(word in f"{row.boundary}: {row.instead}" for word in words)
    ]
    return one


def holds(row: Row, truth: float) -> bool:
    assert row.value and row.low and row.high
    assert row.low <= row.value <= row.high
    return row.low / 1.03 <= truth <= row.high * 1.03


def test_every_boundary_has_a_row_in_its_order(rows: List[Row]) -> None:
    order = list(answer.BOUNDARIES)
    places = [order.index(row.experiment) for row in rows]
    assert sorted(set(places)) == list(range(len(order))) and places == sorted(places)
    assert all(row.worth for row in rows)
    for row in rows:
        assert row.copying and row.sparing and row.cells


def test_what_is_not_there_is_said(folder: Path) -> None:
    dataset = load.dataset(folder)
    del dataset.experiments["proxy"]
    (row,) = [one for one in answer.of_dataset(dataset) if one.experiment == "proxy"]
    assert (row.worth, row.cells) == ("not measured", ())


def test_what_always_pays(rows: List[Row]) -> None:
    for words in (
        ["buffer", "malloc"],
        ["buffer", "pool"],
        ["shared ring instead of through"],
    ):
        row = of(rows, *words)
        assert "on, the smallest size" in row.worth and row.value is None
    layer, last = (row for row in rows if row.experiment == "layers")
    assert layer.worth == "from 64 B on, the smallest size"
    assert "1500 B in L2" in layer.example and "1500 B in DRAM" in last.example
    assert last.worth == "at 1500 B, the only size measured"


def cheaper_from(touch: str) -> float:
    """By the specimen's own costs; straight between its sizes in logarithms."""
    more = [
        math.log(remap.pass_ns("mremap", touch, "base", 0, size))
        - math.log(remap.pass_ns("memcpy", touch, "base", 0, size))
        for size in remap.SIZES
    ]
    last = max(place for place, each in enumerate(more) if each >= 0)
    share = more[last] / (more[last] - more[last + 1])
    low, high = remap.SIZES[last : last + 2]
    return low * (high / low) ** share


@pytest.mark.parametrize("touch, words", [("none", "untouched"), ("all", "every byte")])
def test_page_flips(rows: List[Row], touch: str, words: str) -> None:
    assert holds(of(rows, "mremap", words), cheaper_from(touch))


def test_answer_and_findings_agree(folder: Path, rows: List[Row]) -> None:
    """There is one crossover, said twice."""
    dataset = load.dataset(folder)
    said = {
        round(one.value)
        for experiment in CROSSOVERS
        for one in findings.of_experiment(dataset, experiment)
        if one.value and one.unit == "bytes"
    }
    told = [row for row in rows if row.experiment in CROSSOVERS and row.value]
    assert {row.experiment for row in told} == set(CROSSOVERS)
    assert all(round(row.value or 0) in said for row in told)


def test_language_boundary(rows: List[Row]) -> None:
    row = of(rows, "OCaml", "a call with a reference")
    costs = specimen_cells.BOUNDARY_NS
    assert float(row.sparing.split()[0]) == pytest.approx(
        costs["ocaml_plain_bigarray"], rel=0.05
    )
    # 4.3 ns buy a copy of 378 B, found by a straight line from 256 to 1024 B in logarithms.
    assert row.value == pytest.approx(323, rel=0.03) and row.low and row.high


def test_another_node(rows: List[Row]) -> None:
    (row,) = [row for row in rows if row.experiment == "nodes"]
    pairs = [(cpu, src) for cpu in nodes.CPUS for src in nodes.MEMORIES if cpu != src]
    factors = [nodes.copy_factor(cpu, src, cpu) for cpu, src in pairs]
    passes = numpy.mean(factors) / numpy.mean([factor - 1 for factor in factors])
    said = float(row.worth.removeprefix("while it is read fewer than ").split()[0])
    assert said == pytest.approx(passes, rel=0.05)


@pytest.mark.parametrize(
    "factor, launches, words",
    [
        (1.0, 8, "no difference shows"),
        (0.5, 8, "the other node's memory is the faster"),
        (2.0, 2, "can't be told from so few launches"),
    ],
)
def test_of_another_node_no_more_is_said_than_is_known(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    factor: float,
    launches: int,
    words: str,
) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", launches)
    monkeypatch.setattr(
        nodes, "copy_factor", lambda cpu, src, dst: factor if cpu != src else 1.0
    )
    path = specimen.write(tmp_path / "specimen", ("nodes",))
    (row,) = list(answer_nodes.rows(load.dataset(path)))
    assert words in row.worth


def test_no_size_pays_where_the_flip_is_dear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(remap.PAGE_NS, "mremap", 5000.0)
    monkeypatch.setattr(remap, "TABLE_NS", 1e7)
    path = specimen.write(tmp_path / "specimen", ("remap",))
    row = of(list(answer.of_dataset(load.dataset(path))), "mremap", "untouched")
    assert row.worth == "at no size up to 16 MiB" and row.value is None


def test_skipped_says_why(folder: Path) -> None:
    dataset = load.dataset(folder)
    for experiment in EXPERIMENTS:
        table = dataset.experiments[experiment]
        table["verdict"], table["reason"] = "skipped", "forbidden here"
    for row in answer.of_dataset(dataset):
        if row.experiment in EXPERIMENTS:
            assert "forbidden here" in row.worth and not row.copying, row


def test_one_size_only() -> None:
    assert answer.at_one_size(64, Estimate(-2, -3, -1)).startswith("at 64 B, the only")
    assert answer.at_one_size(64, Estimate(2, 1, 3)).startswith("not at 64 B")
    assert answer.at_one_size(64, Estimate(2, -1, 3)).startswith("can't be told")
    unknown = Estimate(2, math.nan, math.nan)
    assert answer.at_one_size(64, unknown).startswith("can't be told")


def test_command_prints_the_answer_first(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([str(folder)]) == 0
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first.endswith(answer.QUESTION)
    assert second.startswith("  up another layer: a view instead of a copy: from 64 B")
    assert any(line.startswith("  remap: cross-check") for line in rest)


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    assert command.main(["--json", str(folder)]) == 0
    content = json.loads(capsys.readouterr().out, parse_constant=refuse)
    (told,) = content
    assert told["question"] == answer.QUESTION
    rows: List[Dict[str, Any]] = told["answer"]
    assert [row["boundary"] for row in rows][-1] == "to another NUMA node"
    assert {found["experiment"] for found in told["findings"]} == set(EXPERIMENTS)
    assert all(found["sentence"] for found in told["findings"])


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--jsn", "x"]])
def test_usage(arguments: List[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments) == 2
    assert "usage: " in capsys.readouterr().err
