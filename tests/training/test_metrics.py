import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from training.metrics import (
    bias,
    coverage,
    crossing_rate,
    even_levels,
    instability,
    pinball,
    quantile_crps,
    randomised_coverage,
    root_mean_squared_scaled_error,
    scaled_pinball,
    transform_histogram,
    wape,
    weighted_quantile_loss,
    weighted_scaled_pinball,
)

RANDOM = np.random.default_rng(4)
ACTUAL = RANDOM.poisson(4, 300).astype(float)
LEVELS = (0.1, 0.5, 0.9)
QUANTILES = np.sort(RANDOM.poisson(4, (300, 3)), axis=1).astype(float)


@pytest.fixture(scope="module")
def theirs():
    """scoringrules, which takes seconds to import: every process of the suite would wait for it."""
    import scoringrules

    return scoringrules


def test_pinball_is_scikit_learns_and_scoringrules(theirs) -> None:
    loss = pinball(ACTUAL, QUANTILES, LEVELS)
    for place, level in enumerate(LEVELS):
        assert loss[place] == pytest.approx(mean_pinball_loss(ACTUAL, QUANTILES[:, place], alpha=level))
        told = theirs.quantile_score(ACTUAL, QUANTILES[:, place], level).mean()
        assert loss[place] == pytest.approx(told)


def test_weighted_quantile_loss_is_twice_pinball_over_demand() -> None:
    expected = 2 * pinball(ACTUAL, QUANTILES, LEVELS).mean() / ACTUAL.mean()
    assert weighted_quantile_loss(ACTUAL, QUANTILES, LEVELS) == pytest.approx(expected)
    assert np.isnan(weighted_quantile_loss(np.zeros(3), np.ones((3, 3)), LEVELS))


def test_scaled_pinball_does_not_feel_the_unit_of_measure() -> None:
    scale = np.full(300, 2.0)
    one = scaled_pinball(ACTUAL, QUANTILES, LEVELS, scale)
    assert scaled_pinball(12 * ACTUAL, 12 * QUANTILES, LEVELS, 12 * scale) == pytest.approx(one)


def test_coverage_counts_ties_apart() -> None:
    np.testing.assert_allclose(coverage(np.array([0.0, 1, 2, 3]), np.full((4, 1), 1.0)), [[0.25, 0.5]])


def test_wape_and_bias_of_a_forecast_that_is_always_one_too_high() -> None:
    actual = np.array([1.0, 2, 5])
    assert wape(actual, actual + 1) == pytest.approx(3 / 8)
    assert bias(actual, actual + 1) == pytest.approx(3 / 8)
    assert bias(actual, actual - 1) == pytest.approx(-3 / 8)
    assert np.isnan(wape(np.zeros(2), np.ones(2)))
    assert np.isnan(bias(np.zeros(2), np.ones(2)))


def test_randomised_coverage_of_the_true_count_distribution_is_the_level_itself() -> None:
    demand = np.random.default_rng(6).poisson(0.7, 40_000)
    below, upto = stats.poisson.cdf(demand - 1, 0.7), stats.poisson.cdf(demand, 0.7)
    np.testing.assert_allclose(randomised_coverage(below, upto, LEVELS), LEVELS, atol=0.01)


def test_crps_from_quantiles_comes_to_the_closed_form_of_the_negative_binomial_and_to_scoringrules(theirs) -> None:
    mean, size = 4.0, 2.0
    share = size / (size + mean)
    exact = theirs.crps_negbinom(ACTUAL, size, share)
    quantiles = stats.nbinom.ppf(even_levels(400), size, share)
    ours = quantile_crps(ACTUAL, np.tile(quantiles, (len(ACTUAL), 1)))
    np.testing.assert_allclose(ours, exact, rtol=0.01, atol=0.02)
    few = stats.nbinom.ppf(even_levels(40), size, share)
    told = [theirs.crps_quantile(value, few, np.array(even_levels(40))) for value in ACTUAL]
    np.testing.assert_allclose(quantile_crps(ACTUAL, np.tile(few, (len(ACTUAL), 1))), told)


def test_weighted_scaled_pinball_weighs_series_and_not_rows() -> None:
    actual, who = np.array([1.0, 3.0, 10.0]), np.array([0, 0, 4])
    quantiles, scale = np.array([[2.0], [2.0], [14.0]]), np.array([1.0, 1.0, 2.0])
    money = np.array([30.0, 30.0, 10.0])
    assert weighted_scaled_pinball(actual, quantiles, (0.5,), scale, who, money) == pytest.approx(
        (30 * 0.5 + 10 * 1.0) / 40
    )
    unpriced = np.array([30.0, 30.0, np.nan])
    assert weighted_scaled_pinball(actual, quantiles, (0.5,), scale, who, unpriced) == pytest.approx(0.5)
    assert np.isnan(weighted_scaled_pinball(actual, quantiles, (0.5,), scale, who, np.full(3, np.nan)))


def test_rmsse_of_repeating_the_last_period_is_one_by_its_own_measure() -> None:
    series = np.array([2.0, 5.0, 1.0, 4.0])
    error = series[1:] - series[:-1]
    square = np.full(3, (error**2).mean())
    who = np.zeros(3, dtype=np.int64)
    assert root_mean_squared_scaled_error(series[1:], series[:-1], who, square) == pytest.approx(1)


def test_crossing_counts_rows_whose_quantiles_fall() -> None:
    assert crossing_rate(np.array([[1.0, 2, 2], [3, 2, 4]])) == 0.5
    assert crossing_rate(np.empty((0, 3))) == 0


def test_instability_is_the_same_seen_from_either_side() -> None:
    one, two = np.array([1.0, 4, 0]), np.array([3.0, 4, 2])
    assert instability(one, two) == instability(two, one) == pytest.approx(4 / 7)
    assert np.isnan(instability(np.empty(0), np.empty(0)))


def test_the_transform_of_the_true_distribution_is_flat_and_of_a_narrow_one_is_not() -> None:
    demand = np.random.default_rng(6).poisson(3, 40_000)
    below, upto = stats.poisson.cdf(demand - 1, 3), stats.poisson.cdf(demand, 3)
    share = transform_histogram(below, upto, 10)
    np.testing.assert_allclose(share, 0.1, atol=0.01)
    assert share.sum() == pytest.approx(1)
    near = stats.binom.cdf(demand - 1, 10, 0.3), stats.binom.cdf(demand, 10, 0.3)
    assert transform_histogram(*near, 10)[-1] > 0.11
