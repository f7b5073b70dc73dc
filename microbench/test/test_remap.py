"""The experiment remap from end to end."""

import pytest

from driver import (
    TINY,
    allowed_cpus,
    assert_refused,
    copycost,
    dataset_of,
    machine_facts,
    output_of,
    rows_of,
    rows_of_ordinary_user,
)
from results import findings

ALONE = ["remap", "--threads=0", *TINY]
MEASURED = {"ok", "noisy"}
EVERYWHERE = {"memcpy", "mremap", "vmsplice_gift"}
MECHANISMS = {
    *EVERYWHERE,
    "mremap_dontunmap",
    "userfaultfd",
    "memfd",
    "process_vm_readv",
}


def page_bytes() -> int:
    return int(machine_facts()["memory"]["page_bytes"])


def test_every_mechanism_and_touch() -> None:
    """Measured, or it is said which call this machine does not have."""
    size = 4 * page_bytes()
    loaded = dataset_of(
        *ALONE, f"--size={size},{16 * size}", "--page=base", "--touch=none,lines,all"
    )
    table = loaded.table("remap")
    assert len(table) == 7 * 2 * 3 and set(table["mechanism"]) == MECHANISMS
    measured = table["verdict"].isin(MEASURED)
    assert EVERYWHERE <= set(table["mechanism"][measured])
    assert set(table["verdict"][~measured]) <= {"skipped"}
    assert table["reason"][~measured].str.contains("failed").all()
    assert (table["payload_bytes"] == table["size"]).all()
    assert set(table["huge_share_got"][measured]) == {0}
    kernels = set(table["kernel"][table["mechanism"] == "memcpy"])
    assert kernels == {"copy_libc_memcpy"}
    assert set(table["kernel"][table["mechanism"] != "memcpy"]) == {""}
    fresh = measured & (table["mechanism"] == "mremap_dontunmap")
    assert (table["faults"][measured & ~fresh] == 0).all()
    assert (table["faults"][fresh] == table["size"][fresh] / page_bytes()).all()
    sentences = [each.sentence for each in findings.of_experiment(loaded, "remap")]
    assert any("moved by mremap, untouched" in each for each in sentences)


def test_quick_has_as_many_cells_as_it_has_time_for() -> None:
    lines = output_of("run", "remap", "--dry-run", "--quiet").splitlines()[:-1]
    others = len(allowed_cpus()) > 1
    # 7 sizes untouched, 4 more of each other touch and beside threads.
    base = [line for line in lines if "page=base" in line]
    assert len(base) == 7 * (7 + 4 + 4 + 4 * others)
    assert not any("page=thp" in line and "KiB" in line for line in lines)


def test_other_threads() -> None:
    size = page_bytes()
    options = ["remap", f"--size={size}", "--page=base", "--touch=none", *TINY]
    rows = rows_of(*options, "--threads=1", "--mechanism=memcpy,mremap")
    if len(allowed_cpus()) > 1:
        assert set(rows["verdict"]) <= MEASURED
        assert set(rows["members"]) == {2} and set(rows["region"]) == {"team"}
    else:
        assert set(rows["verdict"]) == {"skipped"}
        assert rows["reason"].str.contains("needs 2 CPUs").all()


def test_more_threads_than_cpus_are_skipped() -> None:
    for count in (len(allowed_cpus()), 100000):
        rows = rows_of(
            *["remap", "--size=64Ki", "--page=base", "--touch=none", *TINY],
            *[f"--threads={count}", "--mechanism=mremap"],
        )
        assert list(rows["verdict"]) == ["skipped"]
        assert "CPUs" in rows["reason"].iloc[0]


def test_transparent_huge_pages() -> None:
    """Whole ones; or it is said why there are none."""
    huge = machine_facts()["memory"]["huge_page_bytes"]
    if not huge:
        pytest.skip("no huge pages")
    rows = rows_of(*ALONE, f"--size={huge}", "--page=thp", "--touch=none")
    measured = rows["verdict"].isin(MEASURED)
    assert set(rows["verdict"][~measured]) <= {"skipped"}
    assert (rows["reason"][~measured] != "").all()
    assert set(rows["page_asked"]) == {"thp"}


def test_points_that_cannot_be_are_said() -> None:
    rows = rows_of(*ALONE, "--size=0,100", "--page=base", "--touch=none")
    assert set(rows["verdict"]) == {"skipped"}
    assert rows["reason"].str.contains("handed over whole").all()
    one = ["--size=64Ki", "--page=base", "--touch=none"]
    rows = rows_of(*ALONE, *one, "--dst-offset=64")
    assert set(rows["verdict"]) == {"skipped"}
    rows = rows_of(*ALONE, *one, "--dst-node=0", "--mechanism=mremap")
    assert rows["reason"].str.contains("on the node where they are").all()


@pytest.mark.parametrize(
    "option, word",
    [
        ("--mechanism=teleport", "teleport"),
        ("--touch=some", "some"),
        ("--page=hugetlb", "hugetlb"),
        ("--size=many", "many"),
        ("--threads=all", "all"),
    ],
)
def test_nonsense_is_refused(option: str, word: str) -> None:
    assert_refused(copycost("run", *ALONE, option), 2, option.split("=")[0], word)


def test_an_ordinary_user_is_enough() -> None:
    options = ["--size=64Ki", "--page=base", "--touch=none"]
    rows = rows_of_ordinary_user(*ALONE, *options)
    assert len(rows) and "failed" not in set(rows["verdict"])
