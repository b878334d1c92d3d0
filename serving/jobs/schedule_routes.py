"""/v1/schedules: jobs that come again and again."""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from serving import audit
from serving.access import Caller, Scope, needs
from serving.documentation import problems_of
from serving.jobs.named import check_named
from serving.jobs.schedules import Schedule, create_schedule, delete_schedule, find_schedule, list_schedules, next_tick
from serving.jobs.submission import check_scope
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import platform_of

__all__ = ["ScheduleAnswer", "ScheduleRequest", "SchedulesAnswer", "create", "delete", "get", "list_all", "router"]


class ScheduleRequest(BaseModel):
    """What is to be asked for when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "nightly", "kind": "plan", "cron": "0 2 * * *", "time_zone": "Europe/Berlin", "request": {}}
            ]
        },
    )

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")
    kind: str = Field(max_length=40, description="Kind of job: train, forecast, plan, …")
    cron: str = Field(max_length=100, description="Five fields: minute hour day month weekday")
    time_zone: str = Field("UTC", max_length=60, description="IANA name of the zone whose clocks count")
    request: dict[str, Any] = Field(default_factory=dict, description="What the job is asked for, as in POST /v1/jobs")
    paused: bool = False


class ScheduleAnswer(BaseModel):
    """One schedule."""

    model_config = ConfigDict(extra="forbid")

    name: str
    kind: str
    cron: str
    time_zone: str
    request: dict[str, Any]
    paused: bool
    created_at: datetime
    next_tick: datetime | None
    last_tick: datetime | None
    last_job: str | None = Field(description="Address of the job that the newest tick asked for")


class SchedulesAnswer(BaseModel):
    """A page of schedules, by name."""

    model_config = ConfigDict(extra="forbid")

    schedules: list[ScheduleAnswer]
    next_cursor: str | None


Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Name = Annotated[str, Path(max_length=100, examples=["nightly"])]

router = APIRouter(prefix="/v1/schedules", tags=["schedules"])


@router.post(
    "",
    operation_id="createSchedule",
    status_code=201,
    response_model=ScheduleAnswer,
    responses=problems_of(404, 409, 422),
)
def create(request: Request, caller: Reader, body: ScheduleRequest) -> Response:
    """Ask for a job again and again; whoever asks needs the scope of the job's kind."""
    check_scope(caller, body.kind)
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        now = platform.clock()
        check_named(platform, connection, caller.tenant, body.kind, body.request, "#/request")
        facts = (body.name, body.kind, body.request, body.cron, body.time_zone)
        made = create_schedule(connection, caller, *facts, now=now, paused=body.paused)
        place = f"/v1/schedules/{made.name}"
        audit.record(connection, caller, "schedule.create", place, {"kind": made.kind, "cron": made.cron}, now)
        return Answer(201, _document(made, now), {"Location": place})

    return run_once(request, caller, effect)


@router.get("", operation_id="listSchedules", response_model=SchedulesAnswer, responses=problems_of(422))
def list_all(request: Request, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List schedules by name, a page at a time."""
    platform = platform_of(request)
    place = decode_cursor("schedules", cursor, str)
    with platform.database.reading() as connection:
        found = list_schedules(connection, caller.tenant, after="" if place is None else place[0], limit=limit + 1)
    page, following = cut_page("schedules", found, limit, lambda item: (item.name,))
    now = platform.clock()
    return JSONResponse({"schedules": [_document(item, now) for item in page], "next_cursor": following})


@router.get(
    "/{name}",
    operation_id="getSchedule",
    response_model=ScheduleAnswer,
    responses=problems_of(404, 422),
)
def get(request: Request, caller: Reader, name: Name) -> Response:
    """Show a schedule: when it is due next, and the job that it asked for last."""
    platform = platform_of(request)
    with platform.database.reading() as connection:
        found = find_schedule(connection, caller.tenant, name)
    return JSONResponse(_document(found, platform.clock()))


@router.delete(
    "/{name}",
    operation_id="deleteSchedule",
    status_code=204,
    response_class=Response,
    responses=problems_of(404, 422),
)
def delete(request: Request, caller: Reader, name: Name) -> Response:
    """Delete a schedule; jobs that it asked for stay."""
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        found = find_schedule(connection, caller.tenant, name)
        check_scope(caller, found.kind)
        delete_schedule(connection, caller.tenant, name)
        audit.record(
            connection, caller, "schedule.delete", f"/v1/schedules/{name}", {"kind": found.kind}, platform.clock()
        )
        return Answer(204, None)

    return run_once(request, caller, effect)


def _document(schedule: Schedule, now: datetime) -> dict[str, Any]:
    last = schedule.last_tick
    return {
        "name": schedule.name,
        "kind": schedule.kind,
        "cron": schedule.cron,
        "time_zone": schedule.time_zone,
        "request": dict(schedule.request),
        "paused": schedule.paused,
        "created_at": schedule.created_at.isoformat(),
        "next_tick": None if schedule.paused else next_tick(schedule, now).isoformat(),
        "last_tick": None if last is None else last.isoformat(),
        "last_job": None if schedule.last_job is None else f"/v1/jobs/{schedule.last_job}",
    }
