"""Table of the sessions of the planner's page."""

import sqlalchemy as sa
from alembic import op

from core.database import Moment

__all__ = ["downgrade", "upgrade"]

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "page_sessions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("begun_at", Moment, nullable=False),
        sa.Column("ends_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_page_sessions"),
    )
    op.create_index("ix_page_sessions_ends_at", "page_sessions", ["ends_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("page_sessions")
