"""The picture of a comparison: every cell is in it, and what matters is named."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from plots import ab
from plots.test import look
from results.ab import pairs, verdict
from results.ab.pairs import Pairs
from results.test import specimen_pairs


def drawn(found: Pairs) -> Figure:
    """Its picture."""
    return ab.draw(verdict.judge(found))


def doubled(found: Pairs) -> Pairs:
    """The same cells of a second function."""
    more = [
        dataclasses.replace(
            cell,
            number=cell.number + 1000,
            point=cell.point._replace(function="memmove"),
        )
        for cell in found.cells
    ]
    return dataclasses.replace(found, cells=[*found.cells, *more])


def intervals(figure: Figure) -> int:
    """How many lines from end to end."""
    return sum(line.get_gid() == "interval" for line in figure.axes[0].lines)


@pytest.fixture(scope="module", name="mixed")
def mixed_pairs() -> Pairs:
    """Some of everything."""
    return specimen_pairs.mixed()


def test_says_what_was_found_of_what_and_where(mixed: Pairs) -> None:
    said = look.words(drawn(mixed))
    for wanted in (
        "libnew.so against libold.so, Specimen 4000",
        "2 of 60 cells are slower by more than 1.5 %",
        "src +0, dst +0, base, warm  +3.9 %",
        "2 regressed",
        "4 placement",
        "1 inconclusive",
        "4 improved",
        "48 not regressed",
        "control, none alarmed",
        "memcpy 16 KiB",
        "new takes longer by",
        "sha256 ffffffffffff",
        "40 launches of 15 pairs",
        "CPU 1",
        "Without figures: 1 of 60 cells",
    ):
        assert wanted in said, wanted


def test_every_measured_cell_has_its_line_above_the_controls(mixed: Pairs) -> None:
    figure = drawn(mixed)
    assert intervals(figure) == 59 + 59
    grey = [
        line.get_zorder()
        for line in figure.axes[0].lines
        if line.get_gid() == "interval" and line.get_color() == ab.CONTROL_COLOUR
    ]
    assert len(grey) == 59 and set(grey) == {2}


def test_points_stand_where_their_ratios_are(mixed: Pairs) -> None:
    found = verdict.judge(mixed)
    places = {
        round(float(line.get_xdata()[0]), 9)
        for line in ab.draw(found).axes[0].lines
        if len(line.get_xdata()) == 1
    }
    for judged in found.change:
        if judged.ratio.launches:
            assert round(math.log(judged.ratio.value), 9) in places


@pytest.mark.parametrize(
    "options",
    [
        {"count": 1},
        {"count": 5, "truth": lambda point: 40.0 if point.size == 64 else 1.0},
        {"count": 5, "truth": lambda point: 2.1 if point.size == 64 else 0.4},
        {"count": 40, "control": 1.03},
        {"count": 20, "truth": lambda point: 1.05},
        {"count": 5, "launches": 4},
    ],
)
def test_no_texts_touch_and_none_is_cut(options: Any) -> None:
    for found in (specimen_pairs.pairs(**options), None):
        figure = drawn(found or doubled(specimen_pairs.pairs(**options)))
        assert look.touching(figure) == []
        assert look.cut(figure) == []


def test_what_has_no_room_is_counted() -> None:
    many = specimen_pairs.pairs(lambda point: 1.05, count=120)
    figure = drawn(doubled(many))
    assert "and 21 more" in look.words(figure)
    assert look.touching(figure) == []


def test_without_a_verdict_it_says_so() -> None:
    said = look.words(drawn(specimen_pairs.pairs(control=1.1, count=5)))
    assert "No verdict: the control alarmed" in said
    assert "control, 5 alarmed" in said


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = specimen_pairs.content(specimen_pairs.pairs(count=5))
    path = specimen_pairs.write(tmp_path / "pairs.json.gz", content)
    outs = [tmp_path / name for name in ("a.svg", "b.svg", "a.png")]
    for out in outs:
        assert ab.main([str(path), "--out", str(out)]) == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert outs[2].read_bytes()[:4] == b"\x89PNG"
    assert ab.main([str(tmp_path / "none"), "--out", str(outs[0])]) == 1
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        ab.main([str(path), "--out", str(tmp_path / "a.gif")])
    assert ended.value.code == 2


def test_nothing_measured_is_nothing_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = specimen_pairs.pairs(count=3)
    cells = [specimen_pairs.skip(cell, "no memory") for cell in found.cells]
    content = specimen_pairs.content(dataclasses.replace(found, cells=cells))
    path = specimen_pairs.write(tmp_path / "pairs.json", content)
    assert pairs.read(path).cells[0].reason == "no memory"
    assert ab.main([str(path), "--out", str(tmp_path / "a.svg")]) == 1
    assert "no cell was measured" in capsys.readouterr().err
