"""The kind of job `alerts`: run the rules, keep what changed, store the day's health score, tell whom it concerns.

Asked for by a schedule (`POST /v1/schedules` with kind `alerts`), it is the nightly run; it may be run again from any
point, because a day run twice changes nothing and a notice that was sent is marked so.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from serving.access import Scope
from serving.alerts.health_board import health_board
from serving.alerts.job_watch import watched_by_job
from serving.alerts.messages import publish_events
from serving.alerts.notices import queue_notices, send_due
from serving.alerts.store import Place, record_day, record_health
from serving.alerts.told_routes import Told, reachable, told_of
from serving.alerts.watching import Watched
from serving.demand.datasets import need_dataset
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun

__all__ = ["ALERTS_JOB"]


def _alerts(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("alerts", lambda: _evaluate(run))
    sent: dict[str, Any] = run.step("notices", lambda: _tell(run))
    return {**made, **sent}


def _evaluate(run: JobRun) -> dict[str, Any]:
    made = watched_by_job(run)
    seen, place = made.seen, made.place
    with run.database.transaction() as connection:
        routes = _routes(run, connection)
        events = record_day(connection, place, seen.alerts, seen.view.as_of)
        publish_events(connection, place, events, run.clock())
        queued = queue_notices(connection, place, [item.route for item in routes], events, run.clock())
        score = _keep_score(connection, place, seen)
    counts = Counter(event.kind.value for event in events)
    day = seen.view.as_of.isoformat()
    return {
        "as_of": day,
        "alerts": len(seen.firing),
        "events": dict(sorted(counts.items())),
        "health_score": score,
        "notices": queued,
        "remarks": made.told,
    }


def _keep_score(connection: sa.Connection, place: Place, seen: Watched) -> float | None:
    table, _ = health_board(seen, "all")
    score = float(table["score"].iloc[0])
    if score != score:
        return None
    record_health(connection, place, seen.view.as_of, score, {"reason": str(table["reason"].iloc[0])})
    return score


def _tell(run: JobRun) -> dict[str, Any]:
    with run.database.reading() as connection:
        place, routes = _place(run, connection), _routes(run, connection)
    sent = send_due(run.database, place, reachable(routes, run.settings.private_targets), run.clock())
    return {"told": sent.notices, "not_told": sent.failed}


def _place(run: JobRun, connection: sa.Connection) -> Place:
    name = str(run.request.get("dataset") or "default")
    return Place(run.job.tenant, need_dataset(run.platform, connection, run.job.tenant, name).model_name)


def _routes(run: JobRun, connection: sa.Connection) -> Sequence[Told]:
    return told_of(connection, run.job.tenant, run.settings.home, os.environ)


ALERTS_JOB = JobKind("alerts", Scope.DATA_WRITE, _alerts)
"""Asked for by a schedule of this kind."""
