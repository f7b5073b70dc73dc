"""Queues of a network card, from end to end, on as many CPUs and nodes as there are."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pandas
import pytest

from driver import (
    EMULATOR,
    TINY,
    allowed_cpus,
    assert_refused,
    copycost,
    dataset_of,
    machine_facts,
    output_of,
    rows_of,
)
from results import findings

LOCAL = ["streams", "--placement=local", *TINY]
ONE = [*LOCAL, "--queues=1"]


def stores() -> bool:
    """Whether this CPU has stores that stand for DMA."""
    return any(
        "_nontemporal" in kernel["name"]
        and kernel["operation"] == "copy"
        and not kernel["missing"]
        for kernel in machine_facts()["kernels"]
    )


def nodes() -> List[Dict[str, Any]]:
    """The nodes of this machine."""
    found: List[Dict[str, Any]] = machine_facts()["nodes"]
    return found


def measured(rows: pandas.DataFrame) -> pandas.DataFrame:
    return rows[rows["verdict"].isin(["ok", "noisy"])]


def on_one_cpu() -> Dict[str, Any]:
    """Options of subprocess.run."""
    first = allowed_cpus()[0]
    return {"preexec_fn": lambda: os.sched_setaffinity(0, {first})}


def test_quick_has_as_many_cells_as_it_has_time_for() -> None:
    lines = output_of("run", "streams", "--dry-run", "--quiet", **on_one_cpu())
    cells = [line for line in lines.splitlines()[:-1] if "skipped" not in line]
    assert len(cells) == 6


def test_streams() -> None:
    loaded = dataset_of(*ONE, "--size=64,1500", "--ring=1,64")
    table = loaded.table("streams")
    assert len(table) == 12
    wanted = ["none"]
    if len(allowed_cpus()) > 1:
        wanted += ["core", "dma"] if stores() else ["core"]
    done = measured(table)
    assert set(done["feed"]) == set(wanted) and len(done) == 4 * len(wanted)
    assert (done["payload_bytes"] == done["size"]).all()
    assert (done["members"] == 1 + (done["feed"] != "none")).all()
    plain = done[done["feed"] == "none"]
    assert (plain["cpus"] == plain["cpu_got"].astype(str)).all()
    assert (done["nodes_used"] == 1).all()
    assert (done["working_set_bytes"] >= 2 * done["ring"] * done["size"]).all()
    assert done["loop_ns"].notna().all()
    bins = loaded.histogram("streams")
    if not bins.empty:
        assert set(bins["cell"]) == set(done["cell"])
    sentences = [each.sentence for each in findings.of_experiment(loaded, "streams")]
    assert any(each.startswith("copying alone, one queue") for each in sentences)
    assert any("each packet of 1500 B" in each for each in sentences)


def test_two_queues() -> None:
    rows = rows_of(*LOCAL, "--queues=2", "--size=256", "--ring=64", "--feed=none")
    if len(allowed_cpus()) < 2:
        assert "needs 2 CPUs" in rows["reason"].iloc[0]
        return
    assert len(measured(rows)) == 1
    assert rows["payload_bytes"].iloc[0] == 512 and rows["members"].iloc[0] == 2


def test_more_queues_than_cpus() -> None:
    rows = rows_of(*LOCAL, "--queues=600", "--size=64")
    assert set(rows["verdict"]) == {"skipped"} and rows["reason"].ne("").all()
    many = len(allowed_cpus()) + 1
    rows = rows_of(*LOCAL, f"--queues={many}", "--size=64", "--feed=none")
    assert f"needs {many} CPUs" in rows["reason"].iloc[0]


def test_a_cpuset_of_one_cpu() -> None:
    rows = rows_of(*ONE, "--size=64", "--ring=64", **on_one_cpu())
    assert list(measured(rows)["feed"]) == ["none"]
    (why,) = rows[rows["feed"] == "core"]["reason"]
    assert why == "needs 2 CPUs, and 1 may be used"


def test_every_placement() -> None:
    rows = rows_of("streams", "--queues=1", "--size=256", "--ring=64", *TINY)
    placed = rows[rows["placement"] != "local"]
    if len(nodes()) < 2:
        assert set(placed["verdict"]) == {"skipped"}
        assert placed["reason"].str.contains("one node may be used").all()
        assert placed["queues"].isna().all()
        return
    done = measured(placed)
    for side in ("src", "dst"):
        asked, got = done[f"{side}_node_asked"], done[f"{side}_node_got"]
        known = ~got.isin(["unknown"]) & (asked != "local")
        assert (asked[known] == got[known]).all()
    assert set(placed["verdict"]) <= {"ok", "noisy", "skipped"}


def test_nodes_are_not_chosen_by_hand() -> None:
    rows = rows_of(*ONE, "--size=64", "--ring=1", "--src-node=0")
    assert set(rows["verdict"]) == {"skipped"}
    assert rows["reason"].str.contains("by --placement").any()


@pytest.mark.parametrize(
    "option, words",
    [
        ("--feed=pigeon", ["--feed takes none, core, dma, not 'pigeon'"]),
        ("--placement=moon", ["--placement takes local,", "not 'moon'"]),
        ("--queues=many", ["--queues='many'"]),
        ("--ring=-1", ["--ring='-1'"]),
    ],
)
def test_nonsense_is_refused(option: str, words: List[str]) -> None:
    assert_refused(copycost("run", "streams", option, "--quiet"), 2, *words)


BROKEN = r"""
#include <stddef.h>
#include <string.h>
void *cut(void *dst, const void *src, size_t bytes)
{
    return memcpy(dst, src, bytes - 1);
}
"""


def test_a_kernel_that_copies_too_little_fails() -> None:
    if not shutil.which("cc") or EMULATOR:
        pytest.skip("no compiler for the CPU that the program runs on")
    Path("broken.c").write_text(BROKEN)
    command = ["cc", "-shared", "-fPIC", "-o", "broken.so", "broken.c"]
    subprocess.run(command, check=True)
    options = [
        "--load=./broken.so:cut",
        "--kernel=copy_cut",
        "--size=64",
        "--ring=1,64",
    ]
    loaded = dataset_of(*ONE, *options, status=1)
    table = loaded.table("streams")
    failed = table[table["verdict"] == "failed"]
    assert set(table["verdict"]) <= {"failed", "skipped"}
    assert len(failed) == 2 * (1 if len(allowed_cpus()) < 2 else 2 + stores())
    assert failed["reason"].str.contains("wrong|were not drained").all()
