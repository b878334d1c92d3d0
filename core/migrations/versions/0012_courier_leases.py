"""Whose lease a channel's listing has, so that a courier that rises again frees what it held; why a reconciliation
paused a channel.
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("reconciliations", sa.Column("reason", sa.String(500), nullable=True))
    op.add_column("channel_listings", sa.Column("leased_by", sa.String(200), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("reconciliations", "reason")
    op.drop_column("channel_listings", "leased_by")
