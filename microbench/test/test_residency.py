"""The experiment residency from end to end: where it can be measured and where it says why not."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Tuple

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

PLACES = ["l1", "l2", "l3", "dram", "core_clean", "core_dirty", "node"]
CACHES = "--cache=L1:32Ki,L2:512Ki,L3:8Mi"
MEASURED = {"ok", "noisy"}
WRONG = """
#include <stddef.h>
void *copy(void *dst, const void *src, size_t bytes)
{
    for (size_t i = 0; i + 1 < bytes; i++)
        ((volatile char *)dst)[i] = ((const char *)src)[i];
    return dst;
}
"""


def pairs(table: pandas.DataFrame) -> List[Tuple[str, str]]:
    return list(zip(table["src"], table["dst"]))


def test_one_side_varies_at_a_time_and_both_together() -> None:
    lines = output_of("run", "residency", "--dry-run", "--quiet").splitlines()
    # 19 pairs of places at each of two sizes, and a longer copy in L1.
    assert len(lines) - 1 == 2 * (3 * len(PLACES) - 2) + 1


def test_dataset() -> None:
    loaded = dataset_of("residency", "--size=64,1500", CACHES, *TINY)
    table = loaded.table("residency")
    assert len(table) == 38 and set(pairs(table)) == {
        *((place, "l1") for place in PLACES),
        *(("l1", place) for place in PLACES),
        *((place, place) for place in PLACES),
    }
    assert (table["payload_bytes"] == table["size"]).all()
    measured = table[table["verdict"].isin(MEASURED)]
    skipped = table[table["verdict"] == "skipped"]
    assert len(measured) + len(skipped) == 38 and (skipped["reason"] != "").all()
    near = measured["src"].isin(["l1", "l2", "l3", "dram"])
    near &= measured["dst"].isin(["l1", "l2", "l3", "dram"])
    assert near.sum() == 2 * 10
    for side in ("src", "dst"):
        assert measured[f"{side}_latency_ns"].gt(0).all()
        assert skipped[f"{side}_latency_ns"].isna().all()
    core = measured["src"].str.startswith("core") | measured["dst"].str.startswith(
        "core"
    )
    assert (measured["members"] == 1 + core).all()
    assert (measured["region"] == core.map({True: "team", False: "thread"})).all()
    said = [each.sentence for each in findings.of_experiment(loaded, "residency")]
    assert "64 B" in said[0] and any("1500 B" in each for each in said)


def test_the_other_node() -> None:
    rows = rows_of("residency", "--src=node", "--dst=l1", "--size=64", CACHES, *TINY)
    (row,) = rows.to_dict("records")
    if len(machine_facts()["nodes"]) == 1:
        assert row["verdict"] == "skipped"
        assert row["reason"] == "no other node has memory that may be used"
    elif row["verdict"] in MEASURED:
        assert row["src_node_asked"] == row["src_node_got"] != row["dst_node_got"]


@pytest.mark.parametrize("side", ["src", "dst"])
def test_one_cpu_has_no_other_core(side: str) -> None:
    if EMULATOR:
        pytest.skip("the emulator would be bound, not the program")
    cpu = allowed_cpus()[0]
    places = f"--{side}=core_clean,core_dirty,dram"
    rows = rows_of(
        "residency",
        places,
        f"--{'dst' if side == 'src' else 'src'}=l1",
        "--size=64",
        CACHES,
        *TINY,
        preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
    )
    core = rows[side].str.startswith("core")
    assert set(rows[core]["verdict"]) == {"skipped"}
    assert set(rows[core]["reason"]) == {
        "needs a CPU of another core, and none may be used"
    }
    assert set(rows[~core]["verdict"]) <= MEASURED


def reasons(*arguments: str) -> Dict[Tuple[str, str], str]:
    rows = rows_of("residency", *arguments, *TINY)
    assert set(rows["verdict"]) <= {*MEASURED, "skipped"}
    return dict(
        zip(pairs(rows), rows["reason"].where(rows["verdict"] == "skipped", ""))
    )


def test_caches_that_are_not_there_are_said() -> None:
    one_level = "--cache=L1:32Ki"
    found = reasons("--src=l1,l2,l3", "--dst=same", "--size=64", one_level)
    assert found == {
        ("l1", "l1"): "",
        ("l2", "l2"): "this CPU has no L2",
        ("l3", "l3"): "this CPU has no L3",
    }
    close = "--cache=L1:32Ki,L2:64Ki"
    found = reasons("--src=l2", "--dst=l1", "--size=64", close)
    assert "less than 4 times the L1" in found["l2", "l1"]


def test_copies_that_do_not_fit_are_said() -> None:
    found = reasons("--src=l1,l2,dram", "--dst=l1,dram", "--size=64Ki", CACHES)
    assert found["dram", "dram"] == ""
    for pair in [("l1", "l1"), ("l2", "l1"), ("dram", "l1"), ("l1", "dram")]:
        assert "64 KiB do not fit half of the L1 (32 KiB)" in found[pair]
    assert reasons("--src=dram", "--dst=l3", "--size=0", CACHES) == {
        ("dram", "l3"): "nothing to copy"
    }


def test_a_wrong_copy_fails(tmp_path: Path) -> None:
    if EMULATOR or not shutil.which("cc"):
        pytest.skip("no compiler for this program")
    if "static" in os.environ["COPYCOST_BUILD"]:
        pytest.skip("a static program loads nothing")
    (tmp_path / "wrong.c").write_text(WRONG)
    command = ["cc", "-O2", "-shared", "-fPIC", "-o", "wrong.so", "wrong.c"]
    subprocess.run(command, cwd=tmp_path, check=True)
    arguments = ["--load=./wrong.so:copy", "--kernel=copy_copy", "--size=64", CACHES]
    places = ["--src=l1,dram", "--dst=l1"]
    loaded = dataset_of("residency", *arguments, *places, *TINY, status=1)
    table = loaded.table("residency")
    assert len(table) == 2 and set(table["verdict"]) == {"failed"}
    assert table["reason"].str.contains("of 64 B, is wrong").all()


@pytest.mark.parametrize(
    "argument, word",
    [
        ("--src=l5", "l5"),
        ("--src=same", "same"),
        ("--dst=", "dst"),
        ("--size=64,-1", "-1"),
        ("--kernel=read_*", "read_*"),
    ],
)
def test_nonsense(argument: str, word: str) -> None:
    assert_refused(copycost("run", "residency", argument), 2, word)
