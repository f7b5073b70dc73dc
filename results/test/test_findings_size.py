"""What is found of size, align and limits: the truth that was put in, and what can't be said."""

from __future__ import annotations

from pathlib import Path
from typing import List

import numpy
import pandas
import pytest

from results import estimate, kernels, load
from results.findings import Finding, align, limits, of_experiment, size
from results.test import specimen
from results.test.specimen_cells import cost_ns, make_cell
from results.test.specimen_machine import KERNELS


@pytest.fixture(scope="module", name="folder")
def fixture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("size") / "specimen"
    return specimen.write(path, ("size", "align", "limits"))


@pytest.fixture(name="dataset")
def fixture_dataset(folder: Path) -> load.Dataset:
    return load.dataset(folder)


def found(dataset: load.Dataset, experiment: str) -> List[Finding]:
    return list(of_experiment(dataset, experiment))


def cost(kernel: str, bytes_: int, temperature: str = "warm") -> float:
    axes = {"kernel": kernel, "size": bytes_, "temperature": temperature}
    return cost_ns(make_cell(axes, bytes_))


def test_rates_and_small_copies(dataset: load.Dataset) -> None:
    rates, small, *_ = found(dataset, "size")
    fastest = (64 << 10) / cost("copy_movsb", 64 << 10)
    peak = max((16 << 10) / cost("copy_avx2", 16 << 10), fastest)
    assert rates.value == pytest.approx(peak, rel=0.03) and rates.unit == "GB/s"
    assert rates.low and rates.high and rates.low <= peak * 1.02 <= rates.high * 1.04
    assert "at 16 KiB (avx2)" in rates.sentence
    assert (
        "at 128 MiB (avx2 nontemporal)" in rates.sentence
        and "; libc " in rates.sentence
    )
    assert small.value == pytest.approx(cost("copy_byte_forward", 1), rel=0.03)
    assert "for 1 B (byte forward)" in small.sentence and small.unit == "ns"


def test_libc_against_the_best_of_each_class(dataset: load.Dataset) -> None:
    said = [one for one in found(dataset, "size") if "libc" in one.sentence][2:-1]
    places = ["1 B to 64 B", "256 B to 1 KiB", "in L1", "in L2", "in L3", "in DRAM"]
    assert len(said) == len(places)
    classes = [(1, 3, 16, 64), (256, 1 << 10), (4 << 10, 16 << 10)]
    classes += [(64 << 10, 256 << 10), (1 << 20, 4 << 20, 16 << 20)]
    classes += [(64 << 20, 128 << 20)]
    for one, place, sizes in zip(said, places, classes):
        means = {
            name: numpy.mean([numpy.log(cost(name, each)) for each in sizes])
            for name in KERNELS
            if name.startswith("copy") and not KERNELS[name][1]
        }
        own = means.pop("copy_libc_memcpy")
        best = min(means, key=lambda name: means[name])
        truth = float(numpy.exp(own - means[best]))
        assert place in one.sentence
        assert one.value == pytest.approx(truth, rel=0.02) and one.unit == "1"
        assert kernels.label(best) in one.sentence
        assert len(one.cells) == 2 * len(sizes)


def fair(random: numpy.random.Generator, rivals: int, launches: int) -> size.Copies:
    """So many kernels and libc, whose copies of 64 bytes cost the same."""
    names = ["copy_libc_memcpy", *(f"copy_rival_{index}" for index in range(rivals))]
    rows = pandas.DataFrame({"kernel": names, "size": 64, "median_ns": 1.0})
    rows = rows.assign(cell=range(len(rows)), temperature="warm")
    times = 10 * (1 + 0.05 * random.standard_normal((len(rows), launches)))
    machine = load.Dataset(Path(), {}, {"caches": []})
    return size.Copies(machine, rows, rows, "warm", names[0], pandas.DataFrame(times))


