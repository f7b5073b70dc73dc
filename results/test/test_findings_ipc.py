"""What is put into a specimen of ipc comes out of it again, and what is broken is found."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from results import load
from results.findings import Finding, ipc, of_experiment
from results.test import breaking, specimen, specimen_ipc

CHUNK = 64 << 10
NEAR = "l3"


def written(folder: Path, *experiments: str) -> Path:
    return specimen.write(folder / "specimen", experiments)


@pytest.fixture(scope="module", name="dataset")
def specimen_dataset(tmp_path_factory: pytest.TempPathFactory) -> load.Dataset:
    """With size and ipc; not to be changed."""
    return load.dataset(written(tmp_path_factory.mktemp("ipc"), "size", "ipc"))


def with_words(dataset: load.Dataset, *words: str) -> List[Finding]:
    found = list(of_experiment(dataset, "ipc"))
    return [one for one in found if all(word in one.sentence for word in words)]


def time(transport: str, mode: str, chunk: int = CHUNK, **more: str) -> float:
    pair, switch = more.get("pair", NEAR), more.get("switch", "")
    return specimen_ipc.chunk_ns(transport, chunk, pair, switch, mode)


def test_the_usual_pair_and_touch(dataset: load.Dataset) -> None:
    pairing = ipc.read(dataset)
    assert (pairing.pair, pairing.touch) == (NEAR, "all")
    assert pairing.chunks() == [64, 4096, CHUNK, 1 << 20]
    assert pairing.usual_chunk() == CHUNK


def test_the_fastest_and_the_cheapest(dataset: load.Dataset) -> None:
    first = next(iter(of_experiment(dataset, "ipc")))
    fastest = time("shm_spin", "throughput")
    assert first.value == pytest.approx(8 * CHUNK / fastest, rel=0.03)
    assert first.low and first.high and first.low <= 8 * CHUNK / fastest <= first.high
    assert first.unit == "Gb/s"
    assert first.sentence.startswith("of 64 KiB chunks shm_spin is the fastest")
    assert "through the kernel process_vm_writev is the fastest" in first.sentence
    assert "ns of CPU per byte" in first.sentence
    table = dataset.table("ipc").set_index("cell").loc[list(first.cells)]
    assert set(table["chunk"]) == {CHUNK} and set(table["mode"]) == {"throughput"}
    assert len(with_words(dataset, "chunks", "the cheapest")) == 4


def test_few_launches_are_not_sure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four, where six are asked for before anything is called the fastest, or the cheapest."""
    monkeypatch.setattr(specimen, "LAUNCHES", 4)
    first = next(iter(of_experiment(load.dataset(written(tmp_path, "ipc")), "ipc")))
    assert first.sentence.count("if not shm_futex") == 2


@pytest.mark.parametrize(
    "side, switch", [("producer", "copy_in"), ("consumer", "copy_out")]
)
def test_one_more_copy(dataset: load.Dataset, side: str, switch: str) -> None:
    (one,) = with_words(dataset, f"one more copy by the {side}", "on a shared ring")
    truth = time("shm_spin", "throughput", switch=switch) / time(
        "shm_spin", "throughput"
    )
    assert one.value == pytest.approx(100 * (truth - 1), abs=1.5)
    assert one.unit == "%" and "more time" in one.sentence


def test_every_latency(dataset: load.Dataset) -> None:
    found = with_words(dataset, "one way of 64 B by")
    assert len(found) == len(specimen_ipc.WAYS)
    assert "by shm_spin takes" in found[0].sentence
    (pipe,) = with_words(dataset, "one way of 64 B by pipe ")
    assert pipe.value == pytest.approx(time("pipe", "latency", 64), rel=0.03)
    assert "p50 4.82 µs, p99 14.4 µs" in pipe.sentence


def test_spinning_on_one_cpu(dataset: load.Dataset) -> None:
    (one,) = with_words(dataset, "both spin on one CPU")
    truth = time("shm_spin", "latency", pair="cpu") / time("shm_spin", "latency")
    assert one.value == pytest.approx(truth, rel=0.03)


def test_cross_checks_agree(dataset: load.Dataset) -> None:
    checks = with_words(dataset, "cross-check:")
    assert len(checks) == 4 and all(check.agrees for check in checks)
    copied = with_words(dataset, "what size says of that copy")
    assert [one.value for one in copied] == [pytest.approx(1, rel=0.1)] * 2


def test_too_much_cpu_time_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than passed, by one process; and by both together where they share a CPU."""
    for share, pair in ((1.4, NEAR), (0.8, "cpu")):
        monkeypatch.setattr(
            specimen_ipc,
            "cpu_share",
            lambda where, mode, s=share, p=pair: s if where == p else 0.4,
        )
        broken = load.dataset(written(tmp_path / pair, "ipc"))
        (check,) = with_words(broken, "more CPU time than passed")
        assert check.agrees is False and "disagrees" in check.sentence
        (cell,) = check.cells
        assert broken.table("ipc")["pair"][cell] == pair


def test_trips_that_are_missing_are_found(tmp_path: Path) -> None:
    path = written(tmp_path, "ipc")

    def fewer(lines: List[str]) -> List[str]:
        cell, key, count = lines[1].split(",")
        return [lines[0], f"{cell},{key},{int(count) - 1}", *lines[2:]]

    breaking.edit_raw(path, fewer, "samples/ipc-histogram.csv.gz")
    (check,) = with_words(load.dataset(path), "each round trip")
    assert check.agrees is False and len(check.cells) == 1


@pytest.mark.parametrize("factor", [0.1, 5.0])
def test_a_copy_that_does_not_cost_what_it_should_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    """One that was left out, and one that is made several times."""
    honest = specimen_ipc.copy_ns
    monkeypatch.setattr(specimen_ipc, "copy_ns", lambda chunk: factor * honest(chunk))
    broken = load.dataset(written(tmp_path, "size", "ipc"))
    checks = with_words(broken, "what size says of that copy")
    assert len(checks) == 2 and not any(check.agrees for check in checks)


def test_without_size_there_is_nothing_to_compare(tmp_path: Path) -> None:
    assert not with_words(load.dataset(written(tmp_path, "ipc")), "size says")


def only(dataset: load.Dataset, keep: str) -> load.Dataset:
    """A copy that has these rows alone."""
    part = load.dataset(dataset.path)
    part.experiments["ipc"] = part.experiments["ipc"].query(keep)
    return part


def test_one_cpu_alone(dataset: load.Dataset) -> None:
    part = only(dataset, "pair == 'cpu'")
    assert ipc.read(part).pair == "cpu"
    assert with_words(part, "of 64 KiB chunks", "is the fastest")
    assert with_words(part, "spinning on one CPU costs can't be said")


def test_one_transport_alone(dataset: load.Dataset) -> None:
    part = only(dataset, "transport == 'pipe'")
    assert with_words(part, "of 64 KiB chunks pipe alone was measured")
    assert with_words(part, "no ring was measured")


def test_skipped_cells_say_why(dataset: load.Dataset) -> None:
    skipped = load.dataset(dataset.path)
    skipped.experiments["ipc"] = skipped.table("ipc").assign(
        verdict="skipped", reason="CPU 0 is the only one that may be used"
    )
    found = list(of_experiment(skipped, "ipc"))
    assert all(one.value is None for one in found)
    assert sum("CPU 0 is the only one" in one.sentence for one in found) == 3
