"""What the scenario routes accept and answer."""

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from serving.answers import Data, Model, PlanSummary
from serving.demand.deltas import Delta
from serving.schemas import MAX_HORIZON, MAX_SERIES, Key

__all__ = [
    "BudgetDelta",
    "CostPart",
    "CostsDelta",
    "DemandDelta",
    "FreightModeDelta",
    "LeadTimeDelta",
    "MinimumDelta",
    "OrderDifference",
    "OrderFacts",
    "PriceDelta",
    "PromotionDelta",
    "Risk",
    "ScenarioAnswer",
    "ScenarioDifference",
    "ScenarioRequest",
    "ScenarioSummary",
    "ScenariosAnswer",
    "ServiceLevelDelta",
    "StockoutDelta",
    "SupplierLostDelta",
]

MOST_DELTAS = 50
DEFAULT_ELASTICITY = -1.5
"""Price elasticity where a delta states none: demand falls by about 1.5 % when the price rises by 1 %."""
DEFAULT_DAYS, MOST_DAYS = 14, 90

MOST_FACTOR = 100

Factor = Annotated[float, Field(gt=0, le=MOST_FACTOR, allow_inf_nan=False)]
CostFactor = Annotated[float, Field(ge=0, le=MOST_FACTOR, allow_inf_nan=False)]
Elasticity = Annotated[float, Field(ge=-10, le=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


def _check_response(price: float, elasticity: float) -> None:
    """Raise ValueError where demand would be multiplied by more than a change of demand may be."""
    if elasticity * math.log(price) > math.log(MOST_FACTOR):
        raise ValueError(
            f"demand would be more than {MOST_FACTOR} times what it is; give a price nearer to today's, "
            "or an elasticity nearer to 0"
        )


class _Delta(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    skus: list[Key] = Field(default_factory=list, max_length=MAX_SERIES, description="Empty: all that are asked about")
    locations: list[Key] = Field(default_factory=list, max_length=MAX_SERIES)

    def delta(self) -> Delta:
        """Return the delta in the engine's words."""
        facts = self.model_dump(exclude={"kind", "skus", "locations"})
        kind: str = getattr(self, "kind")  # noqa: B009  every kind of delta has it
        return Delta(kind, facts, tuple(self.skus), tuple(self.locations))


class _InPeriods(_Delta):
    start: date | None = None
    end: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("end is before start; swap or correct them")
        return self


class DemandDelta(_InPeriods):
    """Demand times `factor`, from `start` to `end` (default: always)."""

    kind: Literal["demand"]
    factor: Factor


class PriceDelta(_Delta):
    """The price times `factor`; demand times factor^elasticity, and a lost sale costs what the price changes by."""

    kind: Literal["price"]
    factor: Factor
    elasticity: Elasticity = DEFAULT_ELASTICITY

    @model_validator(mode="after")
    def _bearable(self) -> Self:
        _check_response(self.factor, self.elasticity)
        return self


class PromotionDelta(_InPeriods):
    """A discount from `start` to `end`; demand times 1 + `uplift`, or (1 − discount)^elasticity without one."""

    kind: Literal["promotion"]
    discount: float = Field(ge=0, lt=0.95, allow_inf_nan=False)
    uplift: float | None = Field(default=None, ge=0, le=99, allow_inf_nan=False)
    elasticity: Elasticity = DEFAULT_ELASTICITY

    @model_validator(mode="after")
    def _bearable(self) -> Self:
        if self.uplift is None:
            _check_response(1 - self.discount, self.elasticity)
        return self


class LeadTimeDelta(_Delta):
    """The lead time: `days` in place of it, or `add_days` on top (negative: faster); of one `supplier`, or of all."""

    kind: Literal["lead_time"]
    days: float | None = Field(default=None, ge=0, le=MAX_HORIZON, allow_inf_nan=False)
    add_days: float | None = Field(default=None, ge=-MAX_HORIZON, le=MAX_HORIZON, allow_inf_nan=False)
    supplier: Name | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.days is None) == (self.add_days is None):
            raise ValueError("give either days or add_days")
        return self


class ServiceLevelDelta(_Delta):
    """The cycle service level: a lost sale costs what makes it the critical ratio."""

    kind: Literal["service_level"]
    level: float = Field(gt=0, lt=1, allow_inf_nan=False)


class CostsDelta(_Delta):
    """Costs times these factors: of holding a unit, of a lost sale, of an order."""

    kind: Literal["costs"]
    holding_cost: CostFactor = 1.0
    stockout_cost: CostFactor = 1.0
    order_cost: CostFactor = 1.0


class MinimumDelta(_Delta):
    """The least units of an order."""

    kind: Literal["minimum_order_quantity"]
    quantity: int = Field(ge=1, le=10_000_000)


class BudgetDelta(_Delta):
    """What all orders together may cost, in currency; 0 = unlimited."""

    kind: Literal["budget"]
    amount: Decimal = Field(ge=0, le=1_000_000_000_000, allow_inf_nan=False)


class FreightModeDelta(_Delta):
    """Only ways to buy by this mode (`sea`, `air`, …)."""

    kind: Literal["freight_mode"]
    mode: Name


class SupplierLostDelta(_Delta):
    """A supplier sells no more, and what is on order there does not come."""

    kind: Literal["supplier_lost"]
    supplier: Name


class StockoutDelta(_Delta):
    """Nothing can be sold before `date`: stock is gone, and what would come earlier comes then."""

    kind: Literal["stockout_until"]
    date: date


AnyDelta = Annotated[
    DemandDelta
    | PriceDelta
    | PromotionDelta
    | LeadTimeDelta
    | ServiceLevelDelta
    | CostsDelta
    | MinimumDelta
    | BudgetDelta
    | FreightModeDelta
    | SupplierLostDelta
    | StockoutDelta,
    Field(discriminator="kind"),
]

_EXAMPLE: dict[str, JsonValue] = {
    "name": "Port strike",
    "deltas": [
        {"kind": "lead_time", "add_days": 14, "skus": ["22727"]},
        {"kind": "demand", "factor": 1.2, "skus": ["22727"]},
    ],
    "skus": ["22727"],
}


class ScenarioRequest(BaseModel):
    """A base plan (the dataset's own, of `skus` or of all) and what is different about it, in the order given."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, json_schema_extra={"examples": [_EXAMPLE]})

    name: Name
    dataset: Annotated[str, Field(min_length=1, max_length=63)] = "default"
    skus: list[Key] | None = Field(default=None, min_length=1, max_length=MAX_SERIES)
    deltas: list[AnyDelta] = Field(min_length=1, max_length=MOST_DELTAS)
    expires_in_days: int = Field(default=DEFAULT_DAYS, ge=1, le=MOST_DAYS)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OrderFacts(_Answer):
    """One order, quantity 0: none."""

    quantity: int
    supplier: str
    mode: str
    stockout_probability: float


class OrderDifference(_Answer):
    """A series whose order differs in quantity, supplier or mode."""

    sku: str
    location: str
    base: OrderFacts
    scenario: OrderFacts


class CostPart(_Answer):
    """One part of the expected cost, in currency."""

    base: Decimal
    scenario: Decimal
    difference: Decimal


class Risk(_Answer):
    """Mean stock-out probability over the series, and how many of them are worse or better off."""

    base: float
    scenario: float
    worse: int
    better: int


class ScenarioDifference(_Answer):
    """The scenario minus the base plan."""

    expected_cost: Decimal
    spend: Decimal
    units: int
    ordered: int
    cost_parts: dict[str, CostPart] | None = Field(description="null for more than 200 series")
    stockout_risk: Risk
    orders: list[OrderDifference]


class ScenarioAnswer(_Answer):
    """A scenario with its answer; nothing of it is in any plan unless it is promoted."""

    scenario_id: str
    name: str
    dataset: str
    dataset_version: int
    user: str
    created_at: datetime
    expires_at: datetime
    promoted_plan: str | None
    request: dict[str, Any]
    model: Model
    data: Data
    currency: str
    unit: str
    assumed: list[str]
    summary: PlanSummary
    base: PlanSummary
    difference: ScenarioDifference


class ScenarioSummary(_Answer):
    """A scenario in a list."""

    scenario_id: str
    name: str
    dataset: str
    user: str
    created_at: datetime
    expires_at: datetime
    promoted_plan: str | None


class ScenariosAnswer(_Answer):
    """A page of scenarios that have not expired, newest first."""

    items: list[ScenarioSummary]
    next_cursor: str | None
