"""/v1/proposals: orders to decide about, one by one or many at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime
from starlette.responses import JSONResponse, Response

from serving.access import Caller
from serving.etag import check_if_match, etag_of
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page
from serving.platform import platform_of
from serving.proposals import answers, requests
from serving.proposals.approval import approve_many
from serving.proposals.decisions import Decision, decide, edit_quantity
from serving.proposals.lifecycle import Event, State
from serving.proposals.proposal_store import Filter, Row, find_proposal, held_by, list_proposals
from serving.proposals.route_parts import OVERLAP, Approver, NameInPath, Reader, Word, problems, read_position

__all__ = [
    "approve_proposal",
    "approve_proposals",
    "edit_proposal",
    "get_proposal",
    "list_all_proposals",
    "reject_proposal",
    "reopen_proposal",
    "router",
    "snooze_proposal",
]

router = APIRouter(prefix="/v1", tags=["proposals"])

CHANGES = problems(404, 409, 412, 428)


@router.get("/proposals", operation_id="listProposals", response_model=answers.ProposalsAnswer, responses=problems())
def list_all_proposals(
    request: Request,
    caller: Reader,
    state: Annotated[State | None, Query()] = None,
    supplier: Word = None,
    sku: Word = None,
    location: Word = None,
    action: Word = None,
    dataset: Word = None,
    run_id: Word = None,
    updated_since: Annotated[AwareDatetime | None, Query(description="Changed then or later")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List proposals in the order in which they last changed.

    To follow changes ask with the `next_updated_since` of the last answer: nothing is missed, what comes twice has the
    same version.
    """
    asked = Filter(state, dataset, supplier, sku, location, action, run_id, updated_since)
    after, platform = read_position("proposals", cursor), platform_of(request)
    now = platform.clock()
    with platform.database.reading() as connection:
        rows = list_proposals(connection, caller.tenant, asked, now.date(), after, limit + 1)
        held = held_by(connection, caller.tenant, [row.proposal_id for row in rows])
    page, following = cut_page("proposals", rows, limit, lambda row: (row.updated_at.isoformat(), row.proposal_id))
    items = [answers.proposal_answer(row, held.get(row.proposal_id), now.date()) for row in page]
    since = answers.moment_text(now - OVERLAP)
    return JSONResponse({"items": items, "next_cursor": following, "next_updated_since": since})


@router.get(
    "/proposals/{proposal_id}",
    operation_id="getProposal",
    response_model=answers.ProposalAnswer,
    responses=problems(404),
)
def get_proposal(request: Request, caller: Reader, proposal_id: NameInPath) -> Response:
    """Show one proposal with its explanation: cost parts, rounding, binding constraint, alternatives."""
    platform = platform_of(request)
    with platform.database.reading() as connection:
        row = find_proposal(connection, caller.tenant, proposal_id)
        body = _body(connection, row, platform.clock())
    return JSONResponse(body, headers={"ETag": etag_of(row.version)})


@router.patch(
    "/proposals/{proposal_id}",
    operation_id="editProposal",
    response_model=answers.ProposalAnswer,
    responses=CHANGES,
)
def edit_proposal(request: Request, caller: Approver, proposal_id: NameInPath, body: requests.EditRequest) -> Response:
    """Set another quantity: whole case packs; cost and stock-out probability come from the plan's own cost curve.

    A quantity that breaks a minimum, a capacity or the budget is taken, and the answer names what it breaks.
    """

    def change(connection: sa.Connection, row: Row, now: datetime) -> Row:
        return edit_quantity(connection, caller, row, body.quantity, body.reason, now)[0]

    return _change(request, caller, proposal_id, change)


@router.post(
    "/proposals/approve",
    operation_id="approveProposals",
    response_model=answers.BulkApprovalAnswer,
    responses=problems(
        404,
        409,
        412,
        also={207: {"description": "Some were not approved", "model": answers.BulkApprovalAnswer}},
    ),
)
def approve_proposals(request: Request, caller: Approver, body: requests.BulkApproveRequest) -> Response:
    """Approve many proposals, each at the version that was read.

    `atomic`: all or none, the refusal points at each item that stands in the way. Else each that can be: 200 where all
    were, 207 where some were not, each with the status that it would have had alone.
    """
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        items = [(item.proposal_id, item.version) for item in body.items]
        found = approve_many(connection, caller, items, body.atomic, body.reason, platform.clock())
        failed = sum(item["status"] != 200 for item in found)
        answer = {"approved": len(found) - failed, "failed": failed, "items": found}
        return Answer(207 if failed else 200, answer)

    return run_once(request, caller, effect)


def _decision_route(event: Event) -> dict[str, Any]:
    return {
        "path": f"/proposals/{{proposal_id}}/{event}",
        "operation_id": f"{event}Proposal",
        "response_model": answers.ProposalAnswer,
        "responses": CHANGES,
    }


@router.post(**_decision_route(Event.APPROVE))
def approve_proposal(
    request: Request, caller: Approver, proposal_id: NameInPath, body: requests.ApproveRequest
) -> Response:
    """Approve a draft: it may go into a purchase-order draft, and the next plan counts it as on the way."""
    return _decide(request, caller, proposal_id, Decision(Event.APPROVE, body.reason))


@router.post(**_decision_route(Event.REJECT))
def reject_proposal(
    request: Request, caller: Approver, proposal_id: NameInPath, body: requests.RejectRequest
) -> Response:
    """Reject a draft, or take an approval back that no purchase-order draft holds."""
    return _decide(request, caller, proposal_id, Decision(Event.REJECT, body.reason))


@router.post(**_decision_route(Event.SNOOZE))
def snooze_proposal(
    request: Request, caller: Approver, proposal_id: NameInPath, body: requests.SnoozeRequest
) -> Response:
    """Put a draft off until a day: on that day it, or what a later plan made of it, is a draft again."""
    return _decide(request, caller, proposal_id, Decision(Event.SNOOZE, body.reason, body.until))


@router.post(**_decision_route(Event.REOPEN))
def reopen_proposal(
    request: Request, caller: Approver, proposal_id: NameInPath, body: requests.ReopenRequest
) -> Response:
    """Make a snoozed, rejected or approved proposal a draft again, unless a later plan has one for the same series."""
    return _decide(request, caller, proposal_id, Decision(Event.REOPEN, body.reason))


def _decide(request: Request, caller: Caller, proposal_id: str, decision: Decision) -> Response:
    def change(connection: sa.Connection, row: Row, now: datetime) -> Row:
        return decide(connection, caller, row, decision, now)

    return _change(request, caller, proposal_id, change)


def _change(
    request: Request,
    caller: Caller,
    proposal_id: str,
    change: Callable[[sa.Connection, Row, datetime], Row],
) -> Response:
    """Change one proposal that is what the caller has read (If-Match), once for one Idempotency-Key."""
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        row = find_proposal(connection, caller.tenant, proposal_id, lock=True)
        check_if_match(request, etag_of(row.version))
        now = platform.clock()
        changed = change(connection, row, now)
        return Answer(200, _body(connection, changed, now), {"ETag": etag_of(changed.version)})

    return run_once(request, caller, effect)


def _body(connection: sa.Connection, row: Row, now: datetime) -> dict[str, Any]:
    held = held_by(connection, row.tenant, [row.proposal_id]).get(row.proposal_id)
    return answers.proposal_answer(row, held, now.date(), with_explanation=True)
