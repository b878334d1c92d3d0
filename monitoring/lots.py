"""How old the stock is: the units on hand are the newest ones that came in, if the oldest are sold first (FIFO; E15).

Marketplaces tell ages in buckets (0–30, 31–60, 61–90, 91–180, …); "older than 120 days" cannot be read from them. It
can be from receipts: with first in, first out, the units on hand are those of the newest receipts that add up to them.
What no receipt explains is at least as old as the records.
"""

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring.fact import CAP_DAYS, Fact
from monitoring.view import View, row_of

__all__ = ["AGES", "FACTS", "aged_beyond", "aged_from_buckets", "lot_facts", "lots_of"]

AGES = (90, 120, 180)
"""Ages in days that rules ask about (M30, M14, and 181 from which marketplaces charge)."""

FACTS = (
    *(Fact(f"aged_{age}_units", "units", f"units on hand that came in more than {age} days ago") for age in AGES),
    *(Fact(f"aged_{age}_share", "share", "the same over units on hand") for age in AGES),
    Fact("aged_90_share_before", "share", "share older than 90 days as it was 28 days ago"),
    Fact("aged_90_value", "money", "units older than 90 days at unit cost"),
    Fact("mean_age_days", "days", "mean age of the units on hand"),
    Fact("no_movement_days", "days", "days since anything was sold or came in, where something is on hand"),
)


def lots_of(receipts: pd.DataFrame, series: pd.DataFrame, on_hand: FloatArray, today: np.datetime64) -> pd.DataFrame:
    """Return the lots on hand, newest first: `series, age_days, units, known`.

    receipts: `sku, location, received_on, quantity, defective`, all before `today`. on_hand: (n,), NaN or 0 gives no
    lot. known: False for units that no receipt explains; their age is that of the oldest receipt (a lower bound).
    A series without any receipt has no lot: its age is not known.
    """
    rows = pd.DataFrame(
        {
            "series": row_of(receipts, series),
            "age_days": (today - receipts["received_on"].to_numpy().astype("datetime64[D]")).astype(np.float64),
            "units": receipts["quantity"].to_numpy(dtype=np.float64) - receipts["defective"].fillna(0.0).to_numpy(),
        }
    )
    rows = rows[(rows["series"] >= 0) & (rows["units"] > 0)]
    rows = rows.groupby(["series", "age_days"], as_index=False)["units"].sum().sort_values(["series", "age_days"])
    held = np.nan_to_num(on_hand)[rows["series"].to_numpy()]
    before = rows.groupby("series")["units"].cumsum().to_numpy() - rows["units"].to_numpy()
    rows["units"] = np.clip(held - before, 0.0, rows["units"].to_numpy())
    rows["known"] = True
    oldest = rows.groupby("series").agg(age_days=("age_days", "max"), told=("units", "sum")).reset_index()
    rest = np.nan_to_num(on_hand)[oldest["series"].to_numpy()] - oldest["told"].to_numpy()
    unknown = oldest[["series", "age_days"]].assign(units=rest, known=False)
    lots = pd.concat([rows[rows["units"] > 0], unknown[unknown["units"] > 1e-9]], ignore_index=True)
    return lots.sort_values(["series", "age_days", "known"], kind="stable").reset_index(drop=True)


def aged_beyond(lots: pd.DataFrame, days: float, count: int) -> FloatArray:
    """Return (count,) units older than `days`, by series."""
    old = lots[lots["age_days"] > days]
    weights = old["units"].to_numpy(dtype=np.float64)
    return np.bincount(old["series"].to_numpy(), weights=weights, minlength=count)[:count].astype(np.float64)


def aged_from_buckets(units_91_180: float, units_181_on: float, days: float = 120.0) -> tuple[float, str]:
    """Return units older than `days` (91 … 180) from a report's buckets, and the warning that goes with them.

    Units of the bucket 91–180 are taken to be spread evenly over its 90 days; it is a guess, and says so (E15).

    >>> aged_from_buckets(90.0, 10.0)[0]
    70.0
    """
    older = units_91_180 * (180.0 - days) / 90.0
    return older + units_181_on, f"the age of {days:g} days is interpolated within the bucket 91–180 days"


def lot_facts(view: View) -> pd.DataFrame:
    """Return one row a series with the columns of FACTS; NaN where no receipt tells of its age."""
    receipts, count = view.table("receipts"), len(view.series)
    lots = lots_of(receipts, view.series, view.on_hand, view.today)
    told = np.zeros(count, dtype=bool)
    told[lots["series"].to_numpy()] = True
    unknown = np.full(count, np.nan)
    facts: dict[str, FloatArray] = {}
    for age in AGES:
        facts[f"aged_{age}_units"] = np.where(told, aged_beyond(lots, age, count), np.nan)
    for age in AGES:
        units = facts[f"aged_{age}_units"]
        facts[f"aged_{age}_share"] = np.divide(units, view.on_hand, out=unknown.copy(), where=view.on_hand > 0)
    facts["aged_90_share_before"] = _share_before(view, receipts, 28)
    facts["aged_90_value"] = facts["aged_90_units"] * view.terms["planning_unit_cost"].to_numpy(dtype=np.float64)
    total = np.bincount(lots["series"], weights=lots["units"] * lots["age_days"], minlength=count)[:count]
    facts["mean_age_days"] = np.where(told, total / np.maximum(np.nan_to_num(view.on_hand), 1e-9), np.nan)
    facts["no_movement_days"] = _no_movement(view, receipts)
    return pd.DataFrame(facts)


def _share_before(view: View, receipts: pd.DataFrame, days: int) -> FloatArray:
    """Return the share older than 90 days as it was: stock then = stock now + sold since − received since."""
    periods = days // view.frequency.period_days
    sold = view.panel.history.units[:, -periods:].sum(axis=1, dtype=np.float64)
    then = view.today - np.timedelta64(days, "D")
    late = receipts[receipts["received_on"].to_numpy().astype("datetime64[D]") >= then]
    row = row_of(late, view.series)
    came = np.bincount(row[row >= 0], weights=late["quantity"].to_numpy()[row >= 0], minlength=len(view.series))
    held = np.maximum(view.on_hand + sold - came, 0.0)
    early = receipts[receipts["received_on"].to_numpy().astype("datetime64[D]") < then]
    lots = lots_of(early, view.series, held, then)
    old = aged_beyond(lots, 90, len(view.series))
    told = np.isin(np.arange(len(view.series)), lots["series"].to_numpy())
    return np.divide(old, held, out=np.full(len(held), np.nan), where=told & (held > 0))


def _no_movement(view: View, receipts: pd.DataFrame) -> FloatArray:
    sold = view.panel.history.units > 0
    last = np.where(sold.any(axis=1), sold.shape[1] - 1 - sold[:, ::-1].argmax(axis=1), -1)
    since = (view.panel.periods - 1 - last) * float(view.frequency.period_days)
    if len(receipts):
        row = row_of(receipts, view.series)
        age = (view.today - receipts["received_on"].to_numpy().astype("datetime64[D]")).astype(np.float64)
        np.minimum.at(since, row[row >= 0], age[row >= 0])
    return np.where(view.on_hand > 0, np.minimum(since, CAP_DAYS), np.where(np.isnan(view.on_hand), np.nan, 0.0))
