"""Closures and receiving days from the tables, used by the planner's calendar."""

from datetime import date

import numpy as np
import pandas as pd

from inventory.supplier_calendar import closures, receiving_days
from optimizer.order_calendar import OrderCalendar

EVENTS = pd.DataFrame(
    {
        "date": pd.to_datetime(["2024-02-10", "2024-02-11", "2024-02-12", "2024-02-12", "2024-02-13", "2024-02-14"]),
        "name": ["Acme", "Acme", "New Year", "stock-take", "Prime Day", "stock-take"],
        "kind": ["closed", "Closed", "closed", "closed", "deal", "closed"],
        "location": [None, None, None, "main", None, "elsewhere"],
    }
)


def test_a_closure_shuts_the_supplier_or_the_warehouse_that_it_names_and_a_holiday_all_suppliers():
    found = closures(EVENTS, ["Acme", "Near"], ["main"])
    assert found == {
        "Acme": [date(2024, 2, 10), date(2024, 2, 11), date(2024, 2, 12)],
        "Near": [date(2024, 2, 12)],
        "main": [date(2024, 2, 12)],
    }


def test_the_planner_orders_and_receives_on_the_next_open_day():
    locations = pd.DataFrame({"location": ["main", "own"], "receiving_days": ["mon,thu", None]})
    calendar = OrderCalendar(closures(EVENTS, ["Acme"], ["main"]), receiving_days(locations))
    start = date(2024, 2, 10)  # a Saturday
    assert calendar.order_days(start, np.array([0]), "Acme", "").tolist() == [3]
    assert calendar.arrival_days(start, np.array([0]), "main").tolist() == [5]  # Monday is closed: Thursday
    assert receiving_days(locations.drop(columns="receiving_days")) == {}
