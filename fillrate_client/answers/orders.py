"""What requests and answers of orders look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from fillrate_client.answers.shared import Data, FieldError, Model, PlanRunAnswer, PlanSummary, WhatIf

__all__ = [
    "ApprovalItem",
    "ApprovalResult",
    "ApproveRequest",
    "BulkApprovalAnswer",
    "BulkApproveRequest",
    "CancelRequest",
    "CheckAnswer",
    "CloseRequest",
    "ConfirmRequest",
    "Difference",
    "DraftLimits",
    "DraftRequest",
    "EditRequest",
    "ExportRequest",
    "FileAnswer",
    "OrderStateInput",
    "PlanAnswer",
    "PlanLineAnswer",
    "PlanLinesAnswer",
    "PlanRequest",
    "PlanRunRequest",
    "PlanRunsAnswer",
    "Proposal",
    "ProposalAnswer",
    "ProposalsAnswer",
    "ProposalsDraftsAnswer",
    "ProposalsSnoozeRequest",
    "PurchaseOrderAnswer",
    "PurchaseOrderLineAnswer",
    "QuantityChange",
    "RejectRequest",
    "ReopenRequest",
    "State",
    "ViolationAnswer",
]


class ApprovalItem(TypedDict):
    """One proposal as it was read."""

    proposal_id: str
    version: int


class ApprovalResult(TypedDict):
    """What became of one item of a bulk approval: the status it would have had alone."""

    proposal_id: str
    status: int
    version: int | None
    state: str | None
    error: NotRequired[FieldError | None]


class ApproveRequest(TypedDict):
    """Approve one proposal."""

    reason: NotRequired[str]


class BulkApprovalAnswer(TypedDict):
    """Each item with its own status, in the order asked."""

    approved: int
    failed: int
    items: list[ApprovalResult]


class BulkApproveRequest(TypedDict):
    """Approve many; atomic: all or none, else each that can be."""

    items: list[ApprovalItem]
    atomic: NotRequired[bool]
    reason: NotRequired[str]


class CancelRequest(TypedDict):
    """Cancel a draft; before its export the proposals are approved again, after it they are closed."""

    reason: str


class CheckAnswer(TypedDict):
    """A limit of a whole draft and what the draft makes of it."""

    name: str
    limit: str
    actual: str
    is_met: bool
    missing: str


class CloseRequest(TypedDict):
    """Received, or given up: no more goods are to come."""

    reason: NotRequired[str]


class ConfirmRequest(TypedDict):
    """The ERP took the draft, under its own order number."""

    order_number: str
    reason: NotRequired[str]


class Difference(TypedDict):
    """The what-if minus the base plan."""

    expected_cost: str
    spend: str
    units: int
    ordered: int
    changes: list[QuantityChange]


class DraftLimits(TypedDict):
    """What a whole draft is held against; it is told, not enforced. budget: default the plan's own."""

    minimum_units: NotRequired[int | None]
    minimum_value: NotRequired[float | str | None]
    container_volume: NotRequired[float | None]
    budget: NotRequired[float | str | None]


class DraftRequest(TypedDict):
    """Which approved proposals to put into drafts: the ones named, or all that no draft holds."""

    dataset: NotRequired[str]
    proposal_ids: NotRequired[list[str] | None]
    supplier: NotRequired[str | None]
    limits: NotRequired[DraftLimits]


class EditRequest(TypedDict):
    """Another quantity for a proposal: whole case packs; 0 orders nothing."""

    quantity: int
    reason: NotRequired[str]


class ExportRequest(TypedDict):
    """The file to export; separator, decimal, bom and guard count for CSV only."""

    format: NotRequired[Literal["json", "csv", "xlsx"]]
    separator: NotRequired[Literal[",", ";"]]
    decimal: NotRequired[Literal[".", ","]]
    bom: NotRequired[bool]
    guard: NotRequired[bool]


class FileAnswer(TypedDict):
    """An exported file and where it is; asking again gives the same bytes."""

    draft_id: str
    version: int
    state: str
    exported_at: str
    format: str
    media_type: str
    href: str
    bytes: int
    sha256: str


OrderStateInput = Literal["draft", "exported", "confirmed", "closed", "cancelled"]
"""Where a purchase-order draft stands."""


class PlanAnswer(TypedDict):
    """Proposals under the what-if, beside the base plan; nothing is stored."""

    model: Model
    data: Data
    currency: str
    unit: str
    what_if: dict[str, float]
    summary: PlanSummary
    base: PlanSummary
    difference: Difference
    proposals: list[Proposal]


