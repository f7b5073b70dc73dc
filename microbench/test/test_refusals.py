"""What `copycost run` does not take: one line, exit 2, nothing written."""

import os
from pathlib import Path
from typing import List

import pytest

from driver import ONE_CELL, assert_refused, copycost, rows_of


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nope"], ["'nope'", "there are: align, alloc, "]),
        (["size", "null", "nope"], ["'nope'", "there are: align, alloc, "]),
        (["size", "--kernel=nope"], ["'nope'", "copy_libc_memcpy", "copycost list"]),
        (["size", "--kernel=copy_libc_memcpy,nope*"], ["'nope*'", "copycost list"]),
        (["size", "--kernel=read_word"], ["'read_word'", "copy_byte_forward"]),
        (["size", "--kernel="], ["''", "copycost list"]),
        (["size", "--temperature=hot"], ["--temperature", "warm, cold", "'hot'"]),
        (["size", "--size="], ["--size", "a number", "write for instance"]),
        (["size", "--size=big"], ["--size", "'big'", "write for instance"]),
        (["size", "--size=-1"], ["--size", "'-1'", "write for instance"]),
        (["size", "--size=64k"], ["--size", "Ki, Mi or Gi", "'k'"]),
        (["size", "--size=8..4"], ["--size", "8..4", "backwards"]),
        (["size", "--size=0..4"], ["--size", "0..4", "write 0,1..4"]),
        (["size", "--size=L1/0"], ["--size", "divisor"]),
        (["size", "--size=99999999999999999999"], ["--size", "too large"]),
        (["size", "--size=1..1Mi+1"], ["--size", "1..1Mi+1", "items"]),
        (["align", "--src-align=x"], ["--src-align", "'x'", "write for instance"]),
        (["align", "--temperature=warm"], ["--temperature", "copycost list"]),
        (["null", "--kernel=copy_*"], ["--kernel", "copycost list"]),
        (["size", "--page=base,thp"], ["--page", "base, thp, hugetlb", "no axis of"]),
        (["size", "--src-node=0-1"], ["--src-node", "'0-1'", "no axis of size"]),
    ],
)
def test_axes(arguments: List[str], words: List[str]) -> None:
    assert_refused(copycost("run", *arguments, "--quiet"), 2, *words)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["size", "--size=L4", "--cache=L1:32Ki"], ["tell the caches", "--cache="]),
        (["null", "--kind=thread", "--workers=2"], ["no such point", "copycost list"]),
        (["align", "--src-align=1", "--alias=0"], ["no such point", "copycost list"]),
    ],
)
def test_nothing_to_measure(arguments: List[str], words: List[str]) -> None:
    done = copycost("run", *arguments, "--quiet")
    assert_refused(done, 2, "nothing to measure", *words)
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    "option, words",
    [
        ("--profile=slow", ["quick, full", "'slow'"]),
        ("--page=large", ["base, thp, hugetlb", "'large'"]),
        ("--format=xml", ["'xml'", "csv", "json", "table", "none"]),
        ("--launches=0", ["from 1 to 10000", "'0'"]),
        ("--launches=many", ["from 1 to 10000", "'many'"]),
        ("--samples=1", ["from 2 to 10000", "'1'"]),
        ("--sweeps=1.5", ["from 1 to 1000", "'1.5'"]),
        ("--seed=-1", ["whole number", "'-1'"]),
        ("--precision=0", ["above 0", "'0'"]),
        ("--precision=nan", ["above 0", "'nan'"]),
        ("--budget=5s", ["above 0", "'5s'"]),
        ("--src-offset=4096", ["from 0 to 4095", "'4096'"]),
        ("--dst-offset=-1", ["from 0 to 4095", "'-1'"]),
        ("--src-node=60000", ["no NUMA node 60000", "this machine has"]),
        ("--dst-node=x", ["whole number", "'x'"]),
        ("--cache=32Ki", ["'32Ki'", "L1:32Ki,L2:256Ki"]),
        ("--cache=L5:1Mi", ["'L5:1Mi'", "L1:32Ki,L2:256Ki"]),
        ("--cache=L1:0", ["'L1:0'", "above 0"]),
        ("--counters=", ["''", "empty"]),
        ("--counters=A,A", ["twice", "A"]),
        ("--load=here", ["'here'", "path.so:symbol[:name]"]),
    ],
)
def test_options(option: str, words: List[str]) -> None:
    """The axis options are in test_axes, --cpu in test_cpus.py, --load in test_load.py."""
    name = option.split("=")[0]
    done = copycost("run", *ONE_CELL, option)
    assert_refused(done, 2, *words)
    assert name in done.stderr or not words[0].startswith("from")
    assert not list(Path().iterdir())


def test_no_second_line_where_progress_is_wanted() -> None:
    """Refused before anything is said of the measurement."""
    assert_refused(copycost("run", "size", "--format=xml"), 2, "'xml'")
    assert_refused(copycost("run", "size", "--size=x"), 2, "'x'")


def test_unknown_counter() -> None:
    """Where all back ends can tell; where one can't be asked, that is the reason in the record."""
    done = copycost("run", *ONE_CELL, "--counters=nonsense", "--out=none")
    if done.returncode:
        assert_refused(done, 2, "'nonsense'", "perf_event_open: it has cycles")
    else:
        row = rows_of(*ONE_CELL, "--counters=nonsense").iloc[0]
        assert row["counters_reason"] and "nonsense" not in row


def test_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "notes").write_text("mine")
    done = copycost("run", *ONE_CELL, f"--out={folder}")
    assert_refused(done, 2, f"'{folder}'", "'notes'", "empty folder")
    assert [file.name for file in folder.iterdir()] == ["notes"]
    assert (folder / "notes").read_text() == "mine"


@pytest.mark.parametrize("out", ["/dev/null", "/dev/null/folder", ""])
def test_what_is_no_folder(out: str) -> None:
    done = copycost("run", *ONE_CELL, f"--out={out}")
    assert done.returncode in (1, 2)
    assert_refused(done, done.returncode, f"'{out}'", "--out")


def test_folder_that_must_not_be_written(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (tmp_path / "closed").mkdir(mode=0o555)
    done = copycost("run", *ONE_CELL, "--out=closed/dataset")
    assert done.returncode in (1, 2)
    assert_refused(done, done.returncode, "'closed/dataset'", "denied", "--out")
