"""
The verdict of files of pairs, which `copycost ab` measures. Each file is judged for itself, the
probability of an error split among them.

Exit status: 0 not regressed, 1 regressed, 3 no verdict or inconclusive, 2 usage, or a file that
can't be read or written.
"""

from __future__ import annotations

import argparse
import sys
from typing import Optional, Sequence

from results import load, program
from results.ab import junit, pairs, record, tables, verdict


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line; usage errors end the program with 2."""
    parser = argparse.ArgumentParser(
        prog="results.ab",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("pairs", nargs="+", metavar="PAIRS", help="a file of pairs")
    parser.add_argument("--all", action="store_true", help="every cell in the tables")
    parser.add_argument(
        "--markdown",
        metavar="FILE",
        help="for a merge request; -: instead of the table",
    )
    parser.add_argument("--junit", metavar="FILE", help="XML, a test case a cell")
    parser.add_argument("--json", metavar="FILE", help="every figure")
    return parser.parse_args(arguments)


def write(path: Optional[str], text: str) -> None:
    """Into the file, if there is to be one."""
    if path == "-":
        print(text, end="")
    elif path:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def main(arguments: Sequence[str]) -> int:
    """As the head of this file says."""
    options = parse(arguments)
    try:
        found = [
            verdict.judge(pairs.read(path), len(options.pairs))
            for path in options.pairs
        ]
        if options.markdown != "-":
            for each in found:
                print("\n".join(tables.terminal(each, options.all)))
        lines = [line for each in found for line in tables.markdown(each, options.all)]
        write(options.markdown, "\n".join(lines))
        write(options.junit, junit.report(found))
        write(options.json, record.report(found))
    except (load.DatasetError, OSError) as error:
        print(f"results.ab: {error}", file=sys.stderr)
        return 2
    return verdict.worst([each.status for each in found])


if __name__ == "__main__":
    program.run(main)
