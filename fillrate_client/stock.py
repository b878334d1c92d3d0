"""The stock ledger, and the channels that show it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import cast

from fillrate_client.answers.stock import (
    ChannelAnswer,
    ChannelBody,
    LineBody,
    ListingBody,
    LotsAnswer,
    MovementBody,
    MovementRow,
    OrderAnswer,
    PositionRow,
    ReconciliationAnswer,
    ReconciliationRow,
    RecordedAnswer,
    StockHealthAnswer,
)
from fillrate_client.transport import Transport

__all__ = ["Channels", "Stock"]


class Stock:
    """`/v1/movements`, `/v1/positions`, `/v1/lots`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def record(self, origin: str, movements: Sequence[MovementBody], key: str | None = None) -> RecordedAnswer:
        """Record movements; one whose origin and reference are there already counts once."""
        body = {"origin": origin, "movements": list(movements)}
        return cast(RecordedAnswer, self._transport.json("POST", "/v1/movements", json=body, key=key))

    def movements(self, sku: str | None = None) -> Iterator[MovementRow]:
        """Yield the movements."""
        return self._transport.pages("/v1/movements", query={"sku": sku})

    def positions(self, sku: str | None = None, at: date | None = None) -> Iterator[PositionRow]:
        """Yield what is where, now or at the start of a day."""
        return self._transport.pages("/v1/positions", query={"sku": sku, "at": at})

    def lots(self, sku: str, at: date | None = None) -> LotsAnswer:
        """Return the lots of a product, the oldest first."""
        return cast(LotsAnswer, self._transport.json("GET", "/v1/lots", query={"sku": sku, "at": at}))


class Channels:
    """`/v1/channels`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def all(self) -> list[ChannelAnswer]:
        """Return the channels."""
        return cast(list[ChannelAnswer], self._transport.json("GET", "/v1/channels")["items"])

    def create(self, body: ChannelBody, key: str | None = None) -> ChannelAnswer:
        """Add a channel."""
        return cast(ChannelAnswer, self._transport.json("POST", "/v1/channels", json=body, key=key))

    def list_products(self, channel: str, listings: Sequence[ListingBody], key: str | None = None) -> None:
        """Say what the channel sells, and under which name."""
        body = {"listings": list(listings)}
        self._transport.send("PUT", "/v1/channels/{channel}/listings", channel, json=body, key=key)

    def pause(self, channel: str, paused: bool, reason: str = "", key: str | None = None) -> ChannelAnswer:
        """Stop telling the channel, or go on."""
        body = {"paused": paused, "reason": reason}
        path = "/v1/channels/{channel}/pause"
        return cast(ChannelAnswer, self._transport.json("PUT", path, channel, json=body, key=key))

    def accept_order(
        self, channel: str, order_id: str, lines: Sequence[LineBody], key: str | None = None
    ) -> OrderAnswer:
        """Reserve stock for an order of the channel."""
        body, path = {"order_id": order_id, "lines": list(lines)}, "/v1/channels/{channel}/orders"
        return cast(OrderAnswer, self._transport.json("POST", path, channel, json=body, key=key))

    def ship_order(self, channel: str, order_id: str, key: str | None = None) -> OrderAnswer:
        """Say that an order was shipped."""
        path = "/v1/channels/{channel}/orders/{order_id}/ship"
        return cast(OrderAnswer, self._transport.json("POST", path, channel, order_id, key=key))

    def cancel_order(self, channel: str, order_id: str, key: str | None = None) -> OrderAnswer:
        """Free what an order had reserved."""
        path = "/v1/channels/{channel}/orders/{order_id}/cancel"
        return cast(OrderAnswer, self._transport.json("POST", path, channel, order_id, key=key))

    def reconcile(
        self, channel: str, shown: dict[str, int] | None = None, key: str | None = None
    ) -> ReconciliationAnswer:
        """Compare what the channel shows with what it should."""
        path = "/v1/channels/{channel}/reconciliations"
        return cast(ReconciliationAnswer, self._transport.json("POST", path, channel, json={"shown": shown}, key=key))

    def reconciliations(self, channel: str) -> Iterator[ReconciliationRow]:
        """Yield the channel's reconciliations, newest first."""
        return self._transport.pages("/v1/channels/{channel}/reconciliations", channel)

    def reconciliation(self, channel: str, report_id: int) -> ReconciliationAnswer:
        """Return one with its differences."""
        path = "/v1/channels/{channel}/reconciliations/{report_id}"
        return cast(ReconciliationAnswer, self._transport.json("GET", path, channel, str(report_id)))

    def health(self, channel: str) -> StockHealthAnswer:
        """Return how fast and how truly the channel is told."""
        return cast(StockHealthAnswer, self._transport.json("GET", "/v1/channels/{channel}/health", channel))
