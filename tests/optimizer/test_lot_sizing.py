from dataclasses import replace

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stockpyl.wagner_whitin import wagner_whitin as book_wagner_whitin

from optimizer.lot_sizing import EffectivePrices, best_plans, wagner_whitin
from optimizer.monolith import solve_monolith
from optimizer.recosting import recost
from optimizer.solver import solve_model
from tests.optimizer.instances import small_instance


def wagner_whitin_model(demand, holding, fixed, unit):
    """Return the least cost by a PuLP model: order_t ≤ what is still needed · start_t."""
    model, periods = pulp.LpProblem("lots", pulp.LpMinimize), range(len(demand))
    order = [model.add_variable(f"order_{t}", lowBound=0) for t in periods]
    start = [model.add_variable(f"start_{t}", cat=pulp.LpBinary) for t in periods]
    stock = [model.add_variable(f"stock_{t}", lowBound=0) for t in periods]
    costs = [(order[t], unit[t]) for t in periods] + [(start[t], fixed) for t in periods]
    model.setObjective(pulp.LpAffineExpression(costs + [(stock[t], holding) for t in periods]))
    for t in periods:
        before = [(stock[t - 1], 1.0)] if t else []
        balance = pulp.LpAffineExpression([*before, (order[t], 1.0), (stock[t], -1.0)])
        model += balance == float(demand[t]), f"balance_{t}"
        model += pulp.LpAffineExpression([(order[t], 1.0), (start[t], -float(demand[t:].sum()))]) <= 0, f"link_{t}"
    assert solve_model(model, 20.0).found
    return pulp.value(model.objective)


def check_wagner_whitin(seed):
    random = np.random.default_rng(seed)
    demand = random.integers(0, 90, random.integers(1, 9)).astype(float)
    holding, fixed = random.uniform(0.1, 3.0), random.uniform(10.0, 200.0)
    unit = random.uniform(1.0, 4.0, len(demand))
    quantities, cost = wagner_whitin(demand, holding, fixed, unit)
    assert cost == pytest.approx(wagner_whitin_model(demand, holding, fixed, unit), rel=1e-6)
    left = np.cumsum(quantities) - np.cumsum(demand)
    assert left.min() >= -1e-9
    paid = fixed * (quantities > 0).sum() + unit @ quantities + holding * left.sum()
    assert paid == pytest.approx(cost)


def check_exact_method(seed):
    instance = small_instance(seed, floors=seed % 3 == 0)
    plan = best_plans(instance)
    model = solve_monolith(instance, 30.0)
    if model.orders is None:
        assert np.isinf(plan.value[0])
    else:
        assert plan.cost[0] == pytest.approx(model.cost, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_the_exact_method_agrees_with_the_pulp_model(start):
    for seed in range(start, start + 20):
        check_exact_method(seed)


@pytest.mark.slow
def test_the_exact_method_agrees_with_the_pulp_model_500_times():
    for seed in range(500):
        check_exact_method(seed)


def test_wagner_whitin_agrees_with_the_pulp_model():
    for seed in range(60):
        check_wagner_whitin(seed)


@pytest.mark.slow
def test_wagner_whitin_agrees_with_the_pulp_model_500_times():
    for seed in range(500):
        check_wagner_whitin(seed)


def test_wagner_whitin_gives_the_books_answer():
    demand = [90, 120, 80, 70]  # Snyder and Shen, example 3.9
    quantities, cost = wagner_whitin(np.array(demand, dtype=float), 2.0, 500.0)
    book, book_cost, _, _ = book_wagner_whitin(4, 2, 500, demand)
    assert (quantities.tolist(), cost) == (book[1:], book_cost)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.0, 3.0))
def test_a_dearer_shortage_never_lowers_the_stock_bought(seed, factor):
    instance = small_instance(seed, modes=1)
    cheap = best_plans(instance)
    dear = best_plans(
        type(instance)(
            **{name: getattr(instance, name) for name in instance.__slots__ if name != "stockout_cost"},
            stockout_cost=instance.stockout_cost * factor,
        )
    )
    short = [(plan.stock[0] - instance.case * plan.cases[0].cumsum()).sum() for plan in (cheap, dear)]
    assert short[1] <= short[0] + 1e-6


def test_a_price_on_orders_and_stock_enters_the_value_but_not_the_cost():
    instance = small_instance(7, count=4)
    shape = (4, 2, 5)
    prices = EffectivePrices(np.full(shape, 0.3), np.full(shape, 0.1), np.full((4, 5), 0.2))
    plan = best_plans(instance, prices)
    bought = (plan.cases * instance.case[:, None]).sum(axis=1)
    charged = 0.3 * bought + 0.1 * (plan.cases > 0).sum(axis=1) + 0.2 * plan.stock.sum(axis=1)
    assert plan.value == pytest.approx(plan.cost + charged, rel=1e-5)


def test_an_order_is_nothing_or_at_least_the_minimum():
    instance = small_instance(11, count=200)
    cases = best_plans(instance).cases
    assert np.all((cases == 0) | (cases >= instance.least[:, None]))


@pytest.mark.parametrize("seed", range(12))
def test_smallest_and_largest_orders_of_each_mode_agree_with_the_pulp_model(seed):
    random = np.random.default_rng(seed)
    instance = replace(
        small_instance(seed, 3, periods=5),
        mode_least=random.integers(1, 5, (3, 2)),
        mode_most=random.integers(1, 7, (3, 2)),
    )
    plans, model = best_plans(instance), solve_monolith(instance, 30.0)
    assert plans.cost.sum() == pytest.approx(model.cost, rel=1e-7, abs=1e-7)
    assert recost(instance, model.orders).broken == ()
