"""Tables of stock movements, positions and locations."""

import sqlalchemy as sa
from alembic import op

from core.database import DecimalText, Moment

__all__ = ["downgrade", "upgrade"]

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "locations",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "location", name="pk_locations"),
    )
    _make_movements()
    op.create_table(
        "positions",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("sku", sa.String(200), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("bucket", sa.String(32), nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sku", "location", "bucket", name="pk_positions"),
    )


def _make_movements() -> None:
    op.create_table(
        "movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("sku", sa.String(200), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("to_location", sa.String(200), nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("leaves", sa.String(32), nullable=False),
        sa.Column("enters", sa.String(32), nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("unit_cost", DecimalText),
        sa.Column("reason", sa.String(500)),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_movements"),
        sa.CheckConstraint("units > 0", name="ck_movements_units_positive"),
        sa.UniqueConstraint("tenant", "origin", "reference", name="uq_movements_tenant_origin_reference"),
    )
    op.create_index("ix_movements_tenant_sku", "movements", ["tenant", "sku"])
    folded = ["tenant", "date", "sku", "location", "to_location", "leaves", "enters", "units"]
    op.create_index("ix_movements_day", "movements", folded)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("positions", "movements", "locations"):
        op.drop_table(table)
