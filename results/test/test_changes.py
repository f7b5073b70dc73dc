"""Rises in series whose truth is known."""

import numpy

from results import changes


def steps(*levels: float, noise: float = 0.0, seed: int = 0) -> numpy.ndarray:
    """A series of that many levels, eight places each."""
    random = numpy.random.default_rng(seed)
    series = numpy.repeat(levels, 8).astype(float)
    return (series * (1 + noise * random.standard_normal(len(series))))[None, :]


def test_a_change_that_was_put_in_comes_out() -> None:
    for place in (1, 4, 12, 21):
        series = numpy.full((1, 25), 10.0)
        series[0, :place] = 4.0
        assert changes.rise(series)[0] == place


def test_each_row_is_looked_at_by_itself() -> None:
    rows = numpy.vstack([steps(1, 2, 2), steps(1, 1, 2), steps(2, 2, 2)])
    assert list(changes.rise(rows)) == [8, 16, 0]


def test_what_is_no_rise_is_none() -> None:
    """A level, a fall, a rise too small, noise alone, a last millisecond that stands out."""
    assert changes.rise(steps(3, 3, 3))[0] == 0
    assert changes.rise(steps(3, 2, 2))[0] == 0
    assert changes.rise(steps(3, 3.05, 3.05))[0] == 0
    last = steps(3, 3, 3)
    last[0, -1] = 30
    assert changes.rise(last)[0] == 0
    assert changes.rise(numpy.ones((4, 2))).tolist() == [0, 0, 0, 0]


def test_noise_seldom_makes_a_rise() -> None:
    series = numpy.vstack([steps(3, 3, 3, noise=0.1, seed=i) for i in range(200)])
    assert (changes.rise(series) > 0).mean() < 0.05


def test_a_rise_is_found_in_noise() -> None:
    series = numpy.vstack([steps(2, 4, 4, noise=0.1, seed=i) for i in range(200)])
    assert (abs(changes.rise(series) - 8) <= 1).mean() > 0.95
