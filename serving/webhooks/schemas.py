"""What the webhook resources accept and answer."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.webhooks.endpoints import EventType

__all__ = [
    "AttemptRow",
    "AttemptsAnswer",
    "DeliveriesAnswer",
    "DeliveryRow",
    "EndpointAnswer",
    "EndpointBody",
    "EndpointPatch",
    "EndpointsAnswer",
    "NewEndpointAnswer",
    "SecretAnswer",
    "SentAnswer",
]

Url = Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^https?://[^\s\x00-\x1f]+$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EndpointBody(_Body):
    """Where to send messages, and which; all types where none is named."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"url": "https://erp.example.com/hooks/fillrate", "types": ["purchase_order_draft.created"]}]
        },
    )

    url: Url
    types: Annotated[list[EventType], Field(max_length=20)] = Field(default_factory=list)


class EndpointPatch(_Body):
    """What to change; what is not named stays."""

    url: Url | None = None
    types: Annotated[list[EventType], Field(max_length=20)] | None = None
    enabled: bool | None = None


class EndpointAnswer(_Body):
    """An endpoint without its secret."""

    id: str = Field(examples=["ep_5f0c2b7a9d3e4c1f8a6b7c9d"])
    url: str
    types: list[str]
    enabled: bool
    disabled_because: str | None
    created_at: datetime


class NewEndpointAnswer(EndpointAnswer):
    """A new endpoint; its secret is shown this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class EndpointsAnswer(_Body):
    """All endpoints of the tenant."""

    items: list[EndpointAnswer]


class SecretAnswer(_Body):
    """The new secret, shown this once; the old one signs beside it for 24 hours."""

    secret: str


class SentAnswer(_Body):
    """The message that is on its way."""

    message_id: str


class DeliveryRow(_Body):
    """What became of one message."""

    message_id: str
    type: str
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    created_at: datetime
    due_at: datetime | None


class DeliveriesAnswer(_Body):
    """A page of deliveries, the newest first."""

    items: list[DeliveryRow]
    next_cursor: str | None


class AttemptRow(_Body):
    """One attempt and the beginning of the receiver's answer."""

    message_id: str
    attempt: int
    status: int | None
    error: str | None
    answer: str
    milliseconds: int
    at: datetime


class AttemptsAnswer(_Body):
    """The attempts to deliver one message, the oldest first."""

    items: list[AttemptRow]
