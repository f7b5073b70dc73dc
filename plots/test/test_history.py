"""The figures of a machine's history: what they say, and that nothing overlaps."""

from pathlib import Path
from typing import Dict, List

import numpy
import pytest
from matplotlib.figure import Figure

from plots import history as plot
from plots.test import look
from results import history
from results.minima import Run
from results.test import made_up_runs, specimen_history


def runs() -> List[Run]:
    """40, in which cell 0 is slower from 12 on and faster from 27 on; a spike in it at 5."""
    logs = made_up_runs.noise(numpy.random.default_rng(2), 20, 40, 0)
    logs[0, 12:] += 0.12
    logs[0, 27:] -= 0.2
    logs[0, 5] += 1
    made = made_up_runs.runs(14000 * numpy.exp(logs))
    return [
        each._replace(
            facts={**each.facts, "kernel": "6.1.0" if number < 12 else "6.12.0"}
        )
        for number, each in enumerate(made)
    ]


def figures(found: history.History) -> Dict[str, Figure]:
    drawn = dict(plot.draw(found))
    for figure in drawn.values():
        assert look.touching(figure) == [] and look.cut(figure) == []
    return drawn


def test_two_changes() -> None:
    drawn = figures(history.study(runs()))
    assert list(drawn) == ["size-copy_word-size=0"]
    words = look.words(drawn["size-copy_word-size=0"])
    for wanted in (
        "Made-up 1",
        "Faster since 2026-10-28",
        "nothing that machine.json tells",
        "slower since 2026-10-13",
        "kernel: 6.1.0 → 6.12.0",
        "× 1.1",
        "× 0.8",
        "40 runs",
        "least time of a call",
    ):
        assert wanted in words
    axes = drawn["size-copy_word-size=0"].axes[0]
    (points,) = (line for line in axes.lines if line.get_gid() == "line")
    assert len(points.get_xdata()) == 39
    assert "µs" in words.split("least time")[0]


def test_emulated() -> None:
    made = [each._replace(facts={**each.facts, "emulated": "True"}) for each in runs()]
    (figure,) = figures(history.study(made)).values()
    assert "EMULATED: no timing" in look.words(figure)


def test_changes_near_each_other() -> None:
    logs = made_up_runs.noise(numpy.random.default_rng(3), 20, 60, 0)
    logs[0, 40:] += 0.3
    logs[0, 46:] += 0.3
    found = history.study(made_up_runs.runs(3 * numpy.exp(logs)))
    assert len(found.changes) == 2
    figures(found)


def test_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """The program, with few pictures."""
    monkeypatch.setattr(plot, "MOST", 1)
    specimen_history.write(tmp_path / "runs")
    given = [str(tmp_path / "runs"), f"--out={tmp_path / 'pictures'}", "--findings"]
    assert plot.main(given) == 1
    said = capsys.readouterr().out.splitlines()
    assert "found: 6 cells are on a slower level than before" in "\n".join(said)
    assert said[-1] == "17 more cells have changed; --all draws them"
    assert [Path(path).suffix for path in said[-3:-1]] == [".svg", ".png"]
    assert all(Path(path).stat().st_size > 0 for path in said[-3:-1])
    assert plot.main([str(tmp_path / "pictures"), *given[1:]]) == 2


def test_nothing_to_draw(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    specimen_history.write(tmp_path / "runs", runs=2)
    assert plot.main([str(tmp_path / "runs"), f"--out={tmp_path}"]) == 0
    assert capsys.readouterr().out == ""
