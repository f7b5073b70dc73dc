"""Two builds compared as their user compares them. Times are only those of copies made twice."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from driver import EMULATOR, PROGRAM, Done, assert_refused, copycost, output_of

ROOT = Path(__file__).resolve().parents[2]
SOURCE = r"""
#include <stddef.h>
#include <stdlib.h>
#ifndef TIMES
#define TIMES 1
#endif
#ifndef SHORT
#define SHORT 0
#endif
void *mine(void *dst, const void *src, size_t bytes)
{
    for (int time = 0; time < TIMES; time++)
        for (size_t i = 0; i + SHORT < bytes; i++)
            ((volatile char *)dst)[i] = ((const char *)src)[i];
    return dst;
}
void *my_memmove(void *dst, const void *src, size_t bytes)
{
    return mine(dst, src, bytes);
}
void *aborting(void *dst, const void *src, size_t bytes)
{
    abort();
}
"""
BUILDS: Dict[str, List[str]] = {
    "old": [],
    "same": [],
    "twice": ["-DTIMES=2"],
    "short": ["-DSHORT=1"],
}
# As little as can be measured; one cell of each comparison.
CELL = ["--size=64", "--src-offset=0", "--dst-offset=2048", "--page=base"]
ONE_CELL = [*CELL, "--temperature=warm", "--detect=5%", "--quiet"]
# Somebody who is no Python, so that nothing is judged.
NO_PYTHON = {**os.environ, "PYTHON": "/nowhere/python"}
WITH_PYTHON = {**os.environ, "PYTHON": sys.executable}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where old.so, same.so (its equal), twice.so and short.so are."""
    if not shutil.which("cc") or EMULATOR:
        pytest.skip("no compiler for the CPU that the program runs on")
    made = tmp_path_factory.mktemp("builds")
    (made / "copies.c").write_text(SOURCE)
    for name, options in BUILDS.items():
        command = ["cc", "-shared", "-fPIC", "-O2", *options, "copies.c"]
        subprocess.run([*command, "-o", f"{name}.so"], cwd=made, check=True)
    found = copycost(
        "ab", str(made / "old.so"), str(made / "nothing.so"), "--symbol=mine"
    )
    if "side by side" in found.stderr:
        pytest.skip(found.stderr)
    return made


@pytest.fixture
def judged() -> None:
    if not (ROOT / "results/ab/__main__.py").exists():
        pytest.skip("nobody judges here: no results/ab/__main__.py")


def ab(
    folder: Path, new: str, *options: str, symbol: str = "mine", **more: Any
) -> Done:
    objects = [f"{folder / name}.so:{symbol}" for name in ("old", new)]
    return copycost("ab", *objects, *ONE_CELL, *options, **more)


def pairs_of(folder: Path, new: str, *options: str) -> Dict[str, Any]:
    """The file of a comparison that nobody judges."""
    done = ab(folder, new, "--pairs=pairs.json", *options, env=NO_PYTHON)
    assert done.returncode == 3, done
    pairs: Dict[str, Any] = json.loads(Path("pairs.json").read_text())
    return pairs


def test_a_place_for_pairs_that_is_none_is_told_at_once(folder: Path) -> None:
    done = ab(folder, "twice", "--pairs=nowhere/pairs.json", env=NO_PYTHON)
    assert done.returncode == 2
    assert "--pairs: can't write 'nowhere/pairs.json': No such file" in done.stderr
    assert not Path("nowhere").exists()


