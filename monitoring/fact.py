"""What a fact is: a number about a subject, with a name, a unit and a sentence that rules and readers share."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CAP_DAYS", "Fact", "Scope"]

CAP_DAYS = 3650.0
"""Days of cover and the like are told up to ten years: what nobody buys lasts for ever, and JSON has no infinity."""


class Scope(StrEnum):
    """What an alert is about, and the columns that name it."""

    SERIES = "series"
    SUPPLIER = "supplier"
    LOCATION = "location"
    KEYWORD = "keyword"
    LISTING = "listing"
    ORDER = "order"
    CATEGORY = "category"
    DATASET = "dataset"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a subject."""
        return {
            "series": ("sku", "location"),
            "supplier": ("supplier",),
            "location": ("location",),
            "keyword": ("keyword",),
            "listing": ("sku", "channel"),
            "order": ("order_id", "sku", "location"),
            "category": ("category",),
            "dataset": (),
        }[self.value]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that rules may ask about: its name, its unit, one sentence, and what it is about."""

    name: str
    unit: str
    words: str
    scope: Scope = Scope.SERIES
