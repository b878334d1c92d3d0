"""Tables of alerts, what happened to them, health by day, action drafts and notices, each of a tenant's dataset."""

import sqlalchemy as sa

from core.database import METADATA, JsonText, Moment

__all__ = ["ACTION_DRAFTS", "ALERTS", "ALERT_EVENTS", "ALERT_SETTINGS", "HEALTH_SCORES", "NOTICES"]

TENANT, DATASET = sa.String(63), sa.String(200)

ALERTS = sa.Table(
    "alerts",
    METADATA,
    sa.Column("tenant", TENANT, primary_key=True),
    sa.Column("dataset", DATASET, primary_key=True),
    sa.Column("alert_id", sa.String(16), primary_key=True),
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
    sa.Index(None, "tenant", "dataset", "status", "level"),
)
"""The newest state of every alert; `content` is the row of the engine."""

ALERT_EVENTS = sa.Table(
    "alert_events",
    METADATA,
    sa.Column("tenant", TENANT, primary_key=True),
    sa.Column("dataset", DATASET, primary_key=True),
    sa.Column("alert_id", sa.String(16), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
)
"""What happened to an alert: at most one event of a kind a day, so that a day run twice adds nothing."""

ALERT_SETTINGS = sa.Table(
    "alert_settings",
    METADATA,
    sa.Column("tenant", TENANT, primary_key=True),
    sa.Column("dataset", DATASET, primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("content", JsonText, nullable=False),
    sa.Column("changed_by", sa.String(200), nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
)
"""What a tenant has set over the shipped rules and the files: `rules` of a dataset, `routes` of all (dataset empty)."""

HEALTH_SCORES = sa.Table(
    "health_scores",
    METADATA,
    sa.Column("tenant", TENANT, primary_key=True),
    sa.Column("dataset", DATASET, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("content", JsonText, nullable=False),
)
"""The health score of each day it was computed on, for its trend."""

ACTION_DRAFTS = sa.Table(
    "action_drafts",
    METADATA,
    sa.Column("tenant", TENANT, primary_key=True),
    sa.Column("dataset", DATASET, primary_key=True),
    sa.Column("draft_id", sa.String(16), primary_key=True),
    sa.Column("alert_id", sa.String(16), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("decided_by", sa.String(200), nullable=False),
    sa.Column("content", JsonText, nullable=False),
)
"""Suggested actions as drafts: draft → approved → exported, or rejected. Nothing is done by itself."""

NOTICES = sa.Table(
    "notices",
    METADATA,
    sa.Column("tenant", TENANT, primary_key=True),
    sa.Column("dataset", DATASET, primary_key=True),
    sa.Column("route", sa.String(60), primary_key=True),
    sa.Column("alert_id", sa.String(16), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("sent_at", Moment),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("content", JsonText, nullable=False),
    sa.Index(None, "sent_at", "due_at"),
)
"""What must be told to whom and when; written with the alert's event in one transaction (outbox)."""
