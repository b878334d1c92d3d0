"""Plans under limits of several review periods: slack limits change nothing, tight ones are kept and told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.errors import InfeasiblePlanError
from core.frequency import Frequency
from inventory.plan_rules import LimitRule
from optimizer.buying import Buying
from optimizer.explanation import explain
from optimizer.later_orders import later_orders
from optimizer.least_cost import LeastCost
from optimizer.limited_orders import best_known_plan, saved_once
from optimizer.multi_period import PeriodOptions, RowPrice, plan_periods
from optimizer.period_instance import Limit
from optimizer.plan import PlanningOptions, plan_orders
from optimizer.policies import Knowledge, StockState
from optimizer.shared_limits import SharedLimit, shared_limits
from tests.optimizer.conftest import forecast_of, random_paths, terms_of
from tests.optimizer.instances import limited, small_instance

QUICK = PlanningOptions(time_limit_seconds=1.0)
COUNT = 4


def cash(*capacity, **changes):
    return SharedLimit("cash", False, True, np.ones(COUNT), tuple(float(item) for item in capacity), **changes)


def shelf(*capacity):
    return SharedLimit("shelf", True, False, np.ones(COUNT), tuple(float(item) for item in capacity))


@pytest.fixture
def plan(shop):
    known = shop(COUNT, horizon=7, mean=8.0, case_pack=4.0)

    def make(*limits, planning=QUICK, **buying):
        return plan_orders(*known, planning, buying=Buying(limits=limits, **buying))

    return make


def test_limits_that_do_not_bind_change_no_order(plan):
    free, slack = plan(), plan(cash(1e6), shelf(1e6))
    assert slack.orders.equals(free.orders)
    assert later_orders(slack.study).equals(later_orders(free.study))
    assert [row.price for row in slack.summary.limits] == [0.0] * len(slack.summary.limits)
    assert len(slack.summary.limits) > 2


def test_every_period_keeps_its_budget_and_the_plan_says_how_good_it_is_and_what_more_would_save(plan):
    free, tight = plan(), plan(cash(60, 30, 50))
    assert free.summary.spend > 60
    bought = pd.concat([tight.orders, later_orders(tight.study)])
    spent = (bought["quantity"] * bought["unit_cost"]).groupby(bought["order_by"]).sum().tolist()
    assert 0 < spent[0] <= 60
    assert spent[1] <= 30
    assert all(later <= 50 for later in spent[2:])
    summary = tight.summary
    assert summary.lower_bound <= summary.expected_cost
    assert summary.gap <= 1e-3
    first = next(row for row in summary.limits if row.name == "cash of period 1")
    assert (first.used, first.capacity) == (spent[0], 60)
    # A unit costs 2 and a lost sale 1: no more than half of what is spent can be saved.
    assert 0 < first.price <= 0.5 + 1e-9
    cut = tight.lines[tight.lines["best_quantity"] > tight.lines["quantity"]]
    assert cut["reason"].str.contains("the cash of period 1 binds: 1 more of it would save").any()
    assert "cash of period" in explain(tight.study, str(cut["sku"].iloc[0]))[0].binding


def test_more_budget_never_costs_more(plan):
    less, more = plan(cash(40, 60)), plan(cash(44, 60))
    assert more.summary.expected_cost <= less.summary.expected_cost + 1e-6


def test_a_shelf_that_the_stock_overfills_is_explained_with_the_amount_to_relax(plan):
    with pytest.raises(InfeasiblePlanError, match=r"shelf of period 1 short by .* sell or cancel stock"):
        plan(shelf(1.0))


def test_a_shelf_limit_lowers_what_is_left(plan):
    free, tight = plan(shelf(1e6)), plan(shelf(25.0))
    assert tight.lines["quantity"].sum() < free.lines["quantity"].sum()
    assert all(row.used <= 25.0 + 1e-6 for row in tight.summary.limits)


def test_the_budget_of_the_plan_counts_beside_the_limits(plan):
    both = plan(cash(1e6, 40), planning=replace(QUICK, budget=35.0))
    assert both.summary.spend <= 35.0
    assert both.summary.budget == 35.0


def test_a_limit_of_one_mode_sends_the_rest_by_another(shop):
    forecast, terms, _, inbound = shop(COUNT, horizon=7, mean=8.0, case_pack=4.0)
    sea = terms.assign(series=range(COUNT), rank=0)
    air = sea.assign(mode="air", lead_time_days=7.0, unit_cost=2.2, planning_unit_cost=2.2, rank=1)
    ways = pd.concat([sea, air]).sort_values(["series", "rank"]).reset_index(drop=True)
    limits = (SharedLimit("air freight", False, False, np.ones(COUNT), (10.0,), mode="air"),)
    nothing = np.zeros(COUNT)
    free = plan_orders(forecast, terms, nothing, inbound, QUICK, buying=Buying(ways=ways))
    tight = plan_orders(forecast, terms, nothing, inbound, QUICK, buying=Buying(ways=ways, limits=limits))
    flown = [orders.loc[orders["mode"] == "air", "quantity"].sum() for orders in (free.orders, tight.orders)]
    assert flown[0] > 10 >= flown[1]
    assert tight.orders.loc[tight.orders["mode"] == "sea", "quantity"].sum() > 0


def test_daily_demand_is_planned_by_review_periods():
    forecast = forecast_of(random_paths(COUNT, horizon=49, mean=2.0), Frequency.DAILY)
    terms, planning = terms_of(forecast, lead_time_days=10.0, holding_cost=0.02), replace(QUICK, review_period_days=7)
    known = forecast, terms, forecast.mean.sum(axis=1) / 3, np.zeros((COUNT, 49))
    free = plan_orders(*known, planning)
    tight = plan_orders(*known, planning, buying=Buying(limits=(cash(60, 60),)))
    assert free.summary.spend > 60 >= tight.summary.spend > 0
    days = later_orders(tight.study)["order_by"]
    assert ((days - pd.Timestamp(forecast.as_of)).dt.days % 7 == 0).all()


def test_service_floors_hold_under_limits_or_the_conflict_is_told(shop):
    known = shop(COUNT, horizon=7, mean=8.0, case_pack=4.0, cycle_service_floor=0.9)
    served = plan_orders(*known, QUICK, buying=Buying(limits=(cash(1e6, 20),)))
    assert (served.lines["stockout_probability"] <= 0.1 + 0.02).all()
    with pytest.raises(InfeasiblePlanError, match="or lower the floors"):
        plan_orders(*known, QUICK, buying=Buying(limits=(cash(10),)))


def test_the_rows_order_changes_nothing(shop):
    forecast, terms, on_hand, inbound = shop(COUNT, horizon=7, mean=8.0, case_pack=4.0)
    turn = np.array([3, 1, 0, 2])
    limit = SharedLimit("cash", False, True, np.array([1.0, 1.0, 0.5, 0.0]), (30.0,))
    turned = replace(
        forecast,
        series=forecast.series.iloc[turn].reset_index(drop=True),
        mean=forecast.mean[turn],
        paths=forecast.paths[turn],
        quantiles=forecast.quantiles[turn],
    )
    one = plan_orders(forecast, terms, on_hand, inbound, QUICK, buying=Buying(limits=(limit,)))
    other = plan_orders(
        turned,
        terms.iloc[turn].reset_index(drop=True),
        on_hand[turn],
        inbound[turn],
        QUICK,
        buying=Buying(limits=(limit.take(turn),)),
    )
    assert one.orders.equals(other.orders)


def test_a_simulated_plan_keeps_the_limits_too(shop):
    forecast, terms, on_hand, _ = shop(COUNT, horizon=7, mean=8.0, case_pack=4.0)
    state = StockState(on_hand[:, None], np.zeros((COUNT, 1)), np.zeros((COUNT, 1, 3)))
    buying = Buying(limits=(cash(40),))
    known = Knowledge(
        forecast.as_of, forecast.frequency, terms, QUICK, np.zeros((COUNT, 3)), np.zeros(3), lambda _: forecast, buying
    )
    assert 0 < (LeastCost().order(state, known)[:, 0] * 2.0).sum() <= 40


def test_a_few_skus_get_the_plan_of_the_whole_model_where_pooled_plans_leave_a_gap():
    instance = limited(small_instance(3, 6), budget=0.5)
    pooled = plan_periods(instance, PeriodOptions(time_limit_seconds=1.0))
    best = best_known_plan(instance, 10.0, 4)
    assert best.bound <= best.cost <= pooled.cost + 1e-9
    assert best.gap <= 1e-3


def test_prices_of_waiting_demand_become_what_one_sale_saves():
    limit = Limit("cash", "orders", np.zeros((1, 1)), np.ones((1, 4)))
    shelf_rows = Limit("shelf", "stock", np.zeros(1), np.ones((1, 2)))
    prices = [7.5, 5.0, 2.5, 2.5, 0.4, 0.3]
    rows = tuple(RowPrice(str(place), price, 1.0, 1.0) for place, price in enumerate(prices))
    plan = type("Plan", (), {"rows": rows})()
    once = [row.price for row in saved_once(plan, (limit, shelf_rows), 1.0)]
    assert once == [2.5, 2.5, 2.5, 2.5, 0.4, 0.3]
    assert [row.price for row in saved_once(plan, (limit, shelf_rows), 0.0)] == prices


def test_limits_are_of_those_they_name():
    series = pd.DataFrame({"sku": ["a", "b", "c"], "location": ["fba", "fba", "own"]})
    products = pd.DataFrame(
        {"sku": ["a", "b", "c"], "volume": [0.5, np.nan, 2.0], "weight": 1.0, "size_tier": ["big", "small", "big"]}
    ).assign(category=None, brand=None, parent=None)
    rules = (
        LimitRule("big space", "stock", "volume", (3.0,), {"size_tier": "big"}),
        LimitRule("space", "stock", "volume", (3.0, 4.0)),
        LimitRule("sea", "orders", "units", (9.0,), {"mode": "sea", "location": "fba"}),
    )
    big, space, sea = shared_limits(rules, products, series)
    assert big.usage.tolist() == [0.5, 0.0, 2.0]
    assert space.usage.tolist() == [0.5, 0.0, 2.0]
    assert (sea.usage.tolist(), sea.mode) == ([1.0, 1.0, 0.0], "sea")
    assert space.capacities(4).tolist() == [3.0, 4.0, 4.0, 4.0]
