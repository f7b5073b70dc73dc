"""
`python3 -m plots DIR...`: draws datasets and prints the paths of the pictures, one a line.

Each is drawn into its own folder. --findings prints what each figure finds above its paths: a summary for the terminal.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Iterable, Iterator, Optional, Sequence

from matplotlib.figure import Figure

from plots import imported, style
from plots.kernels import Undrawable
from results import load, program
from results.findings import of_experiment

FORMATS = ("svg", "png")


def names(text: str) -> list[str]:
    """The items of a comma-separated list."""
    return [name for name in text.split(",") if name]


def formats(text: str) -> list[str]:
    """The picture formats of a comma-separated list."""
    asked = names(text)
    for name in asked:
        if name not in FORMATS:
            raise argparse.ArgumentTypeError(
                f"'{name}' is no format: {', '.join(FORMATS)}"
            )
    return asked


def drawable(experiment: str) -> bool:
    """Whether there is a module that draws the experiment."""
    if not experiment.isidentifier() or not importlib.util.find_spec(
        f"plots.{experiment}"
    ):
        return False
    return hasattr(importlib.import_module(f"plots.{experiment}"), "draw")


def chosen(dataset: load.Dataset, asked: Sequence[str]) -> list[str]:
    """The experiments to draw; LookupError if one that was asked for can't be."""
    known = imported.DRAWN.__contains__ if dataset.source else drawable
    present = [name for name in dataset.experiments if known(name)]
    for name in asked:
        if name not in present:
            why = (
                "has no figure"
                if name in dataset.experiments
                else "is not in the dataset"
            )
            here = ", ".join(present) or "none"
            raise LookupError(f"experiment '{name}' {why}; can be drawn: {here}")
    return list(asked) or present


def figures(dataset: load.Dataset, experiment: str) -> Iterable[tuple[str, Figure]]:
    """By file stem, of an experiment that is chosen()."""
    if dataset.source:
        return imported.DRAWN[experiment](dataset)
    drawn: Iterable[tuple[str, Figure]] = importlib.import_module(
        f"plots.{experiment}"
    ).draw(dataset)
    return drawn


def write_figures(
    dataset: load.Dataset, experiment: str, out: Path, kinds: list[str], findings: bool
) -> Iterator[str]:
    """
    Draws one experiment; yields each path when the picture is written. What results.findings says
    of it comes first; of what was imported, which has no findings, each figure says what it shows.
    """
    said = [found.sentence for found in of_experiment(dataset, experiment)]
    if findings and said:
        yield "\n" + "\n".join(f"{experiment}: {sentence}" for sentence in said)
    for stem, figure in figures(dataset, experiment):
        if findings and not said:
            yield f"\n{stem}: {figure.get_label()}"
        for kind in kinds:
            path = out / f"{stem}.{kind}"
            style.write(figure, path)
            yield f"{'  ' * findings}{path}"


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line; usage errors end the program with 2."""
    parser = argparse.ArgumentParser(prog="plots", description=__doc__)
    parser.add_argument(
        "datasets", type=Path, nargs="+", metavar="DIR", help="folder of a dataset"
    )
    parser.add_argument(
        "--experiment", type=names, default=[], help="draw only these (default: all)"
    )
    parser.add_argument(
        "--out", type=Path, help="folder for the pictures of one (default: DIR/plots)"
    )
    parser.add_argument(
        "--emulated", action="store_true", help="emulated machines beside real ones"
    )
    parser.add_argument(
        "--findings", action="store_true", help="print what each figure finds"
    )
    parser.add_argument("--format", type=formats, default=list(FORMATS), help="svg,png")
    options = parser.parse_args(arguments)
    if options.out and len(options.datasets) > 1:
        parser.error("--out is for one dataset; several have a folder each")
    return options


def draw_dataset(dataset: load.Dataset, options: argparse.Namespace) -> bool:
    """Draws one dataset; whether all of it could be drawn. What could not is said on stderr."""
    out = options.out or dataset.path / "plots"
    experiments = chosen(dataset, options.experiment)
    out.mkdir(parents=True, exist_ok=True)
    drawn = True
    for experiment in experiments:
        try:
            for line in write_figures(
                dataset, experiment, out, options.format, options.findings
            ):
                print(line, flush=True)
        except Undrawable as error:
            print(f"plots: {error}", file=sys.stderr)
            drawn = False
    if not experiments:
        print(
            f"plots: {dataset.path}: no experiment that can be drawn", file=sys.stderr
        )
    return drawn and bool(experiments)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """0: all drawn; 1: something could not be, as a line on stderr says; 2: usage."""
    options = parse(arguments)
    try:
        datasets = load.together(options.datasets, options.emulated)
        drawn = [draw_dataset(dataset, options) for dataset in datasets]
    except LookupError as error:
        print(f"plots: {error.args[0]}", file=sys.stderr)
        return 2
    except (load.DatasetError, OSError) as error:
        print(f"plots: {error}", file=sys.stderr)
        return 1
    return 0 if all(drawn) else 1


if __name__ == "__main__":
    sys.exit(main())
