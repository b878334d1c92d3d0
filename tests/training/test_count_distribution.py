import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from training.count_distribution import amount_quantiles, cumulative, quantiles

LEVELS = np.array([0.005, 0.05, 0.25, 0.5, 0.835, 0.975, 0.995])


@given(mean=st.floats(0.01, 140), ratio=st.floats(1.05, 20))
def test_counts_have_the_quantiles_of_scipys_negative_binomial(mean: float, ratio: float) -> None:
    size, share = mean / (ratio - 1), 1 / ratio
    expected = stats.nbinom.ppf(LEVELS, size, share)
    got = quantiles(LEVELS[None, :], np.array([mean]), np.array([ratio]), integer_valued=True)[0]
    near = np.abs(stats.nbinom.cdf(expected, size, share) - LEVELS) < 1e-9  # a level on a step may fall either way
    np.testing.assert_array_equal(got[~near], expected[~near])


def test_cumulative_probabilities_are_scipys() -> None:
    units = np.arange(0, 30.0)
    mean, ratio = np.full(30, 4.0), np.full(30, 2.5)
    np.testing.assert_allclose(cumulative(units, mean, ratio, True), stats.nbinom.cdf(units, 4 / 1.5, 1 / 2.5))
    np.testing.assert_allclose(cumulative(units, mean, ratio, False), stats.gamma.cdf(units, 4 / 2.5, scale=2.5))


def test_a_large_mean_is_within_a_unit_of_the_exact_quantile() -> None:
    mean, ratio = np.array([400.0]), np.array([12.0])
    exact = stats.nbinom.ppf(LEVELS, 400 / 11, 1 / 12)
    assert np.abs(quantiles(LEVELS[None, :], mean, ratio, True)[0] - exact).max() <= 1


def test_nothing_sells_below_zero_and_zero_demand_has_zero_quantiles() -> None:
    assert cumulative(np.array([-1.0]), np.array([1.0]), np.array([2.0]), True)[0] == 0
    assert quantiles(LEVELS[None, :], np.zeros(1), np.ones(1), True).max() == 0


@pytest.mark.parametrize("whole", [True, False])
def test_quantiles_reach_their_level_and_rise(whole: bool) -> None:
    random = np.random.default_rng(1)
    mean, ratio = random.gamma(1, 5, 200), 1.02 + random.gamma(1, 2, 200)
    table = quantiles(np.tile(LEVELS, (200, 1)), mean, ratio, whole)
    assert (np.diff(table, axis=1) >= 0).all()
    for place, level in enumerate(LEVELS):
        reached = cumulative(table[:, place], mean, ratio, whole)
        assert (reached >= level - 1e-9).all()


def test_amounts_that_never_varied_still_have_a_distribution() -> None:
    got = quantiles(LEVELS[None, :], np.array([2.0]), np.array([0.0]), integer_valued=False)
    np.testing.assert_allclose(got, 2.0, rtol=0.1)
    assert cumulative(np.array([1.0]), np.array([2.0]), np.array([0.0]), integer_valued=False)[0] < 1e-6


def test_a_table_gives_many_amounts_the_quantiles_of_scipys_gamma() -> None:
    random = np.random.default_rng(2)
    mean, ratio = np.exp(random.normal(0, 1.5, 25_000)), np.exp(random.normal(0, 0.8, 25_000))
    expected = stats.gamma.ppf(LEVELS, (mean / ratio)[:, None], scale=ratio[:, None])
    got = amount_quantiles(LEVELS, mean, ratio)
    shaped = mean / ratio > 0.05
    assert (np.abs(got - expected) / mean[:, None])[shaped].max() < 1e-4
    np.testing.assert_allclose(amount_quantiles(LEVELS, mean[:9], ratio[:9]), expected[:9])
    assert (np.diff(got, axis=1) >= 0).all()


def walked(level: float, mean: float, ratio: float) -> int:
    """Return the quantile of a count by adding its probabilities up, one level at a time."""
    size, growth = mean / (ratio - 1.0), 1.0 - 1.0 / ratio
    limit = 50 + int(mean + 60.0 * np.sqrt(mean * ratio) + 40.0 * ratio)
    probability = np.exp(-size * np.log(ratio))
    reached, count = probability, 0
    while reached < level and count < limit:
        probability *= growth * (size + count) / (count + 1)
        reached += probability
        count += 1
    return count


def test_many_levels_looked_up_at_once_are_those_walked_to_one_by_one() -> None:
    random = np.random.default_rng(4)
    mean = np.minimum(random.lognormal(1.0, 1.5, 60), 150)
    ratio = 1.02 + random.gamma(1, 3, 60) * random.choice([0.1, 1, 30], 60)
    levels = np.clip(random.random((60, 40)), 1e-4, 1 - 1e-4)
    levels[:, 0], levels[:, 1], levels[:, 2] = 1e-4, 1 - 1e-4, np.arange(60) / 64  # ends, and where searches begin
    levels[0, 2] = 1e-4
    got = quantiles(levels, mean, ratio, integer_valued=True)
    rows = zip(levels.tolist(), mean.tolist(), ratio.tolist(), strict=True)
    expected = [[walked(level, mu, phi) for level in row] for row, mu, phi in rows]
    np.testing.assert_array_equal(got, expected)
    assert got.max() > 256  # more counts than the table begins with
