"""What requests and answers of webhooks look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

__all__ = [
    "AttemptRow",
    "AttemptsAnswer",
    "DeliveriesAnswer",
    "DeliveryRow",
    "EndpointAnswer",
    "EndpointBody",
    "EndpointPatch",
    "EndpointsAnswer",
    "EventType",
    "NewEndpointAnswer",
    "SecretAnswer",
    "SentAnswer",
]


class AttemptRow(TypedDict):
    """One attempt and the beginning of the receiver's answer."""

    message_id: str
    attempt: int
    status: int | None
    error: str | None
    answer: str
    milliseconds: int
    at: str


class AttemptsAnswer(TypedDict):
    """The attempts to deliver one message, the oldest first."""

    items: list[AttemptRow]


class DeliveriesAnswer(TypedDict):
    """A page of deliveries, the newest first."""

    items: list[DeliveryRow]
    next_cursor: str | None


class DeliveryRow(TypedDict):
    """What became of one message."""

    message_id: str
    type: str
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    created_at: str
    due_at: str | None


class EndpointAnswer(TypedDict):
    """An endpoint without its secret."""

    id: str
    url: str
    types: list[str]
    enabled: bool
    disabled_because: str | None
    created_at: str


class EndpointBody(TypedDict):
    """Where to send messages, and which; all types where none is named."""

    url: str
    types: NotRequired[list[EventType]]


class EndpointPatch(TypedDict):
    """What to change; what is not named stays."""

    url: NotRequired[str | None]
    types: NotRequired[list[EventType] | None]
    enabled: NotRequired[bool | None]


class EndpointsAnswer(TypedDict):
    """All endpoints of the tenant."""

    items: list[EndpointAnswer]


EventType = Literal[
    "forecast.completed",
    "plan.completed",
    "training.completed",
    "training.promoted",
    "job.failed",
    "proposal.approved",
    "purchase_order_draft.created",
    "purchase_order_draft.exported",
    "alert.raised",
    "alert.resolved",
    "channel.paused",
    "reconciliation.difference",
    "webhook.test",
]
"""What a message can be about."""


class NewEndpointAnswer(TypedDict):
    """A new endpoint; its secret is shown this once."""

    id: str
    url: str
    types: list[str]
    enabled: bool
    disabled_because: str | None
    created_at: str
    secret: str


class SecretAnswer(TypedDict):
    """The new secret, shown this once; the old one signs beside it for 24 hours."""

    secret: str


class SentAnswer(TypedDict):
    """The message that is on its way."""

    message_id: str
