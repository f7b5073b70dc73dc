"""Verdicts of pairs whose truth is known: how often they are wrong, and what decides them."""

from __future__ import annotations

import dataclasses
from typing import Any, List

import numpy
import pytest
from scipy import stats

from results.ab import pairs, signed_rank, verdict
from results.ab.pairs import FAILED, Cell, Pairs, Point
from results.ab.verdict import ALARMED, BY_PLACEMENT, IMPROVED, INCONCLUSIVE
from results.ab.verdict import NOT_REGRESSED, REGRESSED, SILENT
from results.test import specimen_pairs
from results.test.specimen_pairs import Noise

RUNS, CELLS, ALPHA = 150, 100, 0.01
ALLOWED = int(stats.binom.ppf(0.999, RUNS, ALPHA))
LOUD = Noise(batch=0.03, launch=0.01, correlated=0.5, behind=0.03)


def alarms(noise: Noise, runs: int = RUNS) -> int:
    """In how many runs, in which nothing changed, any cell is called slower."""
    random, rung = numpy.random.default_rng(7), 0
    plan = {"launches": 20, "pairs": 5, "batch_ns": 15000}
    truths = dict.fromkeys(specimen_pairs.points(CELLS), 1.0)
    for _ in range(runs):
        cells = specimen_pairs.cells(random, "change", truths, plan, noise, 0)
        found = verdict.ratios(cells, ALPHA)
        rung += any(ratio.slower(ALPHA, 0) for ratio in found.values())
    return rung


@pytest.mark.parametrize("noise", [Noise(), LOUD])
def test_what_did_not_change_seldom_alarms(noise: Noise) -> None:
    """By the test alone, so that no threshold hides what it does."""
    assert alarms(noise) <= ALLOWED


def test_a_judge_that_forgets_holm_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_rank, "holm", lambda chances: chances)
    assert alarms(Noise(), runs=20) > ALLOWED


def test_a_judge_that_takes_pairs_for_launches_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def each_by_itself(launch: numpy.ndarray, values: numpy.ndarray) -> Any:
        return launch, values

    monkeypatch.setattr(pairs, "of_launches", each_by_itself)
    assert alarms(LOUD, runs=20) > ALLOWED


def judged(slowdown: float, **options: Any) -> List[verdict.Judged]:
    """The cells of a change that slows all of them alike."""
    return verdict.judge(
        specimen_pairs.pairs(lambda point: 1 + slowdown, **options)
    ).change


def share(cells: List[verdict.Judged], outcome: str) -> float:
    """Of the cells, those with that outcome."""
    return sum(each.outcome == outcome for each in cells) / len(cells)


@pytest.mark.parametrize("batch", [0.009, 0.03])
@pytest.mark.parametrize("slowdown, power", [(0.02, 0.9), (0.03, 0.99), (0.05, 1.0)])
def test_what_is_slower_is_found(batch: float, slowdown: float, power: float) -> None:
    cells = judged(slowdown, noise=Noise(batch=batch))
    assert share(cells, REGRESSED) >= power
    assert share(cells, NOT_REGRESSED) <= stats.binom.ppf(
        0.999, len(cells), ALPHA
    ) / len(cells)


def test_one_percent_is_found_with_the_launches_that_it_takes() -> None:
    fine = {"launches": 140, "detect": 0.01, "threshold": 0.005, "count": 40}
    assert share(judged(0.01, **fine), REGRESSED) >= 0.97
    assert share(judged(0.0, **fine), NOT_REGRESSED) >= 0.97


def test_what_is_surely_slower_but_below_the_threshold_has_not_regressed() -> None:
    cells = judged(0.01, noise=Noise(0.005, 0.001))
    assert share(cells, NOT_REGRESSED) == 1
    assert min(cell.ratio.low for cell in cells) > 1


def test_what_equals_the_limit_is_hardly_ever_excluded() -> None:
    runs = [judged(0.02, launches=20, noise=LOUD, seed=seed) for seed in range(20)]
    wrong = sum(share(cells, NOT_REGRESSED) * len(cells) for cells in runs)
    of_all = sum(len(cells) for cells in runs)
    assert wrong <= stats.binom.ppf(0.999, of_all, ALPHA)


