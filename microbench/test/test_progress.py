"""What is said on stderr while it measures: lines in a file, a bar on a terminal."""

import os
import pty
import re
import subprocess
from pathlib import Path

from driver import ONE_CELL, PROGRAM, copycost, valid_dataset

LOUD = ["run", *(option for option in ONE_CELL if option != "--quiet")]


def on_terminal(*arguments: str) -> str:
    """What reaches a terminal that is the program's stderr."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as program:
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 4096):
                text += piece
        except OSError:
            pass  # how Linux says that the other end is closed
        os.close(ours)
    assert program.returncode == 0
    return text.decode()


def test_plain_lines_where_there_is_no_terminal() -> None:
    done = copycost(*LOUD, "--out=none")
    first, *lines = done.stderr.splitlines()
    assert first.startswith("measuring on CPU ")
    assert len(lines) == 3
    for number, line in enumerate(lines, start=1):
        assert re.match(rf"launch {number} of 3, 1 cells, \d+ s", line)
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", done.stderr)


def test_bar_on_a_terminal() -> None:
    text = on_terminal(*LOUD, "--out=none")
    assert re.search(r"\r\[#{30}\] launch 3 of 3, 1 of 1 cells open, .* s left", text)
    assert text.endswith("\r\x1b[K")  # nothing of it stays
    assert "launch 1 of 3, 1 cells" not in text


def test_quiet() -> None:
    assert on_terminal(*LOUD, "--quiet", "--out=none") == ""
    assert copycost(*LOUD, "--quiet", "--out=none").stderr == ""


def test_data_alone_on_stdout() -> None:
    done = copycost(*LOUD, "--format=csv", "--out=dataset")
    assert done.stdout.startswith("cell,kernel,") and done.stdout.count("\n") == 2
    assert done.stderr.endswith("dataset: dataset\n")
    assert len(valid_dataset(Path("dataset")).table("size")) == 1
