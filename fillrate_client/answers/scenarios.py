"""What requests and answers of scenarios look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from fillrate_client.answers.shared import Data, Model, PlanSummary

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


class BudgetDelta(TypedDict):
    """What all orders together may cost, in currency; 0 = unlimited."""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["budget"]
    amount: float | str


class CostPart(TypedDict):
    """One part of the expected cost, in currency."""

    base: str
    scenario: str
    difference: str


class CostsDelta(TypedDict):
    """Costs times these factors: of holding a unit, of a lost sale, of an order."""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["costs"]
    holding_cost: NotRequired[float]
    stockout_cost: NotRequired[float]
    order_cost: NotRequired[float]


class DemandDelta(TypedDict):
    """Demand times `factor`, from `start` to `end` (default: always)."""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    start: NotRequired[str | None]
    end: NotRequired[str | None]
    kind: Literal["demand"]
    factor: float


class FreightModeDelta(TypedDict):
    """Only ways to buy by this mode (`sea`, `air`, …)."""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["freight_mode"]
    mode: str


class LeadTimeDelta(TypedDict):
    """The lead time: `days` in place of it, or `add_days` on top (negative: faster); of one …"""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["lead_time"]
    days: NotRequired[float | None]
    add_days: NotRequired[float | None]
    supplier: NotRequired[str | None]


class MinimumDelta(TypedDict):
    """The least units of an order."""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["minimum_order_quantity"]
    quantity: int


class OrderDifference(TypedDict):
    """A series whose order differs in quantity, supplier or mode."""

    sku: str
    location: str
    base: OrderFacts
    scenario: OrderFacts


class OrderFacts(TypedDict):
    """One order, quantity 0: none."""

    quantity: int
    supplier: str
    mode: str
    stockout_probability: float


class PriceDelta(TypedDict):
    """The price times `factor`; demand times factor^elasticity, and a lost sale costs what the price …"""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["price"]
    factor: float
    elasticity: NotRequired[float]


class PromotionDelta(TypedDict):
    """A discount from `start` to `end`; demand times 1 + `uplift`, or (1 − discount)^elasticity …"""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    start: NotRequired[str | None]
    end: NotRequired[str | None]
    kind: Literal["promotion"]
    discount: float
    uplift: NotRequired[float | None]
    elasticity: NotRequired[float]


class Risk(TypedDict):
    """Mean stock-out probability over the series, and how many of them are worse or better off."""

    base: float
    scenario: float
    worse: int
    better: int


class ScenarioAnswer(TypedDict):
    """A scenario with its answer; nothing of it is in any plan unless it is promoted."""

    scenario_id: str
    name: str
    dataset: str
    dataset_version: int
    user: str
    created_at: str
    expires_at: str
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


class ScenarioDifference(TypedDict):
    """The scenario minus the base plan."""

    expected_cost: str
    spend: str
    units: int
    ordered: int
    cost_parts: dict[str, CostPart] | None
    stockout_risk: Risk
    orders: list[OrderDifference]


class ScenarioRequest(TypedDict):
    """A base plan (the dataset's own, of `skus` or of all) and what is different about it, in the …"""

    name: str
    dataset: NotRequired[str]
    skus: NotRequired[list[str] | None]
    deltas: list[
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
        | StockoutDelta
    ]
    expires_in_days: NotRequired[int]


class ScenarioSummary(TypedDict):
    """A scenario in a list."""

    scenario_id: str
    name: str
    dataset: str
    user: str
    created_at: str
    expires_at: str
    promoted_plan: str | None


class ScenariosAnswer(TypedDict):
    """A page of scenarios that have not expired, newest first."""

    items: list[ScenarioSummary]
    next_cursor: str | None


class ServiceLevelDelta(TypedDict):
    """The cycle service level: a lost sale costs what makes it the critical ratio."""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["service_level"]
    level: float


class StockoutDelta(TypedDict):
    """Nothing can be sold before `date`: stock is gone, and what would come earlier comes then."""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["stockout_until"]
    date: str


class SupplierLostDelta(TypedDict):
    """A supplier sells no more, and what is on order there does not come."""

    skus: NotRequired[list[str]]
    locations: NotRequired[list[str]]
    kind: Literal["supplier_lost"]
    supplier: str
