"""The resources of alerts: what looks wrong now, one alert and its history, snoozing, action drafts."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from monitoring.fact import Scope as FactScope
from monitoring.rule import SEVERITIES
from serving.access import Caller, Scope, needs
from serving.alerts.alert_answers import (
    AlertDetail,
    AlertsAnswer,
    DraftAnswer,
    DraftDecision,
    DraftsAnswer,
    EvaluationAnswer,
    SnoozeRequest,
)
from serving.alerts.drafts import decide, draft_body, drafts, find_draft, make_draft
from serving.alerts.messages import publish_events
from serving.alerts.served import Dataset, place_for, warm_up, watched_for
from serving.alerts.store import alert_rows, events_of, find_alert, record_day, snooze_alert
from serving.audit import record
from serving.demand.datasets import DEFAULT_DATASET
from serving.documentation import problems_of
from serving.etag import check_if_match, etag_of
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import platform_of
from serving.problems import ApiProblem

__all__ = [
    "alert_answer",
    "decide_draft",
    "evaluate",
    "get_alert",
    "list_alerts",
    "list_drafts",
    "make_alert_draft",
    "router",
    "snooze",
]

router = APIRouter(prefix="/v1")

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Planner = Annotated[Caller, needs(Scope.SCENARIO_WRITE)]
Writer = Annotated[Caller, needs(Scope.DATA_WRITE)]
Approver = Annotated[Caller, needs(Scope.PO_APPROVE)]
AlertId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="16 hexadecimal digits")]
Severity = Annotated[str, Query(pattern="^(watch|warning|urgent|critical)$", description="This one and worse")]
StatusName = Annotated[str, Query(pattern="^(active|open|snoozed|resolved)$", description="active: open or snoozed")]
FACTS = ("price", "unit_margin", "on_hand", "daily_30d", "excess_units")


@router.get(
    "/alerts",
    operation_id="listAlerts",
    tags=["alerts"],
    response_model=AlertsAnswer,
    responses=problems_of(404, 422),
)
def list_alerts(
    request: Request,
    caller: Reader,
    status: StatusName = "active",
    severity: Severity = "watch",
    cause: Annotated[str | None, Query(max_length=60)] = None,
    sku: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    dataset: Dataset = DEFAULT_DATASET,
) -> Response:
    """List the stored alerts, worst first, a page at a time; `POST /v1/alerts/evaluations` brings them up to date."""
    position = decode_cursor("alerts", cursor, int, str)
    place = place_for(request, caller, dataset)
    with platform_of(request).database.reading() as connection:
        rows = alert_rows(
            connection,
            place,
            ("open", "snoozed") if status == "active" else (status,),
            SEVERITIES.index(severity) + 1,
            cause,
            sku,
            None if position is None else (position[0], position[1]),
            limit + 1,
        )
    page, following = cut_page("alerts", rows, limit, lambda row: (row.level, row.alert_id))
    return JSONResponse({"items": [alert_answer(row) for row in page], "next_cursor": following})


@router.post(
    "/alerts/evaluations",
    operation_id="evaluateAlerts",
    tags=["alerts"],
    response_model=EvaluationAnswer,
    responses=problems_of(404),
)
def evaluate(request: Request, caller: Writer, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Run all rules on the dataset as of its day and keep what changed; the same day again changes nothing."""
    warm_up(request, caller, dataset)

    def effect(connection: sa.Connection) -> Answer:
        place, seen = place_for(request, caller, dataset), watched_for(request, caller, dataset)
        events = record_day(connection, place, seen.alerts, seen.view.as_of)
        publish_events(connection, place, events, platform_of(request).clock())
        counts: dict[str, int] = {}
        for event in events:
            counts[event.kind.value] = counts.get(event.kind.value, 0) + 1
        facts = {"as_of": seen.view.as_of.isoformat(), "events": counts}
        record(connection, caller, "alerts.evaluate", "/v1/alerts", facts, platform_of(request).clock())
        return Answer(200, {"as_of": seen.view.as_of.isoformat(), "alerts": len(seen.firing), "events": counts})

    return run_once(request, caller, effect)


