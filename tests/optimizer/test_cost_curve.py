"""The dynamic programme against slow twins: every plan enumerated, a PuLP model, and a lost-sales simulation."""

import itertools

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.cost_curve import first_order_curve
from optimizer.newsvendor import newsvendor_quantity
from optimizer.protection_interval import Terms

SIZE = 9


def simulate(path, on_hand, arrivals, terms, plan):
    """Return (cost, unmet by period) of one path when order j brings plan[j] units at its arrival, the plain way."""
    stock, cost, unmet = on_hand, 0.0, []
    for t, need in enumerate(path):
        order, late = divmod(t - terms.first, terms.review)
        stock += arrivals[t] + (plan[order] if late == 0 and 0 <= order < len(plan) else 0.0) - need
        unmet.append(max(-stock, 0.0))
        cost += terms.holding_cost * max(stock, 0.0) + terms.stockout_cost * unmet[-1]
        stock = max(stock, 0.0) if terms.lost_sales else stock
    return cost, unmet


def mean_cost(paths, on_hand, arrivals, terms, steps):
    plan = [step * terms.step for step in steps]
    used = terms.first + len(plan) * terms.review
    costs = [simulate(path[:used], on_hand, arrivals, terms, plan)[0] for path in paths]
    return np.mean(costs) + terms.order_cost * sum(step > 0 for step in steps)


def allowed_plans(terms, orders, most=SIZE - 1):
    single = [0, *range(terms.least, min(terms.most, most) + 1)]
    return [plan for plan in itertools.product(single, repeat=orders) if sum(plan) <= most]