class PlanLineAnswer(TypedDict):
    """What a run said of one series and way to buy, whatever became of it."""

    proposal_id: str
    sku: str
    location: str
    supplier: str
    mode: str
    action: str
    quantity: int
    order_by: str
    arrive_on: str
    expected_cost: str


class PlanLinesAnswer(TypedDict):
    """A page of a run's lines, by sku and location."""

    items: list[PlanLineAnswer]
    next_cursor: str | None


class PlanRequest(TypedDict):
    """Which SKUs to plan (default: all), and what to change for a what-if; nothing is stored."""

    skus: NotRequired[list[str] | None]
    what_if: NotRequired[WhatIf | None]
    dataset: NotRequired[str]


class PlanRunRequest(TypedDict):
    """What to plan and store: some SKUs or all, as the data say or with changes."""

    dataset: NotRequired[str]
    skus: NotRequired[list[str] | None]
    what_if: NotRequired[WhatIf | None]


class PlanRunsAnswer(TypedDict):
    """A page of plan runs, the newest first."""

    items: list[PlanRunAnswer]
    next_cursor: str | None


class Proposal(TypedDict):
    """An order to place now, or, with quantity 0, why none is."""

    proposal_id: str
    sku: str
    location: str
    supplier: str
    mode: str
    quantity: int
    order_by: str
    arrive_on: str
    unit_cost: str | None
    order_cost: str
    expected_cost: str
    stockout_probability: float
    on_hand: float
    inbound: float
    reason: str
    assumed: str


class ProposalAnswer(TypedDict):
    """One order to decide about; quantity 0 and action `hold`: nothing is to be ordered."""

    proposal_id: str
    version: int
    state: str
    state_reason: str
    snoozed_until: str | None
    superseded_by: str | None
    purchase_order_draft: str | None
    dataset: str
    run_id: str
    data: Data
    sku: str
    location: str
    supplier: str
    mode: str
    action: str
    quantity: int
    unit: str
    case_pack: int
    cases: int
    edited: bool
    unit_cost: str | None
    order_value: str | None
    currency: str
    order_by: str
    arrive_on: str
    expected_cost: str
    cost_basis: str
    stockout_probability: float
    violations: list[ViolationAnswer]
    planned: dict[str, Any]
    explanation: NotRequired[dict[str, Any] | None]
    created_at: str
    updated_at: str
    updated_by: str


class ProposalsAnswer(TypedDict):
    """A page of proposals in the order in which they last changed."""

    items: list[ProposalAnswer]
    next_cursor: str | None
    next_updated_since: str


class PurchaseOrderAnswer(TypedDict):
    """A purchase-order draft: one supplier, mode, ship-to and currency. It is never sent by itself."""

    draft_id: str
    version: int
    state: str
    state_reason: str
    order_number: str | None
    dataset: str
    supplier: str
    mode: str
    ship_to: str
    currency: str
    totals: dict[str, Any]
    checks: list[CheckAnswer]
    lines: list[PurchaseOrderLineAnswer]
    created_at: str
    created_by: str
    exported_at: str | None
    updated_at: str
    updated_by: str


class PurchaseOrderLineAnswer(TypedDict):
    """One line of a draft: a proposal as it was approved."""

    position: int
    proposal_id: str
    sku: str
    quantity: int
    unit: str
    case_pack: int
    cases: int
    unit_cost: str | None
    line_total: str | None
    order_by: str
    arrive_on: str
    violations: list[str]


class QuantityChange(TypedDict):
    """An order whose quantity differs from the base plan's."""

    sku: str
    location: str
    base_quantity: int
    quantity: int


class RejectRequest(TypedDict):
    """Reject one proposal, and say why."""

    reason: str


class ReopenRequest(TypedDict):
    """Take back a snooze, a rejection or an approval that no draft holds."""

    reason: NotRequired[str]


State = Literal["draft", "snoozed", "approved", "exported", "confirmed", "closed", "rejected", "superseded"]
"""Where a proposal stands."""


class ViolationAnswer(TypedDict):
    """A limit that an edited quantity breaks."""

    constraint: str
    limit: str
    actual: str
    message: str


class ProposalsDraftsAnswer(TypedDict):
    """Purchase-order drafts: a page of them, or those just made."""

    items: list[PurchaseOrderAnswer]
    next_cursor: NotRequired[str | None]
    next_updated_since: NotRequired[str | None]


class ProposalsSnoozeRequest(TypedDict):
    """Decide later: the proposal, and the next plans' for the same series, sleep until that day."""

    until: str
    reason: NotRequired[str]