@router.get(
    "/alerts/{alert_id}",
    operation_id="getAlert",
    tags=["alerts"],
    response_model=AlertDetail,
    responses=problems_of(404, 422),
)
def get_alert(request: Request, caller: Reader, alert_id: AlertId, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Show one alert, with its numbers and what happened to it."""
    place = place_for(request, caller, dataset)
    with platform_of(request).database.reading() as connection:
        row = _found(connection, place, alert_id)
        history = events_of(connection, place, alert_id)
    body = {"alert": alert_answer(row), "history": [_event(item) for item in history]}
    return JSONResponse(body, headers={"ETag": etag_of(row.version)})


@router.post(
    "/alerts/{alert_id}/snooze",
    operation_id="snoozeAlert",
    tags=["alerts"],
    response_model=AlertDetail,
    responses=problems_of(404, 412, 422, 428),
)
def snooze(
    request: Request, caller: Planner, alert_id: AlertId, body: SnoozeRequest, dataset: Dataset = DEFAULT_DATASET
) -> Response:
    """Put an alert to sleep until a day; it wakes then, or at once if it becomes critical. Needs If-Match."""
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        place = place_for(request, caller, dataset)
        row = _found(connection, place, alert_id, lock=True)
        check_if_match(request, etag_of(row.version))
        snooze_alert(connection, place, alert_id, body.until, row.last_seen_on, caller.actor, body.note)
        facts = {"until": body.until.isoformat(), "note": body.note}
        record(connection, caller, "alert.snooze", f"/v1/alerts/{alert_id}", facts, platform.clock())
        after = _found(connection, place, alert_id)
        history = [_event(item) for item in events_of(connection, place, alert_id)]
        return Answer(200, {"alert": alert_answer(after), "history": history}, {"ETag": etag_of(after.version)})

    return run_once(request, caller, effect)


@router.post(
    "/alerts/{alert_id}/draft",
    operation_id="draftAlertAction",
    tags=["alerts"],
    status_code=201,
    response_model=DraftAnswer,
    responses=problems_of(404, 422),
)
def make_alert_draft(
    request: Request, caller: Planner, alert_id: AlertId, dataset: Dataset = DEFAULT_DATASET
) -> Response:
    """Make the alert's suggested action a draft with its numbers (a price ladder, units to remove); nothing is done."""
    warm_up(request, caller, dataset)

    def effect(connection: sa.Connection) -> Answer:
        place, seen = place_for(request, caller, dataset), watched_for(request, caller, dataset)
        alert = dict(_found(connection, place, alert_id).content)
        series = seen.facts[FactScope.SERIES]
        mine = series[(series["sku"] == alert["sku"]) & (series["location"] == alert["location"])]
        facts = {name: float(mine[name].iloc[0]) for name in FACTS} if len(mine) else {}
        made = make_draft(connection, place, alert_id, draft_body(alert, facts))
        told = {"action": made["action"]}
        record(
            connection,
            caller,
            "draft.make",
            f"/v1/action-drafts/{made['draft_id']}",
            told,
            platform_of(request).clock(),
        )
        return Answer(201, made, {"ETag": etag_of(made["version"])})

    return run_once(request, caller, effect)


@router.get(
    "/action-drafts",
    operation_id="listActionDrafts",
    tags=["alerts"],
    response_model=DraftsAnswer,
    responses=problems_of(404, 422),
)
def list_drafts(
    request: Request,
    caller: Reader,
    status: Annotated[str | None, Query(pattern="^(draft|approved|rejected|exported)$")] = None,
    dataset: Dataset = DEFAULT_DATASET,
) -> Response:
    """List action drafts; whoever executes them reads those that are approved and marks them exported."""
    place = place_for(request, caller, dataset)
    with platform_of(request).database.reading() as connection:
        return JSONResponse({"items": drafts(connection, place, status)})


@router.post(
    "/action-drafts/{draft_id}/decision",
    operation_id="decideActionDraft",
    tags=["alerts"],
    response_model=DraftAnswer,
    responses=problems_of(404, 412, 422, 428),
)
def decide_draft(
    request: Request, caller: Approver, draft_id: AlertId, body: DraftDecision, dataset: Dataset = DEFAULT_DATASET
) -> Response:
    """Approve or reject a draft, or mark an approved one exported. Needs If-Match."""

    def effect(connection: sa.Connection) -> Answer:
        place = place_for(request, caller, dataset)
        found = find_draft(connection, place, draft_id, lock=True)
        if found is None:
            raise ApiProblem("alert.unknown", f"There is no action draft {draft_id}; GET /v1/action-drafts lists them.")
        check_if_match(request, etag_of(found["version"]))
        after = decide(connection, place, draft_id, body.decision, caller.actor)
        facts = {"before": found["status"], "after": after["status"]}
        record(connection, caller, "draft.decide", f"/v1/action-drafts/{draft_id}", facts, platform_of(request).clock())
        return Answer(200, after, {"ETag": etag_of(after["version"])})

    return run_once(request, caller, effect)


def _found(connection: sa.Connection, place: Any, alert_id: str, lock: bool = False) -> Any:
    row = find_alert(connection, place, alert_id, lock)
    if row is None:
        raise ApiProblem("alert.unknown", f"There is no alert {alert_id}; GET /v1/alerts lists what is.")
    return row


def alert_answer(row: Any) -> dict[str, Any]:
    """Return the body of `AlertAnswer` of a stored row."""
    content = row.content
    told = ("rule", "rows", "scope", "subject", "words", "evidence", "action", "money", "also", "owner")
    days = ("opened_on", "last_seen_on", "resolved_on", "snoozed_until")
    return {
        "alert_id": row.alert_id,
        "status": row.status,
        "severity": SEVERITIES[row.level - 1],
        "cause": row.cause,
        "sku": row.sku,
        "location": row.location,
        **{name: content.get(name) for name in told},
        **{name: value.isoformat() if (value := getattr(row, name)) else None for name in days},
        "episodes": row.episodes,
        "version": row.version,
    }


def _event(row: Any) -> dict[str, Any]:
    severity = SEVERITIES[row.level - 1]
    return {"day": row.day.isoformat(), "kind": row.kind, "severity": severity, "actor": row.actor, "note": row.note}
