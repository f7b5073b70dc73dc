"""What is put into a specimen of proxy comes out of it again, and what is broken is found."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Callable, List

import pytest

from results import load, relays
from results.findings import Finding, of_experiment
from results.relays import Line
from results.test import breaking, specimen, specimen_ipc, specimen_proxy

MOST = 1 << 20


@pytest.fixture(scope="module", name="folder")
def specimen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With limits, ipc and proxy; not to be written to."""
    path = tmp_path_factory.mktemp("proxy") / "specimen"
    return specimen.write(path, ("limits", "ipc", "proxy"))


@pytest.fixture(name="dataset")
def specimen_dataset(folder: Path) -> load.Dataset:
    """Read afresh, so that a test may break it."""
    return load.dataset(folder)


def with_words(dataset: load.Dataset, *words: str) -> List[Finding]:
    found = list(of_experiment(dataset, "proxy"))
    return [one for one in found if all(word in one.sentence for word in words)]


def the_one(dataset: load.Dataset, *words: str) -> Finding:
    (found,) = with_words(dataset, *words)
    return found


def crossing(relay: str, *where: Any) -> float:
    """Where the lines cross between the sizes that were measured, straight in logarithms."""
    sizes = specimen_proxy.MESSAGES
    ratios = [
        specimen_proxy.proxy_ns(relay, size, *where)
        / specimen_proxy.proxy_ns("read_write", size, *where)
        for size in sizes
    ]
    at = max(i for i, ratio in enumerate(ratios) if ratio >= 1)
    low, high = (math.log(ratios[i]) for i in (at, at + 1))
    share = low / (low - high)
    return float(sizes[at] * (sizes[at + 1] / sizes[at]) ** share)


@pytest.mark.parametrize(
    "words, where",
    [
        ("splice over TCP, untouched", ("none", "tcp")),
        ("splice over TCP, with the header", ("header", "tcp")),
        ("splice over TCP, with every byte", ("all", "tcp")),
        ("splice over UNIX sockets, untouched", ("none", "unix")),
    ],
)
def test_from_where_on_splice_is_ahead(
    dataset: load.Dataset, words: str, where: Any
) -> None:
    found = the_one(dataset, "in a proxy's CPU time", words)
    assert found.unit == "bytes" and found.low and found.high
    assert found.value == pytest.approx(crossing("splice", *where), rel=0.25)
    assert found.low <= crossing("splice", *where) * 1.02
    assert found.high >= crossing("splice", *where) / 1.02


def test_what_is_ahead_of_the_smallest(dataset: load.Dataset) -> None:
    found = the_one(dataset, "sendfile out of a file", "cheaper than")
    assert "from 64 B on, the smallest size" in found.sentence
    truth = specimen_proxy.proxy_ns("sendfile", MOST)
    truth /= specimen_proxy.proxy_ns("read_write", MOST)
    assert found.unit == "1" and found.value == pytest.approx(truth, rel=0.05)


def test_what_is_never_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dear = specimen_proxy.Way(9000, 0.9)
    monkeypatch.setitem(specimen_proxy.WAYS, "splice", dear)
    path = specimen.write(tmp_path / "specimen", ("proxy",))
    found = with_words(load.dataset(path), "splice", "at no size up to 1 MiB")
    assert len(found) == 4 and all(one.unit == "1" for one in found)


def test_costs(dataset: load.Dataset) -> None:
    found = the_one(dataset, "read_write over TCP", "for a message of 64 B")
    truth = specimen_proxy.proxy_ns("read_write", MOST) / MOST
    assert found.value == pytest.approx(truth, rel=0.03)
    assert found.low and found.high and found.low < found.high
    each = specimen_proxy.proxy_ns("read_write", 64)
    cost = relays.read(dataset).cost(Line("read_write"), 64)
    assert cost.value == pytest.approx(each, rel=0.03)


def test_buffers(dataset: load.Dataset) -> None:
    found = the_one(dataset, "through a buffer of 4 KiB")
    small = specimen_proxy.proxy_ns("read_write", MOST, buffer=4096)
    truth = small / specimen_proxy.proxy_ns("read_write", MOST)
    assert found.value == pytest.approx(truth, rel=0.05)


def test_latency(dataset: load.Dataset) -> None:
    found = the_one(dataset, "a proxy by splice adds")
    truth = (specimen_proxy.proxy_ns("splice", 64) + 3000) / 1000
    assert found.value == pytest.approx(truth, rel=0.05) and found.unit == "µs"
    assert "p50 12.5 and p99 37.5 µs, 6 and 18 µs without one" in found.sentence
    assert "sharing a CPU" not in found.sentence


def test_the_whole_machine(dataset: load.Dataset) -> None:
    found = the_one(dataset, "with a proxy by splice, all three")
    others = (specimen_proxy.CLIENT, specimen_proxy.SERVER)
    more = (specimen_proxy.CLIENT_TALKS - 1) * sum(
        way.message + way.byte * MOST for way in others
    )
    truth = (specimen_proxy.proxy_ns("splice", MOST) + more) / MOST
    assert found.value == pytest.approx(truth, rel=0.1)


