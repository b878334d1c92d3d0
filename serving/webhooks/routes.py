"""Resources of webhooks: endpoints, secrets, test messages, the log of deliveries and their replay."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from core.errors import StateError, UnknownResourceError
from serving import audit
from serving.access.caller import Caller, Scope, needs
from serving.documentation import problems_of
from serving.etag import check_if_match, etag_of
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import platform_of
from serving.webhooks.endpoints import (
    Endpoint,
    EventType,
    create_endpoint,
    delete_endpoint,
    find_endpoint,
    list_endpoints,
    rotate_secret,
    update_endpoint,
)
from serving.webhooks.publishing import publish
from serving.webhooks.schemas import (
    AttemptsAnswer,
    DeliveriesAnswer,
    EndpointAnswer,
    EndpointBody,
    EndpointPatch,
    EndpointsAnswer,
    NewEndpointAnswer,
    SecretAnswer,
    SentAnswer,
)
from serving.webhooks.webhook_tables import WEBHOOK_ATTEMPTS, WEBHOOK_DELIVERIES, WEBHOOK_MESSAGES

__all__ = [
    "get_attempts",
    "get_endpoint",
    "get_endpoints",
    "list_deliveries",
    "make_endpoint",
    "patch_endpoint",
    "remove_endpoint",
    "replay",
    "rotate",
    "router",
    "send_test",
]

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

Administrator = Annotated[Caller, needs(Scope.ADMIN)]
EndpointId = Annotated[str, Path(max_length=40, pattern=r"^[^\x00-\x1f]+$")]
MessageId = Annotated[str, Path(max_length=40, pattern=r"^[^\x00-\x1f]+$")]


@router.post(
    "", operation_id="createWebhook", response_model=NewEndpointAnswer, status_code=201, responses=problems_of(422)
)
def make_endpoint(request: Request, caller: Administrator, body: EndpointBody) -> Response:
    """Add an endpoint; the answer has the secret that signs its messages, this once."""
    platform = platform_of(request)
    now = platform.clock()

    def effect(connection: sa.Connection) -> Answer:
        private = platform.settings.private_targets
        endpoint, secret = create_endpoint(connection, caller.tenant, body.url, body.types, now, private)
        _note(connection, caller, "webhook.create", endpoint, now)
        headers = {"ETag": etag_of(endpoint.version), "Cache-Control": "no-store"}
        return Answer(201, {**endpoint.facts(), "secret": secret}, headers)

    return run_once(request, caller, effect)


@router.get("", operation_id="listWebhooks", response_model=EndpointsAnswer)
def get_endpoints(request: Request, caller: Administrator) -> Response:
    """List the endpoints, without their secrets."""
    platform = platform_of(request)
    with platform.database.reading() as connection:
        endpoints = list_endpoints(connection, caller.tenant, platform.clock())
    return JSONResponse({"items": [endpoint.facts() for endpoint in endpoints]})


@router.get("/{endpoint_id}", operation_id="getWebhook", response_model=EndpointAnswer, responses=problems_of(404, 422))
def get_endpoint(request: Request, caller: Administrator, endpoint_id: EndpointId) -> Response:
    """Show an endpoint; its ETag is needed to change it."""
    platform = platform_of(request)
    with platform.database.reading() as connection:
        endpoint = find_endpoint(connection, caller.tenant, endpoint_id, platform.clock())
    return JSONResponse(endpoint.facts(), headers={"ETag": etag_of(endpoint.version)})


@router.patch(
    "/{endpoint_id}",
    operation_id="patchWebhook",
    response_model=EndpointAnswer,
    responses=problems_of(404, 412, 422, 428),
)
def patch_endpoint(request: Request, caller: Administrator, endpoint_id: EndpointId, body: EndpointPatch) -> Response:
    """Change address or types, disable the endpoint or enable it again; needs If-Match."""
    platform = platform_of(request)
    now = platform.clock()

    def effect(connection: sa.Connection) -> Answer:
        found = find_endpoint(connection, caller.tenant, endpoint_id, now, lock=True)
        check_if_match(request, etag_of(found.version))
        asked: dict[str, Any] = body.model_dump(exclude_none=True)
        changed = update_endpoint(connection, found, now, allow_private=platform.settings.private_targets, **asked)
        _note(connection, caller, "webhook.change", changed, now)
        return Answer(200, changed.facts(), {"ETag": etag_of(changed.version)})

    return run_once(request, caller, effect)


@router.delete("/{endpoint_id}", operation_id="deleteWebhook", status_code=204, responses=problems_of(404, 422))
def remove_endpoint(request: Request, caller: Administrator, endpoint_id: EndpointId) -> Response:
    """Remove an endpoint and all that was still to be told to it."""
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        found = find_endpoint(connection, caller.tenant, endpoint_id, now, lock=True)
        delete_endpoint(connection, found)
        _note(connection, caller, "webhook.delete", found, now)
        return Answer(204, None)

    return run_once(request, caller, effect)


@router.post(
    "/{endpoint_id}/secret",
    operation_id="rotateWebhookSecret",
    response_model=SecretAnswer,
    responses=problems_of(404, 422),
)
def rotate(request: Request, caller: Administrator, endpoint_id: EndpointId) -> Response:
    """Make a new secret; for 24 hours messages carry the signatures of both."""
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        found = find_endpoint(connection, caller.tenant, endpoint_id, now, lock=True)
        secret = rotate_secret(connection, found, now)
        _note(connection, caller, "webhook.rotate", found, now)
        return Answer(200, {"secret": secret}, {"Cache-Control": "no-store"})

    return run_once(request, caller, effect)


@router.post(
    "/{endpoint_id}/test",
    operation_id="testWebhook",
    response_model=SentAnswer,
    status_code=202,
    responses=problems_of(404, 409, 422),
)
def send_test(request: Request, caller: Administrator, endpoint_id: EndpointId) -> Response:
    """Send a message of type `webhook.test` to the endpoint, whatever types it wants."""
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        found = find_endpoint(connection, caller.tenant, endpoint_id, now)
        data = {"endpoint_id": found.endpoint_id}
        message_id = publish(connection, caller.tenant, EventType.TEST, data, now, only=found.endpoint_id)
        if message_id is None:
            raise StateError(f"webhook endpoint {endpoint_id} is disabled; enable it first")
        return Answer(202, {"message_id": message_id})

    return run_once(request, caller, effect)


@router.get(
    "/{endpoint_id}/deliveries",
    operation_id="listWebhookDeliveries",
    response_model=DeliveriesAnswer,
    responses=problems_of(404, 422),
)
def list_deliveries(
    request: Request, caller: Administrator, endpoint_id: EndpointId, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List what was told or is to be told to the endpoint, the newest first; kept for 30 days."""
    platform = platform_of(request)
    after = decode_cursor("deliveries", cursor, str, str)
    table, messages = WEBHOOK_DELIVERIES.c, WEBHOOK_MESSAGES.c
    query = (
        sa.select(WEBHOOK_DELIVERIES, messages.type)
        .join(WEBHOOK_MESSAGES, (messages.tenant == table.tenant) & (messages.message_id == table.message_id))
        .where(table.tenant == caller.tenant, table.endpoint_id == endpoint_id)
        .order_by(table.created_at.desc(), table.message_id.desc())
    )
    with platform.database.reading() as connection:
        find_endpoint(connection, caller.tenant, endpoint_id, platform.clock())
        rows = connection.execute(query).all()
    rest = [row for row in rows if after is None or _place(row) < after][: limit + 1]
    page, following = cut_page("deliveries", rest, limit, _place)
    items = [
        {
            "message_id": row.message_id,
            "type": row.type,
            "state": row.state,
            "attempts": row.attempts,
            "created_at": row.created_at.isoformat(),
            "due_at": None if row.due_at is None else row.due_at.isoformat(),
        }
        for row in page
    ]
    return JSONResponse({"items": items, "next_cursor": following})


