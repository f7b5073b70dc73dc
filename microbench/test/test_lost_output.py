"""Full disks and closed files: it is said, exit 1, and nothing half-written validates."""

import math
import os
import resource
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List

import pytest

from driver import ONE_CELL, ONE_KERNEL, assert_refused, copycost, valid_dataset
from results.validate import validate

CELLS = ["run", *ONE_KERNEL, "--size=1..2Ki", "--format=none"]


def assert_nothing_valid(folder: Path) -> None:
    assert not (folder / "datapackage.json").exists()
    assert validate(folder) != []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> List[int]:
    """Sizes of the files of a dataset with room enough."""
    folder = tmp_path_factory.mktemp("whole") / "dataset"
    assert copycost(*CELLS, f"--out={folder}").returncode == 0
    return [file.stat().st_size for file in folder.rglob("*") if file.is_file()]


@contextmanager
def small_disk(pages: int) -> Iterator[Path]:
    """The current folder's `disk`, with room for that many pages of files."""
    folder = Path("disk").resolve()
    folder.mkdir()
    size = f"size={pages * resource.getpagesize()}"
    mount = ["mount", "-t", "tmpfs", "-o", size, "copycost", str(folder)]
    if not shutil.which("mount") or os.geteuid() != 0:
        pytest.skip("only root may mount")
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("missing", ["all but one", "half", "two"])
def test_full_disk(whole: List[int], missing: str) -> None:
    """At the samples, at the description of the machine, at that of the dataset."""
    needed = sum(math.ceil(size / resource.getpagesize()) for size in whole)
    pages = {"all but one": 1, "half": needed // 2, "two": needed - 2}[missing]
    with small_disk(pages) as disk:
        done = copycost(*CELLS, f"--out={disk}/dataset")
        assert_refused(done, 1, f"'{disk}/dataset/", "No space left", "--out")
        assert_nothing_valid(disk / "dataset")


@pytest.mark.parametrize("share", [0, 0.01, 0.1, 0.5, 0.9])
def test_limit_on_a_files_size(whole: List[int], share: float) -> None:
    """As for a full disk, at whichever file it comes. The share is of the largest file."""
    limit = int(max(whole) * share)

    def set_limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = copycost(*CELLS, "--out=dataset", preexec_fn=set_limit)
    assert_refused(done, 1, "'dataset/", "File too large", "--out")
    assert_nothing_valid(Path("dataset"))


COMMANDS = [
    ["--version"],
    ["help", "--man"],
    ["help", "run"],
    ["list"],
    ["machine"],
    ["machine", "--json"],
    ["run", *ONE_CELL, "--dry-run"],
    ["run", *ONE_CELL, "--out=none", "--format=csv"],
    ["run", *ONE_CELL, "--out=none"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_stdout_that_takes_nothing(command: List[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = copycost(*command, stdout=full)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    assert done.stderr.startswith("copycost: can't write to standard output: No space")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_closed_stdout(command: List[str]) -> None:
    done = copycost(*command, stdout=None, preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    assert done.stderr.startswith("copycost: can't write to standard output: Bad file")


def test_dataset_outlives_stdout() -> None:
    """It is finished before anything is printed."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = copycost("run", *ONE_CELL, "--out=dataset", stdout=full)
    assert done.returncode == 1
    assert len(valid_dataset(Path("dataset")).table("size")) == 1


@pytest.mark.parametrize("closed", [[2], [1, 2], [0, 1, 2]], ids=str)
def test_nothing_but_data_in_the_dataset(closed: List[int]) -> None:
    """The number of a closed stream must not become that of a table."""

    def close() -> None:
        for number in closed:
            os.close(number)

    loud = [option for option in ONE_CELL if option != "--quiet"]
    done = copycost("run", *loud, "--out=dataset", stdout=None, preexec_fn=close)
    assert done.returncode == (1 if 1 in closed else 0)
    assert len(valid_dataset(Path("dataset")).table("size")) == 1
