import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions
from optimizer.service_floor import floor_penalty, missing_service

FREE = PlanningOptions()


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=8))
def test_with_its_penalty_the_cheapest_of_those_that_miss_least_is_the_best(candidates):
    cost, missing = (np.array(column, dtype=np.float64) for column in zip(*candidates, strict=True))
    penalty, price = floor_penalty(cost, missing / 10)
    kept = missing == missing.min()
    assert (cost + penalty).min() == pytest.approx(cost[kept].min())
    assert (penalty >= 0).all()
    assert not penalty[kept].any()
    assert price == pytest.approx(cost[kept].min() - cost.min())


def test_missing_service_is_the_larger_of_both_shortfalls():
    missing = missing_service(np.array([0.3, 0.01]), np.array([2.0, 0.0]), 10.0, 0.95, 0.9)
    assert missing == pytest.approx([0.25, 0.0])
    assert not missing_service(np.array([1.0]), np.array([0.0]), 0.0, 0.0, 0.9).any()


@pytest.mark.parametrize(("name", "floor"), [("cycle_service_floor", 0.97), ("fill_rate_floor", 0.99)])
def test_a_floor_overrides_the_cost_and_its_price_is_said(shop, name, floor):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0, mean=8.0)
    free = plan_orders(forecast, terms, on_hand, inbound, FREE)
    plan = plan_orders(forecast, terms.assign(**{name: floor}), on_hand, inbound, FREE)
    third_week = forecast.paths[:, :, 2].astype(np.float64)
    quantity = plan.lines["quantity"].to_numpy()[:, None]
    if name == "cycle_service_floor":
        assert ((third_week <= quantity).mean(axis=1) >= floor - 1e-9).all()
    else:
        assert (np.minimum(third_week, quantity).sum(axis=1) >= (floor - 1e-9) * third_week.sum(axis=1)).all()
    assert (plan.lines["quantity"] >= free.lines["quantity"]).all()
    assert plan.summary.expected_cost > free.summary.expected_cost
    raised = plan.lines["quantity"] > free.lines["quantity"]
    assert plan.lines.loc[raised, "reason"].str.contains("the service floor costs").all()


def test_a_budget_that_is_too_small_pays_for_floors_first(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0, mean=8.0)
    floors = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.95])
    plan = plan_orders(
        forecast, terms.assign(cycle_service_floor=floors), on_hand, inbound, PlanningOptions(budget=60.0)
    )
    assert plan.summary.spend <= 60.0
    assert plan.lines["stockout_probability"].iloc[5] <= 0.05 + 1e-9
