"""A machine's datasets in time: the truth is found, and nothing where nothing has changed."""

import functools
from pathlib import Path
from typing import Any, List

import numpy
import pytest

from results import facts, history, load
from results.history import CODE, FASTER, SLOWER, text
from results.test import breaking, made_up_runs, specimen_history
from results.test import command as program
from results.test.specimen_history import ADDED, GONE, MOVED, UPDATE


command = functools.partial(program.run, "history")


@pytest.fixture(scope="module", name="found")
def study(folder: Path) -> history.History:
    return history.of([str(folder)])


def boundary(change: history.Change) -> str:
    return change.key[2].split()[0].split("=")[1]


def test_the_truth_is_found(found: history.History) -> None:
    by_verdict = {
        word: {
            (boundary(change), change.place)
            for change in found.changes
            if change.verdict == word
        }
        for word in (SLOWER, FASTER, CODE)
    }
    assert by_verdict == {
        SLOWER: {(specimen_history.SLOWER, UPDATE)},
        FASTER: {(specimen_history.FASTER, UPDATE)},
        CODE: {(specimen_history.MOVED_BOUNDARY, MOVED)},
    }
    assert len(found.changes) == 18 and len(found.worse) == 6
    for change in found.worse:
        assert change.ratio.low < specimen_history.STEP < change.ratio.high + 0.02
        assert change.differences == [facts.Difference("kernel", "6.1.0", "6.12.0")]


def test_code_that_moved_is_said(found: history.History) -> None:
    moved = [change for change in found.changes if change.verdict == CODE]
    (difference,) = moved[0].differences
    assert difference.before.endswith("64k+32") and difference.after.endswith("64k+0")


def test_cells_come_and_go(found: history.History) -> None:
    names = found.minima.index.get_level_values("cell")
    gone = found.minima[names.str.contains(GONE)]
    added = found.minima[names.str.contains(ADDED)]
    assert gone.notna().sum(axis=1).tolist() == [UPDATE] * 6
    assert added.notna().sum(axis=1).tolist() == [specimen_history.RUNS - MOVED] * 6


def test_command(folder: Path) -> None:
    done = command(folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert (
        "2026-10-14 04:00 (run 14 of 20): cells: 6 slower, 6 faster, 0 code differs"
        in done.stdout
    )
    assert "changed with it: kernel: 6.1.0 → 6.12.0" in done.stdout
    assert "... and 2 more; --all shows them" in done.stdout
    assert "more; --all" not in command(folder, "--all").stdout


def test_nothing_changed(tmp_path: Path) -> None:
    done = command(specimen_history.write(tmp_path, runs=12, changes=False))
    assert (done.returncode, done.stderr) == (0, "")
    assert "found: not slower" in done.stdout and "(run " not in done.stdout


def test_few_runs(tmp_path: Path) -> None:
    specimen_history.write(tmp_path, runs=3)
    done = command(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing can be told: no cell has 10 points" in done.stdout


def test_what_can_not_be_read_is_said(tmp_path: Path) -> None:
    specimen_history.write(tmp_path, runs=2)
    first, second = load.find([tmp_path])
    breaking.edit_json(first, lambda package: package["copycost"].update(format="else"))
    done = command(tmp_path)
    assert done.returncode == 0 and "left out: " in done.stdout
    breaking.edit_json(
        second, lambda package: package["copycost"].update(format="else")
    )
    done = command(tmp_path)
    assert (done.returncode, done.stdout) == (
        2,
        "",
    ) and "its format is else" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["no-such-machine"], ["--none"]])
def test_usage(arguments: List[str]) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr


def test_an_empty_folder(tmp_path: Path) -> None:
    done = command(tmp_path)
    assert (done.returncode, done.stdout) == (2, "") and "no dataset" in done.stderr


def stepped(verdict_from: float, at: int = 14) -> Any:
    logs = made_up_runs.noise(numpy.random.default_rng(1), 20, 24, 0)
    logs[0, at:] += numpy.log(verdict_from)
    return made_up_runs.runs(100 * numpy.exp(logs))


def test_better_is_not_worse() -> None:
    assert len(history.study(stepped(1.3)).worse) == 1
    faster = history.study(stepped(1 / 1.3))
    assert [change.verdict for change in faster.changes] == [
        FASTER
    ] and not faster.worse


def test_worse_and_mended_is_not_worse() -> None:
    logs = made_up_runs.noise(numpy.random.default_rng(2), 20, 40, 0)
    logs[0, 14:27] += 0.3
    found = history.study(made_up_runs.runs(100 * numpy.exp(logs)))
    assert [(change.verdict, change.newest) for change in found.changes] == [
        (FASTER, True),
        (SLOWER, False),
    ]
    assert not found.worse
    assert "changed again since" in "\n".join(text.report(found, True))


def test_other_machines_and_profiles_are_left_out() -> None:
    runs = stepped(1.3)
    for name in ("CPU", "clock source", "profile"):
        other = runs[3]._replace(facts={**runs[3].facts, name: "other"})
        found = history.study([*runs[:3], other, *runs[4:]])
        assert len(found.runs) == 23
        assert found.left_out == [
            f"left out: runs/3: not as the last run: {name}: other → "
            + runs[-1].facts[name]
        ]


def test_emulated_times_mean_nothing() -> None:
    runs = [
        each._replace(facts={**each.facts, "emulated": "True"}) for each in stepped(1.3)
    ]
    found = history.study(runs)
    assert found.worse and not found.is_worse
    assert "EMULATED: no timing" in list(text.heads(found))
