"""Reconcile a channel and tell whom it concerns, in one transaction: the route and the job do the same."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from inventory.hub.channels import find_channel
from inventory.hub.reconciliation import Outcome, Reconciliation, reconcile
from serving.webhooks.endpoints import EventType
from serving.webhooks.publishing import publish

__all__ = ["reconcile_and_tell", "report_facts"]


def reconcile_and_tell(
    connection: sa.Connection, tenant: str, channel: str, shown: Mapping[str, int], now: datetime, read_at: datetime
) -> Reconciliation:
    """Return the report; webhooks hear of differences, and of a channel that was paused by them."""
    was_paused = find_channel(connection, tenant, channel, lock=True).paused_because is not None
    report = reconcile(connection, tenant, channel, shown, now, read_at)
    if report.differences:
        count, href = len(report.differences), f"/v1/channels/{channel}/reconciliations/{report.id}"
        data = {"channel": channel, "outcome": report.outcome.value, "differences": count, "href": href}
        publish(connection, tenant, EventType.RECONCILIATION_DIFFERENCE, data | {"reason": report.reason}, now)
    if report.outcome is Outcome.PAUSED and not was_paused:
        publish(connection, tenant, EventType.CHANNEL_PAUSED, {"channel": channel, "reason": report.reason}, now)
    return report


def report_facts(report: Reconciliation) -> dict[str, Any]:
    """Return the report in a line, as lists and jobs say it."""
    return {
        "id": report.id,
        "channel": report.channel,
        "checked_at": report.checked_at.isoformat(),
        "listings": report.listings,
        "differing": len(report.differences),
        "outcome": report.outcome.value,
        "reason": report.reason,
    }
