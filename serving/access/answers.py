"""What the administrator's resources answer, for their documentation."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from serving.access.caller import Scope

__all__ = ["AuditAnswer", "AuditEntry", "KeyAnswer", "KeysAnswer"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeyAnswer(_Body):
    """What is known of an API key; its secret is known to nobody but its user."""

    id: str = Field(examples=["3f9a1c0de2b47586"])
    tenant: str = Field(examples=["acme"])
    name: str = Field(examples=["night run of the ERP"])
    scopes: list[Scope] = Field(examples=[["forecast:read"]])
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class KeysAnswer(_Body):
    """All keys of the tenant."""

    items: list[KeyAnswer]


class AuditEntry(_Body):
    """One thing that somebody did."""

    id: int
    at: datetime
    actor: str = Field(examples=["key:3f9a1c0de2b47586:night run of the ERP"])
    action: str = Field(examples=["proposal.approve"])
    resource: str = Field(examples=["/v1/proposals/52ca41b02cf18b75"])
    facts: dict[str, Any]
    request_id: str


class AuditAnswer(_Body):
    """A page of the trail, the newest first."""

    items: list[AuditEntry]
    next_cursor: str | None
