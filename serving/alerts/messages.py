"""What webhooks hear of alerts: one message a day's evaluation and kind of event, with the alerts' ids."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from monitoring.alert_history import AlertEvent, EventKind
from serving.alerts.store import Place
from serving.webhooks.endpoints import EventType
from serving.webhooks.publishing import publish

__all__ = ["publish_events"]

MOST_IDS = 100
"""Alerts that a message names; it counts them all, and `GET /v1/alerts` lists them."""

_TOLD = {
    EventType.ALERT_RAISED: (EventKind.OPENED, EventKind.RAISED, EventKind.REOPENED),
    EventType.ALERT_RESOLVED: (EventKind.RESOLVED,),
}


def publish_events(connection: sa.Connection, place: Place, events: Sequence[AlertEvent], now: datetime) -> None:
    """Publish what happened in the transaction that keeps it."""
    for type_, kinds in _TOLD.items():
        names = sorted({event.alert_id for event in events if event.kind in kinds})
        if names:
            data = {"dataset": place.dataset, "count": len(names), "alert_ids": names[:MOST_IDS], "href": "/v1/alerts"}
            publish(connection, place.tenant, type_, data, now)
