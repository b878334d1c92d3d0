"""Tables of alerts, their history and notification routes."""

import sqlalchemy as sa
from alembic import op

from core.database import JsonText, Moment

__all__ = ["downgrade", "upgrade"]

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _owner() -> list[sa.Column[str]]:
    return [
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
    ]


def upgrade() -> None:
    """Make the tables."""
    _make_alerts()
    op.create_table(
        "health_scores",
        *_owner(),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("content", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dataset", "day", name="pk_health_scores"),
    )
    op.create_table(
        "action_drafts",
        *_owner(),
        sa.Column("draft_id", sa.String(16), nullable=False),
        sa.Column("alert_id", sa.String(16), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("content", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dataset", "draft_id", name="pk_action_drafts"),
    )
    op.create_table(
        "notices",
        *_owner(),
        sa.Column("route", sa.String(60), nullable=False),
        sa.Column("alert_id", sa.String(16), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("sent_at", Moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("content", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dataset", "route", "alert_id", "day", "kind", name="pk_notices"),
    )
    op.create_index("ix_notices_sent_at_due_at", "notices", ["sent_at", "due_at"])


def _make_alerts() -> None:
    op.create_table(
        "alerts",
        *_owner(),
        sa.Column("alert_id", sa.String(16), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("cause", sa.String(60), nullable=False),
        sa.Column("sku", sa.String(200), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("last_seen_on", sa.Date, nullable=False),
        sa.Column("resolved_on", sa.Date),
        sa.Column("snoozed_until", sa.Date),
        sa.Column("episodes", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dataset", "alert_id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_tenant_dataset_status_level", "alerts", ["tenant", "dataset", "status", "level"])
    op.create_table(
        "alert_events",
        *_owner(),
        sa.Column("alert_id", sa.String(16), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dataset", "alert_id", "day", "kind", name="pk_alert_events"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("notices", "action_drafts", "health_scores", "alert_events", "alerts"):
        op.drop_table(name)
