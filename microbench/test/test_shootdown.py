"""The experiment shootdown from end to end."""

import os
from pathlib import Path
from typing import List

import pytest

from driver import (
    TINY,
    allowed_cpus,
    assert_refused,
    copycost,
    dataset_of,
    output_of,
    rows_of,
    rows_of_ordinary_user,
)
from results import findings

SMALL = ["shootdown", "--pages=1,40", *TINY]
MEASURED = {"ok", "noisy"}


def test_quick_has_as_many_cells_as_it_has_time_for() -> None:
    cpu = allowed_cpus()[0]
    lines = output_of(
        "run",
        "shootdown",
        "--dry-run",
        "--quiet",
        "--threads=0,1",
        preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
    ).splitlines()[:-1]
    # An operation: 6 numbers of pages, alone and beside a thread that is idle or busy.
    assert len(lines) == 4 * 6 * 3
    assert sum("threads=1 others=busy" in line for line in lines) == 4 * 6


def test_shootdown() -> None:
    loaded = dataset_of(*SMALL, "--threads=0,1")
    table = loaded.table("shootdown")
    assert len(table) == 4 * 2 * 3
    alone = table["threads"] == 0
    assert set(table["others"][alone]) == {""}
    assert set(table["others"][~alone]) == {"idle", "busy"}
    assert set(table["payload_bytes"]) == {0} and set(table["members"]) == {1}
    measured = table["verdict"].isin(MEASURED)
    assert measured[alone].all()
    assert set(measured[~alone]) == {len(allowed_cpus()) > 1}
    table = table[measured]
    assert set(table["huge_share_got"]) == {0}
    assert (table["src_node_got"] == table["dst_node_got"]).all()
    assert (table["faults"] < 1).all()
    beside = table[table["threads"] > 0]
    assert table["tlb_interrupts"][table["threads"] == 0].isna().all()
    lines = Path("/proc/interrupts").read_text().splitlines()
    counted = any(line.strip().startswith("TLB:") for line in lines)
    assert (beside["tlb_interrupts"].notna() == counted).all()
    sentences = [each.sentence for each in findings.of_experiment(loaded, "shootdown")]
    assert "munmap takes" in sentences[0]


def test_one_cpu_measures_what_it_takes_alone() -> None:
    cpu = allowed_cpus()[0]
    rows = rows_of(*SMALL, preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    alone = rows["threads"] == 0
    assert set(rows["threads"]) == {0, 1}
    assert set(rows["verdict"][alone]) <= MEASURED
    assert set(rows["verdict"][~alone]) == {"skipped"}
    assert (rows["reason"][~alone] == "needs 2 CPUs, and 1 may be used").all()


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["--pages=0"], "one page at least"),
        (["--pages=18446744073709551614"], "address space"),
        (["--pages=1024Mi"], ""),
        (["--threads=100000"], "needs 100001 CPUs"),
        (["--page=thp"], "--page=base"),
        (["--dst-offset=8"], "without offsets"),
    ],
)
def test_points_that_cannot_be_are_said(arguments: List[str], reason: str) -> None:
    usual = {"--pages": "--pages=1", "--threads": "--threads=0"}
    for argument in arguments:
        usual.pop(argument.split("=")[0], None)
    rows = rows_of(
        "shootdown", "--operation=mremap", *usual.values(), *arguments, *TINY
    )
    assert set(rows["verdict"]) == {"skipped"}
    assert all(reason in each and each for each in rows["reason"])


@pytest.mark.parametrize(
    "argument, word",
    [
        ("--operation=unmap", "munmap"),
        ("--others=asleep", "idle"),
        ("--pages=few", "few"),
        ("--threads=others*x", "x"),
        ("--pages=", "a number"),
    ],
)
def test_nonsense_is_refused(argument: str, word: str) -> None:
    assert_refused(copycost("run", "shootdown", "--out=none", argument), 2, word)


def test_an_ordinary_user_is_enough() -> None:
    rows = rows_of_ordinary_user(*SMALL, "--threads=0,1")
    may = rows["threads"] < len(allowed_cpus())
    assert set(rows["verdict"][may]) <= MEASURED
