"""Purchase-order drafts on the screen of proposals: made of what is approved, exported, confirmed, ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path
from starlette.responses import Response

from serving.access import Scope
from serving.access.gate import PAGE
from serving.proposals.lifecycle import OrderState
from serving.proposals.order_routes import (
    cancel_draft,
    close_draft,
    confirm_draft,
    create_drafts,
    export_draft,
    get_draft_file,
    list_drafts,
)
from serving.proposals.requests import (
    CancelRequest,
    CloseRequest,
    ConfirmRequest,
    DraftLimits,
    DraftRequest,
    ExportRequest,
)
from serving.ui.forms import answer_of, as_api, body_of, new_once
from serving.ui.page import page
from serving.ui.visit import Visit, visiting

__all__ = ["cancel", "close", "confirm", "export", "get_file", "make_orders", "router", "show_orders"]

router = APIRouter(prefix=f"{PAGE}/proposals/orders")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Deciding = Annotated[Visit, visiting(Scope.PO_APPROVE)]
Name = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$")]
Once = Annotated[str, Form(max_length=100)]
Version = Annotated[int, Form(ge=1, le=2_147_483_647)]
Reason = Annotated[str, Form(max_length=1_000)]
MOST_ORDERS = 200
"""Drafts shown of each state."""
SHOWN = (OrderState.DRAFT, OrderState.EXPORTED, OrderState.CONFIRMED)


@router.get("")
def show_orders(visit: Looking) -> Response:
    """Show the drafts that are not ended, those to export first."""
    return _orders(visit)


@router.post("")
def make_orders(visit: Deciding, once: Once, container: Annotated[float | None, Form(gt=0, le=1e9)] = None) -> Response:
    """Put all that is approved into drafts: one a supplier, mode, ship-to and currency."""
    limits = body_of(DraftLimits, container_volume=container)
    body = body_of(DraftRequest, dataset=visit.dataset, limits=limits)
    made = answer_of(create_drafts(as_api(visit.request, once), visit.known, body))["items"]
    said = visit.words("{count} purchase orders made.", count=len(made))
    return _changed(_orders(visit, said if made else visit.words("Nothing is approved that no order holds yet.")))


@router.post("/{draft_id}/export")
def export(
    visit: Deciding,
    draft_id: Name,
    once: Once,
    version: Version,
    kind: Annotated[str, Form(pattern="^(json|csv|xlsx)$")],
) -> Response:
    """Write a draft as a file and offer it."""
    body = body_of(ExportRequest, format=kind)
    made = answer_of(export_draft(as_api(visit.request, once, version), visit.known, draft_id, body))
    file = f"{PAGE}/proposals/orders/{draft_id}/files/{made['format']}"
    said = visit.words("The order is written as {format}, {bytes} bytes.", format=kind.upper(), bytes=made["bytes"])
    return _changed(_orders(visit, said, file))


@router.get("/{draft_id}/files/{form}")
def get_file(visit: Looking, draft_id: Name, form: Annotated[str, Path(pattern="^[a-z-]{1,60}$")]) -> Response:
    """Answer an exported file, the bytes of the first export."""
    return get_draft_file(visit.request, visit.known, draft_id, form)


@router.post("/{draft_id}/confirm")
def confirm(
    visit: Deciding, draft_id: Name, once: Once, version: Version, order_number: Annotated[str, Form(max_length=200)]
) -> Response:
    """Note the ERP's own order number."""
    body = body_of(ConfirmRequest, order_number=order_number.strip())
    confirm_draft(as_api(visit.request, once, version), visit.known, draft_id, body)
    return _changed(_orders(visit, visit.words("The order is confirmed as {number}.", number=body.order_number)))


@router.post("/{draft_id}/close")
def close(visit: Deciding, draft_id: Name, once: Once, version: Version, reason: Reason = "") -> Response:
    """Close an order: received, or given up."""
    body = body_of(CloseRequest, reason=reason)
    close_draft(as_api(visit.request, once, version), visit.known, draft_id, body)
    return _changed(_orders(visit, visit.words("The order is closed.")))


@router.post("/{draft_id}/cancel")
def cancel(visit: Deciding, draft_id: Name, once: Once, version: Version, reason: Reason = "") -> Response:
    """Cancel an order, and say why."""
    body = body_of(CancelRequest, reason=reason)
    cancel_draft(as_api(visit.request, once, version), visit.known, draft_id, body)
    return _changed(_orders(visit, visit.words("The order is cancelled.")))


def _orders(visit: Visit, said: str = "", file: str = "") -> Response:
    items: list[dict[str, Any]] = []
    for state in SHOWN:
        told = list_drafts(visit.request, visit.known, state, None, visit.dataset, None, MOST_ORDERS, None)
        items += reversed(answer_of(told)["items"])
    facts: dict[str, Any] = {"orders": items, "may_decide": visit.known.may(Scope.PO_APPROVE), "once": new_once}
    return page(visit, "orders.html", said=said, file=file, **facts)


def _changed(answer: Response) -> Response:
    answer.headers["HX-Trigger-After-Swap"] = "orders-made"
    return answer
