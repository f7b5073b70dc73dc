"""The reader of TAP against specimens, among them programs that die or lie."""

from typing import List

import pytest

import closing_line
import tap

GOOD = "1..2\nok 1 - first\nok 2 - second\n# ok - group\n"
FAILED = "1..2\nok 1 - first\nprinted\nnot ok 2 - second\n# 1 != 2\n# test.c:7: error: Failure!\n"


def outcomes(output: str, status: int) -> List[str]:
    return [f"{case.name} {case.outcome}" for case in tap.parse(output, status)]


def test_passed() -> None:
    assert outcomes(GOOD, 0) == ["first passed", "second passed"]


def test_groups_add_up() -> None:
    assert len(tap.parse(GOOD + GOOD, 0)) == 4


def test_failure_carries_what_was_printed() -> None:
    first, second = tap.parse(FAILED, 1)
    assert (first.outcome, second.outcome) == ("passed", "failed")
    assert second.output == "printed\n# 1 != 2\n# test.c:7: error: Failure!\n"


@pytest.mark.parametrize("word", ["ok", "not ok"])
def test_skipped(word: str) -> None:
    assert outcomes(f"1..1\n{word} 1 # SKIP first\n", 0) == ["first skipped"]


def test_skipped_program() -> None:
    assert outcomes("needs a second node\n", 77) == ["program skipped"]


def test_group_setup_failure() -> None:
    output = "1..1\nnot ok 0 - group [  FAILED  ] GROUP SETUP\n"
    assert outcomes(output, 1) == ["group [  FAILED  ] GROUP SETUP failed"]


@pytest.mark.parametrize(
    "output, status",
    [
        ("", 0),  # no test at all
        ("1..2\nok 1 - first\n", 0),  # left by exit(0)
        ("1..2\nok 1 - first\n", -11),  # died of a signal
        (GOOD, 1),  # such as a sanitizer's complaint at the end
        (GOOD, 77),
    ],
)
def test_program_that_ends_badly(output: str, status: int) -> None:
    assert outcomes(output, status)[-1] == "program failed"


def test_failure_with_status_0_is_seen() -> None:
    assert outcomes(FAILED, 0)[-1] == "program failed"


def test_closing_line() -> None:
    stats = {
        "passed": [1, 2, 3],
        "failed": [1],
        "error": [1],
        "skipped": [1],
        "deselected": [1],
    }
    assert closing_line.closing_line(stats) == "3 passed, 2 failed, 1 skipped"
