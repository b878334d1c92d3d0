"""Reimbursement candidates: what the marketplace lost or damaged and neither found nor paid (C12, E28, R07)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd

from core.errors import DataError, Issue
from inventory.fees.rate_card import RateCard, RateTable

__all__ = ["CLAIM_COLUMNS", "DIFFERENCE_COLUMNS", "fee_differences", "loss_claims"]

LOSSES = ("lost", "damaged")
CLAIM_COLUMNS = (
    *("sku", "kind", "date", "units", "settled", "open_units", "claim_until", "days_left", "status", "valued_at"),
    *("unit_value", "value"),
)
DIFFERENCE_COLUMNS = ("sku", "fee", "month", "charged", "expected", "difference")


@dataclass(slots=True)
class _Loss:
    sku: str
    kind: str
    day: date
    units: Decimal
    settled: Decimal = Decimal(0)


def loss_claims(
    movements: pd.DataFrame,
    reimbursements: pd.DataFrame,
    values: Mapping[str, tuple[Decimal | None, Decimal | None]],
    as_of: date,
    card: RateCard,
) -> pd.DataFrame:
    """Return one row a loss that is still open, with `CLAIM_COLUMNS`, the most urgent first.

    movements: `sku, date, kind, units`; kinds `lost`, `damaged` and `found` count, units are positive.
    reimbursements: `sku, date, units`, in cash or in kind. values: (unit cost, price) by sku, None unknown.
    card: the rate card `reimbursement`: the days within which a claim is taken, and at what a unit is valued.

    What was found or paid settles the oldest open loss of its sku that is not younger than it. status: `claim` until
    claim_until, then `expired`; `no rule` where the day of the loss has no table. Only facts dated before `as_of`
    count. Raises DataError where a column is missing.
    """
    _need(movements, "movements", ("sku", "date", "kind", "units"))
    _need(reimbursements, "reimbursements", ("sku", "date", "units"))
    facts = [
        *_facts(movements[movements["kind"].isin([*LOSSES, "found"])], as_of),
        *_facts(reimbursements.assign(kind="paid"), as_of),
    ]
    open_losses = [loss for loss in _settle(facts) if loss.settled < loss.units]
    rows = [_row(loss, values.get(loss.sku, (None, None)), as_of, card) for loss in open_losses]
    table = pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))
    return table.sort_values(["status", "claim_until", "sku"], kind="stable", na_position="last").reset_index(drop=True)


def fee_differences(charged: pd.DataFrame, expected: pd.DataFrame, tolerance: float = 0.05) -> pd.DataFrame:
    """Return the fees that were billed otherwise than the tables say (R07), largest overcharge first.

    charged, expected: `sku, fee, month, amount`, month its first day; several rows of one key are added up. A
    difference within tolerance × expected, or within one cent, is none.
    """
    keys = ["sku", "fee", "month"]
    for table, name in ((charged, "charged"), (expected, "expected")):
        _need(table, name, (*keys, "amount"))
    sums = [table.groupby(keys)["amount"].sum() for table in (charged, expected)]
    both = pd.concat(sums, axis=1, keys=["charged", "expected"]).fillna(0.0).reset_index()
    both["difference"] = both["charged"] - both["expected"]
    room = (both["expected"].abs() * tolerance).clip(lower=0.01)
    found = both[both["difference"].abs() > room + 1e-9]
    return found.sort_values(["difference", *keys], ascending=[False, True, True, True]).reset_index(drop=True)[
        list(DIFFERENCE_COLUMNS)
    ]


def _facts(table: pd.DataFrame, as_of: date) -> list[tuple[str, str, date, Decimal]]:
    known = table[pd.to_datetime(table["date"]) < pd.Timestamp(as_of)]
    days = pd.to_datetime(known["date"]).dt.date
    return [
        (str(sku), str(kind), day, Decimal(repr(float(units))))
        for sku, kind, day, units in zip(known["sku"], known["kind"], days, known["units"], strict=True)
    ]


def _settle(facts: list[tuple[str, str, date, Decimal]]) -> list[_Loss]:
    """Return every loss with what was found or paid of it: always the oldest open one of its sku first."""
    losses: dict[str, list[_Loss]] = {}
    # Of one day losses come first: a unit can be found on the day on which it was missed.
    for sku, kind, day, units in sorted(facts, key=lambda fact: (fact[2], fact[1] not in LOSSES, fact[0], fact[1])):
        if kind in LOSSES:
            losses.setdefault(sku, []).append(_Loss(sku, kind, day, units))
            continue
        left = units
        for loss in losses.get(sku, []):
            taken = min(loss.units - loss.settled, left)
            loss.settled += taken
            left -= taken
    return [loss for of_sku in losses.values() for loss in of_sku]


def _row(loss: _Loss, value: tuple[Decimal | None, Decimal | None], as_of: date, card: RateCard) -> tuple[object, ...]:
    table = card.known(loss.day)
    until = None if table is None else loss.day + timedelta(days=_window(table))
    status = "no rule" if until is None else "claim" if until >= as_of else "expired"
    basis = "" if table is None else str(table.rule("valued_at"))
    a_unit = value[0] if basis == "unit_cost" else value[1] if basis == "price" else None
    left = loss.units - loss.settled
    return (
        *(loss.sku, loss.kind, pd.Timestamp(loss.day), float(loss.units), float(loss.settled), float(left)),
        *(pd.NaT if until is None else pd.Timestamp(until), None if until is None else (until - as_of).days),
        *(status, basis, None if a_unit is None else float(a_unit)),
        None if a_unit is None else float(left * a_unit),
    )


def _window(table: RateTable) -> int:
    rate = table.find("any", Decimal(0))
    return 0 if rate is None else int(rate.rate)


def _need(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in table]
    if missing:
        remedy = f"give the columns {', '.join(columns)}"
        raise DataError([Issue(name, "required column is missing", remedy, None, column) for column in missing])