def test_cross_checks_agree(dataset: load.Dataset) -> None:
    checks = with_words(dataset, "cross-check:")
    assert len(checks) == 8
    assert all(check.agrees for check in checks)


def broken(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, honest: Callable[..., Any]
) -> load.Dataset:
    """The specimen with that function of it replaced."""
    monkeypatch.setattr(specimen_proxy, name, honest)
    written = specimen.write(folder / "broken", ("limits", "ipc", "proxy"))
    return load.dataset(written)


def disagrees(dataset: load.Dataset, words: str) -> bool:
    check = the_one(dataset, "cross-check:", words)
    assert ("disagrees" in check.sentence) == (not check.agrees)
    return not check.agrees


def test_a_large_message_that_costs_no_more_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of one that was not passed on whole."""
    honest = specimen_proxy.proxy_ns
    wrong = broken(
        tmp_path,
        monkeypatch,
        "proxy_ns",
        lambda relay, message, *where: honest(relay, min(message, 256 << 10), *where),
    )
    assert disagrees(wrong, "the CPU time of a byte of 256 KiB")


def test_looking_that_costs_nothing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = broken(tmp_path, monkeypatch, "looked_ns", lambda *_: 0.0)
    assert disagrees(wrong, "looking at every byte")


def test_an_advantage_that_grows_with_looking_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = specimen_proxy.looked_ns
    wrong = broken(
        tmp_path,
        monkeypatch,
        "looked_ns",
        lambda relay, message, inspect: (
            0.0 if relay == "splice" else 9 * honest(relay, message, inspect)
        ),
    )
    assert disagrees(wrong, "splice's advantage")


def faster(cell: Any) -> float:
    """No work for the others where there is a proxy."""
    used = specimen_proxy.cpu_ns(cell)
    return max(used) * (0.5 if used[0] else 1.5)


def test_a_proxy_faster_than_none_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where client and server share a CPU, it is not looked for."""
    wrong = broken(tmp_path, monkeypatch, "call_ns", faster)
    assert disagrees(wrong, "no proxy is faster than none")
    assert disagrees(wrong, "more CPU time than passed")
    wrong.experiments["proxy"] = wrong.table("proxy").assign(cpus="1 2 2")
    assert not with_words(wrong, "no proxy is faster than none")
    assert with_words(wrong, "a proxy by splice adds", "sharing a CPU")


@pytest.mark.parametrize("factor", [0.1, 9.0])
def test_what_ipc_does_not_confirm_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    honest = specimen_ipc.chunk_ns
    monkeypatch.setattr(specimen_ipc, "chunk_ns", lambda *at: factor * honest(*at))
    path = specimen.write(tmp_path / "broken", ("ipc", "proxy"))
    checks = with_words(load.dataset(path), "costs in ipc")
    assert len(checks) == 2 and not any(check.agrees for check in checks)


def test_trips_that_are_missing_are_found(folder: Path, tmp_path: Path) -> None:
    path = specimen.write(tmp_path / "specimen", ("proxy",))
    breaking.edit_raw(path, breaking.drop_line(2), "samples/proxy-histogram.csv.gz")
    assert disagrees(load.dataset(path), "each round trip")


def test_few_launches_are_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 2)
    few = load.dataset(specimen.write(tmp_path / "specimen", ("ipc", "proxy")))
    assert len(with_words(few, "cross-check:")) == 2
    assert with_words(few, "splice over TCP, untouched", "(no interval)")


def only(dataset: load.Dataset, keep: str) -> load.Dataset:
    """The rows for which that holds."""
    dataset.experiments["proxy"] = dataset.experiments["proxy"].query(keep)
    return dataset


@pytest.mark.parametrize(
    "keep, words",
    [
        ("relay == 'read_write'", "of splice nothing can be said: not asked for"),
        ("relay == 'splice'", "splice over TCP, untouched, costs a proxy"),
        ("relay == 'direct'", "of read_write nothing can be said"),
        ("mode == 'latency'", "a proxy by splice adds"),
        ("message == 64", "for a message of 64 B"),
        ("transport == 'unix'", "splice over UNIX sockets, untouched"),
        ("source == 'file'", "sendfile out of a file over TCP"),
    ],
)
def test_part_of_it(dataset: load.Dataset, keep: str, words: str) -> None:
    assert with_words(only(dataset, keep), words)


def test_skipped_cells_say_why(dataset: load.Dataset) -> None:
    reason = "can't connect to this machine's own 127.0.0.1"
    dataset.experiments["proxy"] = dataset.table("proxy").assign(
        verdict="skipped", reason=reason
    )
    found = list(of_experiment(dataset, "proxy"))
    assert all(one.value is None for one in found)
    assert sum(reason in one.sentence for one in found) == 1 + len(specimen_proxy.WAYS)
