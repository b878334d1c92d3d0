"""What requests and answers of stock look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

__all__ = [
    "Bucket",
    "ChannelAnswer",
    "ChannelBody",
    "ChannelsAnswer",
    "DifferenceRow",
    "InboundRow",
    "LineBody",
    "ListingBody",
    "ListingsBody",
    "LotRow",
    "LotsAnswer",
    "MovementBody",
    "MovementKind",
    "MovementRow",
    "MovementsAnswer",
    "MovementsBody",
    "OrderAnswer",
    "OrderBody",
    "OrderStateOutput",
    "Outcome",
    "PauseBody",
    "PositionRow",
    "PositionsAnswer",
    "ReconciliationAnswer",
    "ReconciliationRow",
    "ReconciliationsAnswer",
    "RecordedAnswer",
    "ShownBody",
    "StockHealthAnswer",
]


Bucket = Literal[
    "outside",
    "on_order",
    "inbound_working",
    "inbound_shipped",
    "inbound_receiving",
    "in_transfer",
    "available",
    "reserved",
    "unsellable",
]
"""Where units are, seen from one location."""


class ChannelAnswer(TypedDict):
    """A channel and whether it sells."""

    channel: str
    kind: str
    location: str
    buffer_units: int
    buffer_share: str
    pause_units: int
    pause_share: str
    fix_units: int
    paused_because: str | None


class ChannelBody(TypedDict):
    """A sales channel: how it is told, from where it is supplied, what is kept back."""

    channel: str
    kind: NotRequired[Literal["amazon", "file", "http", "walmart"]]
    location: NotRequired[str]
    buffer_units: NotRequired[int]
    buffer_share: NotRequired[float | str]
    pause_units: NotRequired[int]
    pause_share: NotRequired[float | str]
    fix_units: NotRequired[int]
    url: NotRequired[str | None]
    product_type: NotRequired[str | None]
    ship_node: NotRequired[str | None]


class ChannelsAnswer(TypedDict):
    """All channels of the tenant."""

    items: list[ChannelAnswer]


class DifferenceRow(TypedDict):
    """A listing that shows other units than it should."""

    sku: str | None
    external_id: str
    expected: int | None
    shown: int | None
    action: str


class InboundRow(TypedDict):
    """Units that have been in a stage of their way since a day."""

    location: str
    stage: Literal["on_order", "inbound_working", "inbound_shipped", "inbound_receiving", "in_transfer"]
    since: str
    age_days: int
    units: int


class LineBody(TypedDict):
    """Units of a SKU that a customer wants."""

    sku: str
    units: int


class ListingBody(TypedDict):
    """How one SKU is shown on the channel."""

    sku: str
    external_id: str
    held: NotRequired[bool]
    buffer_units: NotRequired[int | None]
    presale_units: NotRequired[int]
    most_units: NotRequired[int | None]


class ListingsBody(TypedDict):
    """Listings that are added or changed together."""

    listings: list[ListingBody]


class LotRow(TypedDict):
    """What is left of the units that came in on one day."""

    location: str
    state: Literal["sellable", "unsellable", "in_transfer"]
    received_on: str
    age_days: int
    units: int
    unit_cost: str | None


class LotsAnswer(TypedDict):
    """The lots of one SKU, oldest first, and what of it is on its way, at the start of a day."""

    sku: str
    at: str
    items: list[LotRow]
    inbound: list[InboundRow]
    missing_units: int


class MovementBody(TypedDict):
    """Units that moved: which, where, when, why, and the teller's own reference of it."""

    sku: str
    location: NotRequired[str]
    date: str
    kind: MovementKind
    units: int
    reference: str
    leaves: NotRequired[Bucket | None]
    enters: NotRequired[Bucket | None]
    to_location: NotRequired[str | None]
    unit_cost: NotRequired[float | str | None]
    reason: NotRequired[str | None]


MovementKind = Literal[
    "order_placed",
    "order_cancelled",
    "shipment",
    "receipt",
    "sale",
    "return",
    "transfer_sent",
    "transfer_received",
    "adjustment",
    "found",
    "lost",
    "damaged",
    "repaired",
    "disposed",
    "reserved",
    "released",
]
"""Why units move."""


class MovementRow(TypedDict):
    """A recorded movement."""

    id: int
    sku: str
    location: str
    to_location: str
    date: str
    kind: MovementKind
    leaves: Bucket
    enters: Bucket
    units: int
    origin: str
    reference: str
    unit_cost: str | None
    reason: str | None
    recorded_at: str


class MovementsAnswer(TypedDict):
    """A page of movements in the order in which they were recorded."""

    items: list[MovementRow]
    next_cursor: str | None


class MovementsBody(TypedDict):
    """Movements that are recorded together: all or none."""

    origin: NotRequired[str]
    movements: list[MovementBody]


class OrderAnswer(TypedDict):
    """What became of the order."""

    channel: str
    order_id: str
    state: OrderStateOutput


class OrderBody(TypedDict):
    """An order that a channel took."""

    order_id: str
    lines: list[LineBody]


OrderStateOutput = Literal["accepted", "refused", "shipped", "cancelled"]
"""What became of an order."""


Outcome = Literal["agrees", "fixed", "handed_over", "paused"]
"""What a reconciliation led to, from harmless to grave."""


class PauseBody(TypedDict):
    """Whether the channel sells."""

    paused: bool
    reason: NotRequired[str]


class PositionRow(TypedDict):
    """Units of a SKU at a location by bucket."""

    sku: str
    location: str
    on_order: int
    inbound_working: int
    inbound_shipped: int
    inbound_receiving: int
    in_transfer: int
    available: int
    reserved: int
    unsellable: int


class PositionsAnswer(TypedDict):
    """A page of positions; `at` is the day at whose start they hold, null for the present."""

    at: str | None
    items: list[PositionRow]
    next_cursor: str | None


class ReconciliationAnswer(TypedDict):
    """The report of a reconciliation."""

    id: int
    channel: str
    checked_at: str
    listings: int
    outcome: Outcome
    reason: str
    differences: list[DifferenceRow]


class ReconciliationRow(TypedDict):
    """A reconciliation in a line."""

    id: int
    channel: str
    checked_at: str
    listings: int
    differing: int
    outcome: Outcome
    reason: str


class ReconciliationsAnswer(TypedDict):
    """A page of reconciliations, newest first."""

    items: list[ReconciliationRow]
    next_cursor: str | None


class RecordedAnswer(TypedDict):
    """How many movements were new, and how many had been told before."""

    new: int
    repeated: int


class ShownBody(TypedDict):
    """What the channel shows, by its own ids; without it a channel with an adapter is asked."""

    shown: NotRequired[dict[str, int] | None]


class StockHealthAnswer(TypedDict):
    """How well the channel is kept in step over the last 24 hours; null where nothing was measured."""

    channel: str
    told: int
    lag_seconds_median: float | None
    lag_seconds_p99: float | None
    failure_rate: float
    waiting: int
    waiting_seconds: float
    accuracy: float | None
