"""
python3 -m results.history MACHINE...: where in the datasets of a machine what a copy costs has
changed, and what else changed then. MACHINE is a name below results/data or results/local, or a
folder with datasets in it.

Exit status: 0; 1: the newest level of some cell is slower than the one before, by the same code; 2:
usage, or nothing can be read.
"""

from __future__ import annotations

import argparse
import sys
from typing import Sequence

from results import history, load, minima, program
from results.history import text


def main(arguments: Sequence[str]) -> int:
    """What the head of this file says."""
    parser = argparse.ArgumentParser(
        prog="results.history",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("machines", nargs="+", metavar="MACHINE")
    parser.add_argument("--all", action="store_true", help="all cells, not the worst")
    options = parser.parse_args(arguments)
    try:
        found = history.of(options.machines)
    except load.DatasetError as error:
        print(f"history: {error}", file=sys.stderr)
        return 2
    print("\n".join(text.report(found, options.all)))
    return int(found.is_worse)


if __name__ == "__main__":
    program.run(main)
