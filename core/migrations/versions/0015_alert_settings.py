"""Table of a tenant's own alert rules and notification routes."""

import sqlalchemy as sa
from alembic import op

from core.database import JsonText, Moment

__all__ = ["downgrade", "upgrade"]

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alert_settings",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", JsonText, nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dataset", "kind", name="pk_alert_settings"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("alert_settings")
