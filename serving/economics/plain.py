"""Rows of tables as JSON: money as exact text, days as ISO dates, what is not known as null."""

import math
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

__all__ = ["money_text", "plain_rows"]

CENTS = Decimal("0.0001")
"""Money of projections is told to a hundredth of a cent, as plans tell it."""


def plain_rows(table: pd.DataFrame, money: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the rows; columns named in `money` become text."""
    rows: list[dict[str, Any]] = table.to_dict("records")
    return [{str(name): _plain(value, name in money) for name, value in row.items()} for row in rows]


def money_text(value: float | Decimal) -> str | None:
    """Return an amount as text with four decimals, None for one that is not known."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return f"{exact.quantize(CENTS):f}" if exact.is_finite() else None


def _plain(value: Any, is_money: bool) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if is_money:
        return money_text(value)
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
