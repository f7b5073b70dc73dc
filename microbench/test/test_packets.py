"""The experiments alloc and batch from end to end, and whose malloc it was."""

import ctypes.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

from driver import EMULATOR, TINY, dataset_of, machine_facts, output_of, rows_of
from results import findings

PRELOADED = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
void *malloc(size_t bytes)
{
    static void *(*next)(size_t);
    if (!next)
        next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    return next(bytes);
}
"""


def experiments_of(*arguments: str) -> List[str]:
    """The lines of a dry run that stand for cells."""
    return output_of("run", *arguments, "--dry-run", "--quiet").splitlines()[:-1]


def test_quick_has_as_many_cells_as_it_has_time_for() -> None:
    assert len(experiments_of("alloc")) == 56
    assert len(experiments_of("batch")) == 44


def test_alloc() -> None:
    loaded = dataset_of("alloc", "--size=64,1500", "--live=1,4", *TINY)
    table = loaded.table("alloc")
    assert set(table["buffer"]) == {"view", "malloc", "arena", "pool"}
    assert len(table) == 2 * 2 * 7 and set(table["verdict"]) <= {"ok", "noisy"}
    copied = table["work"] == "copy"
    assert (table["payload_bytes"] == table["size"].where(copied, 0)).all()
    assert table["loop_ns"].notna().equals(copied)
    assert (table["calls"] % (table["live"] / 2).clip(lower=1) == 0).all()
    unplaced = table["buffer"] == "malloc"
    assert (table["dst_node_got"] == "unknown")[unplaced].all()
    assert table["huge_share_got"].isna()[unplaced].all()
    sentences = [each.sentence for each in findings.of_experiment(loaded, "alloc")]
    assert sentences[0].startswith("at 1500 B malloc and free cost")


def test_batch() -> None:
    loaded = dataset_of("batch", "--size=64,1500", "--batch=1,7,1024", *TINY)
    table = loaded.table("batch")
    assert len(table) == 12 and set(table["verdict"]) <= {"ok", "noisy"}
    assert (table["calls"] % table["batch"] == 0).all()
    copied = table["work"] == "copy"
    assert (table["payload_bytes"] == table["size"].where(copied, 0)).all()
    assert table["working_set_bytes"].ge(table["batch"] * table["size"]).all()
    sentences = [each.sentence for each in findings.of_experiment(loaded, "batch")]
    assert sentences[0].startswith("packets of 64 B are best copied")


def test_what_malloc_cannot_have_is_said() -> None:
    rows = rows_of("alloc", "--size=64", "--work=skip", "--page=thp", *TINY)
    skipped = rows[rows["verdict"] == "skipped"]
    assert list(skipped["buffer"]) == ["malloc"]
    assert "malloc places its buffers itself" in skipped["reason"].iloc[0]


def test_points_that_cannot_be_are_said() -> None:
    rows = rows_of("alloc", "--size=0,64", "--live=3", "--work=skip", *TINY)
    assert set(rows["verdict"]) == {"skipped"}
    rows = rows_of("batch", "--size=32", "--batch=1", *TINY)
    assert set(rows["verdict"]) == {"skipped"}


@pytest.fixture
def dynamic() -> Dict[str, object]:
    """What is told of malloc by a program into which something can be preloaded."""
    if EMULATOR:
        pytest.skip("the emulator would preload it, too")
    if "address" in os.environ["COPYCOST_BUILD"]:
        pytest.skip("a sanitizer has to come first")
    told: Dict[str, object] = machine_facts()["allocator"]
    if told["object"] is None:
        pytest.skip("a static program preloads nothing")
    return told


def preloading(path: Path) -> Dict[str, object]:
    """What the dataset says of malloc when that is preloaded, the experiment being fit for it."""
    environment = {**os.environ, "LD_PRELOAD": str(path)}
    arguments = ["alloc", "--size=1500", "--buffer=malloc", *TINY]
    loaded = dataset_of(*arguments, env=environment)
    assert set(loaded.table("alloc")["verdict"]) <= {"ok", "noisy"}
    told: Dict[str, object] = loaded.machine["allocator"]
    return told


def test_a_preloaded_malloc_is_named(
    dynamic: Dict[str, object], tmp_path: Path
) -> None:
    assert dynamic["preloaded"] == []
    if not shutil.which("cc"):
        pytest.skip("no compiler")
    (tmp_path / "own.c").write_text(PRELOADED)
    command = ["cc", "-shared", "-fPIC", "-o", "libown.so.3", "own.c", "-ldl"]
    subprocess.run(command, cwd=tmp_path, check=True)
    told = preloading(tmp_path / "libown.so.3")
    expected = {"object": "libown.so.3", "version": None, "preloaded": ["libown.so.3"]}
    assert told == expected


def test_jemalloc_is_named(dynamic: Dict[str, object]) -> None:
    name = ctypes.util.find_library("jemalloc")
    if not name:
        pytest.skip("jemalloc is not installed")
    told = preloading(Path(name))
    assert (told["object"], told["version"]) == (name, None)
