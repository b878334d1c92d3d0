"""/v1/purchase-order-drafts: approved proposals on their way to the ERP; nothing here is sent to a supplier."""

import hashlib
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import JSONResponse, Response

from serving.access import Caller
from serving.etag import check_if_match, etag_of
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page
from serving.platform import platform_of
from serving.problems import ApiProblem
from serving.proposals import answers, requests
from serving.proposals.lifecycle import OrderEvent, OrderState
from serving.proposals.proposal_store import Row, find_proposals
from serving.proposals.purchase_order_file import FileFormat, format_named, render
from serving.proposals.purchase_order_store import (
    OrderFilter,
    draft_orders,
    find_file,
    find_order,
    keep_file,
    lines_of,
    list_orders,
    move_order,
    ready_proposals,
)
from serving.proposals.route_parts import OVERLAP, Approver, NameInPath, Reader, Word, problems, read_position

__all__ = [
    "cancel_draft",
    "close_draft",
    "confirm_draft",
    "create_drafts",
    "export_draft",
    "get_draft",
    "get_draft_file",
    "list_drafts",
    "router",
]

router = APIRouter(prefix="/v1/purchase-order-drafts", tags=["purchase-order drafts"])

CHANGES = problems(404, 409, 412, 428)


@router.post(
    "",
    operation_id="createPurchaseOrderDrafts",
    response_model=answers.DraftsAnswer,
    status_code=201,
    responses=problems(
        404,
        409,
        also={200: {"description": "There was nothing to put into a draft", "model": answers.DraftsAnswer}},
    ),
)
def create_drafts(request: Request, caller: Approver, body: requests.DraftRequest) -> Response:
    """Put approved proposals into drafts: one a supplier, mode, ship-to and currency, all in one transaction.

    A proposal is in one draft at most. Limits are told in `checks`, never enforced.
    """
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        rows = _wanted(connection, caller, body)
        drafts = draft_orders(connection, caller, rows, body.limits.limits(), platform.clock()) if rows else []
        lines = lines_of(connection, caller.tenant, [draft.draft_id for draft in drafts])
        items = [answers.order_answer(draft, lines[draft.draft_id]) for draft in drafts]
        return Answer(201 if items else 200, {"items": items, "next_cursor": None, "next_updated_since": None})

    return run_once(request, caller, effect)


