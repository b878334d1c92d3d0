"""What the routes of plan runs, proposals and purchase-order drafts answer: models, and rows turned into them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from serving.answers import Data, FieldError
from serving.proposals.amounts import amount_text
from serving.proposals.proposal_store import Row, state_of
from serving.proposals.purchase_order import UNIT
from serving.proposals.run_store import StoredRun

__all__ = [
    "ApprovalResult",
    "BulkApprovalAnswer",
    "CheckAnswer",
    "DraftsAnswer",
    "FileAnswer",
    "PlanLineAnswer",
    "PlanLinesAnswer",
    "PlanRunAnswer",
    "PlanRunsAnswer",
    "ProposalAnswer",
    "ProposalsAnswer",
    "PurchaseOrderAnswer",
    "PurchaseOrderLineAnswer",
    "RunModel",
    "ViolationAnswer",
    "line_answer",
    "moment_text",
    "order_answer",
    "proposal_answer",
    "run_answer",
]

Json = dict[str, Any]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunModel(_Answer):
    """The model that the plan stands on; version is null where a baseline stood in."""

    name: str
    version: str | None


class PlanRunAnswer(_Answer):
    """A stored plan. It never changes; its proposals do."""

    run_id: str
    dataset: str
    data: Data
    model: RunModel
    config_hash: str = Field(description="Fingerprint of the dataset's configuration")
    seed: int
    options: Json = Field(description="What was asked beyond the dataset's own terms, and the commitments counted")
    currency: str
    summary: Json = Field(description="Status, gap, cost totals, limits and their shadow prices")
    withheld: list[dict[str, str]] = Field(description="Series that got no proposal, each with its reason")
    created_at: datetime
    created_by: str
    result: dict[str, int] | None = Field(None, description="Of the request that stored it: proposals by outcome")


class PlanRunsAnswer(_Answer):
    """A page of plan runs, the newest first."""

    items: list[PlanRunAnswer]
    next_cursor: str | None


class PlanLineAnswer(_Answer):
    """What a run said of one series and way to buy, whatever became of it."""

    proposal_id: str
    sku: str
    location: str
    supplier: str
    mode: str
    action: str
    quantity: int
    order_by: date
    arrive_on: date
    expected_cost: Decimal


class PlanLinesAnswer(_Answer):
    """A page of a run's lines, by sku and location."""

    items: list[PlanLineAnswer]
    next_cursor: str | None


class ViolationAnswer(_Answer):
    """A limit that an edited quantity breaks."""

    constraint: str
    limit: str
    actual: str
    message: str


class ProposalAnswer(_Answer):
    """One order to decide about; quantity 0 and action `hold`: nothing is to be ordered."""

    proposal_id: str
    version: int = Field(description="Goes up by one with every change; its ETag")
    state: str = Field(examples=["draft"])
    state_reason: str
    snoozed_until: date | None
    superseded_by: str | None
    purchase_order_draft: str | None = Field(description="The draft that holds it")
    dataset: str
    run_id: str
    data: Data
    sku: str
    location: str
    supplier: str
    mode: str
    action: str = Field(description="buy, expedite (faster and dearer than another way) or hold")
    quantity: int
    unit: str = Field(description="UN/ECE Recommendation 20; C62 = one sellable unit")
    case_pack: int
    cases: int
    edited: bool = Field(description="A planner has set the quantity")
    unit_cost: Decimal | None
    order_value: Decimal | None = Field(description="quantity × unit_cost")
    currency: str
    order_by: date
    arrive_on: date
    expected_cost: Decimal = Field(description="Of the SKU over the plan's horizon, at this quantity")
    cost_basis: str = Field(description="exact, interpolated or extrapolated from the plan's cost curve")
    stockout_probability: float
    violations: list[ViolationAnswer]
    planned: Json = Field(description="What the plan said: quantity, costs, pieces, binding constraint, reason")
    explanation: Json | None = Field(
        None, description="Cost parts by quantity, rounding steps, alternatives; only of one proposal, not in lists"
    )
    created_at: datetime
    updated_at: datetime
    updated_by: str


class ProposalsAnswer(_Answer):
    """A page of proposals in the order in which they last changed."""

    items: list[ProposalAnswer]
    next_cursor: str | None
    next_updated_since: datetime = Field(description="Ask with it next time: nothing is missed, a little comes twice")


class ApprovalResult(_Answer):
    """What became of one item of a bulk approval: the status it would have had alone."""

    proposal_id: str
    status: int
    version: int | None
    state: str | None
    error: FieldError | None = None


