from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InfeasiblePlanError, UsageError
from optimizer.lot_sizing import best_plans
from optimizer.monolith import solve_monolith
from optimizer.multi_period import PeriodOptions, plan_periods
from optimizer.recosting import recost
from tests.optimizer.instances import limited, small_instance

QUICK = PeriodOptions(time_limit_seconds=0.3, target_gap=0.01)


def scaled(instance, factor):
    return replace(instance, limits=(instance.limits[0].scaled(factor), *instance.limits[1:]))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 25))
def test_every_plan_respects_all_limits_and_its_bound_is_below_its_cost(seed, count):
    instance = limited(small_instance(seed, count), seed=seed)
    plan = plan_periods(instance, QUICK)
    check = recost(instance, plan.orders)
    assert check.broken == ()
    assert plan.cost == pytest.approx(check.cost.sum())
    assert plan.bound <= plan.cost
    assert np.all((plan.orders == 0) | (plan.orders >= instance.least[:, None, None]))


@pytest.mark.parametrize("seed", range(6))
def test_decomposition_agrees_with_the_whole_model(seed):
    instance = limited(small_instance(seed, 5, periods=4), seed=seed)
    plan, model = plan_periods(instance, QUICK), solve_monolith(instance, 30.0, 1e-6)
    assert model.orders is not None
    assert recost(instance, model.orders).broken == ()
    assert recost(instance, model.orders).cost.sum() == pytest.approx(model.cost, rel=1e-5)
    assert plan.bound <= model.cost + 1e-6
    assert plan.cost >= model.cost * (1 - 1e-6)
    assert plan.cost <= model.cost * 1.05


def test_without_limits_every_sku_has_its_own_best_plan():
    instance = small_instance(3, 30)
    plan = plan_periods(instance)
    assert plan.cost == pytest.approx(best_plans(instance).cost.sum(), rel=1e-6)
    assert (plan.status, plan.gap) == ("optimal", pytest.approx(0.0, abs=1e-9))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.05, 1.5))
def test_more_budget_never_costs_more(seed, factor):
    instance = limited(small_instance(seed, 20), seed=seed)
    tight = plan_periods(instance, QUICK)
    loose = plan_periods(scaled(instance, factor), QUICK, base=tight)
    assert loose.bound <= tight.cost
    assert loose.cost <= tight.cost + 1e-9


def test_the_order_of_the_skus_changes_nothing():
    instance = limited(small_instance(5, 40), seed=5)
    shuffled = np.random.default_rng(1).permutation(40)
    plan, other = plan_periods(instance, QUICK), plan_periods(instance.take(shuffled), QUICK)
    assert np.array_equal(plan.orders[shuffled], other.orders)
    assert plan.cost == pytest.approx(other.cost)


def test_the_same_input_gives_the_same_bytes():
    instance = limited(small_instance(6, 400), seed=6)
    assert plan_periods(instance).orders.tobytes() == plan_periods(instance).orders.tobytes()


def test_prices_are_what_a_little_more_saves():
    instance = limited(small_instance(8, 1_500), seed=8)
    plan = plan_periods(instance)
    for limit, change in ((0, 0.04), (1, 0.02)):
        costs, worth = [], 0.0
        for sign in (-1, 1):
            limits = list(instance.limits)
            limits[limit] = limits[limit].scaled(1 + sign * change)
            costs.append(plan_periods(replace(instance, limits=tuple(limits)), base=plan).bound)
        rows = [row for row in plan.rows if row.name.startswith(instance.limits[limit].name)]
        worth = sum(row.price * row.capacity for row in rows) * 2 * change
        assert worth > 0
        assert costs[0] - costs[1] == pytest.approx(worth, rel=0.05)


def test_a_price_reads_as_a_sentence():
    plan = plan_periods(limited(small_instance(8, 60), seed=8), QUICK)
    words = [str(row) for row in plan.rows]
    assert any(text.startswith("1 more of budget of period 1 saves ") for text in words)
    assert any("does not bind" in text for text in words)
    assert all(row.price > 0 for row in plan.binding)


def test_stock_that_alone_exceeds_a_limit_is_explained():
    instance = limited(small_instance(9, 20), seed=9)
    rows = recost(instance, np.zeros((20, 2, 5), dtype=np.int64)).used.reshape(2, -1)[1]
    tight = instance.limits[1].capacity.copy()
    tight[0, 1] = rows[1] - 3.0
    instance = replace(instance, limits=(instance.limits[0], replace(instance.limits[1], capacity=tight)))
    with pytest.raises(InfeasiblePlanError, match=r"volume of period 2 short by 3 \(it is .*sell or cancel stock"):
        plan_periods(instance, QUICK)


def test_floors_that_a_budget_cannot_pay_are_explained():
    instance = limited(small_instance(12, 20, floors=True), seed=12)
    with pytest.raises(InfeasiblePlanError, match=r"the floors .* budget of period .* short by .* lower the floors"):
        plan_periods(scaled(instance, 0.01), QUICK)


def test_a_floor_that_no_mode_can_reach_is_explained():
    instance = small_instance(12, 3, floors=True)
    floor = instance.floor.copy()
    floor[1] = 4
    instance = replace(instance, floor=floor, lead_time=np.full((3, 2), 2))
    with pytest.raises(InfeasiblePlanError, match="sku001 must receive 4 cases by period 1, but its fastest mode"):
        plan_periods(instance, QUICK)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"case": np.zeros(2)}, "case of sku000 is 0.0"),
        ({"least": np.zeros(2, dtype=np.int64)}, "least of sku000"),
        ({"holding_cost": np.array([0.1, -1.0])}, "holding_cost of sku001 is -1.0"),
        ({"names": np.array(["a", "a"])}, "same name"),
        ({"stockout_cost": np.ones(3)}, "shape"),
    ],
)
def test_bad_data_is_refused_with_its_place(change, words):
    with pytest.raises(UsageError, match=words):
        replace(small_instance(1, 2), **change)
