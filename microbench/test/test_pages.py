"""The experiment pages from end to end, and the pool of huge pages that a run may grow."""

import os
import signal
from pathlib import Path
from typing import Optional

import pytest

from driver import (
    ENDLESS,
    TINY,
    assert_refused,
    copycost,
    dataset_of,
    machine_facts,
    output_of,
    rows_of,
    valid_dataset,
)
from results import findings
from test_interrupt import Running

POOL = Path("/proc/sys/vm/nr_hugepages")
SMALL = ["pages", "--size=4Ki,64Ki", *TINY]
MEASURED = {"ok", "noisy"}


def test_quick_has_as_many_cells_as_it_has_time_for() -> None:
    lines = output_of("run", "pages", "--dry-run", "--quiet").splitlines()[:-1]
    # A page kind: 6 sizes in sequence and 6 in random order, 5 of first touch.
    assert len(lines) == 3 * 17
    assert not any("first_touch order=random" in line for line in lines)
    assert not any("first_touch" in line and "32 MiB" in line for line in lines)


def test_base_pages() -> None:
    loaded = dataset_of(*SMALL, "--page=base")
    table = loaded.table("pages")
    assert len(table) == 6 and set(table["verdict"]) <= MEASURED
    assert set(table["page_asked"]) == {"base"} and set(table["huge_share_got"]) == {0}
    fresh = table["mapping"] == "first_touch"
    page = loaded.machine["memory"]["page_bytes"]
    assert set(table["page_bytes"]) == {page}
    assert (table["faults"][fresh] >= -(-table["size"][fresh] // page)).all()
    random = table["order"] == "random"
    assert (table["chunk"][random] == 64).all()
    assert (table["chunk"] == table["payload_bytes"]).all()
    assert set(table["dst_node_got"]) == set(table["src_node_got"])
    sentences = [each.sentence for each in findings.of_experiment(loaded, "pages")]
    assert sentences[0].startswith("a copy into fresh base pages")


def test_transparent_huge_pages() -> None:
    """All of a fresh one is cleared, however few bytes are copied; or it is said why not."""
    table = dataset_of(*SMALL, "--page=thp").table("pages")
    if "skipped" in set(table["verdict"]):
        assert set(table["verdict"]) == {"skipped"}
        assert table["reason"].str.contains("ransparent").all()
        return
    granted = table[
        (table["huge_share_got"] == 1) & (table["mapping"] == "first_touch")
    ]
    assert (granted["faults"] < 2).all()


def test_page_is_an_axis_here_and_an_option_elsewhere() -> None:
    """Each takes what is its own."""
    loaded = dataset_of("size", *SMALL, "--kernel=copy_libc_memcpy", "--page=base")
    assert set(loaded.table("size")["page_asked"]) == {"base"}
    done = copycost("run", "size", *SMALL, "--page=base,thp")
    assert_refused(done, 2, "--page takes base, thp, hugetlb, not 'base,thp'", "size")


def test_hugetlb_pages_without_a_pool_are_a_reason() -> None:
    table = dataset_of(*SMALL, "--page=hugetlb").table("pages")
    skipped = table[table["verdict"] == "skipped"]
    assert set(table["verdict"]) <= {*MEASURED, "skipped"}
    assert skipped["reason"].str.contains("hugetlb pages asked for").all()
    assert skipped["median_ns"].isna().all()


@pytest.mark.parametrize(
    "option, word",
    [
        ("--page=gigantic", "gigantic"),
        ("--mapping=some", "some"),
        ("--order=reverse", "reverse"),
        ("--chunk=many", "many"),
        ("--hugetlb-pool=shrink", "keep, grow"),
    ],
)
def test_nonsense_is_refused(option: str, word: str) -> None:
    assert_refused(copycost("run", *SMALL, option), 2, option.split("=")[0], word)


def test_points_that_cannot_be_are_said() -> None:
    rows = rows_of("pages", "--page=base", "--size=0,100", "--order=random", *TINY)
    assert set(rows["verdict"]) == {"skipped"}
    assert rows["reason"].str.contains("no multiple of the chunk").all()


def pool_pages() -> Optional[int]:
    """Of the machine's pool; None where the kernel has no huge pages."""
    if not POOL.exists() or not machine_facts()["memory"]["huge_page_bytes"]:
        return None
    return int(POOL.read_text())


def may_grow() -> bool:
    """Whether this process may write to it."""
    return pool_pages() is not None and os.access(POOL, os.W_OK)


def test_the_pool_is_grown_and_put_back() -> None:
    """Or, where that is not permitted, rows say what is missing, and all is well."""
    before = pool_pages()
    options = ["--page=hugetlb", "--size=4Ki", "--hugetlb-pool=grow"]
    loaded = dataset_of("pages", *TINY, *options)
    assert pool_pages() == before
    pools = loaded.machine["run"]["hugetlb_pools"]
    if before is None:
        assert pools == []
    for pool in pools:
        assert pool["before"] <= pool["after"]
    grown = bool(pools) and not any("reason" in pool for pool in pools)
    verdicts = set(loaded.table("pages")["verdict"])
    if grown:
        assert verdicts <= MEASURED
        assert set(loaded.table("pages")["huge_share_got"]) == {1}
    else:
        assert verdicts <= {*MEASURED, "skipped"}


def test_a_pool_is_not_grown_unasked() -> None:
    before = pool_pages()
    loaded = dataset_of(*SMALL, "--page=hugetlb")
    assert loaded.machine["run"]["hugetlb_pools"] == []
    assert pool_pages() == before


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_pool_is_put_back_when_interrupted(name: str) -> None:
    if not may_grow():
        pytest.skip("needs the permission to write vm.nr_hugepages")
    before = pool_pages()
    tiny = [option for option in TINY if option != "--quiet"]
    options = ["--page=hugetlb", "--size=4Ki", "--hugetlb-pool=grow", *ENDLESS]
    with Running("pages", *tiny, *options) as running:
        os.killpg(running.program.pid, getattr(signal, name))
        running.stderr.read()
        assert running.program.wait() == 1
        running.assert_all_gone()
    assert pool_pages() == before
    (pool,) = valid_dataset(Path("dataset")).machine["run"]["hugetlb_pools"]
    assert pool["before"] == before or pool["node"] is not None
