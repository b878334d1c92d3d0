import numpy as np

from training.marginals import GRID_LEVELS, CountMarginals, GridMarginals, blended
from training.routing import replaced_rows, routed

LEVELS = np.tile([0.1, 0.5, 0.9], (2, 1))


def counts(level: float, series: int = 3) -> CountMarginals:
    mean = np.full((series, 2), level) + np.arange(series)[:, None]
    return CountMarginals(mean, np.full_like(mean, 2.0), True)


def test_two_parametric_models_stay_parametric() -> None:
    found = replaced_rows(counts(5), np.array([1]), counts(50, 1))
    assert isinstance(found, CountMarginals)
    np.testing.assert_array_equal(found.mean[:, 0], [5, 50, 7])


def test_a_grid_keeps_its_own_rows_to_the_bit() -> None:
    base = blended([counts(5)], np.ones(1))
    found = replaced_rows(base, np.array([2]), counts(50, 1))
    assert isinstance(found, GridMarginals)
    assert found.values[:2].tobytes() == base.values[:2].tobytes()
    exact = counts(50, 1).quantiles(np.tile(GRID_LEVELS, (2, 1)))
    np.testing.assert_array_equal(found.values[2], exact[0])


def test_each_series_is_answered_by_the_model_chosen_for_it() -> None:
    parts = [counts(5), blended([counts(50)], np.ones(1)), counts(500)]
    found = routed(parts, np.array([2, 0, 1])).quantiles(LEVELS)
    for row, place in enumerate((2, 0, 1)):
        np.testing.assert_allclose(found[row], parts[place].quantiles(LEVELS)[row], atol=1)
