"""For tests that boot: what a machine's program said and left."""

import json
from pathlib import Path
from typing import Any, Dict

from lab.boards import guest, images, machines

# As little as can be measured. What it measures is worth nothing, and no test looks at it.
TINY = ["--launches=3", "--samples=3", "--budget=5", "--quiet", "--format=none"]
# Warm, on a busy host, a machine needs a quarter of it.
LIMIT_SECONDS = 120


def run_copycost(machine: str, out: Path, *words: str, core: str = "") -> guest.Ending:
    """`out` gets what it leaves; a dataset right there with the words `run --out=.`."""
    row = machines.machine(machine)
    job = guest.Job(images.program(row.image), list(words), core)
    return guest.boot(row, job, out, LIMIT_SECONDS)


def run_script(machine: str, out: Path, *lines: str) -> guest.Ending:
    """Shell commands in the guest, those of busybox; `out` serves for the script as well."""
    out.mkdir(parents=True, exist_ok=True)
    script = out / "script"
    script.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    return guest.boot(
        machines.machine(machine), guest.Job(script, []), out, LIMIT_SECONDS
    )


def facts(dataset: Path) -> Dict[str, Any]:
    """machine.json."""
    found: Dict[str, Any] = json.loads((dataset / "machine.json").read_text())
    return found
