"""What is put into a specimen of mix comes out of it again, and what is broken is found."""

from pathlib import Path
from typing import List, Tuple

import numpy
import pytest

from results import estimate, load
from results.findings import Finding, mix
from results.test import breaking, specimen
from results.test.specimen_cells import UNPREDICTED_NS


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return specimen.write(tmp_path / "specimen", ("mix",))


def found_in(path: Path) -> List[Finding]:
    return list(mix.find(load.dataset(path)))


def test_what_random_sizes_cost(made: Path) -> None:
    found = found_in(made)
    (imix,) = (
        one for one in found if "cost" in one.sentence and "imix" in one.sentence
    )
    assert found[0] == imix
    assert imix.value == pytest.approx(UNPREDICTED_NS["copy_libc_memcpy"], rel=0.05)
    assert imix.low is not None and imix.high is not None
    assert imix.low < UNPREDICTED_NS["copy_libc_memcpy"] * 1.02
    assert imix.high > UNPREDICTED_NS["copy_libc_memcpy"] * 0.98
    assert imix.value == pytest.approx(UNPREDICTED_NS["copy_libc_memcpy"], rel=0.1)
    assert imix.sentence.startswith(f"random sizes cost {imix.value:.3g} ns")
    assert "more than their mean for copy_libc_memcpy (imix, 354 B" in imix.sentence


def test_another_kernel_is_best(made: Path) -> None:
    sentences = [one.sentence for one in found_in(made) if "loses" in one.sentence]
    assert sentences[0].startswith(
        "copy_avx2 is the fastest for imix's mean, but loses "
    )
    assert sentences[0].endswith("a packet to copy_libc_memcpy on random sizes")


def test_the_same_kernel_is_best(made: Path) -> None:
    loaded = load.dataset(made)
    table = loaded.experiments["mix"]
    loaded.experiments["mix"] = table[table["kernel"] != "copy_avx2"]
    (first, *_) = [one for one in mix.find(loaded) if "fastest" in one.sentence]
    assert first.sentence.startswith(
        "copy_libc_memcpy is the fastest for imix's mean and for its random sizes, "
    )
    assert first.sentence.endswith("a packet before copy_movsb")
    assert first.high is not None and first.high < 0


def test_of_like_kernels_none_is_the_best(made: Path) -> None:
    """The luckier of two that take the same time is not called the faster."""
    loaded = load.dataset(made)
    one, other = mix.read_pairs(loaded)["imix"][:2]
    table = estimate.launches(loaded, "mix")
    for cell, own in ((other.fixed, one.fixed), (other.random, one.random)):
        table.loc[cell] = table.loc[own]
    noise = numpy.random.default_rng(1).lognormal(0, 0.02, table.shape)
    found = mix.best(table * noise, "imix", [one, other])
    assert "is surely the faster" in found.sentence
    few = mix.best(table.iloc[:, :5], "imix", [one, other])
    assert few.sentence.endswith("can't be said: 5 launches are too few")


def test_no_difference(made: Path) -> None:
    """Where the samples of random sizes are those of the mean nothing is claimed."""

    def alike(lines: List[str]) -> List[str]:
        even = [line for line in lines[1:] if int(line.split(",")[0]) % 2 == 0]
        odd = [f"{int(cell) + 1},{rest}" for cell, rest in _split(even)]
        return [lines[0], *even, *odd]

    breaking.edit_raw(made, alike, "samples/mix.csv.gz")
    loaded = load.dataset(made)
    loaded.experiments["mix"]["fixed_ns"] = 0.0
    (first, *_) = mix.find(loaded)
    assert first.sentence.startswith("whether random sizes cost more than their mean")
    assert first.value == 0


def _split(lines: List[str]) -> List[Tuple[str, str]]:
    """The cell of each line, and the rest."""
    return [(line.partition(",")[0], line.partition(",")[2]) for line in lines]


def test_sizes_are_right(made: Path) -> None:
    (check,) = (one for one in found_in(made) if one.agrees is not None)
    assert check.agrees and check.sentence.startswith("cross-check: ")


def test_sizes_cut_to_eight_bits_are_found(made: Path) -> None:
    """As in two well-known benchmarks, for years."""

    def cut(lines: List[str]) -> List[str]:
        rows = [list(map(int, line.split(","))) for line in lines[1:]]
        return lines[:1] + [
            f"{cell},{size % 256},{count}" for cell, size, count in rows
        ]

    breaking.edit_raw(made, cut, "samples/mix-histogram.csv.gz")
    (check,) = (one for one in found_in(made) if one.agrees is not None)
    assert check.agrees is False and "disagrees" in check.sentence


def test_nothing_was_measured(made: Path) -> None:
    loaded = load.dataset(made)
    loaded.experiments["mix"]["verdict"] = "skipped"
    (only,) = mix.find(loaded)
    assert only.sentence == "can't be said: no kernel was measured both ways"
