"""A planner's cells: the mean that was said, the model's own scatter, and every other cell to the bit."""

import numpy as np
import pytest
from scipy import stats

from training.marginals import CountMarginals, blended
from training.overridden import overridden

LEVELS = np.tile([0.05, 0.25, 0.5, 0.75, 0.95], (3, 1))
MEAN = np.array([[2.0, 8.0, 20.0], [0.5, 5.0, 50.0]])
RATIO = np.array([[1.5, 2.0, 3.0], [1.2, 4.0, 2.0]])
NOTHING, ONES = np.full(MEAN.shape, np.nan), np.ones(MEAN.shape)


@pytest.fixture(params=["counts", "grid"])
def base(request):
    counts = CountMarginals(MEAN, RATIO, True)
    return counts if request.param == "counts" else blended([counts], np.ones(1))


def test_without_a_word_from_anybody_nothing_changes(base):
    made = overridden(base, ONES, NOTHING)
    np.testing.assert_array_equal(made.quantiles(LEVELS), base.quantiles(LEVELS))
    np.testing.assert_array_equal(made.mean, base.mean)


def test_a_replaced_cell_is_a_negative_binomial_of_the_said_mean_and_the_models_ratio(base):
    level = NOTHING.copy()
    level[0, 1] = 30.0
    made = overridden(base, ONES, level)
    assert made.ratio[0, 1] == pytest.approx(RATIO[0, 1], rel=0.15)
    size = 30.0 / (made.ratio[0, 1] - 1)
    expected = stats.nbinom.ppf(LEVELS[0], size, 1 / made.ratio[0, 1])
    np.testing.assert_allclose(made.quantiles(LEVELS)[0, 1], expected, atol=1)
    others = np.ones(MEAN.shape, dtype=bool)
    others[0, 1] = False
    np.testing.assert_array_equal(made.quantiles(LEVELS)[others], base.quantiles(LEVELS)[others])
    np.testing.assert_array_equal(made.mean[others], base.mean[others])


def test_a_mean_of_nothing_is_nothing_for_certain(base):
    level = NOTHING.copy()
    level[1, 2] = 0.0
    made = overridden(base, ONES, level)
    assert (made.quantiles(LEVELS)[1, 2] == 0).all()
    assert made.cumulative(np.zeros(MEAN.shape))[1, 2] == 1


def test_a_multiplied_cell_is_the_models_own_stretched(base):
    factor = ONES.copy()
    factor[1] = 1.5
    made = overridden(base, factor, NOTHING)
    np.testing.assert_array_equal(made.quantiles(LEVELS)[1], np.rint(1.5 * base.quantiles(LEVELS)[1]))
    np.testing.assert_allclose(made.mean[1], 1.5 * base.mean[1])


def test_parts_and_periods_are_those_of_the_whole(base):
    level, factor = NOTHING.copy(), ONES.copy()
    level[0, 2], factor[1, 0] = 7.0, 2.0
    made = overridden(base, factor, level)
    whole = made.quantiles(LEVELS)
    np.testing.assert_array_equal(made.take(np.array([1])).quantiles(LEVELS), whole[[1]])
    np.testing.assert_array_equal(made.periods(np.array([2, 0])).quantiles(LEVELS[:2]), whole[:, [2, 0]])


def test_the_cumulative_probability_goes_with_the_quantiles(base):
    level, factor = NOTHING.copy(), ONES.copy()
    level[0], factor[1] = 12.0, 2.0
    made = overridden(base, factor, level)
    middle = made.quantiles(np.full((3, 1), 0.5))[..., 0]
    reached = made.cumulative(middle)
    assert (reached >= 0.5 - 0.2).all()
    assert (made.cumulative(middle - 3) < 0.75).all()
    assert (made.cumulative(np.full(MEAN.shape, -1.0)) == 0).all()
