"""
Figures that others measured, as datasets: `python3 -m results.importers.tinymembench LOG...` and
`python3 -m results.importers.ipc_bench ARCHIVE...`.

An importer reads what may be cut short, in another locale's digits, or not its program's at all. It
keeps the program's own names, takes a column of an experiment only where that means the same, and
leaves empty what the log does not say. What it could not place it reports, line by line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from results.package import Fields


class Unplaced(NamedTuple):
    """A line (0: the file as a whole) that no dataset has, and why."""

    file: str
    line: int
    text: str
    why: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        shown = self.text if len(self.text) <= 100 else f"{self.text[:100]}..."
        said = f"{place}: {self.why}" + (f": {shown}" if shown else "")
        return ascii(said)[1:-1]


class Unusable(Exception):
    """Why nothing can be imported from a file, and the lines that were tried in vain."""

    def __init__(self, why: str, unplaced: Sequence[Unplaced] = ()) -> None:
        super().__init__(why)
        self.unplaced = tuple(unplaced)


@dataclass
class Table:
    """An experiment's table: its own columns, and a row a cell with what is known of it."""

    axes: Fields
    reports: Fields
    rows: List[Dict[str, Any]] = field(default_factory=list)


@dataclass
class Imported:
    """
    A dataset to be. machine: as machine.json has it, but for its name and run. started, finished:
    "2022-06-21T18:32:41Z", where the log says. licence: as datapackage.json has them.
    """

    name: str
    source: Dict[str, Any]
    licence: Dict[str, str]
    machine: Dict[str, Any]
    tables: Dict[str, Table] = field(default_factory=dict)
    started: Optional[str] = None
    finished: Optional[str] = None


def number(text: str) -> float:
    """Of digits with a decimal point or, in other locales, comma."""
    return float(text.replace(",", "."))


def slug(text: str) -> str:
    """A name that a folder may have, of a machine's: lower case, digits, single dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()[:200]).strip("-")[:60].strip("-")


def clean(text: str) -> str:
    """Without what no name has: control characters, undecodable bytes, runs of blanks."""
    return re.sub(r"[\x00-\x20\x7f\ufffd]+", " ", text).strip()[:200]
