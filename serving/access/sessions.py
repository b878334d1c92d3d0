"""Sessions of the planner's page: an API key shown once at the door, and a cookie that stands for it for a working day.

The cookie holds 256 random bits; the database keeps their hash. So a session ends when the user signs out, when its
time is over, or when its key is revoked, in every process, and what is stolen from the database opens nothing.
"""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from serving.access.keys import Key, key_of
from serving.platform_tables import API_KEYS, PAGE_SESSIONS

__all__ = ["COOKIE", "SESSION_HOURS", "begin_session", "end_session", "find_session", "new_secret"]

COOKIE = "fillrate_page"
"""Name of the cookie; every visitor has one, and signing in replaces it."""
SESSION_HOURS = 12


def new_secret() -> str:
    """Return what a browser's cookie holds: 256 random bits."""
    return secrets.token_urlsafe(32)


def begin_session(connection: sa.Connection, key: Key, now: datetime) -> str:
    """Sign in with a key; return what the cookie holds. Sessions whose time is over are forgotten."""
    connection.execute(PAGE_SESSIONS.delete().where(PAGE_SESSIONS.c.ends_at < now))
    secret = new_secret()
    row: dict[str, Any] = {
        "digest": _digest(secret),
        "tenant": key.tenant,
        "key_id": key.id,
        "begun_at": now,
        "ends_at": now + timedelta(hours=SESSION_HOURS),
    }
    connection.execute(PAGE_SESSIONS.insert().values(row))
    return secret


def find_session(connection: sa.Connection, secret: str) -> Key | None:
    """Return the key that a session was begun with, which ends no later than the session does; None where there is no
    such session."""
    wanted = (
        sa.select(API_KEYS, PAGE_SESSIONS.c.ends_at)
        .join(PAGE_SESSIONS, PAGE_SESSIONS.c.key_id == API_KEYS.c.id)
        .where(PAGE_SESSIONS.c.digest == _digest(secret), PAGE_SESSIONS.c.tenant == API_KEYS.c.tenant)
    )
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    key = key_of(row)
    ends_at = row.ends_at if key.expires_at is None else min(row.ends_at, key.expires_at)
    return replace(key, expires_at=ends_at)


def end_session(connection: sa.Connection, secret: str) -> None:
    """Sign out; a session that is not there needs no ending."""
    connection.execute(PAGE_SESSIONS.delete().where(PAGE_SESSIONS.c.digest == _digest(secret)))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
