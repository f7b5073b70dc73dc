"""Broken folders and files of a dataset are found."""

import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from results import load
from results.test import breaking
from results.validate import validate

ROOT = Path(load.__file__).parents[1]


def test_the_specimen_is_valid(whole: Path) -> None:
    assert validate(whole) == []


def test_what_is_drawn_from_a_dataset_may_lie_in_it(copied: Path) -> None:
    (copied / "plots").mkdir()
    (copied / "plots" / "size.svg").write_text("<svg/>", encoding="utf-8")
    (copied / "report.html").write_text("<html/>", encoding="utf-8")
    assert validate(copied) == []


def test_an_interrupted_run_may_lack_experiments(copied: Path) -> None:
    def interrupt(machine: Any) -> None:
        machine["run"].update(
            interrupted=True, experiments=["size", "null", "mix", "align"]
        )

    breaking.edit_json(copied, interrupt, "machine.json")
    breaking.edit_json(
        copied, lambda package: package["copycost"].update(interrupted=True)
    )
    assert validate(copied) == []


def test_no_folder(tmp_path: Path) -> None:
    found = validate(tmp_path / "nothing")
    assert found == ["datapackage.json: the dataset's folder does not exist"]


def test_half_written(copied: Path) -> None:
    (copied / "datapackage.json").unlink()
    found = validate(copied)
    assert found == [
        "datapackage.json: is missing: a run writes it last, so this one did not finish"
    ]


@pytest.mark.parametrize(
    "name", ["size.csv", "samples/size.csv.gz", "machine.json", "topology.xml"]
)
def test_missing_file(copied: Path, name: str) -> None:
    (copied / name).unlink()
    text = "is missing, though datapackage.json lists it; copy the dataset anew"
    assert validate(copied) == [f"{name}: {text}"]


@pytest.mark.parametrize("name", ["notes.txt", "samples/align.csv.gz", "sub/size.csv"])
def test_file_that_is_not_listed(copied: Path, name: str) -> None:
    (copied / name).parent.mkdir(exist_ok=True)
    (copied / name).write_text("x", encoding="utf-8")
    assert validate(copied) == [f"{name}: datapackage.json does not list it; remove it"]


def test_changed_after_the_run(copied: Path) -> None:
    content = (copied / "size.csv").read_bytes()
    (copied / "size.csv").write_bytes(content.replace(b"precise", b"Precise", 1))
    found = validate(copied)
    assert (
        found[0]
        == "size.csv: its sha256 is not the one in datapackage.json; it was changed"
    )
    assert ": stop: 'Precise' is none of" in found[1]


def test_cut_short(copied: Path) -> None:
    content = (copied / "size.csv").read_bytes()
    (copied / "size.csv").write_bytes(content[:-90])
    last = content.count(b"\n")
    found = validate(copied)
    assert found[0].startswith(
        f"size.csv: has {len(content) - 90} bytes, datapackage.json says"
    )
    assert f"size.csv:{last}: the last line has no end: the file was cut short" in found


def _replace(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old, new, 1)


BROKEN_BYTES = [
    ("size.csv", lambda content: content[:-90], ": has "),
    (
        "size.csv",
        lambda content: content.replace(b"\n", b"\r\n"),
        ":1: a carriage return",
    ),
    ("size.csv", _replace(b"copy_byte", b"copy\xff"), ":2: not UTF-8: byte 0xff"),
    (
        "size.csv",
        lambda content: b"\xef\xbb\xbf" + content,
        ":1: the columns are not those",
    ),
    (
        "size.csv",
        _replace(b"cell,kernel", b"cell,kernels"),
        ":1: the columns are not those",
    ),
    (
        "size.csv",
        _replace(b",warm,", b',"warm\n",'),
        ":2: a value goes on in the next line",
    ),
    ("size.csv", _replace(b",warm,", b',"warm,'), ":2: "),
    (
        "size.csv",
        _replace(b",thread,", b",1,5,"),
        ":2: has 57 values, the header has 56",
    ),
    ("size.csv", _replace(b",thread,", b","), ":2: has 55 values, the header has 56"),
    ("size.csv", lambda content: b"\n", ":1: the columns are not those"),
    ("machine.json", lambda content: content[:-20], ": not JSON: "),
    ("machine.json", _replace(b"Specimen", b"\xff"), ": not UTF-8 at byte "),
    ("machine.json", _replace(b"0.4", b"NaN"), ": not JSON: NaN is no JSON"),
    ("topology.xml", lambda content: content[:-5], ": not XML: "),
    ("topology.xml", lambda content: b"<top/>", ": its root is <top>"),
    ("samples/size.csv.gz", lambda content: content[:-40], ": cannot be unpacked: "),
    ("samples/size.csv.gz", lambda content: b"cell,launch", ": cannot be unpacked: "),
    ("samples/size.csv.gz", lambda content: gzip.compress(b""), ": is empty"),
]


@pytest.mark.parametrize("name, edit, text", BROKEN_BYTES)
def test_broken_bytes(
    copied: Path, name: str, edit: Callable[[bytes], bytes], text: str
) -> None:
    breaking.edit_bytes(copied, name, edit)
    found = validate(copied)
    assert any(entry.startswith(name) and text in entry for entry in found), found


def test_command(copied: Path, whole: Path) -> None:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "results.validate", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)

    assert run().returncode == 2
    valid = run(str(whole))
    assert (valid.returncode, valid.stdout) == (0, f"{whole}: valid\n")
    breaking.set_value(copied, 2, "region", "crowd")
    broken = run(f"{copied}/", str(whole))
    assert broken.returncode == 1
    assert broken.stdout.splitlines() == [
        f"{copied}/size.csv:2: region: 'crowd' is none of thread, team, processes",
        f"{whole}: valid",
    ]
