"""Items that the tests of fees share."""

from datetime import date
from decimal import Decimal

from inventory.fees.rate_card import read_rate_cards
from inventory.fees.stored_item import StoredItem

CARDS = read_rate_cards()


def item(
    tier: str = "large_standard", cubic_feet: str = "0.5", pounds: str | None = "1.2", category: str = ""
) -> StoredItem:
    return StoredItem("A", tier, Decimal(cubic_feet), None if pounds is None else Decimal(pounds), category)


def day(text: str) -> date:
    return date.fromisoformat(text)
