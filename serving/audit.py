"""The audit trail: who changed what and when, added in the transaction of the change itself, never altered."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from serving.access.caller import Caller
from serving.platform_tables import AUDIT

__all__ = ["record"]


def record(
    connection: sa.Connection,
    caller: Caller,
    action: str,
    resource: str,
    facts: Mapping[str, Any],
    at: datetime | None = None,
) -> None:
    """Add what the caller did to the trail; it is kept if and only if the transaction is.

    action: a verb with its noun in front, such as `proposal.approve`. resource: the path of what changed, such as
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
