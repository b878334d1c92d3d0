import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stockpyl.newsvendor import newsvendor_discrete
from stockpyl.newsvendor import newsvendor_normal as textbook_normal

from optimizer import newsvendor
from optimizer.newsvendor import critical_ratio, newsvendor_cost, newsvendor_normal, newsvendor_quantity


@pytest.mark.parametrize(
    ("holding", "stockout", "mean", "sd"), [(0.18, 0.70, 50, 8), (1, 9, 100, 20), (0.2, 1.0, 7, 2)]
)
def test_the_normal_newsvendor_agrees_with_the_textbook(holding, stockout, mean, sd):
    level, cost = newsvendor_normal(mean, sd, holding, stockout)
    expected_level, expected_cost = textbook_normal(holding, stockout, mean, sd)
    assert level == pytest.approx(expected_level, abs=1e-6)
    assert cost == pytest.approx(expected_cost, abs=1e-6)


def test_the_sampled_newsvendor_agrees_with_the_discrete_textbook_model():
    demand = np.array([1, 1, 2, 3, 3, 3, 4, 6, 9, 12], dtype=float)
    values, counts = np.unique(demand, return_counts=True)
    pmf = {int(v): c / len(demand) for v, c in zip(values, counts, strict=True)}
    level, cost = newsvendor_discrete(0.3, 2.0, demand_pmf=pmf)
    found = newsvendor_quantity(demand, 0.3, 2.0)
    assert found == level
    assert newsvendor_cost(found, demand, 0.3, 2.0) == pytest.approx(cost)


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=25),
    st.floats(0.05, 5.0),
    st.floats(0.05, 5.0),
)
def test_no_other_level_costs_less_than_the_critical_fractile(demand, holding, stockout):
    sample = np.array(demand, dtype=float)
    best = min(newsvendor_cost(level, sample, holding, stockout) for level in range(32))
    found = newsvendor_cost(newsvendor_quantity(sample, holding, stockout), sample, holding, stockout)
    assert found == pytest.approx(best)


def test_costs_that_are_not_positive_have_no_critical_ratio():
    with pytest.raises(ValueError, match="above 0"):
        critical_ratio(0.0, 1.0)


def test_the_documented_examples_run():
    assert doctest.testmod(newsvendor).failed == 0
