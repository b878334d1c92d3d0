"""Stock paths from tables: past stock worked back, lots of the newest receipts, arrivals, demand."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from core.frequency import Frequency
from inventory.fees.stock_paths import StockFacts, daily_units, in_year, stock_paths
from inventory.schema import TABLES, empty_frame

AS_OF = date(2026, 6, 1)


def table(name: str, **columns: list[object]) -> pd.DataFrame:
    frame = empty_frame(TABLES[name])
    rows = pd.DataFrame(columns)
    for column in frame:
        if column not in rows:
            rows[column] = pd.Series([None] * len(rows), dtype=frame[column].dtype)
        elif frame[column].dtype.kind == "M":
            rows[column] = pd.to_datetime(rows[column])
    return rows.assign(location="main")


def shop(frequency: Frequency = Frequency.DAILY, **changes: pd.DataFrame) -> StockFacts:
    tables = {
        "sales": table("sales", sku=["A", "A"], date=["2026-05-30", "2026-05-31"], units=[4.0, 3.0]),
        "stock": table("stock", sku=["A", "A"], date=["2026-05-01", "2026-06-01"], on_hand=[99.0, 20.0]),
        "receipts": table(
            "receipts",
            sku=["A", "A", "A"],
            received_on=["2025-09-01", "2026-05-31", "2026-06-01"],
            quantity=[12.0, 10.0, 7.0],
        ),
        "open_orders": table(
            "open_orders",
            sku=["A", "A", "A"],
            expected_on=["2026-05-20", "2026-06-01", "2026-06-09"],
            quantity=[5.0, 2.0, 8.0],
            placed_on=[None, None, "2026-06-01"],
        ),
        **changes,
    }
    return StockFacts(**tables, frequency=frequency)


def test_past_stock_is_worked_back_from_todays_by_sales_and_receipts():
    path = stock_paths(shop(), AS_OF, 10)["A", "main"]
    # End of May 31: 20. Before its 3 sold and 10 received: 13 at the end of May 30; before its 4: 17 on May 29.
    assert path.past_stock[-3:] == [Decimal(17), Decimal(13), Decimal(20)]
    assert path.past_shipped[-2:] == [Decimal(4), Decimal(3)]


def test_units_on_hand_are_of_the_newest_receipts_before_as_of():
    lots = stock_paths(shop(), AS_OF, 10)["A", "main"].lots
    assert [(lot.received_on, lot.units) for lot in lots] == [(date(2025, 9, 1), 10), (date(2026, 5, 31), 10)]


def test_overdue_orders_come_now_and_orders_placed_from_as_of_on_are_not_known():
    assert stock_paths(shop(), AS_OF, 10)["A", "main"].arrivals == {AS_OF: Decimal(7)}


def test_without_a_forecast_the_mean_of_28_days_goes_on_and_a_weekly_forecast_is_spread_over_its_days():
    path = stock_paths(shop(), AS_OF, 10)["A", "main"]
    assert set(path.demand) == {Decimal("0.25")}
    assert daily_units(shop(), AS_OF) == {("A", "main"): pytest.approx(0.25)}
    weekly = pd.DataFrame({"sku": "A", "location": "main", "date": [pd.Timestamp(AS_OF)], "mean": [14.0]})
    facts = shop(Frequency.WEEKLY)
    told = StockFacts(facts.sales, facts.stock, facts.receipts, facts.open_orders, Frequency.WEEKLY, weekly)
    assert stock_paths(told, AS_OF, 10)["A", "main"].demand == [Decimal(2)] * 7 + [Decimal(0)] * 3


def test_a_path_in_another_year_keeps_season_and_ages():
    path = stock_paths(shop(), AS_OF, 10)["A", "main"]
    moved = in_year(path, 2024)
    assert moved.start == date(2024, 6, 1)
    assert [lot.age_days(moved.start) for lot in moved.lots] == [lot.age_days(AS_OF) for lot in path.lots]
    assert moved.arrivals == {date(2024, 6, 1): Decimal(7)}
    leap = in_year(stock_paths(shop(), date(2028, 2, 29), 3)["A", "main"], 2026)
    assert leap.start == date(2026, 2, 28)
