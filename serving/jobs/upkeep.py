"""What a worker does beside its jobs: hand over new rows, show that it lives, take over from the dead, sweep the old.

Each chore is harmless when two workers do it at once, and when a process dies in it.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import FillrateError
from serving.jobs.job import ENDED, JobState
from serving.jobs.job_results import job_folder
from serving.jobs.job_settings import JobSettings
from serving.jobs.job_tables import ITEM_ERRORS, JOBS, STEPS, WORKERS
from serving.jobs.kinds import Queue
from serving.jobs.records import end_job
from serving.jobs.schedule_sync import sync_schedules
from serving.jobs.workflow import SETTLED, Engine
from serving.platform import Platform

__all__ = ["Chore", "chores_of", "dispatch", "expire", "reconcile", "run_chores", "show_life", "take_over"]

BATCH = 200
logger = logging.getLogger("fillrate.jobs")


@dataclass(slots=True)
class Chore:
    """Something done again and again: its name, the seconds between two times, what it does."""

    name: str
    every: float
    work: Callable[[], object]
    due: float = field(default=0.0)


def run_chores(chores: Sequence[Chore], stop: threading.Event, pause: float = 0.05) -> None:
    """Do the chores until `stop` is set; one that fails is logged and tried again when it is next due."""
    while not stop.is_set():
        for chore in chores:
            if time.monotonic() < chore.due:
                continue
            try:
                chore.work()
            except FillrateError as error:
                logger.warning("%s: %s", chore.name, error)
            except Exception:  # a chore that fails must not end the others; the log keeps the traceback
                logger.exception("%s failed; it is tried again", chore.name)
            chore.due = time.monotonic() + chore.every
        stop.wait(pause)


def dispatch(platform: Platform, engine: Engine) -> int:
    """Hand rows that no workflow has seen to the engine, oldest first; return how many.

    Enqueued before it is noted: where the process dies between, the row is enqueued again under the same id.
    """
    waiting = sa.select(JOBS.c.id, JOBS.c.kind).where(
        JOBS.c.state == JobState.QUEUED.value, JOBS.c.dispatched_at.is_(None)
    )
    with platform.database.reading() as connection:
        rows = connection.execute(waiting.order_by(JOBS.c.created_at).limit(BATCH)).all()
    _enqueue(platform, engine, rows)
    if rows:
        with platform.database.transaction() as connection:
            handed = sa.update(JOBS).where(JOBS.c.id.in_([row.id for row in rows]), JOBS.c.dispatched_at.is_(None))
            connection.execute(handed.values(dispatched_at=platform.clock()))
    return len(rows)


def reconcile(platform: Platform, engine: Engine, times: JobSettings) -> int:
    """End rows whose workflow has ended, and enqueue those whose workflow is missing; return how many were wrong."""
    wrong, after = 0, ""
    while True:
        handed = (JOBS.c.state == JobState.QUEUED.value) & JOBS.c.dispatched_at.is_not(None)
        open_rows = sa.select(JOBS.c.id, JOBS.c.kind).where(
            JOBS.c.id > after, handed | (JOBS.c.state == JobState.RUNNING.value)
        )
        with platform.database.reading() as connection:
            rows = connection.execute(open_rows.order_by(JOBS.c.id).limit(BATCH)).all()
        if not rows:
            return wrong
        states = engine.states([row.id for row in rows])
        missing = [row for row in rows if row.id not in states]
        _enqueue(platform, engine, missing)
        ended = [job for job, state in states.items() if state in SETTLED]
        wrong += len(missing) + sum(_take_end(platform, times, job) for job in ended)
        after = rows[-1].id


def _enqueue(platform: Platform, engine: Engine, rows: Sequence[Any]) -> None:
    for row in rows:
        if row.kind in engine.kinds:
            engine.enqueue(row.id, row.kind)
        else:
            logger.error("job %s is of kind %r, which this worker does not know", row.id, row.kind)


def _take_end(platform: Platform, times: JobSettings, job: str) -> bool:
    now = platform.clock()
    error = {"code": "job.lost", "message": "how it ended was not recorded; ask for it again", "errors": []}
    with platform.database.transaction() as connection:
        return end_job(connection, job, JobState.FAILED, now=now, expires_at=now + times.retention, error=error)


def show_life(platform: Platform, executor: str, queue: Queue, started: datetime) -> None:
    """Note that this process lives. Done before its engine starts, so that nobody takes over what it takes up again."""
    seen = {"executor": executor, "role": queue.value, "started_at": started, "seen_at": platform.clock()}
    insert = sqlite.insert if platform.database.is_sqlite else postgresql.insert
    with platform.database.transaction() as connection:
        written = insert(WORKERS).values(seen)
        connection.execute(written.on_conflict_do_update(index_elements=["executor"], set_=seen))


def take_over(platform: Platform, engine: Engine, times: JobSettings) -> int:
    """Take over the work of processes that have been silent for too long; return how many jobs that were.

    A dead process's row stays locked meanwhile, so that one worker does it, and not while the dead one rises again. A
    process that was only slow finds its steps done by the other one, and stops.
    """
    silent = WORKERS.c.seen_at < platform.clock() - timedelta(seconds=times.silent_after)
    taken = 0
    with platform.database.transaction() as connection:
        dead = sa.select(WORKERS.c.executor).where(silent, WORKERS.c.executor != engine.executor)
        for name in connection.execute(dead.with_for_update(skip_locked=True)).scalars().all():
            taken += engine.take_over(name)
            connection.execute(sa.delete(WORKERS).where(WORKERS.c.executor == name))
            logger.warning("worker %s is silent; its jobs are taken over", name)
    return taken


def expire(platform: Platform, times: JobSettings) -> int:
    """Drop files, results and errors of jobs whose time is over, and rows long after that; return how many expired."""
    now = platform.clock()
    ended = JOBS.c.state.in_([state.value for state in ENDED])
    due = sa.select(JOBS.c.id, JOBS.c.tenant).where(ended, JOBS.c.expires_at <= now, sa.not_(JOBS.c.expired))
    with platform.database.reading() as connection:
        rows = connection.execute(due.order_by(JOBS.c.expires_at).limit(BATCH)).all()
    for row in rows:
        shutil.rmtree(job_folder(platform.settings, row.tenant, row.id), ignore_errors=True)
        with platform.database.transaction() as connection:
            gone: dict[str, Any] = {"expired": True, "result": None, "error": None, "natural_key": None, "request": {}}
            connection.execute(sa.update(JOBS).where(JOBS.c.id == row.id).values(gone))
            for table in (ITEM_ERRORS, STEPS):
                connection.execute(sa.delete(table).where(table.c.job_id == row.id))
    oldest = (now - times.retention).timestamp()
    for path in (*platform.settings.home.glob("inbox/*"), *platform.settings.home.glob("tenants/*/inbox/*")):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    with platform.database.transaction() as connection:
        forgotten = JOBS.c.expired & (JOBS.c.expires_at < now - times.keep_records)
        connection.execute(sa.delete(JOBS).where(forgotten))
    return len(rows)


def chores_of(platform: Platform, engine: Engine, times: JobSettings, queue: Queue) -> list[Chore]:
    """Return what one worker process does beside its jobs; chores over all rows belong to the light worker."""
    started = platform.clock()
    life = Chore("sign of life", times.heartbeat_every, lambda: show_life(platform, engine.executor, queue, started))
    if queue is not Queue.LIGHT:
        return [life]
    return [
        life,
        Chore("handing over new jobs", times.dispatch_every, lambda: dispatch(platform, engine)),
        Chore("looking for lost jobs", times.reconcile_every, lambda: reconcile(platform, engine, times)),
        Chore("looking for dead workers", times.heartbeat_every, lambda: take_over(platform, engine, times)),
        Chore("keeping schedules", times.schedules_every, lambda: sync_schedules(platform, engine)),
        Chore("dropping old results", times.expire_every, lambda: expire(platform, times)),
        Chore(
            "forgetting old workflows", times.expire_every, lambda: engine.forget(platform.clock() - times.retention)
        ),
    ]
