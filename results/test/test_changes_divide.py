"""Changes of level in many series at once, of which the truth is known."""

import numpy

from results import changes
from results.test import made_up_runs


def noise(seed: int, cells: int = 40, count: int = 24, **more: float) -> numpy.ndarray:
    return made_up_runs.noise(numpy.random.default_rng(seed), cells, count, **more)


def test_a_step_is_found_where_it_is() -> None:
    for step in (0.15, -0.15):
        logs = noise(1, flipping=0)
        logs[:4, 14:] += step
        found = changes.divide(logs)
        assert [len(places) for places in found[:4]] == [1] * 4
        assert all(abs(places[0] - 14) <= 1 for places in found[:4])
        assert found[4:] == [()] * 36


def test_several_steps_are_found() -> None:
    logs = noise(2, count=45, flipping=0)
    logs[0, 15:] += 0.3
    logs[0, 30:] -= 0.2
    assert changes.divide(logs)[0] == (15, 30)


def test_gaps_do_not_matter() -> None:
    logs = noise(3, flipping=0)
    logs[0, 12:] += 0.2
    logs[0, 12] = logs[0, 3] = numpy.nan
    logs[1, :8] = numpy.nan  # a cell that is new
    logs[1, 16:] += 0.3
    logs[2, 15:] = numpy.nan  # one that is measured no more
    found = changes.divide(logs)
    assert found[0] in ((13,), (14,))
    assert found[1] == (16,)
    assert found[2] == ()


def test_a_spike_is_no_change() -> None:
    logs = noise(4, flipping=0)
    for row, place in enumerate((0, 5, 12, 22, 23)):
        logs[row, place] += 3
    assert not any(changes.divide(logs))


def test_a_bad_day_of_the_whole_machine_is_no_change() -> None:
    logs = noise(5, flipping=0)
    logs[:, [4, 11, 23]] += numpy.log(1.8)
    assert not any(changes.divide(logs))


def test_what_hardly_matters_is_none() -> None:
    logs = noise(6, flipping=0) / 100
    logs[:4, 12:] += changes.STEP_LEAST / 2
    assert not any(changes.divide(logs))
    logs[:4, 12:] += changes.STEP_LEAST
    assert [bool(places) for places in changes.divide(logs)[:4]] == [True] * 4


def test_too_few_points_say_nothing() -> None:
    logs = noise(7, count=changes.POINTS_LEAST - 1)
    logs[:, 5:] += 2
    assert not any(changes.divide(logs))
    assert changes.divide(logs[:0]) == []


def test_alarms_are_as_rare_as_promised() -> None:
    """Of 40 histories without a change 5 % would be 2; 6 or more in 1 % of such trials."""
    alarms = sum(any(changes.divide(noise(seed, 8, 12))) for seed in range(40))
    assert alarms <= 5


def test_without_the_correction_alarms_would_be_many(monkeypatch) -> None:  # type: ignore
    """Each row held against itself: that the rate above can be missed."""
    monkeypatch.setattr(changes, "PERMUTATIONS", 99)
    alone = sum(
        any(any(changes.divide(row[None, :])) for row in noise(seed, 16, 12))
        for seed in range(6)
    )
    assert alone >= 2
