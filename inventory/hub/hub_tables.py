"""The tables of the hub: channels, what each shows of each SKU, what it is still to be told, its orders, its
reconciliations.
"""

import sqlalchemy as sa

from core.database import METADATA, DecimalText, JsonText, Moment

__all__ = ["CHANNELS", "CHANNEL_LISTINGS", "CHANNEL_ORDERS", "DELIVERY_LOG", "RECONCILIATIONS"]

_TENANT, _NAME, _SKU = sa.String(64), sa.String(64), sa.String(200)

CHANNELS = sa.Table(
    "channels",
    METADATA,
    sa.Column("tenant", _TENANT, primary_key=True),
    sa.Column("channel", _NAME, primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("location", sa.String(200), nullable=False),
    sa.Column("buffer_units", sa.BigInteger, nullable=False),
    sa.Column("buffer_share", DecimalText, nullable=False),
    sa.Column("pause_units", sa.BigInteger, nullable=False),
    sa.Column("pause_share", DecimalText, nullable=False),
    sa.Column("fix_units", sa.BigInteger, nullable=False),
    sa.Column("paused_because", sa.String(500)),
    sa.Column("settings", JsonText, nullable=False),
)

CHANNEL_LISTINGS = sa.Table(
    "channel_listings",
    METADATA,
    sa.Column("tenant", _TENANT, primary_key=True),
    sa.Column("channel", _NAME, primary_key=True),
    sa.Column("sku", _SKU, primary_key=True),
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
    sa.Column("leased_by", sa.String(200)),
    sa.Index("ix_channel_listings_due", "due_at"),
    sa.Index("ix_channel_listings_tenant_sku", "tenant", "sku"),
)
"""wanted_*: what the channel is to show, numbered upwards; told_*: what it last acknowledged; due_at: when it is to be
told (again), None where it knows; leased_by: the courier that is telling it.
"""

CHANNEL_ORDERS = sa.Table(
    "channel_orders",
    METADATA,
    sa.Column("tenant", _TENANT, primary_key=True),
    sa.Column("channel", _NAME, primary_key=True),
    sa.Column("order_id", sa.String(100), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("lines", JsonText, nullable=False),
    sa.Column("refused_because", sa.String(1000)),
    sa.Column("accepted_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
)

DELIVERY_LOG = sa.Table(
    "delivery_log",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("tenant", _TENANT, nullable=False),
    sa.Column("channel", _NAME, nullable=False),
    sa.Column("sku", _SKU, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("units", sa.BigInteger, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("error", sa.String(1000)),
    sa.Column("wanted_at", Moment, nullable=False),
    sa.Column("ended_at", Moment, nullable=False),
    sa.Index("ix_delivery_log_tenant_channel_ended_at", "tenant", "channel", "ended_at"),
)

RECONCILIATIONS = sa.Table(
    "reconciliations",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("tenant", _TENANT, nullable=False),
    sa.Column("channel", _NAME, nullable=False),
    sa.Column("checked_at", Moment, nullable=False),
    sa.Column("listings", sa.Integer, nullable=False),
    sa.Column("differing", sa.Integer, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(500)),
    sa.Column("differences", JsonText, nullable=False),
)
