"""The screen of proposals: what to order from whom, edited at live cost, decided about one by one or many at once."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Form, Path, Query
from starlette.responses import Response

from core.errors import StateError
from serving.access import Scope
from serving.access.gate import PAGE
from serving.once import Answer, run_once
from serving.problems import ApiProblem
from serving.proposals.amounts import amount_text
from serving.proposals.approval import decide_many
from serving.proposals.decisions import Decision, cost_of
from serving.proposals.lifecycle import Event
from serving.proposals.proposal_routes import (
    approve_proposal,
    edit_proposal,
    reject_proposal,
    reopen_proposal,
    snooze_proposal,
)
from serving.proposals.proposal_store import find_proposal
from serving.proposals.requests import (
    ApproveRequest,
    BulkApproveRequest,
    EditRequest,
    RejectRequest,
    ReopenRequest,
    SnoozeRequest,
)
from serving.ui.forms import answer_of, as_api, body_of
from serving.ui.page import page
from serving.ui.proposal_board import BoardGroup, find_group, shown_rows, spending_of
from serving.ui.proposal_view import MOST_ROWS, Filter, board, board_facts, row_facts
from serving.ui.visit import Visit, is_fragment, visiting

__all__ = [
    "approve",
    "decide_selected",
    "edit",
    "reject",
    "reopen",
    "router",
    "show_cost",
    "show_group",
    "show_proposals",
    "show_row",
    "show_spending",
    "show_summary",
    "snooze",
]

router = APIRouter(prefix=f"{PAGE}/proposals")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Deciding = Annotated[Visit, visiting(Scope.PO_APPROVE)]
Name = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$")]
Key = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
Once = Annotated[str, Form(max_length=100)]
Version = Annotated[int, Form(ge=1, le=2_147_483_647)]
Reason = Annotated[str, Form(max_length=1_000)]
Quantity = Annotated[int, Query(ge=0, le=1_000_000_000)]
CHANGED = ("precondition.failed", "state.conflict")
"""Somebody else was faster, or the state has moved on: the row is shown as it is now."""


@router.get("")
def show_proposals(visit: Looking, wanted: Filter) -> Response:
    """Show the board: groups by supplier, the orders that save most first."""
    facts = board_facts(visit, wanted)
    if is_fragment(visit.request):
        return page(visit, "proposals_board.html", results=None, **facts)
    return page(visit, "proposals.html", screen="proposals", results=None, **facts)


@router.get("/spending")
def show_spending(visit: Looking) -> Response:
    """Show what the plan's orders take of its budget."""
    with visit.platform.database.reading() as connection:
        spending = spending_of(connection, visit.known.tenant, visit.dataset)
    return page(visit, "proposals_spending.html", spending=spending)


@router.get("/groups/{key}")
def show_group(visit: Looking, wanted: Filter, key: Key) -> Response:
    """Show the rows of one group, all of them up to MOST_ROWS."""
    group = _group(visit, wanted, key)
    with visit.platform.database.reading() as connection:
        names = [row.proposal_id for row in group.rows[:MOST_ROWS]]
        rows = shown_rows(connection, visit.known.tenant, names, visit.platform.clock().date())
    return page(visit, "proposals_rows.html", rows=rows, refused="", **row_facts(visit))


@router.get("/groups/{key}/summary")
def show_summary(visit: Looking, wanted: Filter, key: Key) -> Response:
    """Show the totals and checks of one group."""
    return page(visit, "proposals_summary.html", group=_group(visit, wanted, key))


def _group(visit: Visit, wanted: Any, key: str) -> BoardGroup:
    found = find_group(board(visit, wanted.everything), key)
    if found is None:
        raise ApiProblem("resource.unknown", "The orders of this supplier have all been moved on.")
    return found


@router.get("/{proposal_id}/row")
def show_row(visit: Looking, proposal_id: Name) -> Response:
    """Show one proposal as it stands."""
    return _row(visit, proposal_id)


@router.get("/{proposal_id}/cost")
def show_cost(visit: Looking, proposal_id: Name, quantity: Quantity) -> Response:
    """Show what another quantity would cost, by the plan's own cost curve; nothing is changed."""
    tenant = visit.known.tenant
    with visit.platform.database.reading() as connection:
        stored = find_proposal(connection, tenant, proposal_id)
        (row,) = shown_rows(connection, tenant, [proposal_id], visit.platform.clock().date())
        wrong = ""
        try:
            row |= _recosted(connection, stored, quantity)
        except ApiProblem as problem:
            wrong = problem.errors[0]["message"]
    return page(visit, "proposal_cost.html", row=row, wrong=wrong, swapped=True)


def _recosted(connection: sa.Connection, stored: Any, quantity: int) -> dict[str, Any]:
    """Return what of a shown proposal another quantity would change."""
    found = cost_of(connection, stored, quantity)
    without = stored.planned.get("cost_without_order")
    saving = None if without is None else type(found.expected_cost)(without) - found.expected_cost
    value = None if found.unit_cost is None else quantity * found.unit_cost
    return {
        "quantity": quantity,
        "cases": quantity // stored.case_pack,
        "unit_cost": amount_text(found.unit_cost),
        "order_value": amount_text(value),
        "expected_cost": amount_text(found.expected_cost),
        "stockout_probability": found.stockout_probability,
        "violations": [{"constraint": item.constraint, "message": item.message} for item in found.violations],
        "saving": saving,
        "per_money": saving / found.spend if saving is not None and found.spend else None,
        "cost_basis": found.basis,
        "edited": quantity != stored.planned["quantity"],
    }


