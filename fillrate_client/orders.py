"""Plans that are stored, their proposals, and the purchase-order drafts that come of approved ones."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, cast

from fillrate_client.answers.orders import (
    BulkApprovalAnswer,
    DraftLimits,
    ExportRequest,
    FileAnswer,
    PlanAnswer,
    PlanLineAnswer,
    PlanRequest,
    PlanRunRequest,
    ProposalAnswer,
    PurchaseOrderAnswer,
)
from fillrate_client.answers.shared import PlanRunAnswer
from fillrate_client.transport import Transport

__all__ = ["Drafts", "Plans", "Proposals"]


class Plans:
    """`/v1/plans` (nothing is stored) and `/v1/plan-runs`; of whole datasets there is `Jobs.plan`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, body: PlanRequest | None = None) -> PlanAnswer:
        """Plan some series, as the data say or under a what-if; nothing is stored."""
        return cast(PlanAnswer, self._transport.json("POST", "/v1/plans", json=body or {}, asks=True))

    def create(self, body: PlanRunRequest | None = None, key: str | None = None) -> PlanRunAnswer:
        """Plan and store the proposals."""
        return cast(PlanRunAnswer, self._transport.json("POST", "/v1/plan-runs", json=body or {}, key=key))

    def all(self, dataset: str | None = None) -> Iterator[PlanRunAnswer]:
        """Yield the stored plans, newest first."""
        return self._transport.pages("/v1/plan-runs", query={"dataset": dataset})

    def get(self, run_id: str) -> PlanRunAnswer:
        """Show a stored plan."""
        return cast(PlanRunAnswer, self._transport.json("GET", "/v1/plan-runs/{run_id}", run_id))

    def lines(self, run_id: str) -> Iterator[PlanLineAnswer]:
        """Yield what it planned, whatever became of it."""
        return self._transport.pages("/v1/plan-runs/{run_id}/lines", run_id)


