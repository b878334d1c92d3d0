import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from training.marginals import GRID_LEVELS
from training.quantile_grid import grid_marginals

LEVELS = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])


def test_the_upper_tail_of_an_exponential_distribution_is_met_exactly() -> None:
    values = stats.expon(scale=10).ppf(LEVELS)[None]
    found = grid_marginals(LEVELS, values, (1, 1), integer_valued=False)
    high = GRID_LEVELS > 0.99
    np.testing.assert_allclose(found.values[0, 0, high], stats.expon(scale=10).ppf(GRID_LEVELS[high]), rtol=1e-5)


def test_the_mean_is_the_integral_of_the_quantiles() -> None:
    levels = GRID_LEVELS[3:-3]
    for law in (stats.expon(scale=10), stats.gamma(3, scale=4), stats.uniform(2, 8)):
        found = grid_marginals(levels, law.ppf(levels)[None], (1, 1), integer_valued=False)
        np.testing.assert_allclose(found.mean[0, 0], law.mean(), rtol=0.02)


@given(st.lists(st.floats(-50, 500), min_size=8, max_size=8))
def test_whatever_the_trees_state_the_grid_rises_and_is_never_negative(stated: list[float]) -> None:
    found = grid_marginals(LEVELS, np.array([stated]), (1, 1), integer_valued=False)
    assert (np.diff(found.values[0, 0]) >= 0).all()
    assert found.values.min() >= 0
    assert np.isfinite(found.values).all()
    assert found.mean[0, 0] >= 0
