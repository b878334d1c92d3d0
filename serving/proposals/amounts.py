"""Money at the edge: a float of the optimizer becomes a decimal once, and is shown with two to four places."""

import math
from decimal import ROUND_HALF_EVEN, Decimal

__all__ = ["PLACES", "amount", "amount_text", "known_amount"]

PLACES = Decimal("0.0001")
"""The smallest part of a currency unit that is kept: a hundredth of a penny, as unit costs of screws need."""


def amount(value: float) -> Decimal:
    """Return an amount of money to four places; raises ValueError for what is no finite number."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no amount of money")
    return Decimal(repr(float(value))).quantize(PLACES, ROUND_HALF_EVEN)


def known_amount(value: float | None) -> Decimal | None:
    """Return the amount, None where it is not known (None or NaN)."""
    return None if value is None or not math.isfinite(value) else amount(value)


def amount_text(value: Decimal | None) -> str | None:
    """Return the amount as text with two to four places.

    >>> amount_text(Decimal("12.5000")), amount_text(Decimal("0.0125")), amount_text(None)
    ('12.50', '0.0125', None)
    """
    if value is None:
        return None
    whole, _, part = f"{value.quantize(PLACES, ROUND_HALF_EVEN):f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"
