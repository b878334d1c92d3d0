from datetime import date

import numpy as np
import pandas as pd

from core.frequency import Frequency
from inventory.position import inbound, stock_on_hand
from inventory.schema import TABLES, empty_frame

SERIES = pd.DataFrame({"sku": ["b", "a", "c"], "location": ["main", "main", "east"]})
AS_OF = date(2024, 4, 15)


def stock(*rows):
    frame = pd.DataFrame(rows, columns=["sku", "location", "date", "on_hand", "reserved", "unsellable"])
    return frame.assign(date=pd.to_datetime(frame["date"]).astype("datetime64[s]"))


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["sku", "location", "quantity", "expected_on", "placed_on"])
    for name in ("expected_on", "placed_on"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def test_the_newest_row_not_after_as_of_counts_whatever_the_order_of_rows():
    table = stock(
        ("a", "main", "2024-04-16", 99.0, 0.0, 0.0),
        ("a", "main", "2024-04-15", 7.0, 0.0, 0.0),
        ("a", "main", "2024-04-01", 50.0, 0.0, 0.0),
    )
    assert stock_on_hand(table, SERIES, AS_OF).tolist() == [0.0, 7.0, 0.0]


def test_reserved_and_unsellable_units_are_not_for_sale():
    table = stock(
        ("a", "main", "2024-04-15", 10.0, 3.0, 2.0),
        ("b", "main", "2024-04-15", 4.0, 9.0, 0.0),
        ("c", "main", "2024-04-15", 8.0, 0.0, 0.0),  # another location than the series'
        ("c", "east", "2024-04-15", 6.0, np.nan, np.nan),
    )
    assert stock_on_hand(table, SERIES, AS_OF).tolist() == [0.0, 5.0, 6.0]


def test_goods_that_come_mid_week_count_from_the_next_week():
    table = orders(
        ("a", "main", 5.0, "2024-04-22", None),
        ("a", "main", 2.0, "2024-04-23", "2024-04-01"),
        ("a", "main", 1.0, "2024-04-29", "2024-04-01"),
    )
    arrivals = inbound(table, SERIES, AS_OF, Frequency.WEEKLY, 4)
    assert arrivals[1].tolist() == [0.0, 5.0, 3.0, 0.0]
    assert arrivals[[0, 2]].sum() == 0.0


def test_overdue_goods_count_as_arriving_now_and_late_ones_not_at_all():
    table = orders(
        ("b", "main", 5.0, "2024-04-02", "2024-03-01"),
        ("b", "main", 7.0, "2024-04-15", "2024-03-01"),
        ("b", "main", 9.0, "2024-04-18", "2024-03-01"),
    )
    assert inbound(table, SERIES, AS_OF, Frequency.DAILY, 3)[0].tolist() == [12.0, 0.0, 0.0]


def test_an_order_placed_from_as_of_on_is_not_known_yet():
    table = orders(
        ("b", "main", 5.0, "2024-04-16", "2024-04-15"),
        ("b", "main", 7.0, "2024-04-16", "2024-04-14"),
        ("unknown", "main", 7.0, "2024-04-16", "2024-04-14"),
    )
    assert inbound(table, SERIES, AS_OF, Frequency.DAILY, 3).sum() == 7.0


def test_absent_tables_mean_nothing_on_hand_and_nothing_on_its_way():
    tables = TABLES if isinstance(TABLES, dict) else {table.name: table for table in TABLES}
    assert stock_on_hand(empty_frame(tables["stock"]), SERIES, AS_OF).tolist() == [0.0, 0.0, 0.0]
    arrivals = inbound(empty_frame(tables["open_orders"]), SERIES, AS_OF, Frequency.DAILY, 5)
    assert arrivals.shape == (3, 5)
    assert not arrivals.any()
