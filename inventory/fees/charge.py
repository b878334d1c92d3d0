"""A charge: one line of what a marketplace asks, with the rate, the basis and where the rate comes from."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

from inventory.fees.rate_card import Rate, RateTable

__all__ = ["CENT", "CHARGE_COLUMNS", "Charge", "charge_frame", "to_cents"]

CENT = Decimal("0.01")
CHARGE_COLUMNS = ("sku", "location", "fee", "date", "basis", "unit", "rate", "amount", "note", "confidence", "source")


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge.

    date: the day that decides the rate (first day of the month, snapshot, week). basis: what is counted, in `unit`.
    rate: money a unit of the basis. amount: money, not rounded; the marketplace rounds what it bills.
    """

    sku: str
    fee: str
    date: datetime.date
    basis: Decimal
    unit: str
    rate: Decimal
    amount: Decimal
    note: str
    confidence: str
    source: str
    location: str = ""

    @classmethod
    def of(
        cls, sku: str, day: datetime.date, basis: Decimal, unit: str, rate: Rate, table: RateTable, note: str = ""
    ) -> "Charge":
        """Return basis × rate of a row of `table`."""
        return cls(sku, table.fee, day, basis, unit, rate.rate, basis * rate.rate, note, rate.confidence, table.source)


def to_cents(amount: Decimal) -> Decimal:
    """Return the amount rounded half up to cents.

    >>> to_cents(Decimal("0.125"))
    Decimal('0.13')
    """
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def charge_frame(charges: Iterable[Charge]) -> pd.DataFrame:
    """Return the charges as a table with `CHARGE_COLUMNS`; money and bases as float64, dates as datetime64[s]."""
    rows = [[getattr(charge, name) for name in CHARGE_COLUMNS] for charge in charges]
    table = pd.DataFrame(rows, columns=list(CHARGE_COLUMNS))
    numbers = {name: table[name].astype(float) for name in ("basis", "rate", "amount")}
    return table.assign(date=pd.to_datetime(table["date"]).astype("datetime64[s]"), **numbers)
