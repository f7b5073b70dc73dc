"""What this machine has not: rows that say so, and a run that is well all the same."""

import os
import subprocess
from typing import List, Set

import pytest

from driver import (
    ONE_CELL,
    ONE_KERNEL,
    TINY,
    allowed_cpus,
    assert_refused,
    copycost,
    dataset_of,
    machine_facts,
    rows_of,
)


def reason_of(*arguments: str) -> str:
    """Of a run of one cell, which is skipped."""
    table = dataset_of(*arguments).experiments[arguments[0]]
    assert list(table["verdict"]) == ["skipped"]
    assert table["median_ns"].isna().all()
    return str(table["reason"].iloc[0])


def test_more_than_the_memory() -> None:
    reason = reason_of(*ONE_KERNEL, "--size=memory")
    assert reason.startswith("needs ") and "a quarter of the memory" in reason


def test_unaligned_buffers() -> None:
    reason = reason_of(
        *["size", "--kernel=copy_word_forward", "--temperature=warm", "--size=64"],
        *[*TINY, "--src-offset=1"],
    )
    assert "copy_word_forward" in reason and "aligned to" in reason


def test_alignment_beyond_a_line() -> None:
    options = ["--size=64", "--dst-align=0", "--alias=none", "--src-align=64"]
    assert "0 to 63" in reason_of("align", "--kernel=copy_libc_memcpy", *options, *TINY)


def test_kernel_of_another_cpu() -> None:
    """Named, it is skipped with the feature; matched by a pattern, it is left out and recorded."""
    kernels = machine_facts()["kernels"]
    missing = {
        kernel["name"]: kernel["missing"] for kernel in kernels if kernel["missing"]
    }
    copying = [name for name in missing if name.startswith("copy_")]
    if not copying:
        pytest.skip("this CPU can run all kernels of its ISA")
    cell = ["size", "--temperature=warm", "--size=64", *TINY]
    loaded = dataset_of(*cell, f"--kernel=copy_libc_memcpy,{copying[0]}")
    row = loaded.table("size").set_index("kernel").loc[copying[0]]
    assert row["verdict"] == "skipped" and missing[copying[0]] in row["reason"]
    left_out = {
        entry["kernel"]: entry["why"] for entry in loaded.machine["run"]["left_out"]
    }
    assert set(left_out) == set(missing) and missing[copying[0]] in left_out[copying[0]]
    pattern = copying[0][:-1] + "?"
    rows = rows_of(*cell, f"--kernel=copy_libc_memcpy,{pattern}")
    assert copying[0] not in list(rows["kernel"])


def test_hugetlb_pages() -> None:
    """From the machine's pool; without one, the row names how to get it."""
    row = dataset_of(*ONE_CELL, "--page=hugetlb").table("size").iloc[0]
    assert row["page_asked"] == "hugetlb"
    if row["verdict"] == "skipped":
        assert "hugetlb pages asked for" in row["reason"]
        assert "vm.nr_hugepages" in row["reason"] or "kernel has none" in row["reason"]
    else:
        assert row["huge_share_got"] == 1


def test_transparent_huge_pages() -> None:
    """What was got is read back; without such a kernel the row is skipped."""
    row = dataset_of(*ONE_CELL, "--page=thp").table("size").iloc[0]
    assert row["page_asked"] == "thp"
    assert row["reason"] if row["verdict"] == "skipped" else row["huge_share_got"] >= 0


def test_base_pages() -> None:
    row = rows_of(*ONE_CELL).iloc[0]
    assert (row["page_asked"], row["huge_share_got"]) == ("base", 0)


def on_cpus(cpus: Set[int], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return copycost(*arguments, preexec_fn=lambda: os.sched_setaffinity(0, cpus))


@pytest.mark.parametrize("which", [0, -1])
def test_cpuset_of_one_cpu(which: int) -> None:
    cpu = allowed_cpus()[which]
    text = [
        "limits",
        "--kernel=copy_libc_memcpy",
        "--size=4Ki",
        "--threads=cpus",
        *TINY,
    ]
    done = on_cpus({cpu}, "run", *text, "--out=none", "--format=csv")
    head, row = done.stdout.splitlines()
    fields = dict(zip(head.split(","), row.split(",")))
    assert (fields["cpu_asked"], fields["cpu_got"]) == (str(cpu), str(cpu))
    assert fields["threads"] == "1"


def test_cpu_outside_of_the_cpuset() -> None:
    first, last = allowed_cpus()[0], allowed_cpus()[-1]
    if first == last:
        pytest.skip("needs two CPUs")
    done = on_cpus({last}, "run", *ONE_CELL, f"--cpu={first}")
    assert_refused(done, 2, f"CPU {first} asked for", f"usable are {last}")


def test_cpu_that_is_not_there() -> None:
    done = copycost("run", *ONE_CELL, "--cpu=65535")
    assert_refused(done, 2, "CPU 65535 asked for", f"usable are {allowed_cpus()[0]}")
    assert_refused(copycost("run", *ONE_CELL, "--cpu=x"), 2, "--cpu", "'x'")


def two_workers(cpus: Set[int]) -> List[str]:
    """Their verdicts and reasons."""
    options = ["null", "--workers=2", *TINY, "--out=none", "--format=table"]
    done = on_cpus(cpus, "run", *options)
    assert done.returncode == 0
    rows = done.stdout.splitlines()[2:]
    assert len(rows) == 2  # a team and processes: a thread has no second
    return rows


def test_region_wider_than_the_cpuset() -> None:
    for row in two_workers({allowed_cpus()[0]}):
        assert "skipped needs 2 CPUs, and 1 may be used" in row


def test_region_as_wide_as_the_cpuset() -> None:
    if len(allowed_cpus()) < 2:
        pytest.skip("needs two CPUs")
    for row in two_workers(set(allowed_cpus()[:2])):
        assert "skipped" not in row and "failed" not in row


def test_cpu_is_said() -> None:
    """Which one, and why that one."""
    cpu = allowed_cpus()[-1]
    loud = [option for option in ONE_CELL if option != "--quiet"]
    done = copycost("run", *loud, f"--cpu={cpu}", "--out=none")
    assert done.stderr.startswith(f"measuring on CPU {cpu}, as asked\n")
    done = copycost("run", *loud, "--dry-run")
    assert done.stderr.startswith("measuring on CPU ")
