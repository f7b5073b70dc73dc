"""The experiment vector as its user runs it."""

import shutil
import subprocess
from pathlib import Path
from typing import List, Optional

import pytest

from driver import (
    EMULATOR,
    TINY,
    assert_refused,
    copycost,
    dataset_of,
    machine_facts,
    rows_of,
)
from results import findings

VECTOR = ["vector", *TINY]
LAZY = r"""
#include <stddef.h>
#include <string.h>
void *lazy(void *dst, const void *src, size_t bytes)
{
    return memcpy(dst, src, bytes ? bytes - 1 : 0);
}
"""


@pytest.fixture(autouse=True)
def needs_a_parser() -> None:
    if machine_facts()["backends"]["heads"].startswith("none"):
        pytest.skip("built without libhttp-parser")


def test_all_parsers_both_ways() -> None:
    options = ["--size=64,1500", "--fragments=1,4,64"]
    loaded = dataset_of(*VECTOR, *options)
    table = loaded.table("vector")
    assert len(table) == 3 * 2 * 2 * 3
    assert set(table["verdict"]) <= {"ok", "noisy"}
    assert (table["payload_bytes"] == table["size"]).all()
    flattened = table["approach"] == "flatten"
    assert set(table[flattened]["kernel"]) == {"copy_libc_memcpy"}
    assert set(table[~flattened]["kernel"]) == {""}
    assert table[flattened]["loop_ns"].notna().all()
    assert table[~flattened]["loop_ns"].isna().all()
    assert loaded.machine["backends"]["heads"].startswith("http-parser ")


def test_findings() -> None:
    options = ["--size=64,256,1500", "--fragments=1,4,64", "--kernel=copy_libc_memcpy"]
    loaded = dataset_of(*VECTOR, "size", "--temperature=warm", *options)
    found = list(findings.of_experiment(loaded, "vector"))
    cells = set(loaded.table("vector")["cell"])
    assert len(found) == 3 + 3 + 1
    for finding in found:
        assert set(finding.cells) < cells and finding.cells
        if finding.low is not None and finding.high is not None:
            assert finding.low <= finding.high
    checks = [finding for finding in found if finding.agrees is not None]
    assert len(checks) == 1 and checks[0].sentence.startswith("cross-check: ")
    assert "flattening 1500 B" in checks[0].sentence


def test_in_place_is_one_cell_however_many_kernels_flatten() -> None:
    kernels = ["copy_byte_forward", "copy_libc_memcpy", "copy_word_forward"]
    options = ["--parser=search", "--size=64,256", "--fragments=4"]
    rows = rows_of(*VECTOR, *options, f"--kernel={','.join(kernels)}")
    counts = rows.groupby("approach").size()
    assert (counts["in_place"], counts["flatten"]) == (2, 2 * len(kernels))


def test_what_can_not_be_is_skipped() -> None:
    options = ["--parser=checksum", "--approach=in_place", "--size=8"]
    rows = rows_of(*VECTOR, *options, "--fragments=0,8,9,1025")
    verdicts: List[str] = list(rows["verdict"])
    assert [verdict == "skipped" for verdict in verdicts] == [True, False, True, True]
    assert rows["reason"][0] == rows["reason"][3] == "a message has 1 to 1024 fragments"
    assert rows["reason"][2] == "more fragments than bytes"


def test_a_kernel_for_some_lengths_only_is_skipped() -> None:
    coarse = [
        kernel["name"]
        for kernel in machine_facts()["kernels"]
        if kernel["operation"] == "copy"
        and not kernel["missing"]
        and (kernel["granule"] > 1 or kernel["alignment"] > 1)
    ]
    if not coarse:
        pytest.skip("all copy kernels of this CPU take any length")
    options = ["--parser=search", "--approach=flatten", "--size=64", "--fragments=2"]
    rows = rows_of(*VECTOR, *options, f"--kernel={coarse[0]}")
    assert list(rows["verdict"]) == ["skipped"] and coarse[0] in rows["reason"][0]


def test_a_large_message_in_small_caches() -> None:
    """One message then has the rotation for itself."""
    options = ["--cache=L1:8Ki", "--size=64Ki", "--fragments=3"]
    rows = rows_of(*VECTOR, *options)
    assert set(rows["verdict"]) <= {"ok", "noisy"}


def test_placement_is_as_asked() -> None:
    options = ["--parser=search", "--size=256", "--fragments=2"]
    rows = rows_of(*VECTOR, *options, "--src-offset=5", "--dst-offset=4095")
    rows = rows.set_index("approach")
    assert list(rows["src_offset_got"]) == [5, 5]
    assert rows.loc["flatten", "dst_offset_got"] == 4095


@pytest.mark.parametrize("parser", ["http", "checksum", "search"])
def test_a_kernel_that_does_not_copy_all_fails(parser: str) -> None:
    if not shutil.which("cc") or EMULATOR:
        pytest.skip("no compiler for the CPU that the program runs on")
    Path("lazy.c").write_text(LAZY)
    subprocess.run(["cc", "-shared", "-fPIC", "lazy.c", "-o", "lazy.so"], check=True)
    options = [f"--parser={parser}", "--size=256", "--fragments=4"]
    lazy = ["--load=./lazy.so:lazy", "--kernel=copy_lazy"]
    table = dataset_of(*VECTOR, *options, *lazy, status=1).table("vector")
    verdicts = dict(zip(table["approach"], table["verdict"]))
    assert verdicts["flatten"] == "failed" and verdicts["in_place"] != "failed"
    reason = table.set_index("approach").loc["flatten", "reason"]
    assert f"{parser}: some timed messages were not parsed right" in reason


HEAD = "GET /own HTTP/1.1\nHost: own.example\n\n"


def test_heads_of_the_users_own() -> None:
    Path("heads.txt").write_text(HEAD)
    loaded = dataset_of(*VECTOR, "--size=256", "--fragments=4", "--corpus=heads.txt")
    assert set(loaded.table("vector")["verdict"]) <= {"ok", "noisy"}
    assert loaded.machine["run"]["parameters"] == [
        {"experiment": "vector", "name": "corpus", "value": "heads.txt"}
    ]


@pytest.mark.parametrize(
    "text, told",
    [
        (None, "No such file"),
        ("", "no request head"),
        (HEAD + "GET /cut HTTP/1.1\n", "cut off"),
        (HEAD + "no head\n\n", "request head 2: "),
        (HEAD.replace("\n\n", "\nConnection: close\n\n"), "nothing may follow"),
    ],
)
def test_what_is_no_corpus_is_refused(text: Optional[str], told: str) -> None:
    if text is not None:
        Path("heads.txt").write_text(text)
    done = copycost("run", *VECTOR, "--corpus=heads.txt", "--out=none")
    assert_refused(done, 2, "--corpus: ", told)
