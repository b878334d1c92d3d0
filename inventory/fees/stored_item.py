"""What fees need to know of an item: its size tier, its cubic feet, its pounds, its category."""

import re
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from core.errors import UsageError

__all__ = ["CUBIC_FEET", "POUNDS", "TIERS", "StoredItem", "cubic_feet_of", "read_tier", "stored_items"]

TIERS = ("small_standard", "large_standard", "small_bulky", "large_bulky", "extra_large")
CUBIC_INCHES_A_CUBIC_FOOT = Decimal(1728)
CUBIC_FEET = {
    "cubic_feet": Decimal(1),
    "cubic_inches": 1 / CUBIC_INCHES_A_CUBIC_FOOT,
    "cubic_metres": Decimal("35.31466672"),
    "litres": Decimal("0.03531466672"),
    "cubic_centimetres": Decimal("0.00003531466672"),
}
"""Cubic feet in one unit of volume."""

POUNDS = {
    "pounds": Decimal(1),
    "ounces": Decimal(1) / 16,
    "kilograms": Decimal("2.20462262"),
    "grams": Decimal("0.00220462262"),
}
"""Pounds in one unit of weight."""


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One item as a marketplace's warehouse sees it.

    tier: one of TIERS. cubic_feet: of a packed unit. pounds: shipping weight of a unit, None unknown. assumed: in
    words, what is not the seller's own.
    """

    sku: str
    tier: str
    cubic_feet: Decimal
    pounds: Decimal | None = None
    category: str = ""
    assumed: tuple[str, ...] = ()

    @property
    def storage_class(self) -> str:
        """`standard`, or `oversize` for bulky and extra-large items."""
        return "standard" if self.tier.endswith("standard") else "oversize"

    def exempt(self, categories: object) -> bool:
        """Return whether the item's category is one of those that a table's rules exempt."""
        names = categories if isinstance(categories, list) else []
        return self.category.casefold().strip() in {str(name).casefold() for name in names}


def cubic_feet_of(length: Decimal, width: Decimal, height: Decimal) -> Decimal:
    """Return the cubic feet of a box measured in inches, L·W·H / 1728.

    >>> cubic_feet_of(Decimal(12), Decimal(12), Decimal(6))
    Decimal('0.5')
    """
    return length * width * height / CUBIC_INCHES_A_CUBIC_FOOT


def read_tier(text: str) -> str | None:
    """Return the size tier that a report or a seller names in its own way, None where it names none.

    What says only "standard" is taken for large standard, what says only "oversize" for large bulky.

    >>> [read_tier(name) for name in ("UsLargeStandardSize", "Small Bulky", "Oversize", "Extra-Large 50+ lb", "box")]
    ['large_standard', 'small_bulky', 'large_bulky', 'extra_large', None]
    """
    words = " ".join(re.findall(r"[A-Z]?[a-z]+", text.replace("_", " ").replace("-", " "))).casefold()
    small = "small" in words
    if "extra" in words or "special" in words:
        return "extra_large"
    if "standard" in words:
        return "small_standard" if small else "large_standard"
    if "bulky" in words or "over" in words:
        return "small_bulky" if small and "bulky" in words else "large_bulky"
    return None


def stored_items(products: pd.DataFrame, volume_unit: str, weight_unit: str) -> dict[str, StoredItem]:
    """Return the items of `products` whose volume is known, by sku.

    products: the table `products`; `volume` and `weight` count in the units named (keys of CUBIC_FEET and POUNDS).

    An item without a size tier is taken for large standard and says so; one without a volume is left out: its
    storage cannot be told. Raises UsageError for a unit that is not known.
    """
    for unit, known in ((volume_unit, CUBIC_FEET), (weight_unit, POUNDS)):
        if unit not in known:
            raise UsageError(f"unit {unit!r} is not known; use one of {', '.join(known)}")
    found = {}
    for row in products.drop_duplicates("sku").itertuples():
        if not row.volume > 0:
            continue
        told = row.size_tier if isinstance(row.size_tier, str) else ""
        tier = read_tier(told)
        assumed = (
            () if tier else (f"size tier {told!r} taken for large standard" if told else "large standard assumed",)
        )
        found[str(row.sku)] = StoredItem(
            sku=str(row.sku),
            tier=tier or "large_standard",
            cubic_feet=Decimal(repr(float(row.volume))) * CUBIC_FEET[volume_unit],
            pounds=Decimal(repr(float(row.weight))) * POUNDS[weight_unit] if row.weight > 0 else None,
            category=row.category if isinstance(row.category, str) else "",
            assumed=assumed,
        )
    return found
