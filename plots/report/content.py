"""What is in a report, before anybody gives it a form."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence

from matplotlib.figure import Figure

from plots import style
from plots.__main__ import chosen, figures
from plots.kernels import Undrawable
from plots.layout import Sheet
from plots.machines.__main__ import figures as machines_figures
from plots.report import drawing, facts, tables
from results import answer, load
from results import machines as machines_table
from results.findings import Finding, of_experiment


class Picture(NamedTuple):
    """A figure: its title, what it shows, the drawing, the small print, and the file of it."""

    title: str
    finding: str
    marks: Sequence[str]
    svg: str
    notes: Sequence[str]
    file: str


class Machine(NamedTuple):
    """One dataset: its folder as seen from the report, "" if it is the same."""

    key: str
    title: str
    folder: str
    summary: str
    facts: List[facts.Fact]
    warnings: List[facts.Warned]
    answer: List[answer.Row]

    def path(self, file: str) -> str:
        """Of a file in its folder, as seen from the report."""
        return f"{self.folder}/{file}" if self.folder else file


class Part(NamedTuple):
    """What one dataset has of an experiment. undrawn: why there is no picture, if there is none."""

    machine: Machine
    findings: List[Finding]
    pictures: List[Picture]
    undrawn: str
    axes: List[tables.Axis]
    counts: str
    reasons: List[tables.Reason]
    table: tables.Table
    csv: str

    @property
    def said(self) -> List[Finding]:
        """What is no cross-check."""
        return [found for found in self.findings if found.agrees is None]

    @property
    def more(self) -> List[Finding]:
        """What of that no picture says."""
        shown = {picture.finding for picture in self.pictures}
        return [
            found
            for found in self.said
            if style.sentence_text(found.sentence) not in shown
        ]

    @property
    def checks(self) -> List[Finding]:
        """The cross-checks, those that disagree first."""
        found = [one for one in self.findings if one.agrees is not None]
        return sorted(found, key=lambda one: bool(one.agrees))

    @property
    def disagreeing(self) -> int:
        """How many of them disagree."""
        return sum(not found.agrees for found in self.checks)


class Section(NamedTuple):
    """An experiment."""

    experiment: str
    question: str
    claim: str
    parts: List[Part]


class Report(NamedTuple):
    """All of it. together: pictures that bear several machines."""

    question: str
    machines: List[Machine]
    table: List[machines_table.Facts]
    together: List[Picture]
    sections: List[Section]

    @property
    def answering(self) -> List[Machine]:
        """Those of which at least one row of the answer is said; a single one in any case."""
        if len(self.machines) == 1:
            return self.machines
        return [
            machine
            for machine in self.machines
            if any(row.copying for row in machine.answer)
        ]

    @property
    def silent(self) -> List[Machine]:
        """The others."""
        return [machine for machine in self.machines if machine not in self.answering]

    @property
    def experiments(self) -> List[str]:
        """Those that have a section: first those of the answer, in its order."""
        return [section.experiment for section in self.sections]


def read(datasets: Sequence[load.Dataset], folder: Path) -> Report:
    """Of these datasets, for a report in that folder. Writes the pictures beside each dataset."""
    machines = [
        of_machine(dataset, label, f"m{index}", folder)
        for index, (dataset, label) in enumerate(
            zip(datasets, machines_table.labels(datasets))
        )
    ]
    present = {name for dataset in datasets for name in dataset.experiments}
    order = list(answer.BOUNDARIES)
    experiments = [name for name in order if name in present]
    experiments += sorted(present - set(order))
    sections = [of_experiment_in(name, datasets, machines) for name in experiments]
    together = list(pictures_together(datasets, folder))
    table = machines_table.facts(datasets)
    return Report(answer.QUESTION, machines, table, together, sections)


def of_machine(dataset: load.Dataset, label: str, key: str, folder: Path) -> Machine:
    """What is said of it before any experiment."""
    where = dataset.path.resolve().relative_to(folder.resolve()).as_posix()
    return Machine(
        key,
        label,
        "" if where == "." else where,
        facts.summary(dataset),
        facts.of_machine(dataset),
        facts.warnings(dataset),
        list(answer.of_dataset(dataset)),
    )


def of_experiment_in(
    name: str,
    datasets: Sequence[load.Dataset],
    machines: Sequence[Machine],
) -> Section:
    """The experiment's section, a part a dataset that has it."""
    having = [
        (dataset, machine)
        for dataset, machine in zip(datasets, machines)
        if name in dataset.experiments
    ]
    resource = having[0][0].resource(name)
    return Section(
        name,
        resource.get("title", ""),
        resource.get("description", ""),
        [of_dataset(name, *each) for each in having],
    )


def pictures_together(
    datasets: Sequence[load.Dataset], folder: Path
) -> Iterator[Picture]:
    """Figures that bear several machines. They are written beside the report."""
    if len(datasets) > 1:
        for stem, figure in machines_figures(datasets):
            file = f"plots/{stem}.svg"
            yield picture(figure, f"all-{stem}", folder / file, file)


def of_dataset(name: str, dataset: load.Dataset, machine: Machine) -> Part:
    """One dataset's part of an experiment."""
    undrawn: Optional[str] = None
    pictures: List[Picture] = []
    try:
        pictures = list(own_pictures(name, dataset, machine))
    except Undrawable as error:
        undrawn = str(error)
    return Part(
        machine,
        list(of_experiment(dataset, name)),
        pictures,
        undrawn or "",
        tables.axes(dataset, name),
        tables.counts(dataset, name),
        tables.reasons(dataset, name),
        tables.rows(dataset, name),
        machine.path(dataset.resource(name)["path"]),
    )


def own_pictures(
    name: str, dataset: load.Dataset, machine: Machine
) -> Iterator[Picture]:
    """The experiment's figures, none if nobody draws it."""
    if name in chosen(dataset, []):
        for stem, figure in figures(dataset, name):
            file = f"plots/{stem}.svg"
            path = machine.path(file)
            yield picture(figure, f"{machine.key}-{stem}", dataset.path / file, path)


def picture(figure: Figure, prefix: str, file: Path, path: str) -> Picture:
    """Writes the whole figure into that file, whose path in the report is `path`."""
    assert isinstance(figure, Sheet)
    file.parent.mkdir(exist_ok=True)
    style.write(figure, file)
    return Picture(
        figure.words.title,
        str(figure.get_label()),
        figure.words.marks,
        drawing.inline(figure, prefix),
        figure.words.footer,
        path,
    )
