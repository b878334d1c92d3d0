"""What the routes of money, suppliers and returns answer and take. Money is text: exact, in the dataset's currency."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

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

Money = Annotated[Decimal, Field(ge=-(10**12), le=10**12, allow_inf_nan=False, max_digits=30)]
Share = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False, max_digits=10)]
Score = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Page(_Body):
    as_of: date
    currency: str


class FeesAnswer(_Page):
    """A page of projected fees, the dearest item first; money as text.

    Each row: sku, location, on_hand, days_of_supply, each fee, total, sold, left, idle_units, idle_fees, removal (a
    unit), assumed.
    """

    days: int
    rates_on: date
    plan_run: str | None
    total: str
    unconfirmed: str = Field(description="Of the total, by rates that no official source confirms")
    items: list[dict[str, Any]]
    remarks: list[str]
    next_cursor: str | None


class UnitEconomicsAnswer(_Page):
    """A page of what a unit leaves, by sku and location; money as text, ratios as numbers, null where not known."""

    items: list[dict[str, Any]]
    remarks: list[str]
    next_cursor: str | None


class SuppliersAnswer(_Body):
    """Suppliers by score (the worst first), their lanes' lead times, and the units that their delays ask for."""

    as_of: date
    scores: list[dict[str, Any]]
    lead_times: list[dict[str, Any]]
    floors: list[dict[str, Any]]


class ReturnsAnswer(_Body):
    """Returns by reason, abnormal batches and suppliers, what to do, and by sku how much is sold again."""

    as_of: date
    reasons: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    suppliers: list[dict[str, Any]]
    todo: list[dict[str, Any]]
    resale: list[dict[str, Any]]
    remarks: list[str]


class ValueBody(_Body):
    """What a unit brings by each way; what is left out follows from price and unit cost by stated shares."""

    price: Annotated[Money, Field(ge=0)]
    unit_cost: Annotated[Money, Field(ge=0)]
    discount_share: Share | None = None
    staff_share: Share | None = None
    gift: Money | None = None
    refurbished: Money | None = None
    parts: Money | None = None
    recycling: Money | None = None
    restocking: Money | None = None
    repair: Money | None = None
    disposal: Money | None = None


class InspectionBody(_Body):
    """What was found on a returned unit."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "scores": {"packaging": 0.4, "accessories": 1.0, "wear": 0.9},
                    "works": True,
                    "value": {"price": "39.99", "unit_cost": "11.50"},
                }
            ]
        },
    )

    scores: Annotated[dict[Annotated[str, Field(max_length=50)], Score], Field(max_length=20)] = Field(
        description="0 … 1 for packaging, accessories and wear"
    )
    works: bool = True
    repairable: bool = True
    obsolete: bool = False
    value: ValueBody | None = Field(None, description="Without it no disposition is chosen")


class AlternativeRow(_Body):
    """Another way, and the money that it would leave."""

    disposition: str
    value: str


class InspectionAnswer(_Body):
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


class ToldUnits(_Body):
    """Units of an order's sku on a day: refunded, or paid back."""

    order_id: Text
    sku: Text
    date: date
    units: Annotated[float, Field(gt=0, le=10**9)]


class CreditsBody(_Body):
    """What was refunded, and what the marketplace has paid back for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"refunds": [{"order_id": "O-1", "sku": "85123A", "date": "2011-11-01", "units": 1}]}]
        },
    )

    dataset: Annotated[str, Field(max_length=63)] = "default"
    refunds: Annotated[list[ToldUnits], Field(min_length=1, max_length=50_000)]
    reimbursements: Annotated[list[ToldUnits], Field(max_length=50_000)] = Field(default_factory=list)


class CreditsAnswer(_Body):
    """Refunded units that neither came back nor were paid, due claims first."""

    as_of: date
    items: list[dict[str, Any]]
