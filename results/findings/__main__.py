"""python3 -m results.findings [--json] DIR...: what datasets say, the answer first."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict
from typing import Any, Dict, Iterator, List, Sequence

from results import answer, findings, load, program


def lines(dataset: load.Dataset) -> Iterator[str]:
    """For a terminal: the answer, then a finding a line."""
    yield f"{dataset.title}: {answer.QUESTION}"
    for row in answer.of_dataset(dataset):
        yield f"  {': '.join(filter(None, (row.boundary, row.instead, row.worth)))}"
        if row.copying:
            yield f"    ({row.example}: {row.copying} copied, {row.sparing} not)"
    for finding in findings.of_dataset(dataset):
        yield f"  {finding.experiment}: {finding.sentence}"


def content(dataset: load.Dataset) -> Dict[str, Any]:
    """For programs: every row of the answer and every finding with its numbers and cells."""
    return {
        "dataset": str(dataset.path),
        "machine": dataset.title,
        "question": answer.QUESTION,
        "answer": [
            known({"boundary": row.boundary, **asdict(row)})
            for row in answer.of_dataset(dataset)
        ],
        "findings": [known(asdict(each)) for each in findings.of_dataset(dataset)],
    }


def known(entry: Dict[str, Any]) -> Dict[str, Any]:
    """The entry, with null in place of numbers that are none."""
    return {
        name: (None if isinstance(value, float) and not math.isfinite(value) else value)
        for name, value in entry.items()
    }


def main(arguments: Sequence[str]) -> int:
    """0; 1: a dataset can't be read, as a line on stderr says; 2: usage."""
    paths = [each for each in arguments if each != "--json"]
    if not paths or any(path.startswith("-") for path in paths):
        print("usage: python3 -m results.findings [--json] DIR...", file=sys.stderr)
        return 2
    told: List[Dict[str, Any]] = []
    try:
        for path in paths:
            dataset = load.dataset(path)
            if len(paths) < len(arguments):
                told.append(content(dataset))
            else:
                print("\n".join(lines(dataset)))
    except load.DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    if len(paths) < len(arguments):
        print(json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False))
    return 0


if __name__ == "__main__":
    program.run(main)
