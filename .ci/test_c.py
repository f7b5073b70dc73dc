"""
Every test of every C test program as an item. The programs, <layer>/test/test_*.c, have been
built below $COPYCOST_BUILD; each is run once, while the items are collected.
"""

import os
from pathlib import Path
from typing import Iterator

import pytest

import tap

ROOT = Path(__file__).resolve().parent.parent


def cases() -> Iterator[object]:
    build = ROOT / os.environ["COPYCOST_BUILD"]
    for source in sorted(ROOT.glob("*/test/test_*.c")):
        program = source.relative_to(ROOT).with_suffix("")
        for case in tap.run(build / program):
            yield pytest.param(case, id=f"{program}:{case.name}")


@pytest.mark.parametrize("case", cases())
def test(case: tap.Case) -> None:
    if case.outcome == "skipped":
        pytest.skip(case.output.strip() or f"{case.name} skips itself")
    assert case.outcome == "passed", case.output
