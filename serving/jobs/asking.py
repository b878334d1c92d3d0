"""Ask for a job, or that it stops: a row written in the asker's own transaction, which no worker needs to be up for."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from serving.jobs.job import Job, JobState, JobUnknown, job_of
from serving.jobs.job_tables import JOBS

__all__ = ["Asker", "cancel_job", "request_job"]

RUNS_AGAIN = (JobState.FAILED, JobState.CANCELLED)
"""Ends after which the same natural key may be asked for once more."""


class Asker(Protocol):
    """Who asks: a caller of the API, or a schedule."""

    @property
    def tenant(self) -> str:
        """Return whose job it is."""

    @property
    def actor(self) -> str:
        """Return who asked, for the record."""


def request_job(
    connection: sa.Connection,
    caller: Asker,
    kind: str,
    request: Mapping[str, Any],
    natural_key: str | None = None,
    *,
    now: datetime | None = None,
) -> Job:
    """Return the queued job, written in the caller's transaction: it is asked for if and only if that commits.

    natural_key: what makes two requests of a kind the same job; where one waits, runs or is done under it, that one is
    returned and nothing is written. One that failed or was cancelled is asked for anew. now: by default the clock's.
    """
    if natural_key is not None:
        _free_key(connection, caller.tenant, kind, natural_key)
    identity = str(uuid.uuid4())
    row = {
        "id": identity,
        "tenant": caller.tenant,
        "actor": caller.actor,
        "kind": kind,
        "request": dict(request),
        "natural_key": natural_key,
        "state": JobState.QUEUED.value,
        "progress": "waiting for a worker",
        "share": 0.0,
        "cancel_asked": False,
        "refused_items": 0,
        "attempts": 0,
        "created_at": now or datetime.now(UTC),
        "expired": False,
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        insert(JOBS).values(row).on_conflict_do_nothing(index_elements=["tenant", "kind", "natural_key"])
    )
    same = JOBS.c.id == identity
    if natural_key is not None:
        same = (JOBS.c.tenant == caller.tenant) & (JOBS.c.kind == kind) & (JOBS.c.natural_key == natural_key)
    return job_of(connection.execute(sa.select(JOBS).where(same)).one())


def cancel_job(connection: sa.Connection, tenant: str, job_id: str, *, now: datetime, expires_at: datetime) -> Job:
    """Return the job after asking it to stop: one that waits is cancelled at once, one that runs at its next look.

    A job that has ended stays as it is. Raises JobUnknown.
    """
    mine = (JOBS.c.id == job_id) & (JOBS.c.tenant == tenant)
    row = connection.execute(sa.select(JOBS).where(mine).with_for_update()).one_or_none()
    if row is None:
        raise JobUnknown(f"there is no job {job_id}; GET /v1/jobs lists yours")
    job = job_of(row)
    if job.state is JobState.QUEUED:
        ended = {"state": JobState.CANCELLED.value, "ended_at": now, "expires_at": expires_at, "progress": "cancelled"}
        connection.execute(sa.update(JOBS).where(mine).values(cancel_asked=True, **ended))
    elif job.state is JobState.RUNNING:
        connection.execute(sa.update(JOBS).where(mine).values(cancel_asked=True))
    return job_of(connection.execute(sa.select(JOBS).where(mine)).one())


def _free_key(connection: sa.Connection, tenant: str, kind: str, natural_key: str) -> None:
    """Take the natural key from a job that came to nothing."""
    held = (JOBS.c.tenant == tenant) & (JOBS.c.kind == kind) & (JOBS.c.natural_key == natural_key)
    ended = JOBS.c.state.in_([state.value for state in RUNS_AGAIN])
    connection.execute(sa.update(JOBS).where(held, ended).values(natural_key=None))
