"""Read jobs, and write what becomes of them: each change is one transaction that is harmless when it is repeated."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from serving.jobs.job import ENDED, OPEN, ItemError, Job, JobState, JobUnknown, job_of
from serving.jobs.job_tables import ITEM_ERRORS, JOBS
from serving.webhooks.endpoints import EventType
from serving.webhooks.publishing import publish

__all__ = ["begin_job", "end_job", "find_job", "item_errors", "list_jobs", "note_item_errors", "note_progress"]

MAX_ITEM_ERRORS = 10_000
"""Items of one job whose errors are kept in words; all are counted."""
MAX_PROGRESS_WORDS = 200

Place = tuple[datetime, str]
"""Where a page ends: when its last job was made, and that job's id."""


def find_job(connection: sa.Connection, tenant: str, job_id: str) -> Job:
    """Return one job of the tenant; raises JobUnknown."""
    row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job_id, JOBS.c.tenant == tenant)).one_or_none()
    if row is None:
        raise JobUnknown(f"there is no job {job_id}; GET /v1/jobs lists yours")
    return job_of(row)


def list_jobs(
    connection: sa.Connection,
    tenant: str,
    *,
    kind: str | None = None,
    state: JobState | None = None,
    before: Place | None = None,
    limit: int = 50,
) -> list[Job]:
    """Return the tenant's jobs that have not expired, newest first; `before` is the place of the page's predecessor."""
    chosen = sa.select(JOBS).where(JOBS.c.tenant == tenant, sa.not_(JOBS.c.expired))
    if kind is not None:
        chosen = chosen.where(JOBS.c.kind == kind)
    if state is not None:
        chosen = chosen.where(JOBS.c.state == state.value)
    if before is not None:
        made, identity = before
        same_time = sa.and_(JOBS.c.created_at == made, JOBS.c.id < identity)
        chosen = chosen.where(sa.or_(JOBS.c.created_at < made, same_time))
    ordered = chosen.order_by(JOBS.c.created_at.desc(), JOBS.c.id.desc()).limit(limit)
    return [job_of(row) for row in connection.execute(ordered)]


def item_errors(connection: sa.Connection, job: Job, *, after: str = "", limit: int = 100) -> list[ItemError]:
    """Return what the job could not do, by item."""
    e = ITEM_ERRORS.c
    chosen = sa.select(e.item, e.code, e.message).where(e.job_id == job.id, e.item > after).order_by(e.item)
    return [ItemError(*row) for row in connection.execute(chosen.limit(limit))]


def begin_job(connection: sa.Connection, job_id: str, now: datetime) -> Job | None:
    """Mark a job as running and return it; None where it is gone or has ended, so that there is nothing to do."""
    row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job_id).with_for_update()).one_or_none()
    if row is None or row.state not in OPEN:
        return None
    facts = {"state": JobState.RUNNING.value, "attempts": row.attempts + 1, "started_at": row.started_at or now}
    connection.execute(sa.update(JOBS).where(JOBS.c.id == job_id).values(facts))
    return job_of(connection.execute(sa.select(JOBS).where(JOBS.c.id == job_id)).one())


def note_progress(connection: sa.Connection, job_id: str, words: str, share: float) -> bool:
    """Write how far a running job is; return whether somebody asked it to stop."""
    running = (JOBS.c.id == job_id) & (JOBS.c.state == JobState.RUNNING.value)
    told = {"progress": words[:MAX_PROGRESS_WORDS], "share": min(max(share, 0.0), 1.0)}
    connection.execute(sa.update(JOBS).where(running).values(told))
    return bool(connection.execute(sa.select(JOBS.c.cancel_asked).where(JOBS.c.id == job_id)).scalar_one_or_none())


def note_item_errors(connection: sa.Connection, job_id: str, errors: Sequence[ItemError]) -> None:
    """Add to what a job could not do; an item that is there already stays as it was told first."""
    if not errors:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [{"job_id": job_id, "item": e.item[:300], "code": e.code, "message": e.message} for e in errors]
    connection.execute(insert(ITEM_ERRORS).on_conflict_do_nothing(index_elements=["job_id", "item"]), rows)
    count = sa.select(sa.func.count()).where(ITEM_ERRORS.c.job_id == job_id).scalar_subquery()
    connection.execute(sa.update(JOBS).where(JOBS.c.id == job_id).values(refused_items=count))


def end_job(
    connection: sa.Connection,
    job_id: str,
    state: JobState,
    *,
    now: datetime,
    expires_at: datetime,
    result: Mapping[str, Any] | None = None,
    error: Mapping[str, Any] | None = None,
) -> bool:
    """Write how a job ended; return False, and leave it, where it had ended already.

    One that succeeded but for some items has partially succeeded.
    """
    if state not in ENDED:
        raise ValueError(f"{state} is no end")
    open_still = (JOBS.c.id == job_id) & JOBS.c.state.in_(OPEN)
    if state is JobState.SUCCEEDED:
        refused = connection.execute(sa.select(JOBS.c.refused_items).where(open_still)).scalar_one_or_none()
        state = JobState.PARTIALLY_SUCCEEDED if refused else state
    told: dict[str, Any] = {
        "state": state.value,
        "result": None if result is None else dict(result),
        "error": None if error is None else dict(error),
        "ended_at": now,
        "expires_at": expires_at,
        "progress": state.value.replace("_", " "),
    }
    if state in (JobState.SUCCEEDED, JobState.PARTIALLY_SUCCEEDED):
        told["share"] = 1.0
    if connection.execute(sa.update(JOBS).where(open_still).values(told)).rowcount != 1:
        return False
    _publish_end(connection, job_id, state, now, {} if result is None else result)
    return True


_COMPLETED = {
    "forecast": EventType.FORECAST_COMPLETED,
    "plan": EventType.PLAN_COMPLETED,
    "train": EventType.TRAINING_COMPLETED,
}
"""What webhooks hear of the end of each kind of job."""


def _publish_end(
    connection: sa.Connection, job_id: str, state: JobState, now: datetime, result: Mapping[str, Any]
) -> None:
    job = connection.execute(sa.select(JOBS.c.tenant, JOBS.c.kind).where(JOBS.c.id == job_id)).one()
    data = {"job_id": job_id, "kind": job.kind, "state": state.value, "href": f"/v1/jobs/{job_id}"}
    type_ = EventType.JOB_FAILED if state is JobState.FAILED else _COMPLETED.get(job.kind)
    if type_ is not None and state is not JobState.CANCELLED:
        publish(connection, job.tenant, type_, data, now)
    if result.get("promoted") or (job.kind == "train" and result.get("rank") == "champion"):
        told = data | {"version": str(result.get("version"))}
        publish(connection, job.tenant, EventType.TRAINING_PROMOTED, told, now)
