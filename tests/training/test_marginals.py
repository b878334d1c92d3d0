"""Marginals of two kinds give the same answers to the same questions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from training.marginals import GRID_LEVELS, CountMarginals, GridMarginals, blended


def grid_of_normal(mean: float, sd: float, whole: bool) -> GridMarginals:
    values = np.maximum(stats.norm.ppf(GRID_LEVELS, mean, sd), 0).astype(np.float32)
    return GridMarginals(np.full((1, 1), mean), values[None, None], whole)


@given(level=st.floats(0.002, 0.998))
def test_a_grid_interpolates_the_distribution_that_it_was_made_of(level: float) -> None:
    found = grid_of_normal(100, 10, whole=False).quantiles(np.array([[level]]))
    assert abs(found[0, 0, 0] - stats.norm.ppf(level, 100, 10)) < 1.5


@given(units=st.floats(75, 125))
def test_the_cumulative_probability_of_a_grid_is_the_inverse_of_its_quantiles(units: float) -> None:
    grid = grid_of_normal(100, 10, whole=False)
    level = grid.cumulative(np.array([[units]]))
    assert grid.quantiles(level[..., None])[0, 0, 0] == pytest.approx(units, abs=1e-3)


def test_whole_demand_has_whole_quantiles_and_ties_are_told_apart() -> None:
    grid = grid_of_normal(1.0, 2.0, whole=True)
    table = grid.quantiles(np.array([GRID_LEVELS]))
    np.testing.assert_array_equal(table, np.rint(table))
    zero = grid.cumulative(np.array([[0.0]]))[0, 0]
    assert zero == pytest.approx(stats.norm.cdf(0.5, 1, 2), abs=0.01)
    assert grid.cumulative(np.array([[-1.0]]))[0, 0] == 0.0


def test_beyond_the_grid_nothing_is_left() -> None:
    grid = grid_of_normal(100, 10, whole=False)
    assert grid.cumulative(np.array([[1e9]]))[0, 0] == 1.0
    assert grid.cumulative(np.array([[0.0]]))[0, 0] == 0.0


def test_a_blend_lies_between_its_parts_and_one_part_alone_is_itself() -> None:
    one = CountMarginals(np.full((2, 3), 8.0), np.full((2, 3), 2.0), True)
    two = CountMarginals(np.full((2, 3), 20.0), np.full((2, 3), 2.0), True)
    levels = np.tile(np.array([0.05, 0.5, 0.95]), (3, 1))
    alone = blended([one], np.array([1.0])).quantiles(levels)
    np.testing.assert_array_equal(alone, one.quantiles(levels))
    mixed = blended([one, two], np.array([0.25, 0.75]))
    assert (mixed.quantiles(levels) >= one.quantiles(levels)).all()
    assert (mixed.quantiles(levels) <= two.quantiles(levels)).all()
    np.testing.assert_allclose(mixed.mean, 17.0)


def test_parts_of_a_forecast_are_the_cells_asked_for() -> None:
    mean = np.arange(6.0).reshape(2, 3) + 1
    for whole in (CountMarginals(mean, mean + 1, True), blended([CountMarginals(mean, mean + 1, True)], np.ones(1))):
        part = whole.take(np.array([1])).periods(np.array([2, 0]))
        np.testing.assert_array_equal(part.mean, [[6.0, 4.0]])
        np.testing.assert_array_equal(
            part.quantiles(np.array([[0.5]] * 2)), whole.quantiles(np.array([[0.5]] * 3))[1:, [2, 0]]
        )
