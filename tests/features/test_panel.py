from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.errors import InsufficientHistoryError
from core.frequency import Frequency
from features.panel import build_panel


def sales(*rows: tuple[str, str, float, float]) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(rows, columns=["sku", "date", "units", "in_stock"])
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[s]")
    frame["location"] = "main"
    frame["price"] = np.nan
    return {"sales": frame.astype({"sku": "str", "location": "str"})}


def test_a_missing_row_between_first_and_last_is_a_day_without_sales() -> None:
    panel = build_panel(sales(("a", "2024-01-01", 2, 1), ("a", "2024-01-04", 3, 1)), Frequency.DAILY, date(2024, 1, 5))
    np.testing.assert_array_equal(panel.history.units, [[2, 0, 0, 3]])
    np.testing.assert_array_equal(panel.history.observed, [[1, 1, 1, 1]])


def test_a_stock_out_and_the_time_before_the_first_row_are_not_observed() -> None:
    tables = sales(("a", "2024-01-01", 2, 1), ("a", "2024-01-02", 0, 0), ("b", "2024-01-03", 1, 1))
    panel = build_panel(tables, Frequency.DAILY, date(2024, 1, 4))
    np.testing.assert_array_equal(panel.history.observed, [[1, 0, 1], [0, 0, 1]])
    np.testing.assert_array_equal(panel.history.first, [0, 2])


def test_days_after_the_newest_row_of_all_are_unknown_not_zero() -> None:
    panel = build_panel(sales(("a", "2024-01-01", 2, 1)), Frequency.DAILY, date(2024, 1, 4))
    np.testing.assert_array_equal(panel.history.observed, [[1, 0, 0]])
    assert panel.last_observed == date(2024, 1, 1)


def test_channels_of_a_day_add_up() -> None:
    panel = build_panel(sales(("a", "2024-01-01", 2, 1), ("a", "2024-01-01", 5, 1)), Frequency.DAILY, date(2024, 1, 2))
    np.testing.assert_array_equal(panel.history.units, [[7]])


def test_weeks_are_counted_from_mondays() -> None:
    tables = sales(("a", "2024-01-01", 2, 1), ("a", "2024-01-15", 4, 1))
    panel = build_panel(tables, Frequency.WEEKLY, date(2024, 1, 22))
    np.testing.assert_array_equal(panel.history.units, [[2, 0, 4]])
    assert panel.as_of == date(2024, 1, 22)


def test_no_sales_before_as_of_is_an_error_that_names_it() -> None:
    with pytest.raises(InsufficientHistoryError, match="2023-05-01"):
        build_panel(sales(("a", "2024-01-01", 2, 1)), Frequency.DAILY, date(2023, 5, 1))


def test_the_fingerprint_knows_the_same_history_in_a_longer_panel() -> None:
    tables = sales(("a", "2024-01-01", 2, 1), ("a", "2024-01-02", 3, 1), ("b", "2024-01-04", 1, 1))
    short = build_panel(tables, Frequency.DAILY, date(2024, 1, 3))
    long = build_panel(tables, Frequency.DAILY, date(2024, 1, 5))
    assert long.before(2).fingerprint() == short.fingerprint()
    assert long.fingerprint() != short.fingerprint()
