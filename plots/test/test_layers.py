"""The slope chart of layers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plots import kernels, layers
from plots.test import look
from results import load
from results.test import specimen


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return specimen.write(tmp_path_factory.mktemp("layers") / "dataset", ("layers",))


@pytest.fixture
def stacked(written: Path) -> load.Dataset:
    return load.dataset(written)


def test_it_can_be_read(stacked: load.Dataset) -> None:
    (figure,) = look.draw(stacked, "layers").values()
    assert look.touching(figure) == [] and look.cut(figure) == []
    assert look.most_lines(figure) == len(layers.LOOKS)
    assert len(figure.axes) == layers.PANELS_MAX
    words = look.words(figure).replace("\n", " ")
    for wanted in ("1500 B in L1", "64 KiB in L2", "ns per packet", "ns per layer"):
        assert wanted in words
    assert "Specimen 4000" in words and "95 % of cases" in words
    slope = re.search(r"copy ([0-9.]+) ", words)
    assert slope and float(slope[1]) == pytest.approx(21.4, rel=0.05)
    assert f"A copied layer costs {slope[1]} ns" in words
    assert "reads a byte of each line" in words and "Not drawn: 1500 B in L2" in words


@pytest.mark.parametrize("passing", ["copy", "view"])
def test_one_way_of_passing_alone(stacked: load.Dataset, passing: str) -> None:
    table = stacked.experiments["layers"]
    stacked.experiments["layers"] = table[
        (table["passing"] == passing) | (table["depth"] == 0)
    ]
    (figure,) = look.draw(stacked, "layers").values()
    assert look.touching(figure) == [] and look.cut(figure) == []


def test_without_cache_sizes_the_working_set_is_named(stacked: load.Dataset) -> None:
    stacked.machine["caches"] = []
    (figure,) = look.draw(stacked, "layers").values()
    assert "1500 B in 16 KiB" in look.words(figure)


def test_one_depth_can_not_be_drawn(stacked: load.Dataset) -> None:
    table = stacked.experiments["layers"]
    stacked.experiments["layers"] = table[table["depth"] == 1]
    with pytest.raises(kernels.Undrawable, match="two depths"):
        look.draw(stacked, "layers")
