"""The inventory position: what is on the shelf at `as_of` and what is already on its way."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import FloatArray

__all__ = ["inbound", "open_order_rows", "open_orders_of", "stock_on_hand"]


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
    orders = open_order_rows(open_orders, series, as_of, frequency)
    counts = (orders["period"] < horizon).to_numpy()
    arrivals = np.zeros((len(series), horizon))
    place = orders["series"].to_numpy()[counts], orders["period"].to_numpy()[counts]
    np.add.at(arrivals, place, orders["quantity"].to_numpy(dtype=np.float64)[counts])
    return arrivals


def open_order_rows(open_orders: pd.DataFrame, series: pd.DataFrame, as_of: date, frequency: Frequency) -> pd.DataFrame:
    """Return the open orders that `inbound` counts: `series, quantity, period, days, supplier, mode`.

    series: the row of the series. days: after `as_of`, 0 where the order is overdue. Missing names are empty.
    """
    placed = pd.to_datetime(open_orders["placed_on"])
    orders = open_orders[placed.isna() | (placed < pd.Timestamp(as_of))]
    expected = orders["expected_on"].to_numpy(dtype="datetime64[D]")
    start = frequency.floor(np.datetime64(as_of, "D"))
    period = np.maximum(-(-(expected - start).astype(np.int64) // frequency.period_days), 0)
    overdue = expected < np.datetime64(as_of, "D")
    rows = pd.DataFrame(
        {
            "series": _rows(orders, series),
            "quantity": orders["quantity"].to_numpy(dtype=np.float64),
            "period": np.where(overdue, 0, period),
            "days": np.maximum((expected - np.datetime64(as_of, "D")).astype(np.int64), 0),
        }
    )
    for name in ("supplier", "mode"):
        known = orders[name].fillna("").to_numpy(dtype=str) if name in orders else ""
        rows[name] = pd.Series(known, index=rows.index, dtype="str")
    return rows[rows["series"] >= 0].reset_index(drop=True)


def open_orders_of(orders: pd.DataFrame, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return the `open_order_rows` of some series only, `series` counting in the order of `rows`."""
    place = pd.Series(np.arange(len(rows)), index=rows)
    kept = orders[orders["series"].isin(rows)]
    return kept.assign(series=place.loc[kept["series"]].to_numpy()).reset_index(drop=True)


def _rows(table: pd.DataFrame, series: pd.DataFrame) -> np.ndarray:
    """Return the row of `series` that each row of `table` belongs to, -1 where there is none."""
    keys = pd.MultiIndex.from_frame(series[["sku", "location"]])
    return np.asarray(keys.get_indexer(pd.MultiIndex.from_frame(table[["sku", "location"]])))


def _aligned(table: pd.DataFrame, series: pd.DataFrame) -> FloatArray:
    row = _rows(table, series)
    units = np.zeros(len(series))
    units[row[row >= 0]] = table["units"].to_numpy(dtype=np.float64)[row >= 0]
    return units
