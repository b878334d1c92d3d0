"""Tables of jobs, of what their steps wrote and refused, of schedules, and of the workers that are alive."""

import sqlalchemy as sa

from core.database import METADATA, JsonText, Moment

__all__ = ["ITEM_ERRORS", "JOBS", "SCHEDULES", "STEPS", "WORKERS"]

JOBS = sa.Table(
    "jobs",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("tenant", sa.String(100), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("request", JsonText, nullable=False),
    sa.Column("natural_key", sa.String(300)),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("progress", sa.String(200), nullable=False),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("cancel_asked", sa.Boolean, nullable=False),
    sa.Column("refused_items", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("result", JsonText),
    sa.Column("error", JsonText),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("dispatched_at", Moment),
    sa.Column("started_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("expires_at", Moment),
    sa.Column("expired", sa.Boolean, nullable=False),
    sa.UniqueConstraint("tenant", "kind", "natural_key"),
    sa.Index("ix_jobs_tenant", "tenant", "created_at", "id"),
    sa.Index("ix_jobs_state", "state", "created_at"),
)
"""What was asked for and what became of it; the row is the truth, the workflow of the same id only its engine."""

ITEM_ERRORS = sa.Table(
    "job_item_errors",
    METADATA,
    sa.Column("job_id", sa.String(36), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("item", sa.String(300), primary_key=True),
    sa.Column("code", sa.String(80), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)
"""Items (a series, a row of a table) that a job could not do; once each, however often its step ran."""

STEPS = sa.Table(
    "job_steps",
    METADATA,
    sa.Column("job_id", sa.String(36), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("output", JsonText),
    sa.Column("written_at", Moment, nullable=False),
)
"""Steps that changed this database, each written in the transaction of its change: done twice they change it once."""

SCHEDULES = sa.Table(
    "schedules",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("tenant", sa.String(100), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("request", JsonText, nullable=False),
    sa.Column("cron", sa.String(100), nullable=False),
    sa.Column("time_zone", sa.String(60), nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_tick", Moment),
    sa.Column("last_job", sa.String(36)),
    sa.UniqueConstraint("tenant", "name"),
)
"""What is to be done when; the worker keeps DBOS's own schedules equal to these rows."""

WORKERS = sa.Table(
    "workers",
    METADATA,
    sa.Column("executor", sa.String(200), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
)
"""Worker processes and when each was last seen: the work of one that went silent is taken over."""
