"""The tables of the stock ledger: movements are only ever added; positions are their running sum."""

import sqlalchemy as sa

from core.database import METADATA, DecimalText, Moment

__all__ = ["LOCATIONS", "MOVEMENTS", "POSITIONS"]

LOCATIONS = sa.Table(
    "locations",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("location", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
)

MOVEMENTS = sa.Table(
    "movements",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
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
    sa.CheckConstraint("units > 0", name="units_positive"),
    sa.UniqueConstraint("tenant", "origin", "reference"),
    sa.Index("ix_movements_tenant_sku", "tenant", "sku"),
    sa.Index("ix_movements_day", "tenant", "date", "sku", "location", "to_location", "leaves", "enters", "units"),
)

POSITIONS = sa.Table(
    "positions",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("sku", sa.String(200), primary_key=True),
    sa.Column("location", sa.String(200), primary_key=True),
    sa.Column("bucket", sa.String(32), primary_key=True),
    sa.Column("units", sa.BigInteger, nullable=False),
)
