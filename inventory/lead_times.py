"""Lead times as suppliers really kept them: the table `receipts`, shrunk to the promise where it has few rows."""

from datetime import date

import numpy as np
import pandas as pd

from core.types import FloatArray

__all__ = ["MOST_OBSERVED", "PROMISE_WEIGHT", "learned_ways", "observed_lead_days", "shrunk_lead_days"]

PROMISE_WEIGHT = 5.0
"""Receipts that the promise counts for: with as many real ones, half of the mean is learned."""
MOST_OBSERVED = 200
"""Receipts of a supplier and mode that count, the newest ones: what was long ago says little of today."""


def observed_lead_days(receipts: pd.DataFrame, as_of: date) -> dict[tuple[str, str], FloatArray]:
    """Return the days from order to receipt by (supplier, mode), of what was received before `as_of`.

    Of an order that came in parts each part counts by its own day, weighed as one; rows without `placed_on` say
    nothing. Newest first, at most MOST_OBSERVED.
    """
    known = receipts[receipts["placed_on"].notna() & (receipts["received_on"] < pd.Timestamp(as_of))]
    known = known.assign(
        supplier=known["supplier"].fillna(""),
        mode=known["mode"].fillna(""),
        days=(known["received_on"] - known["placed_on"]).dt.days.astype(float),
    )
    deliveries = known.drop_duplicates(["order_id", "supplier", "mode", "placed_on", "received_on"])
    deliveries = deliveries.sort_values("received_on", ascending=False, kind="stable")
    return {
        (str(supplier), str(mode)): rows["days"].to_numpy(dtype=np.float64)[:MOST_OBSERVED]
        for (supplier, mode), rows in deliveries.groupby(["supplier", "mode"], sort=True)
    }


def learned_ways(ways: pd.DataFrame, receipts: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return `inventory.supply.supply_ways` with mean and deviation of the lead time learned from receipts.

    A receipt that names no mode counts for a supplier with one mode only. `assumed` tells how many were counted.
    """
    seen = observed_lead_days(receipts, as_of)
    if not seen:
        return ways
    modes = ways.groupby("supplier")["mode"].nunique()
    ways = ways.copy()
    for (supplier, mode), rows in ways.groupby(["supplier", "mode"], sort=True).groups.items():
        days = seen.get((supplier, mode))
        if days is None and modes[supplier] == 1:
            days = seen.get((supplier, ""))
        if days is None:
            continue
        for (promised, sd), same in ways.loc[rows].groupby(["lead_time_days", "lead_time_sd_days"]).groups.items():
            learned = shrunk_lead_days(days, float(promised), float(sd))
            ways.loc[same, "lead_time_days"] = round(float(learned.mean()), 1)
            ways.loc[same, "lead_time_sd_days"] = round(float(learned.std()), 1)
            told = f"{learned.mean():.1f} ± {learned.std():.1f} from {len(days)} receipts and a promise of {promised:g}"
            words = f"lead_time_days {told}"
            ways.loc[same, "assumed"] = [f"{other}; {words}" if other else words for other in ways.loc[same, "assumed"]]
    return ways


def shrunk_lead_days(
    observed: FloatArray, promised: float, promised_sd: float, weight: float = PROMISE_WEIGHT
) -> FloatArray:
    """Return lead times in days whose mean is between what was seen and what is promised.

    With n receipts of mean m and promise L the mean is (n·m + w·L) / (n + w); the spread is what was seen, blended in
    variance with the promised one in the same way. Each receipt is moved and stretched to that, never below 0.

    >>> shrunk_lead_days(np.array([20.0, 22.0, 24.0, 26.0, 28.0]), 14.0, 0.0).mean().item()
    19.0
    """
    count = len(observed)
    share = count / (count + weight)
    mean = share * float(observed.mean()) + (1.0 - share) * promised
    spread = float(observed.std(ddof=1)) if count > 1 else promised_sd
    sd = float(np.sqrt(share * spread**2 + (1.0 - share) * promised_sd**2))
    own = float(observed.std())
    around = (observed - observed.mean()) * (sd / own) if own > 0 else np.zeros(count)
    moved: FloatArray = np.maximum(mean + around, 0.0)
    return moved
