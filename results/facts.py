"""What machine.json says that may change what copies cost, and what differs between two runs."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Sequence

from results import load
from results.levels import cpu_numbers, cpu_of

MEMCPY = "libc's memcpy"
# By what they are called here, the way to each in machine.json. Those of the machine make it
# another one; those of the software are what a machine's history is about.
MACHINE: Dict[str, Sequence[str]] = {
    "machine": ("name",),
    "board": ("board",),
    "CPU": ("cpu", "model"),
    "hypervisor": ("hypervisor",),
    "emulated": ("emulated",),
    "clock source": ("clock", "name"),
}
SOFTWARE: Dict[str, Sequence[str]] = {
    "kernel": ("kernel", "release"),
    "kernel command line": ("kernel", "command_line"),
    "libc": ("libc", "version"),
    MEMCPY: ("libc", "memcpy"),
    "microcode": ("cpu", "microcode"),
    "governor": ("frequency", "governor"),
    "boost": ("frequency", "boost"),
    "transparent huge pages": ("memory", "thp"),
}
PROGRAM: Dict[str, Sequence[str]] = {
    "copycost": ("build", "commit"),
    "compiler": ("build", "compiler"),
    "profile": ("run", "profile"),
    "interrupted": ("run", "interrupted"),
}
CPU_KIND = "kind of CPU"
MITIGATION = "mitigation "


class Difference(NamedTuple):
    """A fact by its name, and what it was in either run."""

    name: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """For a reader."""
        return f"{self.name}: {self.before} → {self.after}"


def facts(dataset: load.Dataset) -> Dict[str, str]:
    """Of a run all that is compared, by name; "unknown" where the dataset does not say."""
    found = {
        name: _value(dataset.machine, way)
        for name, way in {**MACHINE, **SOFTWARE, **PROGRAM}.items()
    }
    found[CPU_KIND] = _cpu_kind(dataset)
    for name, state in (dataset.machine.get("mitigations") or {}).items():
        found[f"{MITIGATION}{name}"] = str(state)
    return found


def _value(machine: Mapping[str, Any], way: Sequence[str]) -> str:
    found: Any = machine
    for step in way:
        found = found.get(step) if isinstance(found, dict) else None
    return "unknown" if found is None else str(found)


def _cpu_kind(dataset: load.Dataset) -> str:
    """Of the CPU that most was measured on: a machine may have two kinds."""
    kinds = (dataset.machine.get("cpu") or {}).get("kinds") or []
    cpu = next((cpu_of(table) for table in dataset.experiments.values()), None)
    of_cpu = [str(kind["kind"]) for kind in kinds if cpu in cpu_numbers(kind["cpus"])]
    return of_cpu[0] if of_cpu else "unknown"


def differences(before: Dict[str, str], after: Dict[str, str]) -> List[Difference]:
    """What differs. A mitigation that only one of them knows came with its kernel."""
    names = [name for name in {**before, **after} if name in before or name in after]
    return [
        Difference(name, before.get(name, "unknown"), after.get(name, "unknown"))
        for name in names
        if before.get(name, "unknown") != after.get(name, "unknown")
    ]


def same_machine(one: Dict[str, str], other: Dict[str, str]) -> bool:
    """Whether times of both can be held against each other: hardware and clock are the same."""
    return all(one[name] == other[name] for name in (*MACHINE, CPU_KIND))


def alike(one: Dict[str, str], other: Dict[str, str]) -> bool:
    """
    Whether nothing differs that may change what a copy costs, but for the program: whether the code
    of a cell is the same is told cell by cell.
    """
    same = [name for name in {**one, **other} if name.startswith(MITIGATION)]
    same += [*SOFTWARE, "profile"]
    return same_machine(one, other) and all(
        one.get(name) == other.get(name) for name in same
    )