def mean_ratio(count: int) -> float:
    """libc's time over that of the best of thirty equal kernels, on average."""
    random = numpy.random.default_rng(1)
    said = [size.against(fair(random, 30, 20))[0] for _ in range(count)]
    return float(numpy.mean([one.value or 0 for one in said]))


def test_the_luckiest_of_equals_is_not_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert mean_ratio(100) == pytest.approx(1.0, abs=0.01)
    monkeypatch.setattr(estimate, "halves", lambda table: (table, table))
    assert mean_ratio(50) > 1.02


def test_few_launches_choose_nothing(dataset: load.Dataset) -> None:
    copies = size.read(dataset)
    few = copies._replace(launches=copies.launches.iloc[:, :5])
    (said, *_) = size.against(few)
    assert said.value is None and "5 launches are too few" in said.sentence


def test_cold(dataset: load.Dataset) -> None:
    cold = found(dataset, "size")[-1]
    truth = cost("copy_libc_memcpy", 1, "cold") / cost("copy_libc_memcpy", 1)
    assert cold.value == pytest.approx(truth, rel=0.03)
    assert "instead of 2." in cold.sentence and "for 128 MiB" in cold.sentence


@pytest.mark.parametrize("experiment", ["size", "align", "limits"])
def test_nothing_measured_is_said(dataset: load.Dataset, experiment: str) -> None:
    table = dataset.experiments[experiment]
    table["verdict"], table["reason"] = "skipped", "forbidden here"
    (only,) = found(dataset, experiment)
    assert only.value is None and only.sentence.endswith(
        "can't be said: forbidden here"
    )


def test_misaligned_and_aliased(dataset: load.Dataset) -> None:
    own, others, near, near_others = found(dataset, "align")
    assert own.value == pytest.approx(1.2, rel=0.03) and own.unit == "1"
    assert own.sentence.startswith("misaligned, libc takes 1.")
    assert "the other kernel takes" in others.sentence
    for one in (near, near_others):
        assert one.value == pytest.approx(1.6 * 1.2, rel=0.15)
        assert "modulo 4096)" in one.sentence
    few = [
        align.worst(
            estimate.launches(dataset, "align").iloc[:, :4],
            rows,
            "libc",
            "so",
            "else",
            str,
        )
        for rows in [
            pandas.DataFrame({"cell": [1], "cell_base": [0], "kernel": "copy_a"})
        ]
    ]
    assert "can't be said from 4 launches" in few[0].sentence


def test_shares_of_the_limit(dataset: load.Dataset) -> None:
    one, four = found(dataset, "limits")
    rates = {name: KERNELS[name][3] for name in KERNELS}
    # In memory, of 128 MiB: stores past the caches are the faster ones, and slower than loads.
    copy = rates["copy_libc_memcpy"][3]
    truth = 100 * copy / min(rates["read_avx2"][3], rates["fill_avx2_nontemporal"][3])
    assert one.value == pytest.approx(truth, rel=0.05) and one.unit == "%"
    assert one.sentence.startswith("with 1 thread the best copy reaches")
    assert four.sentence.startswith("with 4 threads")
    measured = limits.read(dataset)
    table = dataset.table("limits").set_index("cell").loc[list(one.cells)]
    assert set(table["threads"]) == {1}
    for place in (16 << 10, 512 << 10, 8 << 20):
        cell = measured.cell(1, place)
        drawn = 100 * cell["gb_per_s"]["copy"] / limits.limit_of(cell)[0]  # type: ignore[index]
        share, _ = limits.share(measured, 1, place)
        assert share.value == pytest.approx(drawn, rel=0.02)


def test_a_limit_needs_loads_and_stores(dataset: load.Dataset) -> None:
    table = dataset.experiments["limits"]
    dataset.experiments["limits"] = table[~table["kernel"].str.startswith("fill")]
    said = found(dataset, "limits")[0]
    assert (
        said.value is None
        and "a store-only or a copy kernel is missing" in said.sentence
    )
