"""What a report says of a machine and of the run on it."""

from __future__ import annotations

from typing import List, NamedTuple

from plots import machine as page
from results import load, machines


class Fact(NamedTuple):
    """A line of what is known of a machine."""

    name: str
    value: str


class Warned(NamedTuple):
    """What spoils figures here, what it does, and what helps."""

    finding: str
    effect: str
    remedy: str


def of_machine(dataset: load.Dataset) -> List[Fact]:
    """Those of the table of machines that are known, and those of the run."""
    machine, run = dataset.machine, dataset.machine.get("run") or {}
    build, clock = machine.get("build") or {}, machine.get("clock") or {}
    (known,) = machines.facts([dataset])
    found = dict(zip(machines.Facts.heads()[1:], known[1:]))
    found["hypervisor"] = machine.get("hypervisor") or ""
    found["timer"] = clock.get("name") or ""
    found["profile"] = run.get("profile") or ""
    found["launches"] = str(run.get("launches") or "")
    found["copycost"] = " ".join(
        filter(None, (build.get("version"), build.get("commit")))
    )
    return [Fact(name, value) for name, value in found.items() if value]


def summary(dataset: load.Dataset) -> str:
    """The machine in a line."""
    (known,) = machines.facts([dataset])
    cpus = f"{known.cpus} CPU{'s' * (known.cpus != '1')}" if known.cpus else ""
    parts = (cpus, known.clock, known.caches, known.memory, known.kernel, known.libc)
    return " · ".join(filter(None, (*parts, known.measured)))


def warnings(dataset: load.Dataset) -> List[Warned]:
    """The figures' marks, then what the run was warned of."""
    marks = [Warned(mark, "", "") for mark in page.marks(dataset)]
    return marks + [
        Warned(each["finding"], each["effect"], each["remedy"])
        for each in dataset.machine.get("doctor") or []
    ]
