import numpy as np
import pytest
import scoringrules
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from training.metrics import bias, coverage, pinball, randomised_coverage, scaled_pinball, wape, weighted_quantile_loss

RANDOM = np.random.default_rng(4)
ACTUAL = RANDOM.poisson(4, 300).astype(float)
LEVELS = (0.1, 0.5, 0.9)
QUANTILES = np.sort(RANDOM.poisson(4, (300, 3)), axis=1).astype(float)


def test_pinball_is_scikit_learns_and_scoringrules() -> None:
    loss = pinball(ACTUAL, QUANTILES, LEVELS)
    for place, level in enumerate(LEVELS):
        assert loss[place] == pytest.approx(mean_pinball_loss(ACTUAL, QUANTILES[:, place], alpha=level))
        theirs = scoringrules.quantile_score(ACTUAL, QUANTILES[:, place], level).mean()
        assert loss[place] == pytest.approx(theirs)


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
