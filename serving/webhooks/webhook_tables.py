"""The tables of webhooks: endpoints, messages, who is still to get which, and every attempt."""

import sqlalchemy as sa

from core.database import METADATA, JsonText, Moment

__all__ = ["WEBHOOK_ATTEMPTS", "WEBHOOK_DELIVERIES", "WEBHOOK_ENDPOINTS", "WEBHOOK_MESSAGES"]

WEBHOOK_ENDPOINTS = sa.Table(
    "webhook_endpoints",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("endpoint_id", sa.String(40), primary_key=True),
    sa.Column("url", sa.String(2000), nullable=False),
    sa.Column("types", JsonText, nullable=False),
    sa.Column("secrets", JsonText, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("disabled_because", sa.String(500)),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)
"""secrets: the newest first, each with the moment until which it still signs, null for the newest."""

WEBHOOK_MESSAGES = sa.Table(
    "webhook_messages",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("message_id", sa.String(40), primary_key=True),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

WEBHOOK_DELIVERIES = sa.Table(
    "webhook_deliveries",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("endpoint_id", sa.String(40), primary_key=True),
    sa.Column("message_id", sa.String(40), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("leased_until", Moment),
    sa.Index("ix_webhook_deliveries_due_at", "due_at"),
)

WEBHOOK_ATTEMPTS = sa.Table(
    "webhook_attempts",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("tenant", sa.String(64), nullable=False),
    sa.Column("endpoint_id", sa.String(40), nullable=False),
    sa.Column("message_id", sa.String(40), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.String(500)),
    sa.Column("answer", sa.String(1000), nullable=False),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_webhook_attempts_tenant_endpoint_id_id", "tenant", "endpoint_id", "id"),
)
