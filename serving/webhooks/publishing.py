"""Publish: the message is written in the transaction of what it tells, so that neither comes without the other."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.webhooks.endpoints import EventType, list_endpoints
from serving.webhooks.webhook_tables import WEBHOOK_DELIVERIES, WEBHOOK_MESSAGES

__all__ = ["MOST_BYTES", "publish"]

MOST_BYTES = 20_000
"""What the specification allows a payload; larger things are told by their ids and links."""


def publish(
    connection: sa.Connection,
    tenant: str,
    type_: EventType,
    data: Mapping[str, Any],
    now: datetime,
    only: str | None = None,
) -> str | None:
    """Write a message for each enabled endpoint that wants its type; return its id, None where nobody does.

    data: ids, figures and links of what happened, below 20 kB as JSON; raises ValueError beyond. only: one endpoint's
    id, for its test message.
    """
    wanted = [
        endpoint
        for endpoint in list_endpoints(connection, tenant, now)
        if endpoint.enabled
        and (endpoint.endpoint_id == only if only else not endpoint.types or type_ in endpoint.types)
    ]
    if not wanted:
        return None
    payload = {"type": type_.value, "timestamp": now.isoformat(), "data": dict(data)}
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if len(body.encode()) > MOST_BYTES:
        raise ValueError(f"a message of {len(body.encode()):,} bytes is too long; tell ids and links")
    message_id = f"msg_{secrets.token_hex(16)}"
    message = {"tenant": tenant, "message_id": message_id, "type": type_.value, "body": body, "created_at": now}
    connection.execute(WEBHOOK_MESSAGES.insert(), message)
    rows = [
        {
            "tenant": tenant,
            "endpoint_id": endpoint.endpoint_id,
            "message_id": message_id,
            "state": "pending",
            "attempts": 0,
            "created_at": now,
            "due_at": now,
        }
        for endpoint in wanted
    ]
    connection.execute(WEBHOOK_DELIVERIES.insert(), rows)
    return message_id
