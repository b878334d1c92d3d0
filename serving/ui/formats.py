"""How numbers, money and days are written on the page."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["MISSING", "Formats"]

MISSING = "–"
"""Stands where there is no number."""
SYMBOLS = {"AUD": "A$", "CAD": "C$", "CNY": "¥", "EUR": "€", "GBP": "£", "HKD": "HK$", "INR": "₹", "JPY": "JP¥",
           "KRW": "₩", "USD": "$"}  # fmt: skip
"""Currencies with a sign of their own that is not mistaken for another's; the others are named by their code."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Formats:
    """Writes values for a language; a missing value (None, NaN) is a dash."""

    language: str = "en"

    def number(self, value: Any, digits: int = 0) -> str:
        """Return a number with its thousands apart and a true minus sign."""
        if _is_missing(value):
            return MISSING
        text = f"{value:,.{digits}f}"
        if text.startswith("-"):
            text = "−" + text[1:] if any(digit in text for digit in "123456789") else text[1:]
        return text

    def percent(self, share: Any, digits: int = 0) -> str:
        """Return a share (1 = all) in per cent."""
        return MISSING if _is_missing(share) else f"{self.number(float(share) * 100, digits)} %"

    def money(self, amount: Any, currency: str, digits: int | None = None) -> str:
        """Return an amount with its currency: whole units from 100 on, else two digits."""
        if _is_missing(amount):
            return MISSING
        shown = digits if digits is not None else (0 if abs(amount) >= 100 else 2)
        text = self.number(amount, shown)
        sign, bare = ("−", text[1:]) if text.startswith("−") else ("", text)
        symbol = SYMBOLS.get(currency)
        return f"{sign}{symbol}{bare}" if symbol else f"{sign}{currency} {bare}"

    def day(self, value: Any) -> str:
        """Return a day: 1 Dec 2026, or 2026年12月1日."""
        if value is None or value == "":
            return MISSING
        day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    def moment(self, value: datetime | str | None, zone: str = "UTC") -> str:
        """Return a moment to the minute in a time zone that is named with it."""
        if value is None or value == "":
            return MISSING
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        there = moment.astimezone(ZoneInfo(zone))
        return f"{self.day(there.date())} {there:%H:%M} {there.tzname() or zone}"


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    return value.is_nan() if isinstance(value, Decimal) else math.isnan(value)
