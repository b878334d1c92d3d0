"""Tables of channels, listings, orders, deliveries and reconciliations."""

import sqlalchemy as sa
from alembic import op

from core.database import DecimalText, JsonText, Moment

__all__ = ["downgrade", "upgrade"]

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_channels()
    _make_listings()
    _make_orders()
    _make_log()
    _make_reconciliations()


def _make_channels() -> None:
    op.create_table(
        "channels",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("buffer_units", sa.BigInteger, nullable=False),
        sa.Column("buffer_share", DecimalText, nullable=False),
        sa.Column("pause_units", sa.BigInteger, nullable=False),
        sa.Column("pause_share", DecimalText, nullable=False),
        sa.Column("fix_units", sa.BigInteger, nullable=False),
        sa.Column("paused_because", sa.String(500)),
        sa.Column("settings", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "channel", name="pk_channels"),
    )


def _make_listings() -> None:
    op.create_table(
        "channel_listings",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("sku", sa.String(200), nullable=False),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("buffer_units", sa.BigInteger),
        sa.Column("presale_units", sa.BigInteger, nullable=False),
        sa.Column("most_units", sa.BigInteger),
        sa.Column("wanted_units", sa.BigInteger, nullable=False),
        sa.Column("wanted_number", sa.BigInteger, nullable=False),
        sa.Column("wanted_at", Moment, nullable=False),
        sa.Column("told_units", sa.BigInteger),
        sa.Column("told_number", sa.BigInteger, nullable=False),
        sa.Column("told_at", Moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", Moment),
        sa.Column("leased_until", Moment),
        sa.PrimaryKeyConstraint("tenant", "channel", "sku", name="pk_channel_listings"),
    )
    op.create_index("ix_channel_listings_due", "channel_listings", ["due_at"])


def _make_orders() -> None:
    op.create_table(
        "channel_orders",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("order_id", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lines", JsonText, nullable=False),
        sa.Column("refused_because", sa.String(1000)),
        sa.Column("accepted_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.PrimaryKeyConstraint("tenant", "channel", "order_id", name="pk_channel_orders"),
    )


def _make_log() -> None:
    op.create_table(
        "delivery_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("sku", sa.String(200), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("error", sa.String(1000)),
        sa.Column("wanted_at", Moment, nullable=False),
        sa.Column("ended_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_log"),
    )
    op.create_index("ix_delivery_log_tenant_channel_ended_at", "delivery_log", ["tenant", "channel", "ended_at"])


def _make_reconciliations() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("checked_at", Moment, nullable=False),
        sa.Column("listings", sa.Integer, nullable=False),
        sa.Column("differing", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("differences", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("reconciliations", "delivery_log", "channel_orders", "channel_listings", "channels"):
        op.drop_table(table)
