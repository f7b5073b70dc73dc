"""The experiment loaded from end to end."""

import os
from typing import List

import pytest

from driver import TINY, allowed_cpus, assert_refused, copycost, dataset_of, rows_of
from results import findings

SMALL = ["loaded", "--size=64Ki", *TINY]


def test_loaded() -> None:
    loaded = dataset_of(*SMALL, "--copiers=0,1", "--rate=25,100")
    table = loaded.table("loaded")
    assert list(table["copiers"]) == [0, 1, 1]
    assert list(table["rate"].fillna(0)) == [0, 25, 100]
    assert list(table["kernel"]) == ["", "copy_libc_memcpy", "copy_libc_memcpy"]
    assert list(table["members"]) == [1, 2, 2]
    assert set(table["payload_bytes"]) == {0}
    measured = table["verdict"].isin(["ok", "noisy"])
    assert list(measured) == [True, *[len(allowed_cpus()) > 1] * 2]
    table = table[measured]
    assert (table["calls"] % 2048 == 0).all()
    injected = table["injected_gb_per_s"]
    assert injected.iloc[0] == 0 and (injected.iloc[1:] > 0).all()
    assert (table["loads_per_reading"] % 8 == 0).all()
    bins = loaded.histogram("loaded")
    assert set(bins["cell"]) == set(table["cell"]) and bins["latency_ps"].gt(0).all()
    sentences = [each.sentence for each in findings.of_experiment(loaded, "loaded")]
    assert sentences[0].startswith("a load from 64 KiB takes")


def test_placement_is_read_back() -> None:
    rows = rows_of(*SMALL, "--copiers=0,1", "--rate=100")
    assert (rows["src_node_got"] != "unknown").iloc[0]
    if len(allowed_cpus()) > 1:
        assert (rows["dst_node_got"] != "unknown").iloc[1]
        assert len(set(rows["cpus"].iloc[1].replace("-", " ").split())) == 2


def test_one_cpu_measures_the_idle_latency() -> None:
    cpu = allowed_cpus()[0]
    rows = rows_of(
        *SMALL, "--rate=100", preexec_fn=lambda: os.sched_setaffinity(0, {cpu})
    )
    assert list(rows["copiers"]) == [0, 1]
    assert rows["verdict"].iloc[0] in ("ok", "noisy")
    assert rows["verdict"].iloc[1] == "skipped"
    assert "needs 2 CPUs" in rows["reason"].iloc[1]


def test_more_copiers_than_cpus_are_skipped() -> None:
    rows = rows_of(*SMALL, f"--copiers={len(allowed_cpus())}", "--rate=10")
    assert list(rows["verdict"]) == ["skipped"]
    assert "CPUs, and" in rows["reason"].iloc[0]
    rows = rows_of(*SMALL, "--copiers=100000", "--rate=10")
    assert list(rows["verdict"]) == ["skipped"]


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["--size=64Ki", "--rate=0"], "1 to 100 %"),
        (["--size=64Ki", "--rate=101"], "1 to 100 %"),
        (["--size=64", "--rate=10"], "4096 B at least"),
        (["--size=1024Gi", "--rate=10"], "of the memory"),
    ],
)
def test_points_that_cannot_be_are_said(arguments: List[str], reason: str) -> None:
    rows = rows_of("loaded", "--copiers=1", *arguments, *TINY)
    assert list(rows["verdict"]) == ["skipped"]
    if len(allowed_cpus()) > 1 or "memory" not in reason:
        assert reason in rows["reason"].iloc[0]


@pytest.mark.parametrize(
    "argument, word",
    [
        ("--copiers=many", "many"),
        ("--copiers=others*x", "x"),
        ("--rate=fast", "fast"),
        ("--kernel=read_word", "read_word"),
        ("--size=", "a number"),
    ],
)
def test_nonsense_is_refused(argument: str, word: str) -> None:
    assert_refused(copycost("run", "loaded", "--out=none", argument), 2, word)
