"""`python3 -m plots.machines DIR...`: draws what several machines have in common, side by side."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Iterator, List, Optional, Sequence

from matplotlib.figure import Figure

from plots import machines, style
from results import load


def figures(datasets: Sequence[load.Dataset]) -> Iterator[tuple[str, Figure]]:
    """All figures for which there is data on at least two machines."""
    for module in sorted(pkgutil.iter_modules(machines.__path__), key=lambda m: m.name):
        found = importlib.import_module(f"plots.machines.{module.name}")
        if module.name not in ("__main__", "panels"):
            yield from found.draw(datasets)


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line; usage errors end the program with 2."""
    parser = argparse.ArgumentParser(prog="plots.machines", description=__doc__)
    parser.add_argument("datasets", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, help="folder for them")
    parser.add_argument(
        "--emulated", action="store_true", help="emulated machines beside real ones"
    )
    return parser.parse_args(arguments)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """0: drawn; 1: nothing could be, as a line on stderr says; 2: usage."""
    options = parse(arguments)
    written: List[Path] = []
    try:
        datasets = load.together(options.datasets, options.emulated)
        options.out.mkdir(parents=True, exist_ok=True)
        for stem, figure in figures(datasets):
            for kind in ("svg", "png"):
                written.append(options.out / f"{stem}.{kind}")
                style.write(figure, written[-1])
                print(written[-1], flush=True)
    except (load.DatasetError, OSError) as error:
        print(f"plots.machines: {error}", file=sys.stderr)
        return 1
    if not written:
        print(
            "plots.machines: nothing was measured on at least two of them",
            file=sys.stderr,
        )
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