def test_the_pairs(folder: Path) -> None:
    pairs = pairs_of(folder, "twice", "--seed=7")
    assert pairs["format"] == "copycost-pairs/1" and pairs["ended"] == "complete"
    assert [pairs[build]["file"] for build in ("old", "new")] == ["old.so", "twice.so"]
    assert pairs["new"]["label"] == str(folder / "twice.so")
    assert pairs["old"]["sha256"] != pairs["new"]["sha256"]
    assert pairs["machine"]["cpu"] and pairs["plan"]["seed"] == 7
    launches, each = pairs["plan"]["launches"], pairs["plan"]["pairs"]
    assert (pairs["plan"]["detect"], launches, each) == (0.05, 20, 15)
    cells = {cell["comparison"]: cell for cell in pairs["cells"]}
    assert {"change", "control"} <= set(cells) <= {"change", "control", "placement"}
    for comparison, cell in cells.items():
        assert (cell["function"], cell["size"]) == ("mine", 64)
        if cell["verdict"] == "skipped" and comparison == "placement":
            assert cell["reason"]
            continue
        assert (cell["verdict"], cell["reason"]) == ("measured", "")
        count = launches * (each if comparison == "change" else each // 3)
        for column in ("launch", "new_first", "old_ns", "new_ns"):
            assert len(cell[column]) == count
        assert set(cell["launch"]) == set(range(launches))
        assert set(cell["new_first"]) == {0, 1}
        assert min(*cell["old_ns"], *cell["new_ns"]) > 0
    control = cells["control"]
    assert control["old_entry"] == control["new_entry"] == cells["change"]["old_entry"]


def test_placement_is_compared_where_entries_differ(folder: Path) -> None:
    libc = "libc.so.6"
    whole = subprocess.run(
        ["cc", f"-print-file-name={libc}"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    if not Path(whole).exists():
        pytest.skip(f"no {libc} here")
    objects = [f"{whole}:memcpy", f"{folder / 'old.so'}:mine"]
    done = copycost("ab", *objects, *ONE_CELL, "--pairs=pairs.json.gz", env=NO_PYTHON)
    assert done.returncode == 3, done
    with gzip.open("pairs.json.gz", "rt") as file:
        cells = {cell["comparison"]: cell for cell in json.load(file)["cells"]}
    change = cells["change"]
    assert change["function"] == "memcpy/mine"
    if change["old_entry"] == change["new_entry"]:
        assert "placement" not in cells
        return
    assert cells["placement"]["new_entry"] == change["old_entry"]
    assert cells["placement"]["verdict"] in ("measured", "skipped")


def test_symbols_and_cells_are_chosen(folder: Path) -> None:
    objects = [f"{folder / name}.so" for name in ("old", "same")]
    options = ["--symbol=mine", "--symbol=my_memmove", "--size=64,1Ki", *ONE_CELL[1:]]
    done = copycost("ab", *objects, *options, "--pairs=pairs.json", env=NO_PYTHON)
    assert done.returncode == 1, done  # a forward loop is no memmove
    assert "my_memmove" in done.stderr and "overlapping" in done.stderr
    done = copycost(
        "ab", *objects, "--symbol=mine", *options[2:], "--pairs=p.json", env=NO_PYTHON
    )
    cells = json.loads(Path("p.json").read_text())["cells"]
    assert {(cell["function"], cell["size"]) for cell in cells} == {
        ("mine", 64),
        ("mine", 1024),
    }


def test_a_wrong_function_is_refused(folder: Path) -> None:
    """With the case in which it fails, and status 1: no gate is to let it through."""
    for builds in (("old", "short"), ("short", "old")):
        objects = [f"{folder / name}.so:mine" for name in builds]
        done = copycost("ab", *objects, *ONE_CELL, env=WITH_PYTHON)
        which = "new" if builds[1] == "short" else "old"
        assert_refused(
            done, 1, f"short.so ({which}): ", " bytes, src at 64k+", "byte 0 of dst"
        )
    assert not list(Path().iterdir())


def test_one_that_ends_the_process(folder: Path) -> None:
    env = {**NO_PYTHON, "ASAN_OPTIONS": "handle_abort=0"}
    done = ab(folder, "same", symbol="aborting", env=env)
    assert_refused(done, 1, "aborting", "Aborted")


def test_what_can_not_be_compared(folder: Path) -> None:
    Path("text.so").write_text("no library")
    header = bytearray((folder / "old.so").read_bytes()[:64])
    header[18:20] = b"\x02\x00" if sys.byteorder == "little" else b"\x00\x02"  # SPARC
    Path("other.so").write_bytes(header)
    old = str(folder / "old.so")
    mine = "--symbol=mine"
    refused: List[Tuple[List[str], List[str]]] = [
        ([old, f"{old}:mine"], ["name the function once"]),
        ([f"{old}:mine", f"{old}:mine", mine], ["name the function once"]),
        ([old, old, mine, mine], ["twice"]),
        ([old], ["two shared objects"]),
        ([old, old, old], ["two shared objects"]),
        ([old, old, "--symbol=absent"], ["'absent'", "nm -D"]),
        ([old, old, "--symbol=strlen"], ["'strlen' of its own"]),
        ([old, "./missing.so", mine], ["missing.so", "No such file"]),
        ([old, "text.so", mine], ["no shared object", "text.so"]),
        ([old, "other.so", mine], ["other.so", "another CPU"]),
        ([old, old, mine, "--detect=3%"], ["1%, 2%, 5%"]),
        ([old, old, mine, "--alpha=60"], ["below 50"]),
        ([old, old, mine, "--size=x"], ["--size='x'"]),
    ]
    for arguments, words in refused:
        done = copycost("ab", *arguments, "--quiet", env=NO_PYTHON)
        assert_refused(done, 2, *words)


def test_without_python_the_pairs_are_kept(folder: Path) -> None:
    done = ab(folder, "same", env={**NO_PYTHON, "TMPDIR": "."})
    assert done.returncode == 3, done
    (kept,) = Path().iterdir()
    assert f"./{kept.name}" in done.stdout and "python3 -m results.ab" in done.stdout
    with gzip.open(kept, "rt") as file:
        assert json.load(file)["format"] == "copycost-pairs/1"


def fake_python(status: int) -> Dict[str, str]:
    """The environment in which python only notes its arguments, and ends so."""
    Path("python").write_text(
        "#!/bin/sh\ncase $2 in *ImportError*) exit 0 ;; esac\n"
        'shift 2\nfor word; do echo "$word"; done >>called\n'
        f'test -s "$2" && exit {status}\nexit 99\n'
    )
    Path("python").chmod(0o755)
    return {**os.environ, "PYTHON": str(Path("python").resolve()), "TMPDIR": "."}


@pytest.mark.parametrize(("said", "status"), [(1, 1), (77, 3)])
def test_the_judge_decides(folder: Path, judged: None, said: int, status: int) -> None:
    done = ab(folder, "same", env=fake_python(said))
    assert done.returncode == status, done
    packages, pairs = Path("called").read_text().splitlines()
    assert Path(packages) == ROOT
    assert not Path(pairs).exists(), "the temporary file stays behind"


def test_the_judge_gets_the_options(folder: Path, judged: None) -> None:
    options = [
        "--markdown=-",
        "--junit=a.xml",
        "--json=a.json",
        "--plot=a.svg",
        "--pairs=p.json",
    ]
    done = ab(folder, "same", *options, env=fake_python(0))
    assert done.returncode == 0, done
    words = Path("called").read_text().splitlines()
    judge = ["p.json", "--markdown", "-", "--junit", "a.xml", "--json", "a.json"]
    assert words == [str(ROOT), *judge, str(ROOT), "p.json", "--out", "a.svg"]
    assert Path("p.json").exists()


def test_a_folder_of_the_same_name_is_not_taken_for_the_judge(
    folder: Path, judged: None
) -> None:
    Path("results").mkdir()
    Path("results/__init__.py").write_text("raise SystemExit(0)")
    done = ab(folder, "twice", env=WITH_PYTHON)
    assert done.returncode == 1, done


def test_twice_is_slower(folder: Path, judged: None) -> None:
    options = ["--markdown=table.md", "--json=verdict.json"]
    done = ab(folder, "twice", *options, env=WITH_PYTHON)
    assert done.returncode == 1, done
    assert "mine" in done.stdout
    assert "mine" in Path("table.md").read_text() and Path("verdict.json").exists()


def test_half_is_not_slower(folder: Path, judged: None) -> None:
    """Nothing says how a quiet a machine is, so it may be without a verdict."""
    objects = [f"{folder / name}.so:mine" for name in ("twice", "old")]
    done = copycost("ab", *objects, *ONE_CELL, env=WITH_PYTHON)
    assert done.returncode in (0, 3), done


def test_help() -> None:
    text = output_of("ab", "--help")
    for option in (
        "--symbol",
        "--detect",
        "--alpha",
        "--pairs",
        "--size",
        "--src-offset",
        "--cpu",
    ):
        assert f"{option}=" in text
    assert "1: slower" in text and "3: no verdict" in text


def interrupted_pairs(folder: Path, env: Dict[str, str]) -> subprocess.Popen[str]:
    objects = [f"{folder / name}.so:mine" for name in ("old", "same")]
    options = [option for option in ONE_CELL if option != "--quiet"]
    program = subprocess.Popen(
        [*PROGRAM, "ab", *objects, *options, "--size=1..64+1", "--pairs=p.json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    assert program.stderr
    said = ""
    while not said.startswith("launch 2 of"):
        said = program.stderr.readline()
        assert said, "it ended before it measured"
    program.send_signal(signal.SIGINT)
    return program


def test_interrupted(folder: Path) -> None:
    with interrupted_pairs(folder, NO_PYTHON) as program:
        program.communicate()
    assert program.returncode == 3
    pairs = json.loads(Path("p.json").read_text())
    assert pairs["ended"].startswith("interrupted: after ")
    counts = [
        len(cell["old_ns"]) for cell in pairs["cells"] if cell["comparison"] == "change"
    ]
    assert min(counts) > 0 and max(counts) < 20 * 15


def test_an_interrupted_one_has_no_verdict(folder: Path, judged: None) -> None:
    with interrupted_pairs(folder, WITH_PYTHON) as program:
        program.communicate()
    assert program.returncode == 3


def test_a_launch_without_a_comparison(folder: Path) -> None:
    variable = {**os.environ, "COPYCOST_LAUNCH": "0"}
    assert_refused(ab(folder, "same", env=variable), 1, "COPYCOST_LAUNCH is set")
