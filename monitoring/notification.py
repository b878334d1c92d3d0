"""Who is told what and when: routes by severity and owner, quiet hours, a digest, and never the same thing twice."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import ConfigurationError
from monitoring.alert_history import AlertEvent, AlertState, EventKind, Status
from monitoring.rule import SEVERITIES

__all__ = ["Notice", "NoticeRoute", "digest_text", "due_at", "notices_of", "read_routes", "routes_from"]

TOLD = (EventKind.OPENED, EventKind.RAISED, EventKind.WOKEN)
"""Events that are told; an alert that resolves, sleeps, or comes back within its rest is not."""


@dataclass(frozen=True, slots=True)
class NoticeRoute:
    """One way to tell someone.

    name: of the route. url: an Apprise address (mailto://, slack://, json://, …); may name environment variables as
    ${NAME}, so that no secret stands in a file. least: severity from which on it is used. owners: whose alerts, all if
    empty. digest: one message for what has come together, at `digest_at`; else one a run. quiet_from, quiet_until:
    hours in which only `break_quiet` and worse is told; time_zone: of all hours.
    """

    name: str
    url: str
    least: str = "warning"
    owners: tuple[str, ...] = ()
    digest: bool = False
    digest_at: time = time(8, 0)
    quiet_from: time | None = None
    quiet_until: time | None = None
    break_quiet: str = "critical"
    time_zone: str = "UTC"

    def takes(self, level: int, owner: str) -> bool:
        """Return whether an alert of a level (1 … 4) and owner goes this way."""
        return level > SEVERITIES.index(self.least) and (not self.owners or owner in self.owners)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell: the route's name, the alert's event and the moment from which on it may go out."""

    route: str
    alert_id: str
    event: AlertEvent
    due: datetime
    text: str
    severity: str


def notices_of(
    routes: Sequence[NoticeRoute], events: Sequence[AlertEvent], states: Mapping[str, AlertState], now: datetime
) -> list[Notice]:
    """Return what must be told of the events, in order of routes, worst first; snoozed alerts are silent."""
    found = []
    for route in routes:
        mine = []
        for event in events:
            state = states.get(event.alert_id)
            if event.kind not in TOLD or state is None or state.status is Status.SNOOZED:
                continue
            if route.takes(event.level, str(state.content.get("owner", ""))):
                mine.append(_notice(route, event, state, now))
        found.extend(sorted(mine, key=lambda item: (-item.event.level, item.alert_id)))
    return found


def _notice(route: NoticeRoute, event: AlertEvent, state: AlertState, now: datetime) -> Notice:
    content, severity = state.content, SEVERITIES[event.level - 1]
    money = content.get("money")
    stake = f" At stake: {money:,.2f}." if isinstance(money, float | int) else ""
    text = (
        f"{severity.upper()} {content.get('cause', '')} {content.get('subject', '')}: {content.get('words', '')}."
        f"{stake} Suggested: {str(content.get('action', '')).replace('_', ' ')}."
    )
    return Notice(route.name, event.alert_id, event, due_at(route, event.level, now), text, severity)


def due_at(route: NoticeRoute, level: int, now: datetime) -> datetime:
    """Return the moment (UTC) from which on an alert may be told: now, after the quiet hours, or with the digest.

    >>> route = NoticeRoute("mail", "mailto://x", quiet_from=time(22), quiet_until=time(7))
    >>> due_at(route, 2, datetime(2024, 5, 1, 23, 30, tzinfo=UTC)).isoformat()
    '2024-05-02T07:00:00+00:00'
    >>> due_at(route, 4, datetime(2024, 5, 1, 23, 30, tzinfo=UTC)).isoformat()
    '2024-05-01T23:30:00+00:00'
    """
    if level > SEVERITIES.index(route.break_quiet):
        return now.astimezone(UTC)
    local = now.astimezone(ZoneInfo(route.time_zone))
    due = _next(local, route.digest_at) if route.digest else local
    if route.quiet_from is not None and route.quiet_until is not None:
        due = _after_quiet(due, route.quiet_from, route.quiet_until)
    return due.astimezone(UTC)


def _next(moment: datetime, at: time) -> datetime:
    today = moment.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if moment <= today else today + timedelta(days=1)


def _after_quiet(moment: datetime, start: time, end: time) -> datetime:
    clock = moment.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    return _next(moment, end) if inside else moment


def digest_text(notices: Sequence[Notice], title: str) -> tuple[str, str]:
    """Return subject and body of one message that tells several notices, worst first."""
    counts = [(name, sum(item.severity == name for item in notices)) for name in reversed(SEVERITIES)]
    told = ", ".join(f"{count} {name}" for name, count in counts if count)
    ordered = sorted(notices, key=lambda item: (-item.event.level, item.alert_id))
    return f"Fillrate {title}: {told}", "\n".join(item.text for item in ordered)


def read_routes(text: str, file: str, environment: Mapping[str, str]) -> tuple[NoticeRoute, ...]:
    """Return the routes of a TOML text with a table `[[route]]` each; ${NAME} in `url` comes from the environment.

    Raises ConfigurationError naming file, route and key; never shows an address, which may hold a secret.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not readable as TOML: {error}; correct it") from None
    return routes_from(given, file, environment)


def routes_from(given: Mapping[str, Any], file: str, environment: Mapping[str, str]) -> tuple[NoticeRoute, ...]:
    """Return the same of tables that were read already: `route`, a list of routes."""
    if set(given) - {"route"}:
        raise ConfigurationError(f"{file}: {min(set(given) - {'route'})!r} is not known; write [[route]]")
    routes = tuple(_route(file, table, environment) for table in given.get("route", []))
    names = [route.name for route in routes]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ConfigurationError(f"{file}: two routes are called {min(twice)!r}; give each a name of its own")
    return routes


def _route(file: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> NoticeRoute:
    where = f"{file}: route {table.get('name', '?')}"
    known = set(NoticeRoute.__dataclass_fields__)
    unknown = set(table) - known
    if unknown:
        raise ConfigurationError(f"{where}: {min(unknown)!r} is not known; known are {', '.join(sorted(known))}")
    for key in ("name", "url"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise ConfigurationError(f"{where}: {key} is missing")
    made = {key: _checked(where, key, value) for key, value in table.items()}
    made["url"] = _filled(where, str(table["url"]), environment)
    return NoticeRoute(**made)


def _checked(where: str, key: str, value: Any) -> Any:
    if key in ("least", "break_quiet") and value not in SEVERITIES:
        raise ConfigurationError(f"{where}: {key} = {value!r} is no severity; use {', '.join(SEVERITIES)}")
    if key in ("digest_at", "quiet_from", "quiet_until"):
        if isinstance(value, time):
            return value
        try:
            return time.fromisoformat(str(value))
        except ValueError:
            raise ConfigurationError(f'{where}: {key} = {value!r} is no time of day; write "22:00"') from None
    if key == "time_zone":
        try:
            ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError):
            raise ConfigurationError(f"{where}: time_zone = {value!r} is not known; write Europe/Berlin") from None
    if key == "owners":
        if not isinstance(value, list):
            raise ConfigurationError(f"{where}: owners = {value!r} is not a list")
        return tuple(str(item) for item in value)
    return value


def _filled(where: str, url: str, environment: Mapping[str, str]) -> str:
    import re

    def put(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in environment:
            raise ConfigurationError(f"{where}: url names {name}, which is not set in the environment; set it")
        return environment[name]

    return re.sub(r"\$\{(\w+)\}", put, url)