def test_one_cell_at_the_limit_keeps_the_whole_from_being_fine() -> None:
    """Each cell's bound holds at alpha: so does what all of them say together."""

    def truth(point: Any) -> float:
        return 1.02 if point.size == 64 else 1.0

    runs = [
        verdict.judge(specimen_pairs.pairs(truth, count=5, launches=20, seed=seed))
        for seed in range(100)
    ]
    slow = sum(cell.cell.point.size == 64 for cell in runs[0].change)
    assert 0 < slow < len(runs[0].change)
    fine = sum(found.status == verdict.FINE for found in runs)
    assert fine <= stats.binom.ppf(0.999, len(runs), ALPHA)


def test_what_did_not_change_is_excluded() -> None:
    assert share(judged(0.0), NOT_REGRESSED) >= 0.99
    loud = judged(0.0, launches=20, noise=LOUD)
    assert share(loud, NOT_REGRESSED) + share(loud, INCONCLUSIVE) == 1


def test_an_improvement_is_no_regression() -> None:
    found = verdict.judge(specimen_pairs.pairs(lambda point: 0.95, count=20))
    assert share(found.change, IMPROVED) == 1
    assert found.status == verdict.FINE


def test_how_much_slower_is_said_within_the_interval() -> None:
    for cell in judged(0.05, noise=Noise(behind=0.05)):
        assert cell.ratio.low < 1.05 < cell.ratio.high
        assert cell.ratio.value == pytest.approx(1.05, abs=0.01)


def test_which_comes_first_does_not_matter() -> None:
    """Lopsided orders and a first batch that is slower: nothing has changed."""
    found = specimen_pairs.pairs(count=20, noise=Noise(behind=0.05))
    for cell in found.cells:
        keep = (cell.new_first == 1) | (numpy.arange(len(cell.launch)) % 3 == 0)
        for name in ("launch", "new_first", "old_ns", "new_ns"):
            object.__setattr__(cell, name, getattr(cell, name)[keep])
    assert share(verdict.judge(found).change, NOT_REGRESSED) >= 0.95


@pytest.mark.parametrize("launches, each", [(1, 15), (10, 15), (13, 1), (13, 1000)])
def test_few_launches_are_inconclusive(launches: int, each: int) -> None:
    found = judged(0.5, launches=launches, each=each, noise=Noise(0.001, 0.0))
    assert share(found, INCONCLUSIVE) == 1
    assert "14 are needed" in found[0].reason
    none = judged(0.0, launches=launches, each=each, noise=Noise(0.001, 0.0))
    assert share(none, INCONCLUSIVE) == 1


def with_cell(found: Pairs, **changed: Any) -> Pairs:
    """The first cell changed."""
    found.cells[0] = dataclasses.replace(found.cells[0], **changed)
    return found


def test_no_pairs_or_one_order_are_inconclusive() -> None:
    none, whole = numpy.empty(0), specimen_pairs.pairs(count=3)
    lists = ("launch", "new_first", "old_ns", "new_ns")
    found = verdict.judge(with_cell(whole, **dict.fromkeys(lists, none)))
    assert found.change[0].outcome == INCONCLUSIVE
    assert "0 launches" in found.change[0].reason
    whole = specimen_pairs.pairs(count=3)
    ones = numpy.ones(len(whole.cells[0].launch))
    found = verdict.judge(with_cell(whole, new_first=ones))
    assert "first in every pair" in found.change[0].reason
    assert found.status == verdict.OPEN


def test_equal_times_are_no_difference() -> None:
    """A clock that is too coarse to tell any two batches apart."""
    found = specimen_pairs.pairs(count=3)
    found = with_cell(found, new_ns=found.cells[0].old_ns)
    assert verdict.judge(found).change[0].outcome == NOT_REGRESSED


def test_one_broken_launch_changes_no_verdict() -> None:
    slower: specimen_pairs.Truth = lambda point: 1.05
    for truth, outcome in ((None, NOT_REGRESSED), (slower, REGRESSED)):
        found = specimen_pairs.pairs(truth, count=10)
        for cell in found.cells:  # those of the control too
            cell.new_ns[cell.launch == 7] *= 40
        judged_now = verdict.judge(found)
        assert judged_now.why == []
        assert share(judged_now.change, outcome) == 1


def test_a_failed_cell_leaves_it_open() -> None:
    found = with_cell(
        specimen_pairs.pairs(count=3), verdict=FAILED, reason="copied wrongly"
    )
    assert verdict.judge(found).status == verdict.OPEN


