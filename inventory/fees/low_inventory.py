"""The low-inventory-level fee: a charge on each unit shipped while stock is below 28 days of supply (C11)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from inventory.fees.charge import Charge
from inventory.fees.rate_card import RateCard, RateTable
from inventory.fees.storage import SellerAccount
from inventory.fees.stored_item import StoredItem

__all__ = ["SupplyHistory", "days_of_supply", "low_inventory_rate", "low_inventory_tier"]


@dataclass(frozen=True, slots=True)
class SupplyHistory:
    """An item's (until 2026-01-14: its parent product's) stock and shipments, as the fee reads them.

    short_days, long_days: historical days of supply over the short and the long window, 30 and 90 days; None: nothing
    shipped in it. shipped_last_week: units. first_sold_on: of a parent in the programme for new selection, else None.
    """

    short_days: Decimal | None
    long_days: Decimal | None
    shipped_last_week: Decimal
    new_selection_from: date | None = None


def days_of_supply(average_units: Decimal, average_shipped_a_day: Decimal) -> Decimal | None:
    """Return historical days of supply: daily average units on hand ÷ daily average units shipped; None: none shipped.

    >>> days_of_supply(Decimal(278), Decimal(20))
    Decimal('13.9')
    """
    return None if average_shipped_a_day <= 0 else average_units / average_shipped_a_day


def low_inventory_tier(table: RateTable, item: StoredItem) -> str:
    """Return the row's tier: large standard items are parted at a weight; an unknown weight takes the lower row."""
    if item.tier != "large_standard":
        return item.tier
    light = item.pounds is None or item.pounds <= Decimal(str(table.rule("light_up_to_pounds")))
    return "large_standard_light" if light else "large_standard_heavy"


def low_inventory_rate(
    card: RateCard, item: StoredItem, day: date, history: SupplyHistory, account: SellerAccount
) -> Charge | None:
    """Return the charge on one unit shipped on `day`, None where none is due.

    Both windows must be below the highest band (28 days); the greater of both picks the band. Exempt: fewer than 20
    units shipped in the past 7 days, new sellers for 365 days, new selection for 180 days, at least 70 %
    auto-replenished, groceries.
    """
    table = card.known(day)
    if table is None or history.short_days is None or history.long_days is None:
        return None
    if _exempt(table, item, day, history, account):
        return None
    days = max(history.short_days, history.long_days)
    rate = table.find(low_inventory_tier(table, item), days)
    if rate is None:
        return None
    return Charge.of(item.sku, day, Decimal(1), "units shipped", rate, table, f"{days:.1f} days of supply")


def _exempt(table: RateTable, item: StoredItem, day: date, history: SupplyHistory, account: SellerAccount) -> bool:
    since = history.new_selection_from
    return (
        history.shipped_last_week < Decimal(str(table.rule("least_units_a_week")))
        or not account.older_than(int(table.rule("new_seller_days")) - 1, day)
        or (since is not None and day - since < timedelta(days=int(table.rule("new_selection_days"))))
        or account.auto_replenished_share >= Decimal(str(table.rule("auto_replenished_share")))
        or item.exempt(table.rule("exempt_categories"))
    )
