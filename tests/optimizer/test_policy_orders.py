"""A named policy's orders as a plan: its own quantities, costed; cut where a limit does not let them through."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import UsageError
from optimizer.plan import PlanningOptions, plan_orders

NAMED = PlanningOptions(policy_name="days-of-cover")


def planned(shop, asked, planning=NAMED, **terms):
    forecast, known, on_hand, inbound = shop(6, horizon=9, **terms)
    return plan_orders(forecast, known, on_hand, inbound, planning, asked=asked), (forecast, known, on_hand, inbound)


def test_without_limits_the_policy_gets_what_it_asks_for_and_the_gap_is_what_that_gives_away(shop):
    asked = np.array([0.0, 5.0, 12.0, 40.0, 1.0, 200.0])
    plan, known = planned(shop, asked)
    assert plan.lines["quantity"].tolist() == asked.tolist()
    best = plan_orders(*known, PlanningOptions())
    assert plan.summary.lower_bound == pytest.approx(best.summary.expected_cost)
    assert plan.summary.expected_cost > best.summary.expected_cost
    assert (plan.summary.status, plan.summary.solver) == ("policy", "policy days-of-cover")


def test_asking_for_the_best_orders_costs_what_they_cost(shop):
    _, known = planned(shop, np.zeros(6))
    best = plan_orders(*known, PlanningOptions())
    plan = plan_orders(*known, NAMED, asked=best.lines["quantity"].to_numpy(dtype=float))
    assert plan.lines["expected_cost"].to_numpy() == pytest.approx(best.lines["expected_cost"].to_numpy())
    assert plan.summary.gap == pytest.approx(0.0, abs=1e-9)


def test_a_budget_cuts_the_policy_and_is_kept(shop):
    asked = np.full(6, 60.0)
    plan, _ = planned(shop, asked, replace(NAMED, budget=300.0))
    assert plan.summary.spend <= 300.0
    assert plan.summary.budget_price >= 0
    assert "cut to the limits" in plan.summary.solver
    assert (plan.lines["quantity"] <= 60).all()


def test_a_minimum_value_that_policies_do_not_know_raises_the_order(shop):
    plan, _ = planned(shop, np.full(6, 3.0), minimum_order_value=20.0)
    assert (plan.lines["quantity"] == 10).all()


def test_amounts_that_are_none_are_refused(shop):
    for asked in (np.zeros(5), np.full(6, -1.0), np.full(6, np.nan)):
        with pytest.raises(UsageError, match="6 amounts of 0 or more"):
            planned(shop, asked)
