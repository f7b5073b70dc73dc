"""For tests that boot: what a machine's program said and left."""

import json
from pathlib import Path
from typing import Any, Dict, List

from lab.boards import guest, images, machines

# As little as can be measured of every cell, with an interval and without. It is worth nothing.
TINY = ["--launches=3", "--samples=3", "--budget=5"]
ONCE = ["--launches=1", "--samples=2", "--budget=1"]
SILENT = ["--quiet", "--format=none"]
# Where nothing else is said: warm, on a busy host, a machine needs a quarter of it.
LIMIT_SECONDS = 120


def dataset(
    machine: str,
    out: Path,
    *words: str,
    core: str = "",
    limit_seconds: float = LIMIT_SECONDS,
) -> guest.Ending:
    """`copycost run` with those words; `out` is its dataset then."""
    options = ["run", "--out=.", *SILENT, *words]
    return copycost(machine, out, *options, core=core, limit_seconds=limit_seconds)


def copycost(
    machine: str,
    out: Path,
    *words: str,
    core: str = "",
    limit_seconds: float = LIMIT_SECONDS,
) -> guest.Ending:
    """`out` gets what it leaves."""
    row = machines.machine(machine)
    job = guest.Job(images.program(row.image), list(words), core)
    return guest.boot(row, job, out, limit_seconds)


def script(machine: str, out: Path, *lines: str) -> guest.Ending:
    """Shell commands in the guest, those of busybox; `out` serves for the script as well."""
    out.mkdir(parents=True, exist_ok=True)
    file = out / "script"
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    return guest.boot(
        machines.machine(machine), guest.Job(file, []), out, LIMIT_SECONDS
    )


def counts(machine: str, out: Path, core: str) -> List[str]:
    """The lines of arch/test/count_instructions there, its header first."""
    row = machines.machine(machine)
    program = images.program(row.image).parent / "arch/test/count_instructions"
    ending = guest.boot(row, guest.Job(program, [], core), out, LIMIT_SECONDS)
    assert ending.status == 0, ending.console
    lines = ending.console.splitlines()
    table = lines[lines.index("kernel,bytes,instructions") :]
    return [line for line in table if line.count(",") == 2]


def facts(folder: Path) -> Dict[str, Any]:
    """machine.json."""
    found: Dict[str, Any] = json.loads((folder / "machine.json").read_text())
    return found
