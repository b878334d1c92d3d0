"""Lead times as suppliers really kept them (`inventory.receipts`), put into the ways to buy that a plan compares."""

from datetime import date

import pandas as pd

from inventory.receipts import Lane, LeadTimeLearning, Promise, lead_time_distributions, lead_time_samples

__all__ = ["learned_ways"]


def learned_ways(
    ways: pd.DataFrame, receipts: pd.DataFrame, as_of: date, learning: LeadTimeLearning | None = None
) -> pd.DataFrame:
    """Return `inventory.supply.supply_ways` with mean and deviation of the lead time learned from receipts.

    Each row's own promise is blended with what was seen of its supplier and mode; a receipt that names no mode counts
    for a supplier with one mode only. `assumed` tells how many were counted.
    """
    named = _with_modes(receipts, ways)
    seen = lead_time_samples(named, as_of, learning).groupby(["supplier", "mode"]).size()
    if seen.empty:
        return ways
    ways = ways.copy()
    terms = ["supplier", "mode", "lead_time_days", "lead_time_sd_days"]
    for (supplier, mode, days, sd), rows in ways.groupby(terms, sort=True).groups.items():
        lane: Lane = (str(supplier), str(mode))
        if lane not in seen.index:
            continue
        blend = lead_time_distributions(named, {lane: Promise(float(days), float(sd))}, as_of, learning)[lane]
        mean, spread = round(float(blend.mean()), 1), round(float(blend.std()), 1)
        ways.loc[rows, ["lead_time_days", "lead_time_sd_days"]] = mean, spread
        words = f"lead_time_days {mean:.1f} ± {spread:.1f} from {seen[lane]} receipts and a promise of {days:g}"
        ways.loc[rows, "assumed"] = [f"{told}; {words}" if told else words for told in ways.loc[rows, "assumed"]]
    return ways


def _with_modes(receipts: pd.DataFrame, ways: pd.DataFrame) -> pd.DataFrame:
    modes = ways.groupby("supplier")["mode"].agg(["nunique", "first"])
    only = modes.loc[modes["nunique"] == 1, "first"]
    return receipts.assign(mode=receipts["mode"].fillna(receipts["supplier"].fillna("").map(only)))
