"""The tables of a report: an experiment's axes as they were measured, and its rows."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple

import pandas

from plots.style import number_text, packet_text
from results import load

ROWS_MAX = 40
VALUES_MAX = 8
COUNTED = ("ok", "noisy", "skipped", "failed")
COLUMNS: Dict[str, str] = {
    "median_ns": "ns",
    "low_ns": "low",
    "high_ns": "high",
    "gb_per_s": "GB/s",
    "cycles_per_byte": "cycles/B",
    "verdict": "verdict",
}


class Axis(NamedTuple):
    """One that an experiment varies: what it is, and the values that were measured."""

    name: str
    description: str
    values: str


class Reason(NamedTuple):
    """Why so many cells were skipped or failed."""

    cells: int
    verdict: str
    text: str


class Table(NamedTuple):
    """The first rows of so many."""

    header: List[str]
    rows: List[List[str]]
    total: int


def value_text(value: Any, unit: str) -> str:
    """A value of an axis; "none" where it is absent."""
    if pandas.isna(value) or value == "":
        return "none"
    return packet_text(float(value)) if unit == "bytes" else str(value)


def axes(dataset: load.Dataset, experiment: str) -> List[Axis]:
    """All of them; of many values the ends and how many there are."""
    table, found = dataset.table(experiment), []
    fields = {field["name"]: field for field in dataset.fields(experiment)}
    for name in dataset.axes(experiment):
        unit = fields[name].get("unit", "")
        column = table[name]
        if fields[name]["type"] == "string":
            values = list(dict.fromkeys(column))
        else:
            absent = [None] * int(column.isna().any())
            values = absent + sorted(column.dropna().unique())
        texts = [value_text(value, unit) for value in values]
        if len(texts) > VALUES_MAX:
            texts = [*texts[:3], "…", texts[-1], f"({len(values)} values)"]
        found.append(Axis(name, fields[name].get("description", ""), ", ".join(texts)))
    return found


def counts(dataset: load.Dataset, experiment: str) -> str:
    """ "2108 cells: 1900 ok, 208 noisy"."""
    verdicts = dataset.table(experiment)["verdict"].value_counts()
    parts = [f"{verdicts[name]} {name}" for name in COUNTED if name in verdicts]
    return f"{int(verdicts.sum())} cells: {', '.join(parts)}"


def reasons(dataset: load.Dataset, experiment: str) -> List[Reason]:
    """Those of cells without a figure, the most frequent first."""
    table = dataset.table(experiment)
    out = table[table["verdict"].isin(["skipped", "failed"])]
    grouped = out.groupby(["verdict", "reason"], sort=True).size()
    ordered = grouped.sort_values(ascending=False, kind="stable")
    return [
        Reason(int(cells), str(verdict), str(text))
        for (verdict, text), cells in ordered.items()
    ]


def figure_text(value: Any) -> str:
    """A figure of the table."""
    if isinstance(value, str):
        return value
    return "" if pandas.isna(value) else number_text(float(value))


def rows(dataset: load.Dataset, experiment: str) -> Table:
    """The axes and the figures that are in it, of the first cells."""
    table = dataset.table(experiment)
    fields = {field["name"]: field for field in dataset.fields(experiment)}
    figures = [
        name for name in COLUMNS if name in table and not table[name].isna().all()
    ]
    points = dataset.axes(experiment)
    shown = table.head(ROWS_MAX)
    lines = [
        [
            *(value_text(row[name], fields[name].get("unit", "")) for name in points),
            *(figure_text(row[name]) for name in figures),
        ]
        for _, row in shown.iterrows()
    ]
    header = [*points, *(COLUMNS[name] for name in figures)]
    return Table(header, lines, len(table))
