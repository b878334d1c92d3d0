"""Notices in the database and out of it: written with the alert's events, sent through Apprise, retried, never twice.

The outbox is the promise: a notice is there if and only if its event is. Sending marks it afterwards, so that a killed
process may tell something a second time, but never forgets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.database import Database
from core.errors import StorageError
from monitoring.alert_history import AlertEvent, EventKind
from monitoring.notification import Notice, NoticeRoute, digest_text, notices_of, read_routes
from serving.alerts.alert_tables import ALERTS, NOTICES
from serving.alerts.store import Place, state_of

__all__ = ["MOST_ATTEMPTS", "Sent", "queue_notices", "routes_of", "send_due"]

MOST_ATTEMPTS = 6
BACK_OFF_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run of sending did: messages that went out, notices that they told, notices that failed and wait."""

    messages: int
    notices: int
    failed: int


def routes_of(path: Path, environment: Mapping[str, str]) -> tuple[NoticeRoute, ...]:
    """Return the routes of a file; raises StorageError where it cannot be read, ConfigurationError for a bad one."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"the notification routes {path} cannot be read: {error}; check the path") from None
    return read_routes(text, path.name, environment)


def queue_notices(
    connection: sa.Connection,
    place: Place,
    routes: Sequence[NoticeRoute],
    events: Sequence[AlertEvent],
    now: datetime,
) -> int:
    """Write what must be told of a day's events, in the transaction of the events; returns how many are new."""
    names = {event.alert_id for event in events}
    rows = connection.execute(sa.select(ALERTS).where(place.within(ALERTS), ALERTS.c.alert_id.in_(names))).all()
    found = notices_of(routes, events, {row.alert_id: state_of(row) for row in rows}, now)
    known = sa.select(NOTICES.c.route, NOTICES.c.alert_id, NOTICES.c.day, NOTICES.c.kind).where(place.within(NOTICES))
    there = {tuple(row) for row in connection.execute(known)}
    new = [_row(place, item) for item in found]
    new = [row for row in new if (row["route"], row["alert_id"], row["day"], row["kind"]) not in there]
    if new:
        connection.execute(NOTICES.insert(), new)
    return len(new)


def send_due(database: Database, place: Place, routes: Sequence[NoticeRoute], now: datetime) -> Sent:
    """Send what is due, one message a route, and mark what was told; what fails waits longer each time.

    A notice whose route is no longer configured waits. Nothing is sent twice unless the process dies between sending
    and marking.
    """
    messages = notices = failed = 0
    for route in routes:
        with database.reading() as connection:
            due = connection.execute(_due(place, route, now)).all()
        if not due:
            continue
        told = [_notice(row) for row in due]
        title, body = digest_text(told, place.dataset)
        went = _send(route, title, body)
        with database.transaction() as connection:
            for row in due:
                _mark(connection, place, row, now, went)
        messages, notices, failed = messages + went, notices + len(due) * went, failed + len(due) * (not went)
    return Sent(messages, notices, failed)


def _send(route: NoticeRoute, title: str, body: str) -> bool:
    from apprise import Apprise, NotifyFormat

    sender = Apprise()
    return bool(sender.add(route.url)) and bool(sender.notify(title=title, body=body, body_format=NotifyFormat.TEXT))


def _due(place: Place, route: NoticeRoute, now: datetime) -> sa.Select[Any]:
    table = NOTICES.c
    return (
        sa.select(NOTICES)
        .where(place.within(NOTICES), table.route == route.name, table.sent_at.is_(None))
        .where(table.due_at <= now, table.attempts < MOST_ATTEMPTS)
        .order_by(table.day, table.alert_id, table.kind)
    )


def _mark(connection: sa.Connection, place: Place, row: sa.Row[Any], now: datetime, went: bool) -> None:
    names = ("route", "alert_id", "day", "kind")
    mine = sa.and_(place.within(NOTICES), *(NOTICES.c[name] == getattr(row, name) for name in names))
    later = now + timedelta(minutes=BACK_OFF_MINUTES * 2**row.attempts)
    values = {"sent_at": now} if went else {"due_at": later}
    connection.execute(NOTICES.update().where(mine).values(attempts=row.attempts + 1, **values))


def _row(place: Place, item: Notice) -> dict[str, Any]:
    return {
        **place.keys,
        "route": item.route,
        "alert_id": item.alert_id,
        "day": item.event.day,
        "kind": item.event.kind.value,
        "due_at": item.due,
        "sent_at": None,
        "attempts": 0,
        "content": {"text": item.text, "severity": item.severity, "level": item.event.level},
    }


def _notice(row: sa.Row[Any]) -> Notice:
    event = AlertEvent(row.alert_id, row.day, EventKind(row.kind), int(row.content["level"]))
    return Notice(row.route, row.alert_id, event, row.due_at, row.content["text"], row.content["severity"])
