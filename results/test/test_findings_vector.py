"""What is said of vector, on ratios and datasets whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence, Tuple

import numpy
import pytest

from results import estimate, findings, load
from results.findings import vector
from results.test import specimen, specimen_vector


@pytest.fixture(scope="module", name="dataset")
def specimen_dataset(tmp_path_factory: pytest.TempPathFactory) -> load.Dataset:
    """A specimen with size and vector; not to be changed."""
    path = tmp_path_factory.mktemp("vector") / "specimen"
    return load.dataset(specimen.write(path, ("size", "vector")))


def cross(lengths: Sequence[float], ratios: Sequence[float]) -> float:
    """The crossover of these ratios."""
    ns = numpy.array([[10.0] * len(ratios) + [10 * ratio for ratio in ratios]])
    return float(vector.crossing(lengths)(ns)[0])


def test_a_crossover_that_was_put_in_comes_out() -> None:
    lengths = [4, 16, 64, 256, 1024]
    for truth in (5, 64, 300, 1000):
        ratios = [(length / truth) ** 0.7 for length in lengths]
        assert cross(lengths, ratios) == pytest.approx(truth)


def test_in_any_order_and_with_messages_of_equal_fragments() -> None:
    lengths = [1024, 16, 64, 16, 64, 1024]
    ratios = [2.0, 0.5, 1.1, 0.5, 1 / 1.1, 2.0]
    assert cross(lengths, ratios) == pytest.approx(64)


def test_always_and_never() -> None:
    assert cross([4, 16, 64], [1.1, 1.2, 2.0]) == 4
    assert cross([4, 16, 64], [0.3, 0.6, 0.9]) == 64


def test_it_is_the_last_crossing_that_counts() -> None:
    """For the tiniest fragments it may be in place again."""
    found = cross([1, 4, 16, 64, 256], [1.2, 1.1, 0.9, 0.8, 1.25])
    assert found == pytest.approx(128)


def test_noise_around_one_makes_no_crossover() -> None:
    lengths = [1, 4, 16, 64, 256, 1024]
    found = cross(lengths, [0.5, 0.7, 1.02, 1.01, 1.03, 0.99])
    assert 4 < found < 16


def crossover(dataset: load.Dataset, parser: str) -> vector.Crossover:
    """That parser's."""
    cells = vector.pairs(dataset.table("vector"))
    launches = estimate.launches(dataset, "vector")
    return vector.Crossover.of(launches, cells[cells["parser"] == parser], parser)


def bracket(parser: str) -> List[float]:
    """The longest fragments that lose and the next longer ones, without noise."""
    lengths = {
        size
        / fragments: specimen_vector.message_ns(parser, size, fragments, True)
        / specimen_vector.message_ns(parser, size, fragments, False)
        for size in specimen_vector.SIZES
        for fragments in specimen_vector.FRAGMENTS[1:]
    }
    losing = max(length for length, ratio in lengths.items() if ratio < 1)
    return [losing, min(length for length in lengths if length > losing)]


@pytest.mark.parametrize("parser", ["checksum", "http"])
def test_the_specimens_crossovers(dataset: load.Dataset, parser: str) -> None:
    found = crossover(dataset, parser)
    least, most = bracket(parser)
    assert found.inside
    assert found.estimate.low <= most and found.estimate.high >= least
    assert found.interval in found.sentence
    finding = found.finding()
    assert (finding.value, finding.unit) == (found.estimate.value, "bytes")
    assert "in place beats flattening from fragments of " in finding.sentence
    assert vector.bytes_text(found.estimate.value) in finding.sentence


def test_where_in_place_always_wins(dataset: load.Dataset) -> None:
    finding = crossover(dataset, "search").finding()
    assert finding.sentence.startswith("byte search: in place is never slower, down to")
    assert finding.value is None and finding.cells


