"""Tables of jobs and schedules."""

import sqlalchemy as sa
from alembic import op

from core.database import JsonText, Moment

__all__ = ["downgrade", "upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(100), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("request", JsonText(), nullable=False),
        sa.Column("natural_key", sa.String(300)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("progress", sa.String(200), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("refused_items", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("result", JsonText()),
        sa.Column("error", JsonText()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("dispatched_at", Moment()),
        sa.Column("started_at", Moment()),
        sa.Column("ended_at", Moment()),
        sa.Column("expires_at", Moment()),
        sa.Column("expired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("tenant", "kind", "natural_key", name="uq_jobs_tenant_kind_natural_key"),
    )
    op.create_index("ix_jobs_tenant", "jobs", ["tenant", "created_at", "id"])
    op.create_index("ix_jobs_state", "jobs", ["state", "created_at"])
    _create_parts()
    _create_schedules()


def _create_parts() -> None:
    op.create_table(
        "job_item_errors",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("item", sa.String(300), nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_item_errors_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "item", name="pk_job_item_errors"),
    )
    op.create_table(
        "job_steps",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("output", JsonText()),
        sa.Column("written_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_steps_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_job_steps"),
    )


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(100), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("request", JsonText(), nullable=False),
        sa.Column("cron", sa.String(100), nullable=False),
        sa.Column("time_zone", sa.String(60), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("last_tick", Moment()),
        sa.Column("last_job", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.UniqueConstraint("tenant", "name", name="uq_schedules_tenant_name"),
    )
    op.create_table(
        "workers",
        sa.Column("executor", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("executor", name="pk_workers"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("workers", "schedules", "job_steps", "job_item_errors"):
        op.drop_table(table)
    op.drop_index("ix_jobs_state", "jobs")
    op.drop_index("ix_jobs_tenant", "jobs")
    op.drop_table("jobs")
