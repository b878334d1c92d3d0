"""Resources of the hub: channels, what they show, their orders, their reconciliation."""

import math
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from inventory.hub.channels import add_channel, add_listings, all_channels, find_channel, pause, resume
from inventory.hub.health import sync_health
from inventory.hub.orders import OrderState, accept_order, cancel_order, ship_order
from inventory.hub.reconciliation import Reconciliation, find_reconciliation, list_reconciliations
from serving import audit
from serving.access.caller import Caller, Scope, needs
from serving.documentation import problems_of
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import platform_of
from serving.stock.adapters import adapter_of
from serving.stock.reconciling import reconcile_and_tell, report_facts
from serving.stock.schemas import (
    ChannelAnswer,
    ChannelBody,
    ChannelsAnswer,
    HealthAnswer,
    ListingsBody,
    OrderAnswer,
    OrderBody,
    PauseBody,
    ReconciliationAnswer,
    ReconciliationsAnswer,
    ShownBody,
    channel_facts,
)
from serving.webhooks.endpoints import EventType
from serving.webhooks.publishing import publish

__all__ = [
    "cancel",
    "check_channel",
    "get_health",
    "get_report",
    "list_channels",
    "list_reports",
    "make_channel",
    "put_listings",
    "router",
    "set_pause",
    "ship",
    "take_order",
]

HEALTH_SPAN = timedelta(hours=24)

