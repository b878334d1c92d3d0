"""An alert's life from day to day: opened once, kept while it nearly holds, resolved by itself, reopened, snoozed.

A series that flaps over and under a limit has one alert: it stays open while its condition holds with slack, is
resolved only after `quiet_days` without a sign, and what returns within `rest_days` is the same episode. The same day
run twice changes nothing; a day before the newest one seen changes nothing either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import pandas as pd

from core.errors import UsageError
from monitoring.rule import SEVERITIES

__all__ = ["AlertEvent", "AlertState", "EventKind", "HistoryRules", "Status", "snooze", "step"]


TRANSIENT = ("alert_id", "fires", "level", "held_level")
"""Columns of a raised alert that are not part of what is kept of it."""


class Status(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class EventKind(StrEnum):
    """What happened to an alert on a day."""

    OPENED = "opened"
    RAISED = "raised"
    LOWERED = "lowered"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    SNOOZED = "snoozed"
    WOKEN = "woken"


@dataclass(frozen=True, slots=True)
class HistoryRules:
    """quiet_days: days without a sign before an alert is resolved. rest_days: days after it was resolved within which
    it is the same episode. wake_level: severity (1 … 4) that ends a snooze at once if it was not reached before.
    """

    quiet_days: int = 2
    rest_days: int = 14
    wake_level: int = 4


@dataclass(frozen=True, slots=True)
class AlertState:
    """An alert as of the newest day it was looked at.

    level: 1 … 4. opened_on: of this episode. last_seen_on: newest day on which it held. episodes: times it was opened.
    content: the newest row of `raise_alerts` as a mapping (rule, words, evidence, money, …).
    """

    alert_id: str
    status: Status
    level: int
    opened_on: date
    last_seen_on: date
    resolved_on: date | None = None
    snoozed_until: date | None = None
    episodes: int = 1
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """The level's word."""
        return SEVERITIES[self.level - 1]


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """Something that happened to an alert on a day, the level it then had, and a note."""

    alert_id: str
    day: date
    kind: EventKind
    level: int
    note: str = ""


def step(
    states: Mapping[str, AlertState], raised: pd.DataFrame, as_of: date, rules: HistoryRules | None = None
) -> tuple[dict[str, AlertState], list[AlertEvent]]:
    """Return the states that change with the alerts `raised` as of a day, and what happened, in order of the names.

    raised: what `monitoring.alerts.raise_alerts` returned for the day. States not returned stay as they are.
    """
    rules = rules or HistoryRules()
    if any(state.last_seen_on > as_of for state in states.values()):
        return {}, []
    changed: dict[str, AlertState] = {}
    events: list[AlertEvent] = []
    seen = {str(row["alert_id"]): row for row in raised.to_dict("records")}
    for name, row in sorted(seen.items()):
        before = states.get(name)
        after, happened = _met(before, row, as_of, rules)
        if after is not None and after != before:
            changed[name] = after
        events.extend(happened)
    for name in sorted(set(states) - set(seen)):
        unseen, happened = _missed(states[name], as_of, rules)
        if unseen is not None:
            changed[name] = unseen
        events.extend(happened)
    return changed, events


def snooze(state: AlertState, until: date, today: date, note: str = "") -> tuple[AlertState, AlertEvent]:
    """Return the alert asleep until a day; raises UsageError where it is resolved or the day is not ahead."""
    if state.status is Status.RESOLVED:
        raise UsageError(f"alert {state.alert_id} is resolved; only open alerts can be snoozed")
    if until <= today:
        raise UsageError(f"alert {state.alert_id} cannot be snoozed until {until}; choose a day after {today}")
    asleep = replace(state, status=Status.SNOOZED, snoozed_until=until)
    return asleep, AlertEvent(state.alert_id, today, EventKind.SNOOZED, state.level, note)


def _met(
    before: AlertState | None, row: Mapping[str, Any], as_of: date, rules: HistoryRules
) -> tuple[AlertState | None, list[AlertEvent]]:
    name, fires = str(row["alert_id"]), bool(row["fires"])
    content = {key: _plain(value) for key, value in row.items() if key not in TRANSIENT}
    if before is None or before.status is Status.RESOLVED:
        return _opened(before, name, content, int(row["level"]), as_of, rules) if fires else (before, [])
    level = min(max(before.level, int(row["level"])), int(row["held_level"]))
    state = replace(before, level=level, last_seen_on=as_of, content={**content, "severity": SEVERITIES[level - 1]})
    events = []
    if level != before.level:
        kind = EventKind.RAISED if level > before.level else EventKind.LOWERED
        events.append(AlertEvent(name, as_of, kind, level))
    return _woken(state, before, as_of, rules, events)


def _opened(
    before: AlertState | None, name: str, content: dict[str, Any], level: int, as_of: date, rules: HistoryRules
) -> tuple[AlertState, list[AlertEvent]]:
    content = {**content, "severity": SEVERITIES[level - 1]}
    fresh = AlertState(name, Status.OPEN, level, as_of, as_of, content=content)
    if before is None or before.resolved_on is None:
        return fresh, [AlertEvent(name, as_of, EventKind.OPENED, level)]
    if as_of - before.resolved_on <= timedelta(days=rules.rest_days):
        again = replace(fresh, opened_on=before.opened_on, episodes=before.episodes)
        return again, [AlertEvent(name, as_of, EventKind.REOPENED, level)]
    return replace(fresh, episodes=before.episodes + 1), [AlertEvent(name, as_of, EventKind.OPENED, level)]


def _woken(
    state: AlertState, before: AlertState, as_of: date, rules: HistoryRules, events: list[AlertEvent]
) -> tuple[AlertState, list[AlertEvent]]:
    if state.status is not Status.SNOOZED or state.snoozed_until is None:
        return state, events
    worse = state.level >= rules.wake_level > before.level
    if as_of < state.snoozed_until and not worse:
        return state, events
    note = "it got worse" if worse else "the snooze is over"
    awake = replace(state, status=Status.OPEN, snoozed_until=None)
    return awake, [*events, AlertEvent(state.alert_id, as_of, EventKind.WOKEN, state.level, note)]


def _missed(state: AlertState, as_of: date, rules: HistoryRules) -> tuple[AlertState | None, list[AlertEvent]]:
    gone = as_of - state.last_seen_on > timedelta(days=rules.quiet_days)
    if state.status is Status.RESOLVED or not gone:
        return None, []
    resolved = replace(state, status=Status.RESOLVED, resolved_on=as_of, snoozed_until=None)
    return resolved, [AlertEvent(state.alert_id, as_of, EventKind.RESOLVED, state.level)]


def _plain(value: Any) -> Any:
    """Return the value; a number that is not known as None, so that equal contents are equal."""
    return None if isinstance(value, float) and value != value else value
