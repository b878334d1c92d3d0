"""The audit trail: who changed what and when, added in the transaction of the change itself, never altered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from serving.access.caller import Caller
from serving.platform_tables import AUDIT

__all__ = ["Entry", "list_entries", "record"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did."""

    id: int
    at: datetime
    actor: str
    action: str
    resource: str
    facts: Mapping[str, Any]
    request_id: str


def record(
    connection: sa.Connection,
    caller: Caller,
    action: str,
    resource: str,
    facts: Mapping[str, Any],
    at: datetime | None = None,
) -> None:
    """Add what the caller did to the trail; it is kept if and only if the transaction is.

    action: a noun and its verb, such as `proposal.approve`. resource: the path of what changed, such as
    `/v1/proposals/17`. facts: what a reader needs to judge it (before, after, reason), as JSON; never a secret.
    at: when, by default now.
    """
    row = {
        "tenant": caller.tenant,
        "at": at or datetime.now(UTC),
        "actor": caller.actor,
        "action": action,
        "resource": resource,
        "facts": dict(facts),
        "request_id": caller.request_id,
    }
    connection.execute(AUDIT.insert().values(row))


def list_entries(
    connection: sa.Connection,
    tenant: str,
    limit: int,
    before: int | None = None,
    since: datetime | None = None,
    **equal: str | None,
) -> Sequence[Entry]:
    """Return up to `limit` entries of the tenant, the newest first.

    before: only those with a smaller id. since: only those of that moment or later. equal: `actor`, `action` or
    `resource` that they must have.
    """
    wanted = sa.select(AUDIT).where(AUDIT.c.tenant == tenant).order_by(AUDIT.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(AUDIT.c.id < before)
    if since is not None:
        wanted = wanted.where(AUDIT.c.at >= since)
    for name, value in equal.items():
        if value is not None:
            wanted = wanted.where(AUDIT.c[name] == value)
    return [
        Entry(row.id, row.at, row.actor, row.action, row.resource, row.facts, row.request_id)
        for row in connection.execute(wanted)
    ]
