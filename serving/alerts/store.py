"""Alerts in the database: a day's alerts change what is stored once; who asks, snoozes, or reads the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from core.database import hold_name
from core.errors import UsageError
from monitoring.alert_history import AlertEvent, AlertState, EventKind, HistoryRules, Status, snooze, step
from serving.alerts.alert_tables import ALERT_EVENTS, ALERTS, HEALTH_SCORES

__all__ = [
    "Place",
    "alert_rows",
    "events_of",
    "find_alert",
    "health_trend",
    "record_day",
    "record_health",
    "snooze_alert",
    "state_of",
]

UNRESOLVED = (Status.OPEN.value, Status.SNOOZED.value)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose alerts: a tenant's dataset."""

    tenant: str
    dataset: str

    def within(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """Return the condition that a row is this dataset's."""
        return sa.and_(table.c.tenant == self.tenant, table.c.dataset == self.dataset)

    @property
    def keys(self) -> dict[str, str]:
        """The columns of a row that say whose it is."""
        return {"tenant": self.tenant, "dataset": self.dataset}


def record_day(
    connection: sa.Connection, place: Place, raised: pd.DataFrame, as_of: date, rules: HistoryRules | None = None
) -> list[AlertEvent]:
    """Change the stored alerts by those of a day and return what happened; the same day again changes nothing."""
    hold_name(connection, "alerts", place.tenant, place.dataset)  # two runs at once would both open what is new
    stored = sa.select(ALERTS).where(place.within(ALERTS)).order_by(ALERTS.c.alert_id)
    rows = connection.execute(stored.with_for_update()).all()
    states = {row.alert_id: state_of(row) for row in rows}
    versions = {row.alert_id: row.version for row in rows}
    changed, events = step(states, raised, as_of, rules)
    new = [_row(place, state, 1) for name, state in changed.items() if name not in states]
    if new:
        connection.execute(ALERTS.insert(), new)
    for name, state in changed.items():
        if name in states:
            _write(connection, place, state, versions[name] + 1)
    _add_events(connection, place, events, "fillrate")
    return events


def snooze_alert(
    connection: sa.Connection, place: Place, alert_id: str, until: date, today: date, actor: str, note: str
) -> AlertState:
    """Put an alert to sleep until a day; raises UsageError where it is not there, resolved, or the day is past."""
    row = find_alert(connection, place, alert_id, lock=True)
    if row is None:
        raise UsageError(f"alert {alert_id} is not there")
    state, event = snooze(state_of(row), until, today, note)
    _write(connection, place, state, row.version + 1)
    _add_events(connection, place, [event], actor)
    return state


def find_alert(connection: sa.Connection, place: Place, alert_id: str, lock: bool = False) -> sa.Row[Any] | None:
    """Return the stored row of an alert, None where it is not there; `lock` keeps it so until the transaction's end."""
    wanted = sa.select(ALERTS).where(place.within(ALERTS), ALERTS.c.alert_id == alert_id)
    return connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()


def alert_rows(
    connection: sa.Connection,
    place: Place,
    statuses: Sequence[str] = UNRESOLVED,
    least_level: int = 1,
    cause: str | None = None,
    sku: str | None = None,
    after: tuple[int, str] | None = None,
    limit: int | None = None,
) -> Sequence[sa.Row[Any]]:
    """Return stored alerts, worst first, then by name; `after`: (level, alert_id) of the last one already shown."""
    table = ALERTS.c
    wanted = sa.select(ALERTS).where(place.within(ALERTS), table.status.in_(statuses), table.level >= least_level)
    if cause is not None:
        wanted = wanted.where(table.cause == cause)
    if sku is not None:
        wanted = wanted.where(table.sku == sku)
    if after is not None:
        level, name = after
        wanted = wanted.where(sa.or_(table.level < level, sa.and_(table.level == level, table.alert_id > name)))
    wanted = wanted.order_by(table.level.desc(), table.alert_id)
    return connection.execute(wanted if limit is None else wanted.limit(limit)).all()


def events_of(connection: sa.Connection, place: Place, alert_id: str) -> Sequence[sa.Row[Any]]:
    """Return what happened to an alert, oldest first."""
    table = ALERT_EVENTS.c
    wanted = sa.select(ALERT_EVENTS).where(place.within(ALERT_EVENTS), table.alert_id == alert_id)
    return connection.execute(wanted.order_by(table.day, table.kind)).all()


def record_health(connection: sa.Connection, place: Place, day: date, score: float, content: Mapping[str, Any]) -> None:
    """Keep the health score of a day; the newest run of a day counts."""
    mine = sa.and_(place.within(HEALTH_SCORES), HEALTH_SCORES.c.day == day)
    hold_name(connection, "alerts", place.tenant, place.dataset)
    connection.execute(HEALTH_SCORES.delete().where(mine))
    connection.execute(HEALTH_SCORES.insert().values(**place.keys, day=day, score=score, content=dict(content)))


def health_trend(connection: sa.Connection, place: Place, days: int = 400) -> pd.DataFrame:
    """Return the newest stored scores, oldest first: `day, score`."""
    table = HEALTH_SCORES.c
    wanted = sa.select(table.day, table.score).where(place.within(HEALTH_SCORES)).order_by(table.day.desc())
    rows = connection.execute(wanted.limit(days)).all()
    return pd.DataFrame([tuple(row) for row in reversed(rows)], columns=["day", "score"])


def state_of(row: sa.Row[Any]) -> AlertState:
    """Return the state that a stored row tells."""
    return AlertState(
        alert_id=row.alert_id,
        status=Status(row.status),
        level=row.level,
        opened_on=row.opened_on,
        last_seen_on=row.last_seen_on,
        resolved_on=row.resolved_on,
        snoozed_until=row.snoozed_until,
        episodes=row.episodes,
        content=row.content,
    )


def _row(place: Place, state: AlertState, version: int) -> dict[str, Any]:
    content = dict(state.content)
    return {
        **place.keys,
        "alert_id": state.alert_id,
        "status": state.status.value,
        "level": state.level,
        "cause": str(content.get("cause", "")),
        "sku": str(content.get("sku", "")),
        "location": str(content.get("location", "")),
        "opened_on": state.opened_on,
        "last_seen_on": state.last_seen_on,
        "resolved_on": state.resolved_on,
        "snoozed_until": state.snoozed_until,
        "episodes": state.episodes,
        "version": version,
        "content": content,
    }


def _write(connection: sa.Connection, place: Place, state: AlertState, version: int) -> None:
    mine = sa.and_(place.within(ALERTS), ALERTS.c.alert_id == state.alert_id)
    connection.execute(ALERTS.update().where(mine).values(_row(place, replace(state), version)))


def _add_events(connection: sa.Connection, place: Place, events: Sequence[AlertEvent], actor: str) -> None:
    for event in events:
        key = {"alert_id": event.alert_id, "day": event.day, "kind": EventKind(event.kind).value}
        same = sa.and_(place.within(ALERT_EVENTS), *(ALERT_EVENTS.c[name] == value for name, value in key.items()))
        connection.execute(ALERT_EVENTS.delete().where(same))
        connection.execute(
            ALERT_EVENTS.insert().values(**place.keys, **key, level=event.level, actor=actor, note=event.note[:500])
        )
