"""The program as its user starts it, and what every test asks of what comes back."""

import json
import os
import resource
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Set

import pandas
import pytest

from results import load
from results.validate import validate

EMULATOR = shlex.split(os.environ.get("EMULATOR", ""))
PROGRAM = [*EMULATOR, os.environ["COPYCOST"]]
# As little as can be measured. What it measures is worth nothing, and no test looks at it.
TINY = ["--launches=3", "--samples=3", "--budget=5", "--quiet"]
ONE_KERNEL = ["size", "--kernel=copy_libc_memcpy", "--temperature=warm", *TINY]
ONE_CELL = [*ONE_KERNEL, "--size=64"]
# Nothing of this ends by itself while a test looks on.
ENDLESS = ["--launches=10000", "--precision=0.000001", "--budget=100000"]

Done = subprocess.CompletedProcess[str]


def copycost(*arguments: str, program: str = PROGRAM[-1], **options: Any) -> Done:
    """Runs it to its end, or a copy of it. The options are those of subprocess.run."""
    given: Dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        **options,
    }
    command = [*PROGRAM[:-1], program, *arguments]
    return subprocess.run(command, check=False, **given)


def output_of(*arguments: str, **options: Any) -> str:
    """What it prints where all is well."""
    done = copycost(*arguments, **options)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def assert_refused(done: Done, status: int, *words: str) -> None:
    """One line on stderr that has all these words, and nothing else."""
    assert (done.returncode, done.stdout) == (status, ""), done
    assert done.stderr.startswith("copycost: "), done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    for word in words:
        assert word in done.stderr


def rows_of(*arguments: str, **options: Any) -> pandas.DataFrame:
    """The rows of a run of one experiment that writes no dataset."""
    text = output_of("run", "--out=none", "--format=json", *arguments, **options)
    ((_, rows),) = json.loads(text).items()
    frame = pandas.DataFrame(rows)
    # Where all is well in all rows there is none.
    return frame if "reason" in frame else frame.assign(reason=None)


def _become_nobody() -> None:
    """Who may lock no more than 64 KiB, too."""
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def rows_of_ordinary_user(*arguments: str) -> pandas.DataFrame:
    """The same as somebody without rights, and from where he may read it. Skips but as root."""
    if os.geteuid() != 0:
        pytest.skip("is one already: all the other tests show it")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(PROGRAM[-1], folder)
        return rows_of(*arguments, program=program, preexec_fn=_become_nobody)


def dataset_of(*arguments: str, status: int = 0, **options: Any) -> load.Dataset:
    """The dataset, valid, of a run that ends with that status."""
    done = copycost("run", "--out=dataset", "--format=none", *arguments, **options)
    assert done.returncode == status, done
    return valid_dataset(Path("dataset"))


def valid_dataset(folder: Path) -> load.Dataset:
    assert validate(folder) == []
    return load.dataset(folder)


def machine_facts() -> Dict[str, Any]:
    facts: Dict[str, Any] = json.loads(output_of("machine", "--json"))
    return facts


def assert_option_refused(experiment: str, option: str) -> None:
    """What it names after its = is no word or number of that option."""
    done = copycost("run", experiment, "--quiet", "--out=none", option)
    assert_refused(done, 2, option.partition("=")[2])


def quick_cells(experiment: str) -> int:
    """How many cells its quick profile has."""
    lines = output_of("run", experiment, "--dry-run", "--quiet").splitlines()
    return sum(line.startswith(f"{experiment} ") for line in lines)


def allowed_cpus() -> List[int]:
    return sorted(os.sched_getaffinity(0))


def assert_each_trip(loaded: load.Dataset, experiment: str, cells: Set[int]) -> None:
    """The histogram has of these cells what each sample made, but its first of several."""
    samples = loaded.samples(experiment)
    made = samples[(samples["member"] == 0) & samples["cell"].isin(cells)]
    kept = made["calls"] // 2 - (made["calls"] > 2)
    counted = loaded.histogram(experiment).groupby("cell")["count"].sum()
    assert dict(counted) == dict(kept.groupby(made["cell"]).sum())
