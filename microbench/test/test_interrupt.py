"""Ctrl-C and worse: what was measured is kept and valid, or there is no dataset; none stays behind."""

import os
import resource
import select
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Callable, List, Optional, Type

import pytest

from driver import (
    ENDLESS,
    ONE_KERNEL,
    PROGRAM,
    allowed_cpus,
    assert_refused,
    copycost,
    valid_dataset,
)
from results.validate import validate

CELLS = 12
LOUD = [option for option in ONE_KERNEL if option != "--quiet"]
SIZES = ["--size=1..2Ki", *ENDLESS]
END_S = 60  # until a process that is gone counts as one that stays


class Running:
    """A run that has begun to measure, in a process group of its own."""

    def __init__(
        self, *arguments: str, before: Optional[Callable[[], Any]] = None
    ) -> None:
        # Every process that the program starts inherits the writing end.
        self.reading, writing = os.pipe()
        self.program = subprocess.Popen(
            [*PROGRAM, "run", "--out=dataset", "--format=none", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=[writing],
            preexec_fn=before,
        )
        os.close(writing)
        assert self.program.stderr
        self.stderr: IO[str] = self.program.stderr
        self.said = ""
        while not self.said.startswith("launch "):
            self.said = self.stderr.readline()
            assert self.said, "it ended before it measured"

    def __enter__(self) -> "Running":
        return self

    def assert_all_gone(self) -> None:
        """The pipe is at its end once the last process that had it is gone."""
        ready, _, _ = select.select([self.reading], [], [], END_S)
        assert ready, "a process stays behind"
        assert os.read(self.reading, 1) == b""

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self.program.poll() is None:
            os.killpg(self.program.pid, signal.SIGKILL)
            self.program.wait()
        self.stderr.close()
        os.close(self.reading)


def assert_kept(running: Running) -> None:
    """It ends by itself, failed, and what it leaves is whole."""
    rest = running.stderr.read()
    assert running.program.wait() == 1
    running.assert_all_gone()
    assert "copycost: " not in rest
    loaded = valid_dataset(Path("dataset"))
    assert loaded.machine["run"]["interrupted"] is True
    assert loaded.package["copycost"]["interrupted"] is True
    table = loaded.table("size")
    assert list(table["cell"]) == list(range(CELLS))
    measured = table["median_ns"].notna()
    assert measured.any()
    assert set(table["stop"][measured]) == {"interrupted"}
    assert set(table["verdict"][measured]) <= {"ok", "noisy"}
    assert set(table["verdict"][~measured]) <= {"skipped"}
    assert table["reason"][~measured].str.contains("interrupted").all()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("to_group", [True, False], ids=["group", "process"])
def test_interrupted(name: str, to_group: bool) -> None:
    """A terminal sends Ctrl-C to the whole group, others name the process."""
    with Running(*LOUD, *SIZES) as running:
        send = os.killpg if to_group else os.kill
        send(running.program.pid, getattr(signal, name))
        assert_kept(running)


def test_a_signal_that_is_ignored_stays_so() -> None:
    """As nohup has it: the terminal may go."""

    def nohup() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with Running(*LOUD, *SIZES, before=nohup) as running:
        os.kill(running.program.pid, signal.SIGHUP)
        for _ in range(3):
            assert running.stderr.readline().startswith("launch ")
        os.kill(running.program.pid, signal.SIGINT)
        assert_kept(running)


def test_a_launch_that_can_not_begin_loses_nothing() -> None:
    """A file at a time can be open yet, to write the dataset; a launch needs more."""
    with Running(*LOUD, *SIZES) as running:
        while not running.stderr.readline().startswith("launch 3 of"):
            pass
        resource.prlimit(running.program.pid, resource.RLIMIT_NOFILE, (4, 4))
        said = running.stderr.read()
        assert running.program.wait() == 1
    assert "can't make a pipe for a launch: Too many open files" in said
    table = valid_dataset(Path("dataset")).table("size")
    assert (table["stop"] == "interrupted").any()


def test_interrupted_while_a_launch_begins() -> None:
    """With so little to measure, most of the time goes into starting processes."""
    options = ["--size=64", "--samples=2", *ENDLESS]
    with Running(*LOUD, *options) as running:
        for number in range(2, 6):
            assert running.stderr.readline().startswith(f"launch {number} of")
        os.killpg(running.program.pid, signal.SIGINT)
        running.stderr.read()
        assert running.program.wait() == 1
    row = valid_dataset(Path("dataset")).table("size").iloc[0]
    assert row["stop"] == "interrupted" and row["launches"] >= 4


def test_interrupted_before_every_cell_was_visited() -> None:
    """The rows of what was not visited are there, and say so."""
    with Running(*LOUD, "--size=0..2000+1", *ENDLESS) as running:
        os.killpg(running.program.pid, signal.SIGINT)
        running.stderr.read()
        assert running.program.wait() == 1
    table = valid_dataset(Path("dataset")).table("size")
    assert len(table) == 2001
    skipped = table[table["verdict"] == "skipped"]
    assert skipped["reason"].str.contains("interrupted before").all()


def test_a_launch_without_a_run() -> None:
    """Whoever sets the variable of the launches himself gets no measurement."""
    variable = {**os.environ, "COPYCOST_LAUNCH": "0"}
    done = copycost("run", *ONE_KERNEL, "--size=64", env=variable)
    assert_refused(done, 1, "COPYCOST_LAUNCH is set")


def regions() -> List[List[str]]:
    workers = min(2, len(allowed_cpus()))
    kinds = ["thread", "team", "processes"]
    null = [["null", f"--kind={kind}", f"--workers={workers}"] for kind in kinds]
    if workers > 1:
        del null[0]
    tiny = [option for option in LOUD if option.startswith("--samples")]
    return [[*LOUD, *SIZES], *([*words, *tiny, *ENDLESS] for words in null)]


@pytest.mark.parametrize("arguments", regions(), ids=lambda words: " ".join(words[:2]))
def test_killed(arguments: List[str]) -> None:
    """Nothing can be finished then: no process is left, and nothing that validates."""
    with Running(*arguments) as running:
        os.kill(running.program.pid, signal.SIGKILL)
        running.assert_all_gone()
    assert not Path("dataset/datapackage.json").exists()
    assert validate(Path("dataset")) != []


def test_a_process_that_stays_would_be_seen() -> None:
    """The pipe's end does not come while somebody has the other end."""
    reading, writing = os.pipe()
    command = ["cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[writing]) as other:
        os.close(writing)
        assert select.select([reading], [], [], 0)[0] == []
        assert other.stdin
        other.stdin.close()
        assert select.select([reading], [], [], END_S)[0] == [reading]
    os.close(reading)
