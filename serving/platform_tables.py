"""Tables of the platform: API keys, sessions of the page, idempotency keys and the audit trail."""

import sqlalchemy as sa

from core.database import METADATA, JsonText, Moment

__all__ = ["API_KEYS", "AUDIT", "IDEMPOTENCY_KEYS", "PAGE_SESSIONS"]

API_KEYS = sa.Table(
    "api_keys",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(63), nullable=False, index=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("scopes", JsonText, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("revoked_at", Moment),
)
"""Keys: `digest` is the SHA-256 (hex) of the secret, which is kept nowhere."""

PAGE_SESSIONS = sa.Table(
    "page_sessions",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("tenant", sa.String(63), nullable=False),
    sa.Column("key_id", sa.String(32), nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False, index=True),
)
"""Who is signed in on the planner's page: `digest` is the SHA-256 (hex) of what the browser's cookie holds."""

IDEMPOTENCY_KEYS = sa.Table(
    "idempotency_keys",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("route", sa.String(200), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False, index=True),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("headers", JsonText, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
"""Answers to changing requests; `route` is the method and the path template, `fingerprint` the SHA-256 (hex) of path,
query and body."""

AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("tenant", sa.String(63), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("action", sa.String(100), nullable=False),
    sa.Column("resource", sa.String(300), nullable=False),
    sa.Column("facts", JsonText, nullable=False),
    sa.Column("request_id", sa.String(128), nullable=False),
    sa.Index(None, "tenant", "id"),
    sqlite_autoincrement=True,
)
"""Who changed what and when; rows are added and never changed, which triggers hold to."""
