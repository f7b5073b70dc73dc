"""python3 -m results.findings DIR...: prints what the datasets say, a sentence a line."""

import sys
from typing import Sequence

from results import findings, load, program


def main(arguments: Sequence[str]) -> int:
    """0; 1: a dataset can't be read, as a line on stderr says; 2: usage."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python3 -m results.findings DIR...", file=sys.stderr)
        return 2
    try:
        for path in arguments:
            dataset = load.dataset(path)
            print(f"{dataset.title}:")
            for finding in findings.of_dataset(dataset):
                print(f"  {finding.experiment}: {finding.sentence}")
    except load.DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    program.run(main)