@pytest.mark.parametrize("control", [1.03, 0.97])
def test_without_a_quiet_control_there_is_no_verdict(control: float) -> None:
    found = verdict.judge(
        specimen_pairs.pairs(lambda point: 1.1, control=control, count=10)
    )
    assert share(found.control, ALARMED) == 1
    assert found.status == verdict.OPEN
    assert "the control alarmed" in found.why[0]
    assert share(found.change, INCONCLUSIVE) == 1


def test_without_a_control_that_can_alarm_there_is_no_verdict() -> None:
    whole = specimen_pairs.pairs(lambda point: 1.1, count=10)
    few = [shortened(cell) for cell in whole.cells]
    for cells in (whole.of("change"), few):
        found = verdict.judge(dataclasses.replace(whole, cells=cells))
        assert found.why == ["there is no control that could have alarmed"]
        assert found.status == verdict.OPEN


def shortened(cell: Cell) -> Cell:
    """The cell of a control with too few launches."""
    if cell.comparison != "control":
        return cell
    keep = cell.launch < 4
    names = ("launch", "new_first", "old_ns", "new_ns")
    lists = {name: getattr(cell, name)[keep] for name in names}
    return dataclasses.replace(cell, **lists)


def test_interrupted_or_emulated_there_is_no_verdict() -> None:
    whole = specimen_pairs.pairs(lambda point: 1.1, count=10)
    ended = dataclasses.replace(whole, ended="interrupted: after 12 of 40 launches")
    assert verdict.judge(ended).why == [
        "the run was interrupted: after 12 of 40 launches"
    ]
    whole.machine["emulated"] = True
    assert verdict.judge(whole).status == verdict.OPEN


def placed(lies: float, same: float) -> verdict.Verdict:
    """Of a change that is slower by one factor as it lies, by another at the same offset."""

    def small(point: Point, by: float) -> float:
        return by if point.size == 1024 else 1.0

    return verdict.judge(
        specimen_pairs.pairs(
            lambda point: small(point, lies),
            same=lambda point: small(point, same),
            count=15,
        )
    )


@pytest.mark.parametrize(
    "lies, same, outcome, status",
    [
        (1.22, 1.0, BY_PLACEMENT, verdict.FINE),
        (1.22, 1.04, REGRESSED, verdict.SLOWER),
        (1.04, 1.04, REGRESSED, verdict.SLOWER),
        (0.8, 1.0, BY_PLACEMENT, verdict.FINE),
        (0.8, 0.9, IMPROVED, verdict.FINE),
    ],
)
def test_what_placement_alone_does_does_not_count(
    lies: float, same: float, outcome: str, status: int
) -> None:
    found = placed(lies, same)
    assert found.status == status
    cells = found.cells(outcome)
    assert {cell.cell.point.size for cell in cells} == {1024}
    for cell in cells:
        assert cell.placed is not None
        assert cell.placed.part.low < lies / same < cell.placed.part.high


def test_where_the_same_offset_says_nothing_a_regression_stays_one() -> None:
    """Not measured there, failed there, or too uncertain there."""
    whole = specimen_pairs.pairs(lambda p: 1.2, same=lambda p: 1.0, count=5)
    left = [cell for cell in whole.cells if cell.comparison != "placement"]
    found = verdict.judge(dataclasses.replace(whole, cells=left))
    assert share(found.change, REGRESSED) == 1
    failing = [
        (
            dataclasses.replace(cell, verdict=FAILED, reason="adrp")
            if cell.comparison == "placement"
            else cell
        )
        for cell in whole.cells
    ]
    found = verdict.judge(dataclasses.replace(whole, cells=failing))
    assert share(found.change, REGRESSED) == 1
    assert found.change[0].placed is not None
    assert found.change[0].placed.reason == "at the same offset failed: adrp"
    for cell in whole.of("placement"):
        cell.new_ns[:] *= numpy.exp(
            specimen_pairs.heavy(numpy.random.default_rng(1), 0.3, 40, 1).repeat(15)
        )
    assert share(verdict.judge(whole).change, REGRESSED) == 1


def test_files_share_the_probability_of_an_error() -> None:
    found = [verdict.judge(specimen_pairs.pairs(count=5), 2) for _ in range(2)]
    assert found[0].alpha == 0.005
    assert share(found[0].control, SILENT) == 1
    assert verdict.worst([verdict.FINE, verdict.OPEN, verdict.SLOWER]) == verdict.SLOWER
    assert verdict.worst([verdict.FINE, verdict.OPEN]) == verdict.OPEN
