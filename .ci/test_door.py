"""run.sh where it says no, and the list of packages. Nothing here installs or builds."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import List

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE_COLUMNS = 7


def door(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(ROOT / "run.sh"), *arguments],
        cwd="/",
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "arguments", [["--help"], ["size", "--help"], ["check", "--help"]]
)
def test_help(arguments: List[str]) -> None:
    done = door(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ./run.sh")


@pytest.mark.parametrize(
    "arguments, what",
    [
        (["chekc"], "'chekc'"),
        (["size", "main"], "'main'"),
        (["check", "size"], "'size'"),
        (["check", "--quick"], "'--quick'"),
        (["plot"], "folders of datasets"),
        (["plot", "--emulate", "a"], "--no-install, --emulated"),
        (["ab"], "one or two commits"),
        (["report", "--emulate", "a"], "--no-install, --emulated"),
        (["setup", "everything"], "'everything'"),
    ],
)
def test_usage_errors(arguments: List[str], what: str) -> None:
    done = door(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["compare", "history", "publish", "site"])
def test_programs_behind_the_door(command: str) -> None:
    """They have a help and usage errors of their own."""
    done = door(command, "--help", "--no-install")
    assert done.returncode == 0 and done.stdout.startswith("usage: ")
    done = door(command, "--nonsense", "--no-install")
    assert (done.returncode, done.stdout) == (2, "") and "usage: " in done.stderr


def test_missing_packages_are_named(tmp_path: Path) -> None:
    """With a PATH that holds what the script itself uses and nothing else."""
    for tool in (
        "bash",
        "awk",
        "sed",
        "grep",
        "paste",
        "dirname",
        "cat",
        "sort",
        "nproc",
    ):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    done = door("setup", "--no-install", "lint", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    lines = [line.strip() for line in done.stderr.splitlines()]
    assert lines[0].startswith("missing: clang, clang-tidy")
    assert [line.split()[0] for line in lines[1:5]] == [
        "apt-get",
        "dnf",
        "pacman",
        "apk",
    ]
    assert "clang-tools-extra" in lines[2] and "clang-extra-tools" in lines[4]


def test_paths_are_those_of_the_caller(tmp_path: Path) -> None:
    """Which options take one is read from the program's help. It and make are stand-ins here."""
    program, make = tmp_path / "copycost", tmp_path / "make"
    make.write_text(f"#!/bin/sh\ncase $* in *program) echo {program} ;; esac\n")
    program.write_text(
        "#!/bin/sh\n"
        "case $1 in\n"
        "help) printf '  --%s help\\n' out=FOLDER load=PATH:SYMBOL table=FILE size=SIZES ;;\n"
        "run) shift && printf '%s\\n' \"$@\" ;;\n"
        "esac\n"
    )
    make.chmod(0o755)
    program.chmod(0o755)
    given = ["--table=a b.csv", "--load=x.so:f", "--size=64", "--out=none", "--quiet"]
    done = door("size", "--no-install", *given, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done
    taken = ["--table=/a b.csv", "--load=/x.so:f", *given[2:], "--format=none"]
    assert done.stdout.splitlines() == ["size", *taken]


def test_packages_have_a_name_everywhere() -> None:
    lines = (ROOT / ".ci/packages").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    for row in rows:
        assert len(row) == PACKAGE_COLUMNS, row
        purposes = ("build", "run", "site", "test", "lint", "cross", "boards")
        assert row[0] in purposes and row[1] in ("must", "may"), row
        assert row[2].split(":")[0] in ("command", "header", "module", "file"), row
        assert row[3] != "-", row


def find_python(*purposes: str, python: str) -> str:
    command = [str(ROOT / ".ci/find-python"), *purposes]
    environment = {**os.environ, "PYTHON": python}
    done = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def test_python_without_the_modules_is_passed_over(tmp_path: Path) -> None:
    bare = tmp_path / "a python"
    bare.write_text(f"#!/bin/sh\nexec {shutil.which('python3')} -I -S \"$@\"\n")
    bare.chmod(0o755)
    assert find_python(python=str(bare)) == str(bare)
    assert find_python("run", "test", python=str(bare)) != str(bare)
