"""What a plan starts from, read from the ledger: sellable units, and what is on its way with the day it can be sold."""

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from inventory.ledger.movement import Bucket

__all__ = ["ledger_on_hand", "ledger_open_orders"]

ON_THE_WAY = (Bucket.INBOUND_SHIPPED.value, Bucket.INBOUND_RECEIVING.value, Bucket.IN_TRANSFER.value)
"""Buckets whose units arrive after the inbound days."""
BOUGHT = (Bucket.ON_ORDER.value, Bucket.INBOUND_WORKING.value)
"""Buckets whose units have not left yet: they arrive after the item's lead time."""


def ledger_on_hand(position: pd.DataFrame, series: pd.DataFrame, stated: FloatArray) -> FloatArray:
    """Return (n,) the sellable units of n series: the ledger's available ones where it knows the series, else `stated`.

    position: as `positions.position_at` returns it; a bucket below 0 (told without its incoming movement) is 0.
    """
    row = _rows(position, series)
    units = stated.copy()
    units[row[row >= 0]] = np.maximum(position[Bucket.AVAILABLE.value].to_numpy(dtype=np.float64)[row >= 0], 0.0)
    return units


def ledger_open_orders(
    position: pd.DataFrame, series: pd.DataFrame, as_of: date, lead_time_days: FloatArray, inbound_days: int
) -> pd.DataFrame:
    """Return the units on their way as open orders: `sku, location, quantity, expected_on, placed_on, supplier, mode`.

    lead_time_days: (n,) of each series. The ledger knows no day of arrival: what has left is expected after
    `inbound_days`, what was only bought or announced after the lead time.
    """
    row = _rows(position, series)
    known = position[row >= 0].assign(lead=np.ceil(lead_time_days[row[row >= 0]]))
    parts = []
    for bucket in (*ON_THE_WAY, *BOUGHT):
        there = known[known[bucket] > 0]
        days = there["lead"] if bucket in BOUGHT else pd.Series(float(inbound_days), index=there.index)
        expected = [as_of + timedelta(days=int(wait)) for wait in days]
        parts.append(
            pd.DataFrame(
                {
                    "sku": there["sku"],
                    "location": there["location"],
                    "quantity": there[bucket].astype(np.float64),
                    "expected_on": pd.to_datetime(pd.Series(expected, index=there.index)).astype("datetime64[s]"),
                }
            )
        )
    orders = pd.concat(parts, ignore_index=True)
    placed = pd.Series(np.full(len(orders), np.datetime64("NaT"), dtype="datetime64[s]"))
    return orders.assign(placed_on=placed, supplier="", mode="")


def _rows(position: pd.DataFrame, series: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the row of `series` that each row of the position is about, −1 where there is none."""
    keys = pd.MultiIndex.from_frame(series[["sku", "location"]])
    return np.asarray(keys.get_indexer(pd.MultiIndex.from_frame(position[["sku", "location"]])), dtype=np.int64)