@router.get(
    "",
    operation_id="listPurchaseOrderDrafts",
    response_model=answers.DraftsAnswer,
    responses=problems(),
)
def list_drafts(
    request: Request,
    caller: Reader,
    state: Annotated[OrderState | None, Query()] = None,
    supplier: Word = None,
    dataset: Word = None,
    updated_since: Annotated[AwareDatetime | None, Query(description="Changed then or later")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the drafts with their lines, in the order in which they last changed."""
    asked, after = OrderFilter(state, dataset, supplier, updated_since), read_position("drafts", cursor)
    platform = platform_of(request)
    now = platform.clock()
    with platform.database.reading() as connection:
        rows = list_orders(connection, caller.tenant, asked, after, limit + 1)
        page, following = cut_page("drafts", rows, limit, lambda row: (row.updated_at.isoformat(), row.draft_id))
        lines = lines_of(connection, caller.tenant, [row.draft_id for row in page])
    items = [answers.order_answer(row, lines[row.draft_id]) for row in page]
    since = answers.moment_text(now - OVERLAP)
    return JSONResponse({"items": items, "next_cursor": following, "next_updated_since": since})


@router.get(
    "/{draft_id}",
    operation_id="getPurchaseOrderDraft",
    response_model=answers.PurchaseOrderAnswer,
    responses=problems(404),
)
def get_draft(request: Request, caller: Reader, draft_id: NameInPath) -> Response:
    """Show one draft with its lines, totals and checks."""
    with platform_of(request).database.reading() as connection:
        row = find_order(connection, caller.tenant, draft_id)
        body = _body(connection, row)
    return JSONResponse(body, headers={"ETag": etag_of(row.version)})


@router.post(
    "/{draft_id}/export",
    operation_id="exportPurchaseOrderDraft",
    response_model=answers.FileAnswer,
    responses=CHANGES,
)
def export_draft(request: Request, caller: Approver, draft_id: NameInPath, body: requests.ExportRequest) -> Response:
    """Write the draft as a file for the ERP, and mark it and its proposals exported, the first time only.

    Exporting again, in the same format, gives the same bytes; in another format the same lines.
    """
    platform, form = platform_of(request), body.form()

    def effect(connection: sa.Connection) -> Answer:
        row = find_order(connection, caller.tenant, draft_id, lock=True)
        if row.exported_at is None:
            check_if_match(request, etag_of(row.version))
        now = platform.clock()
        row = move_order(connection, caller, row, OrderEvent.EXPORT, now)
        answer = _export(connection, row, form, now)
        return Answer(200, answer, {"ETag": etag_of(row.version), "Location": answer["href"]})

    return run_once(request, caller, effect)


@router.get(
    "/{draft_id}/files/{form}",
    operation_id="getPurchaseOrderDraftFile",
    response_class=Response,
    responses=problems(
        404, also={200: {"description": "The file, as it was exported", "content": {"application/octet-stream": {}}}}
    ),
)
def get_draft_file(
    request: Request,
    caller: Reader,
    draft_id: NameInPath,
    form: Annotated[str, Path(pattern=r"^[a-z-]{1,60}$", description="As in the export's href")],
) -> Response:
    """Fetch an exported file: the bytes of the first export, always."""
    with platform_of(request).database.reading() as connection:
        find_order(connection, caller.tenant, draft_id)
        kept = find_file(connection, caller.tenant, draft_id, form)
    named = format_named(form)
    if kept is None or named is None:
        raise ApiProblem("resource.unknown", f"draft {draft_id} has no file {form}: export it first")
    headers = {
        "Content-Disposition": f'attachment; filename="purchase-order-{draft_id}{named.suffix}"',
        "ETag": etag_of(hashlib.sha256(kept.content).hexdigest()),
        "X-Content-Type-Options": "nosniff",
    }
    return Response(kept.content, 200, headers, media_type=named.media_type)


@router.post(
    "/{draft_id}/confirm",
    operation_id="confirmPurchaseOrderDraft",
    response_model=answers.PurchaseOrderAnswer,
    responses=CHANGES,
)
def confirm_draft(request: Request, caller: Approver, draft_id: NameInPath, body: requests.ConfirmRequest) -> Response:
    """Say that the ERP took the draft, under its own order number: by it later data show the goods as on order."""
    return _move(request, caller, draft_id, OrderEvent.CONFIRM, body.reason, body.order_number)


@router.post(
    "/{draft_id}/close",
    operation_id="closePurchaseOrderDraft",
    response_model=answers.PurchaseOrderAnswer,
    responses=CHANGES,
)
def close_draft(request: Request, caller: Approver, draft_id: NameInPath, body: requests.CloseRequest) -> Response:
    """Close an exported or confirmed draft: received, or given up; plans no longer count its goods as on the way."""
    return _move(request, caller, draft_id, OrderEvent.CLOSE, body.reason)


@router.post(
    "/{draft_id}/cancel",
    operation_id="cancelPurchaseOrderDraft",
    response_model=answers.PurchaseOrderAnswer,
    responses=CHANGES,
)
def cancel_draft(request: Request, caller: Approver, draft_id: NameInPath, body: requests.CancelRequest) -> Response:
    """Cancel a draft: before its export its proposals are free again, after it they are closed and never come back."""
    return _move(request, caller, draft_id, OrderEvent.CANCEL, body.reason)


def _wanted(connection: sa.Connection, caller: Caller, body: requests.DraftRequest) -> list[Row]:
    """Return the proposals asked for, locked; raises ApiProblem pointing at those that are not there."""
    if body.proposal_ids is None:
        return ready_proposals(connection, caller.tenant, body.dataset, body.supplier, requests.MAX_BULK)
    rows = find_proposals(connection, caller.tenant, body.proposal_ids, lock=True)
    problems_found = []
    for place, name in enumerate(body.proposal_ids):
        if name not in rows or rows[name].dataset != body.dataset:
            words = f"there is no proposal {name} of dataset {body.dataset}"
            problems_found.append({"pointer": f"#/proposal_ids/{place}", "code": "resource.unknown", "message": words})
    if problems_found:
        raise ApiProblem("resource.unknown", problems_found[0]["message"], problems_found)
    return [rows[name] for name in body.proposal_ids]


def _move(
    request: Request,
    caller: Caller,
    draft_id: str,
    event: OrderEvent,
    reason: str,
    order_number: str | None = None,
) -> Response:
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        row = find_order(connection, caller.tenant, draft_id, lock=True)
        check_if_match(request, etag_of(row.version))
        row = move_order(connection, caller, row, event, platform.clock(), reason, order_number)
        return Answer(200, _body(connection, row), {"ETag": etag_of(row.version)})

    return run_once(request, caller, effect)


def _body(connection: sa.Connection, row: Row) -> dict[str, Any]:
    return answers.order_answer(row, lines_of(connection, row.tenant, [row.draft_id])[row.draft_id])


def _export(connection: sa.Connection, row: Row, form: FileFormat, now: datetime) -> dict[str, Any]:
    """Return what the export says, after keeping its file where this is the first of its format."""
    kept = find_file(connection, row.tenant, row.draft_id, form.name)
    if kept is None:
        content = render(form, _document(connection, row), row.exported_at)
        keep_file(connection, row.tenant, row.draft_id, form.name, content, now)
    else:
        content = kept.content
    return {
        "draft_id": row.draft_id,
        "version": row.version,
        "state": row.state,
        "exported_at": answers.moment_text(row.exported_at),
        "format": form.name,
        "media_type": form.media_type,
        "href": f"/v1/purchase-order-drafts/{row.draft_id}/files/{form.name}",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _document(connection: sa.Connection, row: Row) -> dict[str, Any]:
    """Return what files are made of: what of a draft never changes once it is exported."""
    body = _body(connection, row)
    changing = ("version", "state", "state_reason", "order_number", "updated_at", "updated_by")
    return {name: value for name, value in body.items() if name not in changing}
