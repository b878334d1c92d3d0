"""Schedules of a tenant: made, listed and deleted in the caller's transaction; a worker does what they say."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import FillrateError, UsageError
from serving.jobs.asking import Asker
from serving.jobs.cron import check_cron, check_time_zone, next_times
from serving.jobs.job_schemas import REQUESTS
from serving.jobs.job_tables import SCHEDULES

__all__ = [
    "Schedule",
    "ScheduleExists",
    "ScheduleUnknown",
    "check_request",
    "create_schedule",
    "delete_schedule",
    "find_schedule",
    "list_schedules",
    "next_tick",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class ScheduleUnknown(FillrateError):
    """The tenant has no such schedule."""

    code = "schedule.unknown"
    exit_code = 2


class ScheduleExists(FillrateError):
    """There is a schedule of this name."""

    code = "schedule.exists"
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to be asked for when.

    cron: five fields, read on the clocks of `time_zone` (IANA). last_tick: the newest time it was due and asked for its
    job, `last_job`.
    """

    id: str
    tenant: str
    actor: str
    name: str
    kind: str
    request: Mapping[str, Any]
    cron: str
    time_zone: str
    paused: bool
    created_at: datetime
    last_tick: datetime | None
    last_job: str | None


def create_schedule(
    connection: sa.Connection,
    caller: Asker,
    name: str,
    kind: str,
    request: Mapping[str, Any],
    cron: str,
    time_zone: str,
    *,
    now: datetime,
    paused: bool = False,
) -> Schedule:
    """Return the schedule, written in the caller's transaction.

    Raises UsageError for a name, kind, request, expression or zone that makes no sense, ScheduleExists.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} names no schedule: give 1 … 100 of letters, digits, - and _")
    facts = {
        "id": str(uuid.uuid4()),
        "tenant": caller.tenant,
        "actor": caller.actor,
        "name": name,
        "kind": kind,
        "request": check_request(kind, request),
        "cron": check_cron(cron, now),
        "time_zone": check_time_zone(time_zone),
        "paused": paused,
        "created_at": now,
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    written = insert(SCHEDULES).values(facts).on_conflict_do_nothing(index_elements=["tenant", "name"])
    if connection.execute(written.returning(SCHEDULES.c.id)).first() is None:
        raise ScheduleExists(f"there is a schedule {name!r}; delete it first, or choose another name")
    return find_schedule(connection, caller.tenant, name)


def check_request(kind: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a job of the kind is told; raises UsageError where the kind does not know it."""
    if kind not in REQUESTS:
        raise UsageError(f"there is no kind of job {kind!r}; there are {', '.join(sorted(REQUESTS))}")
    try:
        return REQUESTS[kind].model_validate(dict(request)).facts()
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(str(part) for part in first["loc"])
        raise UsageError(f"request of {kind}: {place}: {first['msg']}") from None


def find_schedule(connection: sa.Connection, tenant: str, name: str) -> Schedule:
    """Return one schedule of the tenant; raises ScheduleUnknown."""
    chosen = sa.select(SCHEDULES).where(SCHEDULES.c.tenant == tenant, SCHEDULES.c.name == name)
    row = connection.execute(chosen).one_or_none()
    if row is None:
        raise ScheduleUnknown(f"there is no schedule {name!r}; GET /v1/schedules lists yours")
    return Schedule(**row._mapping)


def list_schedules(connection: sa.Connection, tenant: str, *, after: str, limit: int) -> list[Schedule]:
    """Return the tenant's schedules whose names follow `after`, by name."""
    chosen = sa.select(SCHEDULES).where(SCHEDULES.c.tenant == tenant, SCHEDULES.c.name > after)
    rows = connection.execute(chosen.order_by(SCHEDULES.c.name).limit(limit))
    return [Schedule(**row._mapping) for row in rows]


def delete_schedule(connection: sa.Connection, tenant: str, name: str) -> None:
    """Delete a schedule; its jobs stay. Raises ScheduleUnknown."""
    gone = sa.delete(SCHEDULES).where(SCHEDULES.c.tenant == tenant, SCHEDULES.c.name == name)
    if connection.execute(gone).rowcount == 0:
        raise ScheduleUnknown(f"there is no schedule {name!r}; GET /v1/schedules lists yours")


def next_tick(schedule: Schedule, after: datetime) -> datetime:
    """Return when the schedule is due next, in its own time zone."""
    from zoneinfo import ZoneInfo

    return next_times(schedule.cron, schedule.time_zone, after, 1)[0].astimezone(ZoneInfo(schedule.time_zone))
