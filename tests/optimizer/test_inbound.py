import numpy as np
import pandas as pd
import pytest

from optimizer.buying import Buying
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions

FREE = PlanningOptions()


def case(shop, sd, **order):
    forecast, terms, on_hand, inbound = shop(count=3, stock_weeks=1.0, mean=8.0, lead_time_sd_days=sd)
    inbound[:, 1] = 12.0
    row = {"quantity": 12.0, "period": 1, "days": 7, "supplier": "mill", "mode": "sea", **order}
    orders = pd.DataFrame([{"series": i, **row} for i in range(3)])
    return (forecast, terms, on_hand, inbound, FREE), Buying(open_orders=orders)


def test_a_punctual_supplier_leaves_inbound_as_it_is(shop):
    known, buying = case(shop, 0.0)
    assert plan_orders(*known, buying=buying).lines.equals(plan_orders(*known).lines)


def test_an_uncertain_arrival_is_drawn_and_costs_more_than_a_sure_one(shop):
    known, buying = case(shop, 6.0)
    plan = plan_orders(*known, buying=buying)
    drawn = plan.study.workshop.look_ahead(0).arrivals
    assert drawn.shape == (60, 7)
    assert set(np.unique(drawn)) == {0.0, 12.0}
    assert (drawn.sum(axis=1) <= 12.0).all()
    assert 0.2 < (drawn[:, 1] > 0).mean() < 0.9
    assert plan.summary.expected_cost > plan_orders(*known).summary.expected_cost
    assert np.array_equal(plan_orders(*known, buying=buying).study.workshop.look_ahead(0).arrivals, drawn)


def test_an_order_of_another_supplier_follows_the_preferred_way_and_what_is_too_late_is_not_counted(shop):
    known, buying = case(shop, 6.0, supplier="elsewhere")
    assert plan_orders(*known, buying=buying).study.workshop.look_ahead(0).arrivals.shape == (60, 7)
    known, buying = case(shop, 6.0, period=99)
    assert plan_orders(*known, buying=buying).study.workshop.look_ahead(0).arrivals.shape == (1, 7)


def test_open_orders_of_some_series_follow_their_rows(shop):
    _, buying = case(shop, 6.0)
    taken = buying.take(np.array([2, 0]))
    assert taken.open_orders["series"].tolist() == [1, 0]
    assert taken.ways is None


@pytest.mark.parametrize("sd_days", [2.0, 4.0, 7.0])
@pytest.mark.parametrize("lead_days", [14.0, 28.0])
def test_what_was_ordered_today_is_no_reason_to_order_once_more(shop, lead_days, sd_days):
    changes = {"lead_time_days": lead_days, "lead_time_sd_days": sd_days}
    forecast, terms, on_hand, inbound = shop(count=20, stock_weeks=1.0, mean=8.0, horizon=12, **changes)
    first = plan_orders(forecast, terms, on_hand, inbound, FREE)
    quantity = first.lines["quantity"].to_numpy(dtype=np.float64)
    assert (quantity > 0).all()
    period = int(lead_days) // 7
    inbound[:, period] += quantity
    row = {"period": period, "days": int(lead_days), "supplier": "", "mode": ""}
    placed = pd.DataFrame([{"series": i, "quantity": quantity[i], **row} for i in range(20)])
    again = plan_orders(forecast, terms, on_hand, inbound, FREE, buying=Buying(open_orders=placed))
    assert again.study.workshop.look_ahead(0).arrivals.shape == (60, 12), "the arrival is uncertain"
    assert again.lines["quantity"].sum() == 0
    assert again.summary.expected_cost == pytest.approx(first.summary.expected_cost, rel=0.02)
