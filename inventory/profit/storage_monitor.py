"""The storage-fee monitor: how fees develop, what idle stock costs, which items deserve the space (C01, C03)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from inventory.fees.projection import ProjectedFees

__all__ = ["FEE_TREND_COLUMNS", "PRIORITY_COLUMNS", "IdleStock", "fee_trend", "idle_stock", "storage_priority"]

FEE_TREND_COLUMNS = ("month", "fee", "amount", "change")
PRIORITY_COLUMNS = ("sku", "cubic_feet", "daily_units", "margin", "margin_a_cubic_foot", "priority", "within_limit")
AGES = "aged_inventory"


@dataclass(frozen=True, slots=True)
class IdleStock:
    """What of a stock lies idle: units on hand at the start that nobody buys within the horizon.

    idle_share: of the units at the start. idle_fees: storage fees paid for them, in proportion to unit-days, and all
    aged surcharges. idle_value: at cost.
    """

    units: Decimal
    idle_units: Decimal
    idle_share: Decimal
    idle_fees: Decimal
    idle_value: Decimal


def fee_trend(runs: Sequence[ProjectedFees]) -> pd.DataFrame:
    """Return fees by month and fee with `FEE_TREND_COLUMNS`; change: share against the month before, NaN at first."""
    rows = [(charge.date.replace(day=1), charge.fee, float(charge.amount)) for run in runs for charge in run.charges]
    table = pd.DataFrame(rows, columns=["month", "fee", "amount"])
    table["month"] = pd.to_datetime(table["month"])
    sums = table.groupby(["fee", "month"], sort=True)["amount"].sum().reset_index()
    sums["change"] = sums.groupby("fee")["amount"].pct_change()
    return sums.sort_values(["month", "fee"]).reset_index(drop=True)[list(FEE_TREND_COLUMNS)]


def idle_stock(run: ProjectedFees, at_start: Decimal, unit_cost: Decimal) -> IdleStock:
    """Return the idle part of one item's projected stock.

    at_start: units on hand before the first day. What is sold is oldest first, so the units of the start that are
    still there are those that demand never reached.
    """
    idle = max(at_start - sum(run.sold, Decimal(0)), Decimal(0))
    days = sum(run.stock, Decimal(0))
    storage = sum((charge.amount for charge in run.charges if charge.fee != AGES), Decimal(0))
    aged = sum((charge.amount for charge in run.charges if charge.fee == AGES), Decimal(0))
    part = idle * len(run.stock) / days if days else Decimal(0)
    fees = storage * part + aged if idle else Decimal(0)
    return IdleStock(at_start, idle, idle / at_start if at_start else Decimal(0), fees, idle * unit_cost)


def storage_priority(
    margins: Mapping[str, Decimal],
    daily_units: Mapping[str, Decimal],
    cubic_feet: Mapping[str, Decimal],
    stock: Mapping[str, Decimal],
    limit: Decimal | None = None,
) -> pd.DataFrame:
    """Return items by what they earn a cubic foot and day, best first, with `PRIORITY_COLUMNS` (C03).

    margins: money a unit sold; cubic_feet: of a unit; stock: units wanted in store. limit: cubic feet that may be used
    before overage is charged (None: no limit); within_limit marks the items that fit when filled in this order.
    """
    rows = []
    for sku in sorted(cubic_feet):
        used = cubic_feet[sku] * stock.get(sku, Decimal(0))
        earned = margins.get(sku, Decimal(0)) * daily_units.get(sku, Decimal(0))
        rows.append((sku, used, daily_units.get(sku, Decimal(0)), margins.get(sku), earned / used if used else None))
    rows.sort(key=lambda row: (row[4] is None, -(row[4] or Decimal(0)), row[0]))
    found, filled = [], Decimal(0)
    for place, row in enumerate(rows, start=1):
        filled += row[1]
        numbers = [None if value is None else float(value) for value in row[1:]]
        found.append((row[0], *numbers, place, limit is None or filled <= limit))
    return pd.DataFrame(found, columns=list(PRIORITY_COLUMNS))