@router.post("/{proposal_id}/edit")
def edit(
    visit: Deciding,
    proposal_id: Name,
    once: Once,
    version: Version,
    quantity: Annotated[int, Form()],
    reason: Reason = "",
) -> Response:
    """Set another quantity."""
    body = body_of(EditRequest, quantity=quantity, reason=reason)
    return _changed(
        visit,
        proposal_id,
        lambda: edit_proposal(as_api(visit.request, once, version), visit.known, proposal_id, body),
        quantity,
    )


@router.post("/{proposal_id}/approve")
def approve(
    visit: Deciding,
    proposal_id: Name,
    once: Once,
    version: Version,
    quantity: Annotated[int | None, Form()] = None,
    reason: Reason = "",
) -> Response:
    """Approve the quantity that stands in the form: where it is another one, it is set first."""
    body = body_of(ApproveRequest, reason=reason)
    edited = None if quantity is None else body_of(EditRequest, quantity=quantity, reason=reason)

    def change() -> Response:
        at = version
        if edited is not None and edited.quantity != _quantity_of(visit, proposal_id):
            first = edit_proposal(as_api(visit.request, f"{once}-edit", at), visit.known, proposal_id, edited)
            at = answer_of(first)["version"]
        return approve_proposal(as_api(visit.request, once, at), visit.known, proposal_id, body)

    return _changed(visit, proposal_id, change, quantity)


@router.post("/{proposal_id}/snooze")
def snooze(
    visit: Deciding,
    proposal_id: Name,
    once: Once,
    version: Version,
    until: Annotated[date, Form()],
    reason: Reason = "",
) -> Response:
    """Put a draft off until a day."""
    body = body_of(SnoozeRequest, until=until, reason=reason)
    return _changed(
        visit,
        proposal_id,
        lambda: snooze_proposal(as_api(visit.request, once, version), visit.known, proposal_id, body),
    )


@router.post("/{proposal_id}/reject")
def reject(visit: Deciding, proposal_id: Name, once: Once, version: Version, reason: Reason = "") -> Response:
    """Reject a draft, and say why."""
    body = body_of(RejectRequest, reason=reason)
    return _changed(
        visit,
        proposal_id,
        lambda: reject_proposal(as_api(visit.request, once, version), visit.known, proposal_id, body),
    )


@router.post("/{proposal_id}/reopen")
def reopen(visit: Deciding, proposal_id: Name, once: Once, version: Version, reason: Reason = "") -> Response:
    """Take a snooze, a rejection or an approval back."""
    body = body_of(ReopenRequest, reason=reason)
    return _changed(
        visit,
        proposal_id,
        lambda: reopen_proposal(as_api(visit.request, once, version), visit.known, proposal_id, body),
    )


@router.post("/decisions")
def decide_selected(
    visit: Deciding,
    wanted: Filter,
    event: Annotated[str, Form(pattern="^(approve|snooze|reject)$")],
    once: Once,
    item: Annotated[list[str], Form(max_length=1_000)] = [],  # noqa: B006  FastAPI copies it
    until: Annotated[date | None, Form()] = None,
    reason: Reason = "",
) -> Response:
    """Decide about the selected ones, each at the version that was shown; show the board and what became of them."""
    items = _selected(item, reason, event, until)
    platform = visit.platform
    decision = Decision(Event(event), reason, until if event == Event.SNOOZE else None)

    def effect(connection: sa.Connection) -> Answer:
        found = decide_many(connection, visit.known, items, decision, False, platform.clock())
        return Answer(200, {"items": found})

    results = answer_of(run_once(as_api(visit.request, once), visit.known, effect))["items"]
    return page(visit, "proposals_board.html", results=results, **board_facts(visit, wanted))


def _selected(item: list[str], reason: str, event: str, until: date | None) -> list[tuple[str, int]]:
    """Return names and versions of what is selected; raises ApiProblem as the API's own bodies do."""
    parts = [text.partition("@") for text in item]
    asked = [{"proposal_id": name, "version": version} for name, _, version in parts]
    body = body_of(BulkApproveRequest, items=asked, reason=reason)
    if event == Event.REJECT:
        body_of(RejectRequest, reason=reason)
    if event == Event.SNOOZE:
        body_of(SnoozeRequest, until=until, reason=reason)
    return [(one.proposal_id, one.version) for one in body.items]


def _quantity_of(visit: Visit, proposal_id: str) -> int:
    with visit.platform.database.reading() as connection:
        found: int = find_proposal(connection, visit.known.tenant, proposal_id).quantity
    return found


def _changed(visit: Visit, proposal_id: str, change: Callable[[], Response], quantity: int | None = None) -> Response:
    """Change one proposal and show it as it is then; where somebody was faster, say so beside what is there now."""
    try:
        change()
    except (ApiProblem, StateError) as error:
        if error.code not in CHANGED:
            raise
        status = 412 if error.code == "precondition.failed" else 409
        return _row(visit, proposal_id, status, error.code, quantity, str(error))
    return _row(visit, proposal_id)


def _row(
    visit: Visit, proposal_id: str, status: int = 200, refused: str = "", tried: int | None = None, why: str = ""
) -> Response:
    """Answer one row; the totals that it stands in are told to draw themselves anew."""
    with visit.platform.database.reading() as connection:
        find_proposal(connection, visit.known.tenant, proposal_id)
        (row,) = shown_rows(connection, visit.known.tenant, [proposal_id], visit.platform.clock().date())
    facts = {"row": row, "refused": refused, "tried": tried, "why": why}
    answer = page(visit, "proposal_row.html", status, **facts, **row_facts(visit))
    answer.headers["HX-Trigger"] = f"group-{row['group']}, orders-changed"
    return answer