router = APIRouter(prefix="/v1/channels", tags=["channels"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Writer = Annotated[Caller, needs(Scope.DATA_WRITE)]
Name = Annotated[str, Path(max_length=64, pattern=r"^[^\x00-\x1f]+$")]
OrderId = Annotated[str, Path(max_length=100, pattern=r"^[^\x00-\x1f]+$")]


@router.post(
    "", operation_id="createChannel", response_model=ChannelAnswer, status_code=201, responses=problems_of(409, 422)
)
def make_channel(request: Request, caller: Writer, body: ChannelBody) -> Response:
    """Add a sales channel."""

    def effect(connection: sa.Connection) -> Answer:
        channel = body.made()
        add_channel(connection, caller.tenant, channel)
        _note(request, connection, caller, "channel.create", channel.channel, {"kind": channel.kind})
        return Answer(201, channel_facts(channel))

    return run_once(request, caller, effect)


@router.get("", operation_id="listChannels", response_model=ChannelsAnswer)
def list_channels(request: Request, caller: Reader) -> Response:
    """List the channels."""
    with platform_of(request).database.reading() as connection:
        channels = all_channels(connection, caller.tenant)
    return JSONResponse({"items": [channel_facts(channel) for channel in channels]})


@router.put(
    "/{channel}/listings", operation_id="putListings", response_model=ChannelAnswer, responses=problems_of(404, 422)
)
def put_listings(request: Request, caller: Writer, channel: Name, body: ListingsBody) -> Response:
    """Show SKUs on the channel, or change how they are shown; those not named stay as they are."""
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        add_listings(connection, caller.tenant, channel, [item.made() for item in body.listings], now)
        _note(request, connection, caller, "channel.listings", channel, {"listings": len(body.listings)})
        return Answer(200, channel_facts(find_channel(connection, caller.tenant, channel)))

    return run_once(request, caller, effect)


@router.put("/{channel}/pause", operation_id="setPause", response_model=ChannelAnswer, responses=problems_of(404, 422))
def set_pause(request: Request, caller: Writer, channel: Name, body: PauseBody) -> Response:
    """Pause the channel, which then shows nothing, or let it sell again."""
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        if body.paused:
            reason = body.reason or f"paused by {caller.actor}"[:400]
            pause(connection, caller.tenant, channel, reason, now)
            data = {"channel": channel, "reason": reason}
            publish(connection, caller.tenant, EventType.CHANNEL_PAUSED, data, now)
        else:
            resume(connection, caller.tenant, channel, now)
        _note(request, connection, caller, "channel.pause", channel, body.model_dump())
        return Answer(200, channel_facts(find_channel(connection, caller.tenant, channel)))

    return run_once(request, caller, effect)


@router.post(
    "/{channel}/orders",
    operation_id="acceptChannelOrder",
    response_model=OrderAnswer,
    status_code=201,
    responses=problems_of(404, 422),
)
def take_order(request: Request, caller: Writer, channel: Name, body: OrderBody) -> Response:
    """Reserve the units of an order that the channel took, all or none; the other channels hear of it within seconds.

    The state says whether there was stock: `accepted` or `refused`. The same order told again gives the same state.
    """
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        state = accept_order(connection, caller.tenant, channel, body.order_id, body.made(), now)
        return Answer(201, {"channel": channel, "order_id": body.order_id, "state": state.value})

    return run_once(request, caller, effect)


@router.post(
    "/{channel}/orders/{order_id}/ship",
    operation_id="shipChannelOrder",
    response_model=OrderAnswer,
    responses=problems_of(404, 409, 422),
)
def ship(request: Request, caller: Writer, channel: Name, order_id: OrderId) -> Response:
    """Turn the reservation of an accepted order into a sale."""
    return _end(request, caller, channel, order_id, ship_order)


@router.post(
    "/{channel}/orders/{order_id}/cancel",
    operation_id="cancelChannelOrder",
    response_model=OrderAnswer,
    responses=problems_of(404, 409, 422),
)
def cancel(request: Request, caller: Writer, channel: Name, order_id: OrderId) -> Response:
    """Release the units of an accepted order."""
    return _end(request, caller, channel, order_id, cancel_order)


@router.post(
    "/{channel}/reconciliations",
    operation_id="reconcileChannel",
    response_model=ReconciliationAnswer,
    status_code=201,
    responses=problems_of(404, 422, 502),
)
def check_channel(request: Request, caller: Writer, channel: Name, body: ShownBody) -> Response:
    """Compare all that the channel shows with what it is to show; mend, hand over, or pause the channel."""
    platform = platform_of(request)
    shown, began = body.shown, platform.clock()
    if shown is None:
        with platform.database.reading() as connection:
            found = find_channel(connection, caller.tenant, channel)
        shown = dict(adapter_of(platform.settings)(caller.tenant, found).shown(found))

    def effect(connection: sa.Connection) -> Answer:
        report = reconcile_and_tell(connection, caller.tenant, channel, shown, platform.clock(), began)
        facts = {"outcome": report.outcome.value, "differences": len(report.differences)}
        _note(request, connection, caller, "channel.reconcile", channel, facts)
        return Answer(201, _document(report), {"Location": f"/v1/channels/{channel}/reconciliations/{report.id}"})

    return run_once(request, caller, effect)


@router.get(
    "/{channel}/reconciliations",
    operation_id="listReconciliations",
    response_model=ReconciliationsAnswer,
    responses=problems_of(404, 422),
)
def list_reports(request: Request, caller: Reader, channel: Name, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the channel's reconciliations, newest first, a page at a time; each has its differences under its id."""
    place = decode_cursor("reconciliations", cursor, int)
    with platform_of(request).database.reading() as connection:
        before = None if place is None else place[0]
        found = list_reconciliations(connection, caller.tenant, channel, before=before, limit=limit + 1)
    page, following = cut_page("reconciliations", found, limit, lambda report: (report.id,))
    return JSONResponse({"items": [report_facts(report) for report in page], "next_cursor": following})


@router.get(
    "/{channel}/reconciliations/{report_id}",
    operation_id="getReconciliation",
    response_model=ReconciliationAnswer,
    responses=problems_of(404, 422),
)
def get_report(
    request: Request, caller: Reader, channel: Name, report_id: Annotated[int, Path(ge=1, le=2**62)]
) -> Response:
    """Show a reconciliation with each listing that differed and what was done about it."""
    with platform_of(request).database.reading() as connection:
        return JSONResponse(_document(find_reconciliation(connection, caller.tenant, channel, report_id)))


@router.get(
    "/{channel}/health", operation_id="getChannelHealth", response_model=HealthAnswer, responses=problems_of(404, 422)
)
def get_health(request: Request, caller: Reader, channel: Name) -> Response:
    """Show how fast and how truly the channel follows the hub."""
    platform = platform_of(request)
    now = platform.clock()
    with platform.database.reading() as connection:
        find_channel(connection, caller.tenant, channel)
        health = sync_health(connection, caller.tenant, channel, now - HEALTH_SPAN, now)
    facts = asdict(health)
    return JSONResponse(
        {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in facts.items()}
    )


def _end(request: Request, caller: Caller, channel: str, order_id: str, ending: Callable[..., OrderState]) -> Response:
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        state = ending(connection, caller.tenant, channel, order_id, now)
        return Answer(200, {"channel": channel, "order_id": order_id, "state": state.value})

    return run_once(request, caller, effect)


def _document(report: Reconciliation) -> dict[str, Any]:
    return {**asdict(report), "checked_at": report.checked_at.isoformat()}


def _note(
    request: Request, connection: sa.Connection, caller: Caller, action: str, channel: str, facts: dict[str, Any]
) -> None:
    audit.record(connection, caller, action, f"/v1/channels/{channel}", facts, platform_of(request).clock())
