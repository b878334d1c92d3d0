"""(R, Q) and (s, S) beside stockpyl, on its documented examples and on random ones."""

import numpy as np
import pytest
from scipy.stats import poisson
from stockpyl import rq, ss

from optimizer.reorder_point import (
    best_r_q_normal,
    best_r_q_poisson,
    best_reorder_point,
    best_s_s,
    r_q_cost_normal,
    r_q_cost_poisson,
    s_s_cost,
)

EXAMPLE = (0.225, 7.5, 8, 1300, 150, 1 / 12)


def test_the_cost_of_a_reorder_point_agrees_with_the_textbook():
    ours = r_q_cost_normal(126.8, 328.5, *EXAMPLE)
    assert ours == pytest.approx(rq.r_q_cost(126.8, 328.5, *EXAMPLE), abs=1e-6)


def test_the_best_reorder_point_of_a_quantity_agrees_with_the_textbook():
    demand = (0.225, 7.5, 1300, 150, 1 / 12)
    assert best_reorder_point(300, *demand) == pytest.approx(rq.r_q_optimal_r_for_q(300, *demand), abs=1e-5)


def test_the_best_pair_costs_no_more_than_any_of_the_textbooks_approximations():
    _, _, cost = best_r_q_normal(*EXAMPLE)
    pairs = [rq.r_q_eoqb_approximation(*EXAMPLE), rq.r_q_eoqss_approximation(*EXAMPLE)]
    pairs += [rq.r_q_loss_function_approximation(*EXAMPLE), rq.r_q_eil_approximation(*EXAMPLE)[:2]]
    costs = [rq.r_q_cost(point, quantity, *EXAMPLE) for point, quantity in pairs]
    assert cost <= min(costs) + 1e-6
    assert cost == pytest.approx(min(costs), rel=1e-4)


def test_the_poisson_model_agrees_with_the_textbook():
    assert r_q_cost_poisson(3, 5, 20, 150, 100, 1.5, 2) == pytest.approx(
        rq.r_q_cost_poisson(3, 5, 20, 150, 100, 1.5, 2), abs=1e-6
    )
    assert best_r_q_poisson(20, 150, 100, 1.5, 2) == pytest.approx(rq.r_q_poisson_exact(20, 150, 100, 1.5, 2), abs=1e-6)


@pytest.mark.parametrize(
    ("holding", "stockout", "fixed", "mean"), [(0.5, 8.0, 1.0, 2), (1.0, 4.0, 30.0, 5), (3.0, 3.0, 8.0, 3)]
)
def test_the_exact_levels_agree_with_the_textbook(holding, stockout, fixed, mean):
    point, quantity, cost = best_r_q_poisson(holding, stockout, fixed, mean, 2)
    assert cost == pytest.approx(rq.r_q_poisson_exact(holding, stockout, fixed, mean, 2)[2], abs=1e-6)
    assert cost == pytest.approx(r_q_cost_poisson(point, quantity, holding, stockout, fixed, mean, 2), abs=1e-6)
    pmf = poisson.pmf(np.arange(6 * mean + 40), mean)
    low, high, cost = best_s_s(holding, stockout, fixed, pmf)
    assert cost == pytest.approx(ss.s_s_discrete_exact(holding, stockout, fixed, True, mean)[2], abs=1e-6)
    assert cost == pytest.approx(ss.s_s_cost_discrete(low, high, holding, stockout, fixed, True, mean), abs=1e-6)


def test_the_documented_min_max_example():
    pmf = poisson.pmf(np.arange(60), 6)
    assert s_s_cost(4, 10, 1, 4, 5, pmf) == pytest.approx(ss.s_s_cost_discrete(4, 10, 1, 4, 5, True, 6), abs=1e-6)
    assert best_s_s(1, 4, 5, pmf) == pytest.approx(ss.s_s_discrete_exact(1, 4, 5, True, 6), abs=1e-6)
