"""The datasets of a collection, by machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Set

from plots import machine
from plots.site import data, names
from results import load


@dataclass(frozen=True)
class Run:
    """A dataset of the collection. identity: its folder below data/, as in links."""

    identity: str
    path: Path
    machine: Dict[str, Any]
    title: str
    family: str
    created: str
    profile: str
    source: str
    licence: str
    marks: List[str]
    cells: Dict[str, int]  # rows by experiment
    figures: List[str]

    @property
    def emulated(self) -> bool:
        """Whether its times mean nothing."""
        return bool(self.machine.get("emulated"))


@dataclass
class Collection:
    """
    machines: runs by machine, newest first, machines in the order of their names. left_out: what is
    not on the pages, and why.
    """

    machines: Dict[str, List[Run]] = field(default_factory=dict)
    left_out: List[str] = field(default_factory=list)

    @property
    def runs(self) -> Iterator[Run]:
        """All of them."""
        for runs in self.machines.values():
            yield from runs


def read(folders: Sequence[Path], out: Path) -> Collection:
    """Reads the datasets one after the other and copies each into that folder."""
    found = Collection()
    taken: Set[str] = set()
    runs: List[Run] = []
    for path in dict.fromkeys(folder.resolve() for folder in folders):
        try:
            dataset = load.dataset(path)
            described = run(dataset, taken)
            taken.add(described.identity)
            target = out / described.identity
            found.left_out += data.copy_dataset(dataset, target, described.identity)
        except load.DatasetError as error:
            found.left_out.append(str(error))
            continue
        runs.append(described)
    for each in sorted(runs, key=lambda each: each.created, reverse=True):
        found.machines.setdefault(names.safe(each.machine["name"]), []).append(each)
    found.machines = dict(sorted(found.machines.items()))
    return found


def run(dataset: load.Dataset, taken: Set[str]) -> Run:
    """What the pages say of a dataset, under an identity that is not taken."""
    folder = f"{names.safe(dataset.machine['name'])}/{names.safe(dataset.path.name)}"
    return Run(
        identity=_free(folder, taken),
        path=dataset.path,
        machine=dataset.machine,
        title=machine.title(dataset),
        family=names.family(dataset.machine),
        created=str(dataset.package["created"]),
        profile=str(dataset.package["copycost"]["profile"]),
        source=names.source(dataset),
        licence=names.licence(dataset),
        marks=machine.marks(dataset),
        cells={name: len(dataset.experiments[name]) for name in data.shown(dataset)},
        figures=[figure.name for figure in data.figures(dataset)],
    )


def _free(wanted: str, taken: Set[str]) -> str:
    identity, number = wanted, 2
    while identity in taken:
        identity, number = f"{wanted}-{number}", number + 1
    return identity


def write_index(found: Collection, path: Path) -> None:
    """The script that tells the page for comparing which datasets there are."""
    runs = [
        {
            "id": run.identity,
            "machine": run.machine["name"],
            "page": name,
            "title": run.title,
            "family": run.family,
            "created": run.created,
            "profile": run.profile,
            "emulated": run.emulated,
            "source": run.source,
            "newest": run is runs[0],
            "experiments": list(run.cells),
        }
        for name, runs in found.machines.items()
        for run in runs
    ]
    data.write_script(path, "open", {**data.looks(), "runs": runs})