@router.get(
    "/{endpoint_id}/deliveries/{message_id}/attempts",
    operation_id="listWebhookAttempts",
    response_model=AttemptsAnswer,
    responses=problems_of(404, 422),
)
def get_attempts(request: Request, caller: Administrator, endpoint_id: EndpointId, message_id: MessageId) -> Response:
    """Show each attempt to deliver a message: status, time taken, the beginning of the receiver's answer."""
    table = WEBHOOK_ATTEMPTS.c
    query = sa.select(WEBHOOK_ATTEMPTS).where(
        table.tenant == caller.tenant, table.endpoint_id == endpoint_id, table.message_id == message_id
    )
    with platform_of(request).database.reading() as connection:
        _find_delivery(connection, caller, endpoint_id, message_id)
        rows = connection.execute(query.order_by(table.id)).all()
    names = ("message_id", "attempt", "status", "error", "answer", "milliseconds")
    items = [{**{name: getattr(row, name) for name in names}, "at": row.at.isoformat()} for row in rows]
    return JSONResponse({"items": items})


@router.post(
    "/{endpoint_id}/deliveries/{message_id}/replay",
    operation_id="replayWebhook",
    response_model=SentAnswer,
    status_code=202,
    responses=problems_of(404, 422),
)
def replay(request: Request, caller: Administrator, endpoint_id: EndpointId, message_id: MessageId) -> Response:
    """Tell the message again under the same id, at once and with all its attempts before it."""
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        _find_delivery(connection, caller, endpoint_id, message_id)
        table = WEBHOOK_DELIVERIES.c
        again = {"state": "pending", "due_at": now, "attempts": 0, "leased_until": None}
        mine = (table.tenant == caller.tenant, table.endpoint_id == endpoint_id, table.message_id == message_id)
        connection.execute(WEBHOOK_DELIVERIES.update().where(*mine).values(again))
        return Answer(202, {"message_id": message_id})

    return run_once(request, caller, effect)


def _find_delivery(connection: sa.Connection, caller: Caller, endpoint_id: str, message_id: str) -> None:
    table = WEBHOOK_DELIVERIES.c
    mine = (table.tenant == caller.tenant, table.endpoint_id == endpoint_id, table.message_id == message_id)
    if connection.execute(sa.select(table.state).where(*mine)).one_or_none() is None:
        raise UnknownResourceError(f"message {message_id} was not for webhook endpoint {endpoint_id}")


def _place(row: sa.Row[Any]) -> tuple[str, str]:
    return row.created_at.isoformat(), row.message_id


def _note(connection: sa.Connection, caller: Caller, action: str, endpoint: Endpoint, now: Any) -> None:
    facts = {"url": endpoint.url, "types": list(endpoint.types), "enabled": endpoint.enabled}
    audit.record(connection, caller, action, f"/v1/webhooks/{endpoint.endpoint_id}", facts, now)
