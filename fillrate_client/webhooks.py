"""Webhook endpoints and what became of each message."""

from collections.abc import Iterator, Sequence
from typing import cast

from fillrate_client.answers.webhooks import (
    AttemptRow,
    DeliveryRow,
    EndpointAnswer,
    EndpointPatch,
    NewEndpointAnswer,
)
from fillrate_client.transport import Transport

__all__ = ["Webhooks"]


class Webhooks:
    """`/v1/webhooks`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, url: str, types: Sequence[str] = (), key: str | None = None) -> NewEndpointAnswer:
        """Add an endpoint for some types of event, or all; the answer has its secret, once."""
        body = {"url": url, "types": list(types)}
        return cast(NewEndpointAnswer, self._transport.json("POST", "/v1/webhooks", json=body, key=key))

    def all(self) -> list[EndpointAnswer]:
        """Return the endpoints."""
        return cast(list[EndpointAnswer], self._transport.json("GET", "/v1/webhooks")["items"])

    def get(self, endpoint_id: str) -> EndpointAnswer:
        """Show an endpoint."""
        return cast(EndpointAnswer, self._transport.json("GET", "/v1/webhooks/{endpoint_id}", endpoint_id))

    def change(self, endpoint_id: str, body: EndpointPatch, key: str | None = None) -> EndpointAnswer:
        """Change an endpoint as it is at this moment."""
        path = "/v1/webhooks/{endpoint_id}"
        known = {"If-Match": self._transport.send("GET", path, endpoint_id).headers["ETag"]}
        return cast(EndpointAnswer, self._transport.json("PATCH", path, endpoint_id, json=body, headers=known, key=key))

    def delete(self, endpoint_id: str, key: str | None = None) -> None:
        """Remove an endpoint."""
        self._transport.send("DELETE", "/v1/webhooks/{endpoint_id}", endpoint_id, key=key)

    def new_secret(self, endpoint_id: str, key: str | None = None) -> str:
        """Make another secret; for a day messages carry both signatures."""
        answer = self._transport.json("POST", "/v1/webhooks/{endpoint_id}/secret", endpoint_id, key=key)
        return str(answer["secret"])

    def test(self, endpoint_id: str, key: str | None = None) -> str:
        """Send a test message and return its id."""
        answer = self._transport.json("POST", "/v1/webhooks/{endpoint_id}/test", endpoint_id, key=key)
        return str(answer["message_id"])

    def deliveries(self, endpoint_id: str) -> Iterator[DeliveryRow]:
        """Yield the messages, newest first."""
        return self._transport.pages("/v1/webhooks/{endpoint_id}/deliveries", endpoint_id)

    def attempts(self, endpoint_id: str, message_id: str) -> list[AttemptRow]:
        """Return the tries to tell one message."""
        path = "/v1/webhooks/{endpoint_id}/deliveries/{message_id}/attempts"
        return cast(list[AttemptRow], self._transport.json("GET", path, endpoint_id, message_id)["items"])

    def replay(self, endpoint_id: str, message_id: str, key: str | None = None) -> str:
        """Tell a message again."""
        path = "/v1/webhooks/{endpoint_id}/deliveries/{message_id}/replay"
        return str(self._transport.json("POST", path, endpoint_id, message_id, key=key)["message_id"])
