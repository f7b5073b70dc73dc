"""
What experiments that cross into the kernel may leave behind: processes, files, files in memory,
message queues, name spaces and network interfaces. All are counted before and
after, however a run ends.
"""

import os
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, Set
from unittest import mock

import pytest

from driver import ENDLESS, TINY, assert_refused, copycost, valid_dataset
from results.validate import validate
from test_interrupt import END_S, Running

CROSSINGS: Dict[str, List[str]] = {
    "ipc": ["--pair=cpu", "--chunk=4096", "--touch=all"],
    "proxy": ["--pair=cpu", "--message=4096", "--inspect=none"],
    "remap": ["--threads=0", "--size=64Ki", "--page=base"],
    "send": ["--size=8Ki"],
    "shootdown": ["--threads=0,1", "--pages=1,40"],
}
LOUD = [option for option in TINY if option != "--quiet"]
SHARED_FOLDERS = ["/dev/shm", "/dev/mqueue", "/run/netns", "/sys/class/net"]


def remains(own: Path) -> Set[str]:
    """All in that folder; elsewhere, where others are at work too, what has the program's name."""
    found = {str(path) for path in own.rglob("*")}
    for folder in SHARED_FOLDERS:
        found |= {str(path) for path in Path(folder).glob("*copycost*")}
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return found | {f"mount {line}" for line in mounts if " - nsfs " in line}


@pytest.fixture(autouse=True)
def nothing_remains(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The folder for temporary files, empty before and after."""
    own = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(own))
    before = remains(own)
    yield own
    assert remains(own) <= before


def run_of(experiment: str) -> List[str]:
    return [experiment, *CROSSINGS[experiment]]


def test_a_whole_run() -> None:
    for experiment in CROSSINGS:
        done = copycost("run", *run_of(experiment), *TINY, f"--out={experiment}")
        assert done.returncode == 0, done
        assert validate(Path(experiment)) == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("experiment", CROSSINGS)
def test_interrupted(experiment: str, name: str) -> None:
    """As by Ctrl-C, which the whole group gets."""
    with Running(*run_of(experiment), *LOUD, *ENDLESS) as running:
        os.killpg(running.program.pid, getattr(signal, name))
        running.stderr.read()
        assert running.program.wait() == 1
        running.assert_all_gone()
    assert valid_dataset(Path("dataset")).machine["run"]["interrupted"] is True


@pytest.mark.parametrize("experiment", CROSSINGS)
def test_killed(experiment: str) -> None:
    with Running(*run_of(experiment), *LOUD, *ENDLESS) as running:
        os.kill(running.program.pid, signal.SIGKILL)
        running.assert_all_gone()


def children(process: int) -> List[int]:
    """Of all its threads."""
    found: List[int] = []
    with suppress(OSError):  # a process that has ended meanwhile
        for path in Path(f"/proc/{process}/task").glob("*/children"):
            found += map(int, path.read_text(encoding="ascii").split())
    return found


def grandchildren(program: int) -> List[int]:
    """The processes that launches of the program have forked."""
    return [peer for launch in children(program) for peer in children(launch)]


def kill(processes: Iterable[int]) -> int:
    """How many of them were still there."""
    killed = 0
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            killed += 1
    return killed


def assert_missed(victims: Callable[[int], Iterable[int]], *arguments: str) -> None:
    """
    Its one cell fails when they are killed, and so does the run, which would go on for ever.

    Who is killed when a launch is done with the cell is not missed, so the next launch's are, too.
    """
    if not any(Path("/proc/self/task").glob("*/children")):
        pytest.skip("this kernel does not tell who whose child is")
    # A sanitizer's search for leaks is a child, too, and whoever has it waits for it for ever.
    without = mock.patch.dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
    with without, Running(*arguments, *LOUD, *ENDLESS) as running:
        deadline = time.monotonic() + END_S
        while running.program.poll() is None:
            assert time.monotonic() < deadline, "it goes on without them"
            kill(victims(running.program.pid))
        running.assert_all_gone()
        row = valid_dataset(Path("dataset")).table(arguments[0]).iloc[0]
        if row["verdict"] == "skipped":
            pytest.skip(row["reason"])
        assert running.program.returncode == 1
    assert row["verdict"] == "failed" and "died" in row["reason"]


@pytest.mark.parametrize("experiment", ["ipc", "proxy"])
def test_a_killed_child(experiment: str) -> None:
    """The others go too, once the run is ended."""
    if not any(Path("/proc/self/task").glob("*/children")):
        pytest.skip("this kernel does not tell who whose child is")
    with Running(*run_of(experiment), *LOUD, *ENDLESS) as running:
        while not kill(grandchildren(running.program.pid)):
            assert running.program.poll() is None, "it ended before a child was found"
        os.kill(running.program.pid, signal.SIGINT)
        running.assert_all_gone()


@pytest.mark.parametrize("experiment", CROSSINGS)
def test_a_full_disk(experiment: str) -> None:
    """The limit on a file's size stands for it, which everybody may set."""

    def set_limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    options = [*TINY, "--out=dataset", "--format=none"]
    done = copycost("run", *run_of(experiment), *options, preexec_fn=set_limit)
    assert_refused(done, 1, "'dataset/", "File too large", "--out")


def test_what_remains_would_be_seen(nothing_remains: Path) -> None:
    """A file in that folder, and one in memory with the program's name."""
    before = remains(nothing_remains)
    strays = [nothing_remains / "stray"]
    if os.access("/dev/shm", os.W_OK):
        strays.append(Path(f"/dev/shm/copycost-{os.getpid()}"))
    for stray in strays:
        stray.write_text("", encoding="ascii")
    try:
        assert remains(nothing_remains) - before == set(map(str, strays))
    finally:
        for stray in strays:
            stray.unlink()
