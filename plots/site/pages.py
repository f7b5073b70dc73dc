"""The pages that need no choosing: the table of machines, and a page for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Sequence

import jinja2

from plots import style
from plots.site import facts
from plots.site.collection import Collection, Run
from results import findings, load

HERE = Path(__file__).resolve().parent


def templates() -> jinja2.Environment:
    """Whatever a dataset says is text, never markup."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_shared(found: Collection, out: Path) -> None:
    """The table of machines, and the page for comparing."""
    for name in ("index.html", "compare.html"):
        template = templates().get_template(name)
        text = template.render(root=".", collection=found, facts=facts)
        (out / name).write_text(text, encoding="utf-8")


def write_machines(found: Collection, out: Path) -> None:
    """A page for each machine."""
    (out / "machine").mkdir()
    template = templates().get_template("machine.html")
    for name, runs in found.machines.items():
        parts = sections(runs[0], found.left_out)
        text = template.render(root="..", runs=runs, sections=parts, facts=facts)
        (out / "machine" / f"{name}.html").write_text(text, encoding="utf-8")


def sections(newest: Run, left_out: List[str]) -> List[Dict[str, Any]]:
    """
    Of each experiment of a run: its name, cells, what it found, and its pictures. What can't be
    read, samples perhaps, is said in place of what it found, and added to `left_out`.
    """
    dataset = load.dataset(newest.path)

    def found_in(name: str) -> List[str]:
        try:
            found = findings.of_experiment(dataset, name)
            return [style.sentence_text(each.sentence) for each in found]
        except load.DatasetError as error:
            left_out.append(str(error))
            return [f"Nothing can be said: {error}"]

    return [
        {
            "name": name,
            "cells": cells,
            "findings": found_in(name),
            "figures": figures_of(name, list(newest.cells), newest.figures),
        }
        for name, cells in newest.cells.items()
    ]


def figures_of(
    experiment: str, experiments: Sequence[str], figures: Sequence[str]
) -> List[str]:
    """Those that are named after it, and not after an experiment whose name is longer."""
    return [
        figure
        for figure in figures
        if experiment
        == max(
            (name for name in experiments if _is_named(figure, name)),
            key=len,
            default="",
        )
    ]


def _is_named(figure: str, experiment: str) -> bool:
    return figure.startswith((f"{experiment}.", f"{experiment}-"))
