"""What requests and answers of money look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

__all__ = [
    "AlternativeRow",
    "CreditsAnswer",
    "CreditsBody",
    "FeesAnswer",
    "InspectionAnswer",
    "InspectionBody",
    "ReturnsAnswer",
    "SuppliersAnswer",
    "ToldUnits",
    "UnitEconomicsAnswer",
    "ValueBody",
]


class AlternativeRow(TypedDict):
    """Another way, and the money that it would leave."""

    disposition: str
    value: str


class CreditsAnswer(TypedDict):
    """Refunded units that neither came back nor were paid, due claims first."""

    as_of: str
    items: list[dict[str, Any]]


class CreditsBody(TypedDict):
    """What was refunded, and what the marketplace has paid back for."""

    dataset: NotRequired[str]
    refunds: list[ToldUnits]
    reimbursements: NotRequired[list[ToldUnits]]


class FeesAnswer(TypedDict):
    """A page of projected fees, the dearest item first; money as text."""

    as_of: str
    currency: str
    days: int
    rates_on: str
    plan_run: str | None
    total: str
    unconfirmed: str
    items: list[dict[str, Any]]
    remarks: list[str]
    next_cursor: str | None


class InspectionAnswer(TypedDict):
    """Whether the return is accepted, its grade, and what to do with the unit."""

    accepted: bool
    score: float
    failed: list[str]
    grade: str
    disposition: str | None
    route: str | None
    value: str | None
    alternatives: list[AlternativeRow]
    reason: str | None


class InspectionBody(TypedDict):
    """What was found on a returned unit."""

    scores: dict[str, float]
    works: NotRequired[bool]
    repairable: NotRequired[bool]
    obsolete: NotRequired[bool]
    value: NotRequired[ValueBody | None]


class ReturnsAnswer(TypedDict):
    """Returns by reason, abnormal batches and suppliers, what to do, and by sku how much is sold again."""

    as_of: str
    reasons: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    suppliers: list[dict[str, Any]]
    todo: list[dict[str, Any]]
    resale: list[dict[str, Any]]
    remarks: list[str]


class SuppliersAnswer(TypedDict):
    """Suppliers by score (the worst first), their lanes' lead times, and the units that their delays …"""

    as_of: str
    scores: list[dict[str, Any]]
    lead_times: list[dict[str, Any]]
    floors: list[dict[str, Any]]


class ToldUnits(TypedDict):
    """Units of an order's sku on a day: refunded, or paid back."""

    order_id: str
    sku: str
    date: str
    units: float


class UnitEconomicsAnswer(TypedDict):
    """A page of what a unit leaves, by sku and location; money as text, ratios as numbers, null where …"""

    as_of: str
    currency: str
    items: list[dict[str, Any]]
    remarks: list[str]
    next_cursor: str | None


class ValueBody(TypedDict):
    """What a unit brings by each way; what is left out follows from price and unit cost by stated shares."""

    price: float | str
    unit_cost: float | str
    discount_share: NotRequired[float | str | None]
    staff_share: NotRequired[float | str | None]
    gift: NotRequired[float | str | None]
    refurbished: NotRequired[float | str | None]
    parts: NotRequired[float | str | None]
    recycling: NotRequired[float | str | None]
    restocking: NotRequired[float | str | None]
    repair: NotRequired[float | str | None]
    disposal: NotRequired[float | str | None]
