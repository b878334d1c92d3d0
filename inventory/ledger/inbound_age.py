"""How long goods have been on their way: units by inbound stage and the day since which they are there (M43)."""

from datetime import date

import numpy as np
import pandas as pd

from inventory.ledger.movement import Bucket

__all__ = ["INBOUND", "inbound_ages"]

INBOUND = (
    Bucket.ON_ORDER.value,
    Bucket.INBOUND_WORKING.value,
    Bucket.INBOUND_SHIPPED.value,
    Bucket.INBOUND_RECEIVING.value,
    Bucket.IN_TRANSFER.value,
)
"""Buckets of goods that are ours and cannot be sold yet, in the order of their way."""
KEYS = ["sku", "location", "stage"]


def inbound_ages(movements: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return `sku, location, stage, since, units, age_days`, oldest first within a stage.

    movements: as `positions.movements_until(connection, tenant, day)` returns them. Units leave a stage in the order in
    which they came into it; since is the day on which they did, age_days its distance from `day`.
    """
    came = movements[["sku", "to_location", "enters", "date", "units"]].set_axis([*KEYS, "since", "units"], axis=1)
    came = (
        came[came["stage"].isin(INBOUND)]
        .astype({"units": np.int64})
        .groupby([*KEYS, "since"], as_index=False)["units"]
        .sum()
    )
    left = movements[["sku", "location", "leaves", "units"]].set_axis([*KEYS, "left"], axis=1)
    left = left[left["stage"].isin(INBOUND)].groupby(KEYS, as_index=False)["left"].sum()
    both = came.merge(left, on=KEYS, how="left").sort_values([*KEYS, "since"], kind="stable")
    gone = both["left"].fillna(0).to_numpy(dtype=np.int64)
    until = both.groupby(KEYS)["units"].cumsum().to_numpy(dtype=np.int64)
    units = both["units"].to_numpy(dtype=np.int64)
    rest = np.clip(until - gone, 0, units)
    table = both[[*KEYS, "since"]].assign(units=rest)
    table["age_days"] = (pd.Timestamp(day) - pd.to_datetime(table["since"])).dt.days.astype(np.int64)
    return table[rest > 0].reset_index(drop=True)
