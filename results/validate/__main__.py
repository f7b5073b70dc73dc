"""python3 -m results.validate DIR...: exit 0 all valid, 1 something found, 2 usage."""

import sys
from pathlib import Path
from typing import Sequence

from results import program
from results.validate import validate


def main(arguments: Sequence[str]) -> int:
    """Checks each folder as a dataset."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python3 -m results.validate DIR...", file=sys.stderr)
        return 2
    broken = False
    for argument in arguments:
        lines = validate(Path(argument))
        for line in lines:
            print(f"{argument.rstrip('/')}/{line}")
        if not lines:
            print(f"{argument}: valid")
        broken = broken or bool(lines)
    return 1 if broken else 0


if __name__ == "__main__":
    program.run(main)
