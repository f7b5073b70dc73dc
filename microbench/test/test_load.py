"""A user's own kernel: it joins the others, and what is wrong with it is its own row's matter."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import List

import pandas
import pytest

from driver import (
    EMULATOR,
    TINY,
    assert_refused,
    copycost,
    dataset_of,
    output_of,
    rows_of,
)

SOURCE = r"""
#include <stddef.h>
#include <stdlib.h>
char *volatile nowhere;
void *good(void *dst, const void *src, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile char *)dst)[i] = ((const char *)src)[i];
    return dst;
}
void *lazy(void *dst, const void *src, size_t bytes)
{
    return good(dst, src, bytes ? bytes - 1 : 0);
}
void *crashing(void *dst, const void *src, size_t bytes)
{
    *(volatile char *)nowhere = 1;
    return good(dst, src, bytes);
}
void *aborting(void *dst, const void *src, size_t bytes)
{
    abort();
}
void *leaving(void *dst, const void *src, size_t bytes)
{
    _Exit(3);
}
"""
CELLS = ["size", "--temperature=warm", "--size=64", *TINY]
# A sanitizer would turn a signal into an exit status.
PLAIN_SIGNALS = {**os.environ, "ASAN_OPTIONS": "handle_segv=0:handle_abort=0"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("cc") or EMULATOR:
        pytest.skip("no compiler for the CPU that the program runs on")
    folder = tmp_path_factory.mktemp("library")
    (folder / "kernels.c").write_text(SOURCE)
    command = ["cc", "-shared", "-fPIC", "-O2", "kernels.c", "-o", "kernels.so"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "kernels.so"


def test_it_is_named_after_its_symbol(library: Path) -> None:
    rows = rows_of(*CELLS, f"--load={library}:good", "--kernel=copy_good")
    assert list(rows["kernel"]) == ["copy_good"] and rows["median_ns"].notna().all()


def test_it_is_named_as_its_user_wants(library: Path) -> None:
    options = [f"--load={library}:good:mine", "--kernel=copy_libc_memcpy,mine"]
    loaded = dataset_of(*CELLS, *options)
    assert list(loaded.table("size")["kernel"]) == ["copy_libc_memcpy", "mine"]
    known = {kernel["name"]: kernel for kernel in loaded.machine["kernels"]}
    assert known["mine"]["operation"] == "copy"


def test_patterns_and_lists_see_it(library: Path) -> None:
    shutil.copy(library, "here.so")
    load = "--load=./here.so:good"
    assert list(rows_of(*CELLS, load, "--kernel=*_good")["kernel"]) == ["copy_good"]
    assert "\n  copy_good " in output_of("list", "kernels", load)


def test_several(library: Path) -> None:
    loads = [f"--load={library}:good:{name}" for name in ("one", "two")]
    rows = rows_of(*CELLS, *loads, "--kernel=one,two")
    assert list(rows["kernel"]) == ["one", "two"]


def test_memcpy_of_the_c_library() -> None:
    load = "--load=libc.so.6:memcpy"
    if copycost("list", "kernels", load).returncode:
        pytest.skip("no libc.so.6 here")
    rows = rows_of(*CELLS, load, "--kernel=copy_memcpy,copy_libc_memcpy")
    assert list(rows["kernel"]) == ["copy_memcpy", "copy_libc_memcpy"]
    assert rows["median_ns"].notna().all()


@pytest.mark.parametrize("command", [["list"], ["run", *CELLS]])
def test_what_can_not_be_loaded(library: Path, command: List[str]) -> None:
    Path("text.so").write_text("no library")
    refused = {
        f"{library}:bad": ["'bad'", "nm -D"],
        "./text.so:good": ["text.so", "shared object"],
        "./missing.so:good": ["missing.so", "shared object"],
        f"{library}:good:copy_libc_memcpy": ["'copy_libc_memcpy'", "already", ":name"],
        f"{library}": [f"'{library}'", "path.so:symbol[:name]"],
    }
    for value, words in refused.items():
        assert_refused(copycost(*command, f"--load={value}"), 2, *words)


def table_beside_libc(library: Path, symbol: str) -> pandas.DataFrame:
    """Of a run in which that kernel fails and libc's does not, by kernel."""
    options = [f"--load={library}:{symbol}", f"--kernel=copy_libc_memcpy,copy_{symbol}"]
    loaded = dataset_of(*CELLS, *options, status=1, env=PLAIN_SIGNALS)
    table = loaded.table("size").set_index("kernel")
    assert table.loc["copy_libc_memcpy", "median_ns"] > 0
    assert table.loc["copy_libc_memcpy", "launches"] == 3
    assert table.loc[f"copy_{symbol}", "verdict"] == "failed"
    return table


def test_one_that_does_not_copy_all(library: Path) -> None:
    table = table_beside_libc(library, "lazy")
    assert "copy_lazy left a wrong byte at 63" in table.loc["copy_lazy", "reason"]


@pytest.mark.parametrize(
    "symbol, word",
    [
        ("crashing", "Segmentation fault"),
        ("aborting", "Aborted"),
        ("leaving", "status 3"),
    ],
)
def test_one_that_ends_the_process(library: Path, symbol: str, word: str) -> None:
    table = table_beside_libc(library, symbol)
    assert word in table.loc[f"copy_{symbol}", "reason"]


def test_one_that_ends_a_team(library: Path) -> None:
    """Seen by the launch, whose thread or peer it is."""
    cells = ["limits", "--size=4Ki", "--threads=1..cpus", *TINY]
    options = [f"--load={library}:crashing", "--kernel=copy_libc_memcpy,copy_crashing"]
    loaded = dataset_of(*cells, *options, status=1, env=PLAIN_SIGNALS)
    table = loaded.table("limits")
    crashed = table["kernel"] == "copy_crashing"
    assert set(table["verdict"][crashed]) == {"failed"}
    assert table["median_ns"][~crashed].notna().all()
