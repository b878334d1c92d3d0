"""Webhooks hear of a day's alerts in one message a kind, whatever their number."""

import json
from datetime import date

import sqlalchemy as sa

from monitoring.alert_history import AlertEvent, EventKind
from serving.alerts.messages import MOST_IDS, publish_events
from serving.alerts.store import Place
from serving.webhooks.endpoints import create_endpoint
from serving.webhooks.webhook_tables import WEBHOOK_MESSAGES
from tests.services import NOON

DAY = date(2026, 3, 2)


def test_raised_and_resolved_alerts_are_told_and_snoozes_are_not(sqlite_database) -> None:
    events = [AlertEvent(f"a{number:04d}", DAY, EventKind.OPENED, 2) for number in range(MOST_IDS + 20)]
    events += [AlertEvent("r1", DAY, EventKind.RESOLVED, 0), AlertEvent("s1", DAY, EventKind.SNOOZED, 1)]
    with sqlite_database.transaction() as connection:
        create_endpoint(connection, "acme", "https://1.1.1.1/", [], NOON, False)
        publish_events(connection, Place("acme", "default"), events, NOON)
        publish_events(connection, Place("acme", "default"), [], NOON)
        publish_events(connection, Place("rival", "default"), events, NOON)
        rows = connection.execute(sa.select(WEBHOOK_MESSAGES)).all()
    told = {row.type: json.loads(row.body)["data"] for row in rows}
    assert {name: data["count"] for name, data in told.items()} == {"alert.raised": MOST_IDS + 20, "alert.resolved": 1}
    assert len(told["alert.raised"]["alert_ids"]) == MOST_IDS
    assert {row.tenant for row in rows} == {"acme"}
