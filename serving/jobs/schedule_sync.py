"""Keep DBOS's schedules equal to our rows, and turn each tick into one job."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from dbos import DBOS

from serving.jobs.asking import request_job
from serving.jobs.cron import next_times
from serving.jobs.job_tables import SCHEDULES
from serving.jobs.workflow import Engine
from serving.platform import Platform

__all__ = ["sync_schedules", "tick"]

logger = logging.getLogger("fillrate.jobs")


@dataclass(frozen=True, slots=True)
class _Scheduler:
    """Who asks for a scheduled job: whoever made the schedule."""

    tenant: str
    actor: str


def tick(platform: Platform, schedule_id: str, scheduled_at: datetime) -> str | None:
    """Ask for the job of one tick, exactly once however often it is called; return its id.

    None where the tick is settled or none of ours (an hour that the clocks show twice), the schedule is gone or paused,
    or a later tick is due already: after days without a worker the newest tick alone is made up for.
    """
    now = platform.clock()
    with platform.database.transaction() as connection:
        mine = SCHEDULES.c.id == schedule_id
        row = connection.execute(sa.select(SCHEDULES).where(mine).with_for_update()).one_or_none()
        if row is None or row.paused or (row.last_tick is not None and row.last_tick >= scheduled_at):
            return None
        due, later = next_times(row.cron, row.time_zone, scheduled_at - timedelta(seconds=1), 2)
        if due != scheduled_at or later <= now:
            return None
        key = f"schedule {schedule_id} {scheduled_at.isoformat()}"
        job = request_job(connection, _Scheduler(row.tenant, row.actor), row.kind, row.request, key, now=now)
        connection.execute(sa.update(SCHEDULES).where(mine).values(last_tick=scheduled_at, last_job=job.id))
        return job.id


def sync_schedules(platform: Platform, engine: Engine) -> int:
    """Make DBOS's schedules equal to the rows; return how many differed. Idempotent, and safe between workers."""
    with platform.database.reading() as connection:
        rows = connection.execute(sa.select(SCHEDULES).where(sa.not_(SCHEDULES.c.paused))).all()
    wanted = {row.id: (row.cron, row.time_zone) for row in rows}
    there = {item["schedule_name"]: (item["schedule"], item["cron_timezone"]) for item in DBOS.list_schedules()}
    gone = [name for name in there if name not in wanted]
    for name in gone:
        DBOS.delete_schedule(name)
    changed = [name for name, facts in wanted.items() if there.get(name) != facts]
    if changed:
        DBOS.apply_schedules([_schedule(name, *wanted[name], engine.tick_workflow) for name in changed])
    return len(gone) + len(changed)


def _schedule(name: str, cron: str, time_zone: str, workflow: Callable[[datetime, Any], None]) -> Any:
    return {
        "schedule_name": name,
        "workflow_fn": workflow,
        "schedule": cron,
        "cron_timezone": time_zone,
        "context": name,
        "automatic_backfill": True,
    }