class Proposals:
    """`/v1/proposals`. What changes one takes the proposal as it was read: where it has changed since, ProblemError
    `precondition.failed`.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def all(
        self,
        state: str | None = None,
        supplier: str | None = None,
        sku: str | None = None,
        location: str | None = None,
        action: str | None = None,
        dataset: str | None = None,
        run_id: str | None = None,
        updated_since: datetime | str | None = None,
    ) -> Iterator[ProposalAnswer]:
        """Yield proposals in the order in which they last changed."""
        query = {"state": state, "supplier": supplier, "sku": sku, "location": location, "action": action}
        more = {"dataset": dataset, "run_id": run_id, "updated_since": updated_since, "limit": 500}
        return self._transport.pages("/v1/proposals", query=query | more)

    def get(self, proposal_id: str) -> ProposalAnswer:
        """Show a proposal with its explanation."""
        return cast(ProposalAnswer, self._transport.json("GET", "/v1/proposals/{proposal_id}", proposal_id))

    def edit(self, read: ProposalAnswer, quantity: int, reason: str = "", key: str | None = None) -> ProposalAnswer:
        """Give it another quantity."""
        body = {"quantity": quantity, "reason": reason}
        return self._change("PATCH", "/v1/proposals/{proposal_id}", read, body, key)

    def approve(self, read: ProposalAnswer, reason: str = "", key: str | None = None) -> ProposalAnswer:
        """Approve it."""
        return self._change("POST", "/v1/proposals/{proposal_id}/approve", read, {"reason": reason}, key)

    def reject(self, read: ProposalAnswer, reason: str, key: str | None = None) -> ProposalAnswer:
        """Reject it."""
        return self._change("POST", "/v1/proposals/{proposal_id}/reject", read, {"reason": reason}, key)

    def snooze(self, read: ProposalAnswer, until: date, reason: str = "", key: str | None = None) -> ProposalAnswer:
        """Let it sleep until a day."""
        body = {"until": until.isoformat(), "reason": reason}
        return self._change("POST", "/v1/proposals/{proposal_id}/snooze", read, body, key)

    def reopen(self, read: ProposalAnswer, reason: str = "", key: str | None = None) -> ProposalAnswer:
        """Make a snoozed, rejected or approved one a draft again."""
        return self._change("POST", "/v1/proposals/{proposal_id}/reopen", read, {"reason": reason}, key)

    def approve_all(
        self, read: Sequence[ProposalAnswer], atomic: bool = False, reason: str = "", key: str | None = None
    ) -> BulkApprovalAnswer:
        """Approve many, each at the version that was read; `atomic`: all or none."""
        items = [{"proposal_id": one["proposal_id"], "version": one["version"]} for one in read]
        body = {"items": items, "atomic": atomic, "reason": reason}
        return cast(BulkApprovalAnswer, self._transport.json("POST", "/v1/proposals/approve", json=body, key=key))

    def _change(
        self, method: str, path: str, read: ProposalAnswer, body: dict[str, Any], key: str | None
    ) -> ProposalAnswer:
        known = {"If-Match": f'"{read["version"]}"'}
        return cast(
            ProposalAnswer,
            self._transport.json(method, path, read["proposal_id"], json=body, headers=known, key=key),
        )


class Drafts:
    """`/v1/purchase-order-drafts`; nothing is ever sent to a supplier."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        dataset: str = "default",
        proposal_ids: Sequence[str] | None = None,
        supplier: str | None = None,
        limits: DraftLimits | None = None,
        key: str | None = None,
    ) -> list[PurchaseOrderAnswer]:
        """Put approved proposals into drafts: those named, one supplier's, or all that no draft holds."""
        asked = {"proposal_ids": list(proposal_ids) if proposal_ids else None, "supplier": supplier, "limits": limits}
        body = {"dataset": dataset, **{name: value for name, value in asked.items() if value is not None}}
        made = self._transport.json("POST", "/v1/purchase-order-drafts", json=body, key=key)
        return cast(list[PurchaseOrderAnswer], made["items"])

    def all(
        self,
        state: str | None = None,
        supplier: str | None = None,
        dataset: str | None = None,
        updated_since: datetime | str | None = None,
    ) -> Iterator[PurchaseOrderAnswer]:
        """Yield drafts in the order in which they last changed."""
        query = {"state": state, "supplier": supplier, "dataset": dataset, "updated_since": updated_since}
        return self._transport.pages("/v1/purchase-order-drafts", query=query)

    def get(self, draft_id: str) -> PurchaseOrderAnswer:
        """Show a draft."""
        path = "/v1/purchase-order-drafts/{draft_id}"
        return cast(PurchaseOrderAnswer, self._transport.json("GET", path, draft_id))

    def export(
        self, read: PurchaseOrderAnswer, body: ExportRequest | None = None, key: str | None = None
    ) -> FileAnswer:
        """Make the file for the ERP; the first export marks the draft and its proposals exported."""
        path, known = "/v1/purchase-order-drafts/{draft_id}/export", {"If-Match": f'"{read["version"]}"'}
        return cast(
            FileAnswer,
            self._transport.json("POST", path, read["draft_id"], json=body or {}, headers=known, key=key),
        )

    def file(self, made: FileAnswer) -> bytes:
        """Return the bytes of an exported file."""
        path = "/v1/purchase-order-drafts/{draft_id}/files/{form}"
        return self._transport.send("GET", path, made["draft_id"], made["format"]).content

    def confirm(
        self, read: PurchaseOrderAnswer, order_number: str, reason: str = "", key: str | None = None
    ) -> PurchaseOrderAnswer:
        """Say under which number the ERP has ordered it."""
        body = {"order_number": order_number, "reason": reason}
        return self._move("/v1/purchase-order-drafts/{draft_id}/confirm", read, body, key)

    def close(self, read: PurchaseOrderAnswer, reason: str = "", key: str | None = None) -> PurchaseOrderAnswer:
        """End an exported or confirmed draft."""
        return self._move("/v1/purchase-order-drafts/{draft_id}/close", read, {"reason": reason}, key)

    def cancel(self, read: PurchaseOrderAnswer, reason: str, key: str | None = None) -> PurchaseOrderAnswer:
        """Give a draft up."""
        return self._move("/v1/purchase-order-drafts/{draft_id}/cancel", read, {"reason": reason}, key)

    def _move(self, path: str, read: PurchaseOrderAnswer, body: dict[str, str], key: str | None) -> PurchaseOrderAnswer:
        known = {"If-Match": f'"{read["version"]}"'}
        return cast(
            PurchaseOrderAnswer,
            self._transport.json("POST", path, read["draft_id"], json=body, headers=known, key=key),
        )
