"""
python3 -m results.compare BASE NEW: two datasets of a machine, cell by cell.

Exit status: 0; 1: slower than what the machine's own unchanged runs show; 2: usage, or a dataset
that can't be read. Without enough of those runs the answer is advisory, and the status 0.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import List, Sequence

from results import load, minima, program
from results.compare import compare, text
from results.history import machine_folders


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line; usage errors end the program with 2."""
    parser = argparse.ArgumentParser(
        prog="results.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("base", type=Path, metavar="BASE", help="folder of a dataset")
    parser.add_argument("new", type=Path, metavar="NEW", help="folder of another")
    parser.add_argument(
        "--history",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="learn from the datasets in and below these "
        "(default: results/data/MACHINE and results/local/MACHINE)",
    )
    parser.add_argument("--all", action="store_true", help="all rows, not the worst")
    parser.add_argument(
        "--markdown",
        metavar="FILE",
        help="write it as Markdown; -: in place of the text",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write it as JSON")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """What the head of this file says."""
    options = parse(arguments)
    try:
        pair = [load.dataset(options.base), load.dataset(options.new)]
        base, new = (minima.read(dataset) for dataset in pair)
        folders: List[Path] = options.history or machine_folders(base.facts["machine"])
        others, left_out = minima.read_all(folders)
        found = compare(base, new, others)
        for line in left_out:
            print(f"compare: {line}", file=sys.stderr)
        if options.markdown != "-":
            print("\n".join(text.report(found, options.all, False)))
        if options.markdown:
            written = "\n".join(text.report(found, options.all, True)) + "\n"
            if options.markdown == "-":
                print(written, end="")
            else:
                Path(options.markdown).write_text(written, encoding="utf-8")
        if options.json:
            content = json.dumps(text.data(found), indent=1) + "\n"
            options.json.write_text(content, encoding="utf-8")
    except (load.DatasetError, OSError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    return 1 if found.changed else 0


if __name__ == "__main__":
    program.run(main)
