"""The inventory position: what is on the shelf at `as_of` and what is already on its way."""

from datetime import date

import numpy as np
import pandas as pd

from core.frequency import Frequency
from core.types import FloatArray

__all__ = ["inbound", "stock_on_hand"]


def stock_on_hand(stock: pd.DataFrame, series: pd.DataFrame, as_of: date) -> FloatArray:
    """Return the sellable units on hand at the start of `as_of`, one a series, shape (n,).

    stock: `sku, location, date, on_hand, reserved, unsellable`; the newest row not after `as_of` counts,
        because a row states the position at the start of its date.
    series: n rows of `sku, location`; a series without a stock row has nothing on hand.

    Reserved and unsellable units are not there to sell; the result is never negative.
    """
    known = stock[stock["date"] <= pd.Timestamp(as_of)].sort_values("date", kind="stable")
    newest = known.drop_duplicates(["sku", "location"], keep="last")
    blocked = newest["reserved"].fillna(0.0) + newest["unsellable"].fillna(0.0)
    sellable = (newest["on_hand"].fillna(0.0) - blocked).clip(lower=0.0)
    return _aligned(newest.assign(units=sellable), series)


def inbound(
    open_orders: pd.DataFrame, series: pd.DataFrame, as_of: date, frequency: Frequency, horizon: int
) -> FloatArray:
    """Return the units that arrive in each of `horizon` periods from `as_of` on, shape (n, H).

    open_orders: `sku, location, quantity, expected_on` and `placed_on`, where missing means long ago; an
        order placed on or after `as_of` is not yet known then.

    Goods can be sold from `expected_on`; what comes in mid-period counts from the next period on, what is
    overdue counts as arriving now, and what comes after the horizon does not count.
    """
    placed = pd.to_datetime(open_orders["placed_on"])
    orders = open_orders[placed.isna() | (placed < pd.Timestamp(as_of))]
    start = frequency.floor(np.datetime64(as_of, "D"))
    days = (orders["expected_on"].to_numpy(dtype="datetime64[D]") - start).astype(np.int64)
    period = np.maximum(-(-days // frequency.period_days), 0)
    overdue = orders["expected_on"].to_numpy(dtype="datetime64[D]") < np.datetime64(as_of, "D")
    period = np.where(overdue, 0, period)
    row = _rows(orders, series)
    counts = (row >= 0) & (period < horizon)
    arrivals = np.zeros((len(series), horizon))
    np.add.at(arrivals, (row[counts], period[counts]), orders["quantity"].to_numpy(dtype=np.float64)[counts])
    return arrivals


def _rows(table: pd.DataFrame, series: pd.DataFrame) -> np.ndarray:
    """Return the row of `series` that each row of `table` belongs to, -1 where there is none."""
    keys = pd.MultiIndex.from_frame(series[["sku", "location"]])
    return np.asarray(keys.get_indexer(pd.MultiIndex.from_frame(table[["sku", "location"]])))


def _aligned(table: pd.DataFrame, series: pd.DataFrame) -> FloatArray:
    row = _rows(table, series)
    units = np.zeros(len(series))
    units[row[row >= 0]] = table["units"].to_numpy(dtype=np.float64)[row >= 0]
    return units