@pytest.mark.parametrize(
    "found, words",
    [
        (
            (1024, 1024, 1024),
            "flattening first is never slower, up to fragments of 1 KiB",
        ),
        ((1024, 20, 1024), "in place is not surely faster at any length up to"),
        (
            (1024, numpy.nan, numpy.nan),
            "in place is not surely faster at any length up to",
        ),
        ((16, 16, 16), "down to fragments of 16 B"),
        ((16, numpy.nan, numpy.nan), "down to fragments of 16 B (no interval)"),
    ],
)
def test_never_and_always_are_said_only_if_sure(
    found: Tuple[float, float, float], words: str
) -> None:
    crossover_ = vector.Crossover("http", estimate.Estimate(*found), 16, 1024, ())
    assert crossover_.where.startswith(words)
    assert words in crossover_.sentence


def test_all_findings(dataset: load.Dataset) -> None:
    found = list(findings.of_experiment(dataset, "vector"))
    table = dataset.table("vector").set_index("cell")
    assert len(found) == 3 + 3 + 1
    for finding in found:
        assert finding.experiment == "vector" and not finding.sentence.endswith(".")
        assert set(table.loc[list(finding.cells), "parser"]) < set(vector.NAMES)
    for finding, parser in zip(found[3:], vector.NAMES):
        truth = [
            specimen_vector.message_ns(parser, 1500, 4, flatten)
            for flatten in (True, False)
        ]
        assert finding.value == pytest.approx(truth[0] / truth[1], rel=0.05)
        assert "1500 B in 4 fragments" in finding.sentence


def test_the_cross_check_agrees(dataset: load.Dataset) -> None:
    *_, check = vector.find(dataset)
    assert check.agrees is True and check.sentence.startswith("cross-check: ")
    assert check.value == pytest.approx(1, abs=0.15)


def test_the_cross_check_finds_a_copy_that_costs_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = specimen_vector.message_ns

    def dear(parser: str, size: int, fragments: int, flatten: bool) -> float:
        if not flatten:
            return honest(parser, size, fragments, False)
        added = honest(parser, size, 1, True) - honest(parser, size, 1, False)
        return honest(parser, size, fragments, True) + added

    monkeypatch.setattr(specimen_vector, "message_ns", dear)
    path = specimen.write(tmp_path / "specimen", ("size", "vector"))
    *_, check = vector.find(load.dataset(path))
    assert check.agrees is False and "disagrees" in check.sentence


def test_without_size_there_is_no_cross_check(tmp_path: Path) -> None:
    path = specimen.write(tmp_path / "specimen", ("vector",))
    found = list(vector.find(load.dataset(path)))
    assert len(found) == 6 and all(finding.agrees is None for finding in found)


@pytest.mark.parametrize(
    "size, text",
    [(1, "1 B"), (99.7, "100 B"), (470, "470 B"), (2355, "2.3 KiB"), (16384, "16 KiB")],
)
def test_lengths_are_rounded(size: float, text: str) -> None:
    assert vector.bytes_text(size) == text


def edited(dataset: load.Dataset, keep: numpy.ndarray) -> load.Dataset:
    """The dataset as if only these rows had been measured."""
    table = dataset.table("vector")
    table.loc[~keep, "verdict"] = "skipped"
    experiments = {**dataset.experiments, "vector": table}
    return load.Dataset(dataset.path, dataset.package, dataset.machine, experiments)


def test_nothing_measured_is_said(dataset: load.Dataset) -> None:
    table = dataset.table("vector")
    (finding,) = vector.find(edited(dataset, table["approach"] == "flatten"))
    assert finding.sentence.startswith("nothing can be said") and finding.value is None


def test_a_single_length_is_no_crossover(dataset: load.Dataset) -> None:
    table = dataset.table("vector")
    keep = (table["size"] == 1500) & (table["fragments"] == 16)
    first, *_, last = vector.find(edited(dataset, keep))
    assert "no crossover can be given" in first.sentence and first.value is None
    assert "1500 B in 16 fragments" in last.sentence and last.value is not None


def test_another_kernel_is_named(dataset: load.Dataset) -> None:
    named = edited(dataset, dataset.table("vector")["size"] > 0)
    table = named.experiments["vector"]
    table.loc[table["approach"] == "flatten", "kernel"] = "copy_avx2"
    assert "copy_avx2" in next(vector.find(named)).sentence
    assert "copy_" not in next(vector.find(dataset)).sentence
