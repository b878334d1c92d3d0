import numpy as np
import pandas as pd

from optimizer.later_orders import LATER_COLUMNS, later_orders
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions

FREE = PlanningOptions()


def test_later_orders_follow_at_the_next_reviews_and_none_of_them_is_due_today(shop):
    plan = plan_orders(*shop(stock_weeks=0.0, mean=8.0), FREE)
    later = later_orders(plan.study)
    assert tuple(later.columns) == LATER_COLUMNS
    assert (plan.orders["order_by"] == pd.Timestamp("2024-04-15")).all()
    assert set(later["order_by"]) == set(pd.to_datetime(["2024-04-22", "2024-04-29", "2024-05-06", "2024-05-13"]))
    assert ((later["arrive_on"] - later["order_by"]).dt.days == 14).all()
    assert (later["quantity"] > 0).all()
    assert not set(later["proposal_id"]) & set(plan.orders["proposal_id"])
    assert later["proposal_id"].is_unique


def test_the_later_orders_keep_up_with_mean_demand(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0, mean=8.0)
    plan = plan_orders(forecast, terms, on_hand, inbound, FREE)
    bought = later_orders(plan.study).groupby("sku")["quantity"].sum() + plan.lines.set_index("sku")["quantity"]
    needed = forecast.mean[:, 2:].sum(axis=1)
    assert (np.abs(bought.to_numpy() / needed - 1.0) < 0.6).all()


def test_a_shop_that_is_full_plans_nothing_later(shop):
    plan = plan_orders(*shop(stock_weeks=30.0), FREE)
    later = later_orders(plan.study)
    assert later.empty
    assert tuple(later.columns) == LATER_COLUMNS
