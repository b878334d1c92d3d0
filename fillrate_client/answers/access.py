"""What requests and answers of access look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

__all__ = ["AuditAnswer", "AuditEntry", "KeyAnswer", "KeysAnswer", "Scope"]


class AuditAnswer(TypedDict):
    """A page of the trail, the newest first."""

    items: list[AuditEntry]
    next_cursor: str | None


class AuditEntry(TypedDict):
    """One thing that somebody did."""

    id: int
    at: str
    actor: str
    action: str
    resource: str
    facts: dict[str, Any]
    request_id: str


class KeyAnswer(TypedDict):
    """What is known of an API key; its secret is known to nobody but its user."""

    id: str
    tenant: str
    name: str
    scopes: list[Scope]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class KeysAnswer(TypedDict):
    """All keys of the tenant."""

    items: list[KeyAnswer]


Scope = Literal["forecast:read", "data:write", "scenario:write", "po:approve", "model:train", "admin"]
"""What a caller may do; `admin` includes all others, within its tenant."""
