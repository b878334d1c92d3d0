"""Returns that were refunded to the customer and never came back or were never credited (R07, C12)."""

from datetime import date, timedelta

import pandas as pd

from inventory.fees.rate_card import RateCard

__all__ = ["CREDIT_COLUMNS", "missing_credits"]

CREDIT_COLUMNS = (
    *("order_id", "sku", "refunded_on", "units", "returned", "reimbursed", "missing", "claim_from", "claim_until"),
    "status",
)
KEYS = ["order_id", "sku"]


def missing_credits(
    refunds: pd.DataFrame, returns: pd.DataFrame, reimbursements: pd.DataFrame, as_of: date, card: RateCard
) -> pd.DataFrame:
    """Return one row an order and sku of which refunded units are missing, with CREDIT_COLUMNS; due claims first.

    refunds, returns, reimbursements: `order_id, sku, date, units`; only facts before `as_of` count. card: the rate card
    `reimbursement`. A customer has until claim_from (60 days after the refund) to send the unit back; from then until
    claim_until (120 days) it can be claimed. status: `wait`, `claim`, `expired`, or `no rule` where the refund's day
    has no table.
    """
    known = [_before(table, as_of) for table in (refunds, returns, reimbursements)]
    table = known[0].groupby(KEYS)["units"].sum().to_frame()
    table["refunded_on"] = known[0].groupby(KEYS)["date"].min()
    for name, facts in (("returned", known[1]), ("reimbursed", known[2])):
        table[name] = facts.groupby(KEYS)["units"].sum().reindex(table.index).fillna(0.0)
    table["missing"] = table["units"] - table["returned"] - table["reimbursed"]
    table = table[table["missing"] > 0].reset_index()
    windows = [_window(day.date(), as_of, card) for day in table["refunded_on"]]
    for place, name in enumerate(("claim_from", "claim_until", "status")):
        table[name] = [window[place] for window in windows]
    for name in ("claim_from", "claim_until"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[s]")
    table = table.sort_values(["status", "claim_until", *KEYS], kind="stable", na_position="last")
    return table.reset_index(drop=True)[list(CREDIT_COLUMNS)]


def _before(table: pd.DataFrame, as_of: date) -> pd.DataFrame:
    dated = table.assign(date=pd.to_datetime(table["date"]))
    return dated[dated["date"] < pd.Timestamp(as_of)]


def _window(refunded: date, as_of: date, card: RateCard) -> tuple[date | None, date | None, str]:
    table = card.known(refunded)
    if table is None:
        return None, None, "no rule"
    first = refunded + timedelta(days=int(table.rule("return_claim_from_days")))
    last = refunded + timedelta(days=int(table.rule("return_claim_to_days")))
    return first, last, "wait" if as_of < first else "claim" if as_of <= last else "expired"
