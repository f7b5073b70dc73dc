"""What is found in layers whose costs are known, and in some that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import pytest

from results import load
from results.findings import Finding, layers, of_experiment
from results.test import specimen, specimen_cells
from results.test.specimen_machine import KERNELS

COPY_NS = {  # of 1500 bytes
    level: KERNELS["copy_libc_memcpy"][2] + 1500 / rate
    for level, rate in zip(("L1", "L2", "L3", "DRAM"), KERNELS["copy_libc_memcpy"][3])
}


def dataset_in(folder: Path, *experiments: str) -> load.Dataset:
    return load.dataset(specimen.write(folder / "dataset", experiments))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> load.Dataset:
    return dataset_in(tmp_path_factory.mktemp("layers"), "size", "layers")


def with_words(dataset: load.Dataset, *words: str) -> List[Finding]:
    found = list(of_experiment(dataset, "layers"))
    return [one for one in found if all(word in one.sentence for word in words)]


@pytest.mark.parametrize("level", COPY_NS)
def test_the_slope_that_was_put_in_comes_out(dataset: load.Dataset, level: str) -> None:
    (one,) = with_words(
        dataset, "a copied layer costs", f"at 1500 B in {level} (R² 1.000)"
    )
    assert one.value == pytest.approx(COPY_NS[level] + 2.0, rel=0.03)
    assert one.low and one.value and one.high
    assert one.low <= one.value <= one.high
    assert one.unit == "ns" and "a view wins from layer 1 on" in one.sentence


def test_ways_of_passing(dataset: load.Dataset) -> None:
    lines = layers.read(dataset)
    place = layers.Place(1500, 16 << 10, "lines")
    for passing, truth in specimen_cells.LAYER_NS.items():
        line = lines.line(passing, place)
        assert line and line.depths == (0, 1, 4, 16)
        if passing in ("view", "handle", "handle_atomic", "grant"):
            assert lines.slope(line).value == pytest.approx(truth, rel=0.05)
    start = lines.line("copy", place)
    assert start and start.points[0][0] == "view"
    own = lines.line("grant", place)
    assert own and own.points[0][0] == "grant"


def test_fused_against_two_passes(dataset: load.Dataset) -> None:
    (one,) = with_words(dataset, "fused", "1500 B in L1")
    copied = 4.0 + COPY_NS["L1"]
    assert one.value == pytest.approx((copied + 75) / (copied + 150), rel=0.03)


def test_the_usual_packet_in_the_smallest_working_set_comes_first(
    dataset: load.Dataset,
) -> None:
    first = next(iter(of_experiment(dataset, "layers")))
    assert "at 1500 B in L1" in first.sentence


def test_cells_are_those_of_the_lines(dataset: load.Dataset) -> None:
    (one,) = with_words(dataset, "a copied layer costs", "at 64 KiB in L2")
    table = dataset.table("layers").set_index("cell").loc[list(one.cells)]
    assert set(table["size"]) == {64 << 10} and set(table["touch"]) == {"lines"}
    assert set(table["passing"]) == {"copy", "view"}


def test_cross_checks_agree(dataset: load.Dataset) -> None:
    flat, like = with_words(dataset, "cross-check:")
    assert flat.agrees and "same at any size" in flat.sentence
    assert like.agrees and "at 64 KiB in L2" in like.sentence
    assert like.value == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize("passing, which", [("view", 0), ("copy", 1)])
def test_cross_checks_see_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passing: str, which: int
) -> None:
    """A view that costs by its bytes; a layer that copies twice."""
    wrong: Dict[str, float] = {**specimen_cells.SUM_NS_PER_BYTE, passing: 0.02}
    monkeypatch.setattr(specimen_cells, "SUM_NS_PER_BYTE", wrong)
    checks = with_words(dataset_in(tmp_path, "size", "layers"), "cross-check:")
    assert checks[which].agrees is False and "disagrees" in checks[which].sentence


def test_the_layer_itself_is_no_cross_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a view costs much beside the copy, the two are compared and not judged."""
    dear = {name: cost + 200.0 for name, cost in specimen_cells.LAYER_NS.items()}
    monkeypatch.setattr(specimen_cells, "LAYER_NS", dear)
    dataset = dataset_in(tmp_path, "size", "layers")
    (one,) = with_words(dataset, "times what size says", "64 KiB in L2")
    assert one.agrees is None and "the rest is the layer's own" in one.sentence


def test_without_size_there_is_nothing_to_compare(tmp_path: Path) -> None:
    dataset = dataset_in(tmp_path, "layers")
    assert with_words(dataset, "a copied layer costs")
    assert not with_words(dataset, "size says")


def test_one_depth_is_no_line(dataset: load.Dataset) -> None:
    flat = load.dataset(dataset.path)
    table = flat.experiments["layers"]
    flat.experiments["layers"] = table[table["depth"] == 4]
    (one,) = of_experiment(flat, "layers")
    assert one.value is None
    assert "no way of passing was measured at two depths" in one.sentence


def test_skipped_cells_say_why(dataset: load.Dataset) -> None:
    skipped = load.dataset(dataset.path)
    skipped.experiments["layers"] = skipped.table("layers").assign(
        verdict="skipped", reason="this CPU has no such thing"
    )
    (one,) = of_experiment(skipped, "layers")
    assert one.sentence == "nothing can be said: this CPU has no such thing"
