"""What the routes of plan runs, proposals and purchase-order drafts accept."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.proposals.purchase_order import Limits
from serving.proposals.purchase_order_file import FileFormat
from serving.schemas import MAX_SERIES, WhatIf

__all__ = [
    "MAX_BULK",
    "ApprovalItem",
    "ApproveRequest",
    "BulkApproveRequest",
    "CancelRequest",
    "CloseRequest",
    "ConfirmRequest",
    "DraftLimits",
    "DraftRequest",
    "EditRequest",
    "ExportRequest",
    "PlanRunRequest",
    "RejectRequest",
    "ReopenRequest",
    "SnoozeRequest",
]

MAX_BULK = 1_000
"""Proposals of one bulk approval or one request for drafts."""

TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""No control characters but tab and line ends: databases, CSV and workbooks cannot all hold them."""

Key = Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT)]
Name = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", description="Name of a proposal")]
Reason = Annotated[str, Field(max_length=1_000, pattern=TEXT, description="Why, for the audit trail")]
NeededReason = Annotated[str, Field(min_length=1, max_length=1_000, pattern=TEXT, description="Why")]
Version = Annotated[int, Field(ge=1, le=2_147_483_647, description="The version that was read")]
Money = Annotated[Decimal, Field(ge=0, le=1_000_000_000_000, allow_inf_nan=False)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PlanRunRequest(_Body):
    """What to plan and store: some SKUs or all, as the data say or with changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"skus": ["22727"]}]})

    dataset: Key = "default"
    skus: list[Key] | None = Field(None, min_length=1, max_length=MAX_SERIES, description="Default: all")
    what_if: WhatIf | None = Field(None, description="A what-if that is to become orders")


class EditRequest(_Body):
    """Another quantity for a proposal: whole case packs; 0 orders nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 120, "reason": "promotion in week 32"}]})

    quantity: int = Field(ge=0, le=1_000_000_000, strict=True, description="Units, a multiple of case_pack")
    reason: Reason = ""


class ApproveRequest(_Body):
    """Approve one proposal."""

    reason: Reason = ""


class RejectRequest(_Body):
    """Reject one proposal, and say why."""

    reason: NeededReason


class SnoozeRequest(_Body):
    """Decide later: the proposal, and the next plans' for the same series, sleep until that day."""

    until: date
    reason: Reason = ""


class ReopenRequest(_Body):
    """Take back a snooze, a rejection or an approval that no draft holds."""

    reason: Reason = ""


class ApprovalItem(_Body):
    """One proposal as it was read."""

    proposal_id: Name
    version: Version


class BulkApproveRequest(_Body):
    """Approve many; atomic: all or none, else each that can be."""

    items: list[ApprovalItem] = Field(min_length=1, max_length=MAX_BULK)
    atomic: bool = False
    reason: Reason = ""

    @model_validator(mode="after")
    def _once_each(self) -> "BulkApproveRequest":
        if len({item.proposal_id for item in self.items}) < len(self.items):
            raise ValueError("a proposal is named twice")
        return self


class DraftLimits(_Body):
    """What a whole draft is held against; it is told, not enforced. budget: default the plan's own."""

    minimum_units: int | None = Field(default=None, ge=1, le=1_000_000_000)
    minimum_value: Money | None = None
    container_volume: float | None = Field(default=None, gt=0, le=1e9, description="In the unit of products.volume")
    budget: Money | None = None

    def limits(self) -> Limits:
        """Return the limits."""
        return Limits(self.minimum_units, self.minimum_value, self.container_volume, self.budget)


class DraftRequest(_Body):
    """Which approved proposals to put into drafts: the ones named, or all that no draft holds."""

    dataset: Key = "default"
    proposal_ids: list[Name] | None = Field(None, min_length=1, max_length=MAX_BULK)
    supplier: Key | None = Field(None, description="Only this supplier's; not with proposal_ids")
    limits: DraftLimits = Field(default_factory=lambda: DraftLimits())

    @model_validator(mode="after")
    def _one_selection(self) -> "DraftRequest":
        if self.proposal_ids is not None and self.supplier is not None:
            raise ValueError("give either proposal_ids or supplier")
        if self.proposal_ids is not None and len(set(self.proposal_ids)) < len(self.proposal_ids):
            raise ValueError("a proposal is named twice")
        return self


class ExportRequest(_Body):
    """The file to export; separator, decimal, bom and guard count for CSV only."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"format": "csv", "separator": ";", "decimal": ",", "bom": True}]}
    )

    format: Literal["json", "csv", "xlsx"] = "json"
    separator: Literal[",", ";"] = ","
    decimal: Literal[".", ","] = "."
    bom: bool = False
    guard: bool = Field(True, description="Apostrophe before texts that a spreadsheet would run as a formula")

    def form(self) -> FileFormat:
        """Return the format."""
        return FileFormat(self.format, self.separator, self.decimal, self.bom, self.guard)


class ConfirmRequest(_Body):
    """The ERP took the draft, under its own order number."""

    order_number: Key
    reason: Reason = ""


class CloseRequest(_Body):
    """Received, or given up: no more goods are to come."""

    reason: Reason = ""


class CancelRequest(_Body):
    """Cancel a draft; before its export the proposals are approved again, after it they are closed."""

    reason: NeededReason
