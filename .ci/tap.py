"""C test programs as a list of cases: runs one and reads cmocka's TAP."""

import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List

SKIPPED_PROGRAM = 77
TIME_LIMIT_SECONDS = 900

RESULT = re.compile(r"(?P<not>not )?ok \d+ (?:# SKIP (?P<skip>.*)|- (?P<name>.*))$")
PLAN = re.compile(r"1\.\.(\d+)$")


@dataclass(frozen=True)
class Case:
    """One test of a program: how it came out, and what was printed around it."""

    name: str
    outcome: str  # passed, failed or skipped
    output: str


def parse(output: str, status: int) -> List[Case]:
    """
    The cases of a program's output and exit status (negative: a signal's number). Where the two
    do not fit each other, such as after a crash, a case named "program" fails.
    """
    cases: List[Case] = []
    before: List[str] = []
    planned = 0
    for line in output.splitlines():
        plan = PLAN.match(line)
        result = RESULT.match(line)
        if plan:
            planned += int(plan[1])
        elif result:
            cases.append(case_of(result, before))
            before = []
        elif line.startswith("# ") and cases and not before:
            last = cases.pop()
            cases.append(Case(last.name, last.outcome, f"{last.output}{line}\n"))
        else:
            before.append(line)
    if status == SKIPPED_PROGRAM and not cases:
        return [Case("program", "skipped", output)]
    failed = any(case.outcome == "failed" for case in cases)
    if not cases or len(cases) < planned or (status != 0) != failed:
        why = f"exit status {status}, {len(cases)} of {planned} planned tests have run"
        cases.append(Case("program", "failed", f"{why}\n{output}"))
    return cases


def case_of(result: "re.Match[str]", before: List[str]) -> Case:
    printed = "".join(f"{line}\n" for line in before)
    if result["skip"] is not None:
        return Case(result["skip"], "skipped", printed)
    return Case(result["name"], "failed" if result["not"] else "passed", printed)


def run(program: Path) -> List[Case]:
    """Runs it, under $EMULATOR where that is set."""
    command = [*shlex.split(os.environ.get("EMULATOR", "")), str(program)]
    environment = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIME_LIMIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [Case("program", "failed", str(error))]
    return parse(done.stdout.decode(errors="replace"), done.returncode)
