from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from optimizer.buying import Buying
from optimizer.later_orders import later_orders
from optimizer.order_calendar import OrderCalendar, weekmask
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions

AS_OF = date(2024, 4, 15)  # a Monday
FREE = PlanningOptions()


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=4),
    st.sets(st.integers(0, 6), min_size=1),
    st.sets(st.integers(0, 50), max_size=6),
)
def test_the_next_open_day_is_the_first_one_that_a_walk_through_the_days_finds(wanted, weekdays, closed):
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    shut = [AS_OF + timedelta(days=day) for day in closed]
    calendar = OrderCalendar({"mill": shut}, {})
    found = calendar.order_days(AS_OF, np.array(wanted), "mill", ",".join(names[day] for day in weekdays))
    for first, day in zip(wanted, found.tolist(), strict=True):
        walk = AS_OF + timedelta(days=first)
        while walk.weekday() not in weekdays or walk in shut:
            walk += timedelta(days=1)
        assert AS_OF + timedelta(days=day) == walk


def test_a_word_that_is_no_weekday_is_refused():
    assert weekmask("") == "1111111"
    with pytest.raises(UsageError, match="name 'someday', which is no weekday"):
        weekmask("mon someday")


def test_a_supplier_without_an_order_day_today_gets_the_order_on_the_next_one(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0, mean=8.0, order_days="wed")
    plan = plan_orders(forecast, terms, on_hand, inbound, FREE)
    assert (plan.orders["order_by"] == pd.Timestamp("2024-04-17")).all()
    assert (plan.orders["arrive_on"] == pd.Timestamp("2024-05-01")).all()
    later = later_orders(plan.study)
    assert set(later["order_by"].dt.day_name()) == {"Wednesday"}
    assert (later["order_by"] > pd.Timestamp("2024-04-17")).all()


def test_goods_that_come_while_the_warehouse_is_closed_wait_for_its_next_day(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0, mean=8.0)
    closed = [date(2024, 4, 29) + timedelta(days=day) for day in range(3)]
    calendar = OrderCalendar({"main": closed}, {"main": "mon,tue,wed,thu,fri"})
    plan = plan_orders(forecast, terms, on_hand, inbound, FREE, buying=Buying(calendar=calendar))
    assert (plan.lines["arrive_on"] == pd.Timestamp("2024-05-02")).all()
    # Thursday's goods count from the next week on, when the order of the next review comes too: no need to hurry.
    assert plan.orders.empty
    assert (later_orders(plan.study).groupby("sku")["order_by"].min() == pd.Timestamp("2024-04-22")).all()
