"""Endpoints: where a tenant's messages go, which types, and the secrets that sign them."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from core.errors import UnknownResourceError, UsageError
from serving.egress import resolve_target
from serving.webhooks.webhook_tables import WEBHOOK_DELIVERIES, WEBHOOK_ENDPOINTS

__all__ = [
    "Endpoint",
    "EventType",
    "create_endpoint",
    "delete_endpoint",
    "disable_endpoint",
    "find_endpoint",
    "list_endpoints",
    "rotate_secret",
    "update_endpoint",
]

MOST_ENDPOINTS = 20
SECRET_BYTES = 32
ROTATION = timedelta(hours=24)
"""How long the old secret signs beside the new one."""


class EventType(StrEnum):
    """What a message can be about."""

    FORECAST_COMPLETED = "forecast.completed"
    PLAN_COMPLETED = "plan.completed"
    TRAINING_COMPLETED = "training.completed"
    TRAINING_PROMOTED = "training.promoted"
    JOB_FAILED = "job.failed"
    PROPOSAL_APPROVED = "proposal.approved"
    DRAFT_CREATED = "purchase_order_draft.created"
    DRAFT_EXPORTED = "purchase_order_draft.exported"
    ALERT_RAISED = "alert.raised"
    ALERT_RESOLVED = "alert.resolved"
    CHANNEL_PAUSED = "channel.paused"
    RECONCILIATION_DIFFERENCE = "reconciliation.difference"
    TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and what it is told; types: all where empty. secrets: those that sign now, the newest first."""

    tenant: str
    endpoint_id: str
    url: str
    types: tuple[str, ...]
    secrets: tuple[str, ...]
    enabled: bool
    disabled_because: str | None
    version: int
    created_at: datetime

    def facts(self) -> dict[str, Any]:
        """Return what may be shown: everything but the secrets."""
        return {
            "id": self.endpoint_id,
            "url": self.url,
            "types": list(self.types),
            "enabled": self.enabled,
            "disabled_because": self.disabled_because,
            "created_at": self.created_at.isoformat(),
        }


def create_endpoint(
    connection: sa.Connection, tenant: str, url: str, types: Sequence[str], now: datetime, allow_private: bool
) -> tuple[Endpoint, str]:
    """Add an endpoint and return it with its secret, which is shown this once.

    Raises UsageError for an address that leads into the service's own network, or for one too many.
    """
    resolve_target(url, allow_private)
    if len(list_endpoints(connection, tenant, now)) >= MOST_ENDPOINTS:
        raise UsageError(f"{MOST_ENDPOINTS} webhook endpoints are the limit; delete one first")
    secret, endpoint_id = _new_secret(), f"ep_{secrets.token_hex(12)}"
    row = {
        "tenant": tenant,
        "endpoint_id": endpoint_id,
        "url": url,
        "types": sorted(set(types)),
        "secrets": [{"secret": secret, "until": None}],
        "enabled": True,
        "version": 1,
        "created_at": now,
    }
    connection.execute(WEBHOOK_ENDPOINTS.insert(), row)
    return find_endpoint(connection, tenant, endpoint_id, now), secret


def list_endpoints(connection: sa.Connection, tenant: str, now: datetime) -> list[Endpoint]:
    """Return the tenant's endpoints, the oldest first."""
    table = WEBHOOK_ENDPOINTS.c
    rows = connection.execute(
        sa.select(WEBHOOK_ENDPOINTS).where(table.tenant == tenant).order_by(table.created_at, table.endpoint_id)
    )
    return [_endpoint(row, now) for row in rows]


def find_endpoint(
    connection: sa.Connection, tenant: str, endpoint_id: str, now: datetime, lock: bool = False
) -> Endpoint:
    """Return the endpoint; raises UnknownResourceError where the tenant has none of this id."""
    wanted = sa.select(WEBHOOK_ENDPOINTS).where(*_key(tenant, endpoint_id))
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise UnknownResourceError(f"there is no webhook endpoint {endpoint_id}; GET /v1/webhooks lists what is")
    return _endpoint(row, now)


def update_endpoint(
    connection: sa.Connection,
    found: Endpoint,
    now: datetime,
    *,
    url: str | None = None,
    types: Sequence[str] | None = None,
    enabled: bool | None = None,
    allow_private: bool = False,
) -> Endpoint:
    """Change what is given; an endpoint that is enabled again forgets why it was not."""
    values: dict[str, Any] = {"version": found.version + 1}
    if url is not None:
        resolve_target(url, allow_private)
        values["url"] = url
    if types is not None:
        values["types"] = sorted(set(types))
    if enabled is not None:
        values |= {"enabled": enabled, "disabled_because": None if enabled else "disabled by its owner"}
    connection.execute(WEBHOOK_ENDPOINTS.update().where(*_key(found.tenant, found.endpoint_id)).values(values))
    return find_endpoint(connection, found.tenant, found.endpoint_id, now)


def disable_endpoint(connection: sa.Connection, tenant: str, endpoint_id: str, reason: str) -> None:
    """Tell the endpoint nothing more until its owner enables it; what waits for it stays."""
    changed = {
        "enabled": False,
        "disabled_because": reason[:500],
        "version": WEBHOOK_ENDPOINTS.c.version + 1,
    }
    connection.execute(WEBHOOK_ENDPOINTS.update().where(*_key(tenant, endpoint_id)).values(changed))


def rotate_secret(connection: sa.Connection, found: Endpoint, now: datetime) -> str:
    """Give the endpoint a new secret and return it; the present one signs beside it for another 24 hours."""
    secret = _new_secret()
    old = [{"secret": kept, "until": (now + ROTATION).isoformat()} for kept in found.secrets[:1]]
    values = {"secrets": [{"secret": secret, "until": None}, *old], "version": found.version + 1}
    connection.execute(WEBHOOK_ENDPOINTS.update().where(*_key(found.tenant, found.endpoint_id)).values(values))
    return secret


def delete_endpoint(connection: sa.Connection, found: Endpoint) -> None:
    """Remove the endpoint and what was still to be told to it."""
    deliveries = WEBHOOK_DELIVERIES.c
    mine = (deliveries.tenant == found.tenant, deliveries.endpoint_id == found.endpoint_id)
    connection.execute(WEBHOOK_DELIVERIES.delete().where(*mine))
    connection.execute(WEBHOOK_ENDPOINTS.delete().where(*_key(found.tenant, found.endpoint_id)))


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def _key(tenant: str, endpoint_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    table = WEBHOOK_ENDPOINTS.c
    return table.tenant == tenant, table.endpoint_id == endpoint_id


def _endpoint(row: sa.Row[Any], now: datetime) -> Endpoint:
    signing = [kept["secret"] for kept in row.secrets if kept["until"] is None or _later(kept["until"], now)]
    return Endpoint(
        row.tenant,
        row.endpoint_id,
        row.url,
        tuple(row.types),
        tuple(signing),
        row.enabled,
        row.disabled_because,
        row.version,
        row.created_at,
    )


def _later(text: str, now: datetime) -> bool:
    return datetime.fromisoformat(text) > now
