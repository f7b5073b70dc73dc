"""Derived figures and their intervals, on values whose truth is known."""

from __future__ import annotations

import numpy
import pandas
import pytest

from results import estimate


def table(
    truth: list[float], launches: int, noise: float, seed: int
) -> pandas.DataFrame:
    """Launches of cells whose medians are `truth`, with a factor a launch and one a value."""
    random = numpy.random.default_rng(seed)
    shared = 1 + noise * random.standard_normal(launches)
    own = 1 + noise * random.standard_normal((len(truth), launches))
    return pandas.DataFrame(numpy.array(truth)[:, None] * shared * own)


def test_slope_without_noise_is_exact() -> None:
    depth = [0, 1, 2, 4, 8]
    exact = table([5 + 21 * d for d in depth], 8, 0, 1)
    found = estimate.bootstrap(exact, range(5), estimate.slope(depth))
    assert found == pytest.approx((21, 21, 21))
    assert found.half == pytest.approx(0)


@pytest.mark.parametrize("launches", [4, 6, 10, 30])
def test_interval_holds_the_truth_as_often_as_it_says(launches: int) -> None:
    """95 % of 200 noisy tables, within what 200 tosses allow (99.9 %); of a few perhaps more."""
    depth = [0, 1, 2, 4, 8]
    truth = [5 + 21.0 * d for d in depth]
    held = 0
    for seed in range(200):
        found = estimate.bootstrap(
            table(truth, launches, 0.05, seed), range(5), estimate.slope(depth)
        )
        held += found.low <= 21 <= found.high
    assert 177 <= held <= (199 if launches == 30 else 200)


@pytest.mark.parametrize("few", [3, 4, 6])
def test_so_it_does_where_a_cell_was_measured_in_few_launches(few: int) -> None:
    """A ratio of a cell of 34 launches and one of some of them; the truth is 10."""
    held = 0
    for seed in range(200):
        ragged = table([20, 2], 34, 0.05, seed)
        absent = numpy.random.default_rng(seed).permutation(34)[few:]
        ragged.iloc[1, absent] = numpy.nan
        found = estimate.bootstrap(ragged, [0, 1], lambda ns: ns[:, 0] / ns[:, 1])
        held += found.low <= 10 <= found.high
    assert held >= 177


def test_a_cell_of_two_launches_has_no_interval_beside_one_of_many() -> None:
    ragged = table([20, 2], 34, 0.05, 1)
    ragged.iloc[1, 2:] = numpy.nan
    found = estimate.bootstrap(ragged, [0, 1], lambda ns: ns[:, 0] / ns[:, 1])
    assert found.known and numpy.isnan(found.low)
    assert estimate.count(ragged, [0, 1]) == 2
    assert estimate.count(ragged, [0, 7]) == 0 and estimate.count(ragged, []) == 0


def test_halves_are_of_each_cells_own_launches() -> None:
    """A cell visited in every second launch is in both, as is one visited in all."""
    ragged = table([20, 2], 12, 0.05, 1)
    ragged.iloc[1, ::2] = numpy.nan
    one, other = estimate.halves(ragged)
    assert one.notna().sum(axis=1).tolist() == [6, 3]
    assert other.notna().sum(axis=1).tolist() == [6, 3]
    assert one.fillna(other).equals(ragged) and not (one.notna() & other.notna()).any(
        axis=None
    )


def test_too_few_launches_give_no_interval() -> None:
    found = estimate.bootstrap(
        table([1, 2], 2, 0.01, 3), range(2), estimate.slope([0, 1])
    )
    assert found.known and numpy.isnan(found.low)
    assert estimate.text(found, "ns").endswith("(no interval)")


def test_a_cell_without_samples_gives_no_figure() -> None:
    whole = table([1, 2], 5, 0.01, 4)
    assert not estimate.bootstrap(whole, [0, 7], estimate.slope([0, 1])).known
    whole.iloc[1, :] = numpy.nan
    assert not estimate.bootstrap(whole, [0, 1], estimate.slope([0, 1])).known


def test_a_launch_that_missed_a_cell_is_used_for_the_others() -> None:
    holed = table([10, 20], 9, 0, 5)
    holed.iloc[0, :4] = numpy.nan
    found = estimate.bootstrap(holed, [0, 1], estimate.slope([0, 1]))
    assert found == pytest.approx((10, 10, 10))


def test_determination() -> None:
    assert estimate.determination([0, 1, 2], [1, 3, 5]) == pytest.approx(1)
    assert estimate.determination([0, 1, 2], [1, 5, 1]) < 0.1
    assert numpy.isnan(estimate.determination([0, 1], [4, 4]))


@pytest.mark.parametrize(
    "value, expected",
    [
        (estimate.Estimate(21.44, 20.4, 22.5), "21.4 ns ± 1.1"),
        (estimate.Estimate(21.44, 21.4, 29), "21.4 ns (21.4 to 29)"),
        (estimate.Estimate(1234.5, 1200, 2670), "1234 ns (1200 to 2670)"),
        (estimate.Estimate(99999.7, 99000, 101000), "100000 ns ± 1000"),
    ],
)
def test_text(value: estimate.Estimate, expected: str) -> None:
    assert estimate.text(value, "ns") == expected


@pytest.mark.parametrize(
    "low, high, expected",
    [(0.5, 0.8, False), (0.5, 0.9, True), (1.1, 2, True), (1.2, 2, False)],
)
def test_meeting(low: float, high: float, expected: bool) -> None:
    found = estimate.Estimate(1, 0.5, 2)._replace(low=low, high=high)
    assert found.meets(0.85, 1.15) is expected
    alone = estimate.Estimate(low, numpy.nan, numpy.nan)
    assert alone.meets(0.85, 1.15) is (low == 1.1)