class BulkApprovalAnswer(_Answer):
    """Each item with its own status, in the order asked."""

    approved: int
    failed: int
    items: list[ApprovalResult]


class CheckAnswer(_Answer):
    """A limit of a whole draft and what the draft makes of it."""

    name: str
    limit: str
    actual: str
    is_met: bool
    missing: str


class PurchaseOrderLineAnswer(_Answer):
    """One line of a draft: a proposal as it was approved."""

    position: int
    proposal_id: str
    sku: str
    quantity: int
    unit: str
    case_pack: int
    cases: int
    unit_cost: Decimal | None
    line_total: Decimal | None
    order_by: date
    arrive_on: date
    violations: list[str]


class PurchaseOrderAnswer(_Answer):
    """A purchase-order draft: one supplier, mode, ship-to and currency. It is never sent by itself."""

    draft_id: str
    version: int
    state: str
    state_reason: str
    order_number: str | None = Field(description="The ERP's own, from confirm")
    dataset: str
    supplier: str
    mode: str
    ship_to: str
    currency: str
    totals: Json
    checks: list[CheckAnswer]
    lines: list[PurchaseOrderLineAnswer]
    created_at: datetime
    created_by: str
    exported_at: datetime | None
    updated_at: datetime
    updated_by: str


class DraftsAnswer(_Answer):
    """Purchase-order drafts: a page of them, or those just made."""

    items: list[PurchaseOrderAnswer]
    next_cursor: str | None = None
    next_updated_since: datetime | None = None


class FileAnswer(_Answer):
    """An exported file and where it is; asking again gives the same bytes."""

    draft_id: str
    version: int
    state: str
    exported_at: datetime
    format: str
    media_type: str
    href: str
    bytes: int
    sha256: str


def moment_text(moment: datetime | None) -> str | None:
    """Return a moment as RFC 3339 in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def run_answer(row: Row, stored: StoredRun | None = None) -> Json:
    """Return the body of `PlanRunAnswer`."""
    names = ("run_id", "dataset", "config_hash", "seed", "options", "currency", "summary", "withheld", "created_by")
    return {
        **{name: getattr(row, name) for name in names},
        "data": {"as_of": str(row.as_of), "last_observed": str(row.last_observed), "stale": row.stale},
        "model": {"name": row.model_name, "version": row.model_version},
        "created_at": moment_text(row.created_at),
        "result": None if stored is None else stored.counts(),
    }


def line_answer(line: Sequence[Any]) -> Json:
    """Return the body of `PlanLineAnswer`."""
    return dict(zip(PlanLineAnswer.model_fields, line, strict=True))


def proposal_answer(row: Row, held: str | None, today: date, with_explanation: bool = False) -> Json:
    """Return the body of `ProposalAnswer`; held: the draft that holds it."""
    names = ("proposal_id", "version", "state_reason", "superseded_by", "dataset", "run_id", "sku", "location")
    more = ("supplier", "mode", "action", "quantity", "case_pack", "edited", "currency", "cost_basis", "violations")
    planned: Mapping[str, Any] = row.planned
    value = None if row.unit_cost is None else row.quantity * row.unit_cost
    state = state_of(row, today)
    until = row.snoozed_until if state == "snoozed" else None
    return {
        **{name: getattr(row, name) for name in (*names, *more, "stockout_probability", "updated_by")},
        "state": state,
        "snoozed_until": None if until is None else str(until),
        "purchase_order_draft": held,
        "data": planned["data"],
        "unit": UNIT,
        "cases": row.quantity // row.case_pack,
        "unit_cost": amount_text(row.unit_cost),
        "order_value": amount_text(value),
        "order_by": str(row.order_by),
        "arrive_on": str(row.arrive_on),
        "expected_cost": amount_text(row.expected_cost),
        "planned": {name: item for name, item in planned.items() if name not in ("explanation", "data")},
        "explanation": planned["explanation"] if with_explanation else None,
        "created_at": moment_text(row.created_at),
        "updated_at": moment_text(row.updated_at),
    }


def order_answer(row: Row, lines: Sequence[Row]) -> Json:
    """Return the body of `PurchaseOrderAnswer`."""
    names = ("draft_id", "version", "state", "state_reason", "order_number", "dataset", "supplier", "mode", "ship_to")
    return {
        **{name: getattr(row, name) for name in (*names, "currency", "totals", "checks", "created_by", "updated_by")},
        "lines": [{"position": line.position, "proposal_id": line.proposal_id, **line.facts} for line in lines],
        "created_at": moment_text(row.created_at),
        "exported_at": moment_text(row.exported_at),
        "updated_at": moment_text(row.updated_at),
    }