@st.composite
def instances(draw, lost_sales, lumpy=True):
    first, review, orders = draw(st.integers(0, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    horizon = first + review * orders
    demand = st.lists(st.integers(0, 4), min_size=horizon, max_size=horizon)
    paths = np.array(draw(st.lists(demand, min_size=1, max_size=5)), dtype=np.float32)
    arrivals = np.array(draw(st.lists(st.integers(0, 3), min_size=horizon, max_size=horizon)), dtype=np.float64)
    least = draw(st.integers(1, 3)) if lumpy else 1
    terms = Terms(
        first=first,
        review=review,
        lost_sales=lost_sales,
        holding_cost=draw(st.sampled_from([0.1, 0.25, 1.0])),
        stockout_cost=draw(st.sampled_from([0.5, 1.0, 5.0])),
        order_cost=draw(st.sampled_from([0.0, 1.0, 4.0])) if lumpy else 0.0,
        step=draw(st.sampled_from([1.0, 2.0])),
        least=least,
        most=draw(st.sampled_from([least, least + 2, 1 << 40])) if lumpy else 1 << 40,
        slowest_sale=104.0,
        value_end=False,
    )
    return paths, float(draw(st.integers(0, 8))), arrivals, terms


@settings(max_examples=60, deadline=None)
@given(instances(lost_sales=False))
def test_where_demand_waits_the_curve_is_the_best_of_all_enumerated_plans(instance):
    paths, on_hand, arrivals, terms = instance
    cost, _, levels = first_order_curve(paths, on_hand, arrivals, terms, SIZE)
    expected = np.full(SIZE, np.inf)
    for plan in allowed_plans(terms, len(levels)):
        expected[plan[0]] = min(expected[plan[0]], mean_cost(paths, on_hand, arrivals, terms, plan))
    assert np.allclose(cost, expected)


@settings(max_examples=60, deadline=None)
@given(instances(lost_sales=True))
def test_under_lost_sales_the_last_order_is_the_best_of_all_enumerated_ones(instance):
    paths, on_hand, arrivals, terms = instance
    used = paths[:, : terms.first + terms.review]
    cost, shortage, _ = first_order_curve(used, on_hand, arrivals, terms, SIZE)
    for (order,) in allowed_plans(terms, 1):
        assert cost[order] == pytest.approx(mean_cost(used, on_hand, arrivals, terms, (order,)))
        unmet = [simulate(path, on_hand, arrivals, terms, [order * terms.step])[1] for path in used]
        assert shortage[order] == np.mean([sum(units[terms.first :]) > 0 for units in unmet])


@settings(max_examples=60, deadline=None)
@given(instances(lost_sales=True, lumpy=False))
def test_under_lost_sales_the_plan_costs_what_a_simulation_of_it_costs(instance):
    paths, on_hand, arrivals, terms = instance
    cost, _, levels = first_order_curve(paths, on_hand, arrivals, terms, 60)
    steps = np.diff(levels, prepend=0)
    assert cost.min() == pytest.approx(mean_cost(paths, on_hand, arrivals, terms, steps))


@settings(max_examples=60, deadline=None)
@given(instances(lost_sales=True))
def test_a_shortage_that_no_later_order_ends_is_paid_once(instance):
    paths, on_hand, arrivals, terms = instance
    only_one = terms._replace(order_cost=1e6)
    cost, _, levels = first_order_curve(paths, on_hand, arrivals, only_one, SIZE)
    nothing = (0,) * len(levels)
    assert cost[0] == pytest.approx(mean_cost(paths, on_hand, arrivals, only_one, nothing))


def milp(paths, on_hand, arrivals, terms, orders):
    """Return the least cost as a PuLP model over whole orders, stock and backlog of every path and period."""
    model = pulp.LpProblem("one_sku", pulp.LpMinimize)
    quantity = [model.add_variable(f"steps_{j}", 0, SIZE - 1, pulp.LpInteger) for j in range(orders)]
    placed = [model.add_variable(f"placed_{j}", cat=pulp.LpBinary) for j in range(orders)]
    cost = pulp.lpSum(terms.order_cost * flag for flag in placed)
    model += pulp.lpSum(quantity) <= SIZE - 1, "levels"
    for j in range(orders):
        model += quantity[j] >= terms.least * placed[j], f"least_{j}"
        model += quantity[j] <= min(terms.most, SIZE - 1) * placed[j], f"most_{j}"
    for p, path in enumerate(paths):
        for t in range(terms.first + orders * terms.review):
            arrived = max((t - terms.first) // terms.review + 1, 0)
            stock = model.add_variable(f"stock_{p}_{t}", 0)
            backlog = model.add_variable(f"backlog_{p}_{t}", 0)
            supply = terms.step * pulp.lpSum(quantity[:arrived]) + on_hand + float(arrivals[: t + 1].sum())
            model += stock - backlog == supply - float(path[: t + 1].sum()), f"balance_{p}_{t}"
            cost += (terms.holding_cost * stock + terms.stockout_cost * backlog) * (1.0 / len(paths))
    model.setObjective(cost)
    model.solve(pulp.HiGHS(msg=False, threads=1, gapRel=1e-9))
    return sum(value.varValue * weight for value, weight in cost.items()) + cost.constant


@settings(max_examples=25, deadline=None)
@given(instances(lost_sales=False))
def test_where_demand_waits_the_best_plan_costs_what_the_mixed_integer_model_says(instance):
    paths, on_hand, arrivals, terms = instance
    cost, _, levels = first_order_curve(paths, on_hand, arrivals, terms, SIZE)
    assert cost.min() == pytest.approx(milp(paths, on_hand, arrivals, terms, len(levels)), abs=1e-4)


def many(seed, paths=2000, horizon=6, mean=6.0):
    return np.random.default_rng(seed).negative_binomial(2, 2 / (2 + mean), (paths, horizon)).astype(np.float32)


@pytest.mark.parametrize(("order_cost", "least"), [(0.0, 1), (6.0, 1), (0.0, 20)])
def test_the_computed_cost_agrees_with_a_simulation_of_fresh_lost_sales(order_cost, least):
    terms = Terms(2, 1, True, 0.2, 1.0, order_cost, 1.0, least, 1 << 40, 104.0, False)
    cost, _, levels = first_order_curve(many(1, 20_000), 9.0, np.zeros(6), terms, 200)
    plan = np.diff(levels, prepend=0).astype(float)
    fresh = [simulate(path, 9.0, np.zeros(6), terms, plan)[0] for path in many(2, 4000)]
    expected = np.mean(fresh) + order_cost * (plan > 0).sum()
    assert abs(cost.min() - expected) < 3 * np.std(fresh) / np.sqrt(4000)


def test_one_period_without_lead_time_is_the_newsvendor():
    paths = many(3, horizon=1)
    terms = Terms(0, 1, True, 0.2, 1.0, 0.0, 1.0, 1, 1 << 40, 104.0, False)
    cost, _, _ = first_order_curve(paths, 0.0, np.zeros(1), terms, 80)
    assert cost.argmin() == newsvendor_quantity(paths, 0.2, 1.0)


def test_after_a_peak_the_look_ahead_orders_less_than_the_one_shot_order():
    paths = many(4, horizon=6)
    paths[:, 2:] = np.floor(paths[:, 2:] / 8)  # nobody will need what the peak leaves behind
    terms = Terms(1, 1, True, 0.2, 1.0, 0.0, 1.0, 1, 1 << 40, 104.0, False)
    one_shot = first_order_curve(paths[:, :2], 0.0, np.zeros(6), terms, 120)[0].argmin()
    assert first_order_curve(paths, 0.0, np.zeros(6), terms, 120)[0].argmin() < one_shot


def test_the_value_of_the_end_keeps_lumpy_orders_coming():
    terms = Terms(1, 1, True, 0.2, 2.0, 10.0, 1.0, 1, 1 << 40, 104.0, True)
    paths = many(5, horizon=3)
    with_end = first_order_curve(paths, 0.0, np.zeros(3), terms, 120)[0].argmin()
    without = first_order_curve(paths, 0.0, np.zeros(3), terms._replace(value_end=False), 120)[0].argmin()
    economic = np.sqrt(2 * 10.0 * 6.0 / 0.2)
    assert without < with_end
    assert 0.7 * economic < with_end < 2.0 * economic


def test_an_article_that_never_sells_is_not_ordered():
    terms = Terms(1, 1, True, 0.2, 1.0, 0.0, 1.0, 1, 1 << 40, 104.0, True)
    cost, shortage, _ = first_order_curve(np.zeros((50, 4), np.float32), 3.0, np.zeros(4), terms, 5)
    assert np.isfinite(cost).all()
    assert cost.argmin() == 0
    assert shortage[0] == 0.0
