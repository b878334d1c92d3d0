"""What the stock's resources accept and answer."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from inventory.hub.channels import Channel, Listing
from inventory.hub.orders import OrderLine, OrderState
from inventory.hub.publishable import ChannelRule, ListingRule
from inventory.hub.reconciliation import Outcome
from inventory.ledger.movement import MOST_UNITS, Bucket, Movement, MovementKind

__all__ = [
    "ChannelAnswer",
    "ChannelBody",
    "ChannelsAnswer",
    "DifferenceRow",
    "HealthAnswer",
    "InboundRow",
    "LineBody",
    "ListingBody",
    "ListingsBody",
    "LotRow",
    "LotsAnswer",
    "MovementBody",
    "MovementRow",
    "MovementsAnswer",
    "MovementsBody",
    "OrderAnswer",
    "OrderBody",
    "PauseBody",
    "PositionRow",
    "PositionsAnswer",
    "ReconciliationAnswer",
    "ReconciliationRow",
    "ReconciliationsAnswer",
    "RecordedAnswer",
    "ShownBody",
    "channel_facts",
]

MAX_MOVEMENTS = 10_000
MAX_LISTINGS = 10_000

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
ChannelName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Count = Annotated[int, Field(ge=0, le=MOST_UNITS)]
Share = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False, max_digits=10)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MovementBody(_Body):
    """Units that moved: which, where, when, why, and the teller's own reference of it."""

    sku: Name
    location: Name = "main"
    date: date
    kind: MovementKind
    units: Annotated[int, Field(ge=1, le=MOST_UNITS)]
    reference: Name = Field(description="Your own id of the movement: told again it counts once")
    leaves: Bucket | None = Field(None, description="Default: the usual bucket of the kind")
    enters: Bucket | None = None
    to_location: Name | None = Field(None, description="Of a sent transfer")
    unit_cost: Annotated[Decimal, Field(ge=0, lt=10**12, allow_inf_nan=False, max_digits=30)] | None = None
    reason: Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f]*$")] | None = None

    def movement(self, origin: str) -> Movement:
        """Return the movement as told by `origin`."""
        return Movement(origin=origin, **self.model_dump())


class MovementsBody(_Body):
    """Movements that are recorded together: all or none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "origin": "erp",
                    "movements": [
                        {
                            "sku": "85123A",
                            "location": "3pl",
                            "date": "2011-12-01",
                            "kind": "receipt",
                            "units": 240,
                            "reference": "GR-1001",
                            "unit_cost": "1.80",
                        }
                    ],
                }
            ]
        },
    )

    origin: Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = "api"
    movements: Annotated[list[MovementBody], Field(min_length=1, max_length=MAX_MOVEMENTS)]


class RecordedAnswer(_Body):
    """How many movements were new, and how many had been told before."""

    new: int
    repeated: int


class PositionRow(_Body):
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


class PositionsAnswer(_Body):
    """A page of positions; `at` is the day at whose start they hold, null for the present."""

    at: date | None
    items: list[PositionRow]
    next_cursor: str | None


class MovementRow(_Body):
    """A recorded movement."""

    id: int
    sku: str
    location: str
    to_location: str
    date: date
    kind: MovementKind
    leaves: Bucket
    enters: Bucket
    units: int
    origin: str
    reference: str
    unit_cost: str | None
    reason: str | None
    recorded_at: datetime


class MovementsAnswer(_Body):
    """A page of movements in the order in which they were recorded."""

    items: list[MovementRow]
    next_cursor: str | None


class LotRow(_Body):
    """What is left of the units that came in on one day."""

    location: str
    state: Literal["sellable", "unsellable", "in_transfer"]
    received_on: date
    age_days: int
    units: int
    unit_cost: str | None


class InboundRow(_Body):
    """Units that have been in a stage of their way since a day."""

    location: str
    stage: Literal["on_order", "inbound_working", "inbound_shipped", "inbound_receiving", "in_transfer"]
    since: date
    age_days: int
    units: int


class LotsAnswer(_Body):
    """The lots of one SKU, oldest first, and what of it is on its way, at the start of a day."""

    sku: str
    at: date
    items: list[LotRow]
    inbound: list[InboundRow]
    missing_units: int = Field(description="Units that went out and never came in")


class ChannelBody(_Body):
    """A sales channel: how it is told, from where it is supplied, what is kept back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"channel": "own-shop", "kind": "file", "location": "3pl", "buffer_units": 2}]},
    )

    channel: ChannelName
    kind: Literal["amazon", "file", "http", "walmart"] = Field(
        "file", description="amazon, walmart: the tenant's account; file: a CSV file; http: a shop's own stock address"
    )
    location: Name = "main"
    buffer_units: Count = 0
    buffer_share: Share = Decimal(0)
    pause_units: Count = 100
    pause_share: Share = Decimal("0.2")
    fix_units: Count = 10
    url: Annotated[str, Field(max_length=500, pattern=r"^https?://")] | None = Field(None, description="Of kind http")
    product_type: Annotated[str, Field(max_length=100, pattern=r"^[A-Z][A-Z0-9_]*$")] | None = Field(
        None, description="Of kind amazon: of its listings; default PRODUCT, which fits all where quantities are told"
    )

    ship_node: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_-]+$")] | None = Field(
        None, description="Of kind walmart: the ship node whose quantities are told; default: the account's own"
    )

    def made(self) -> Channel:
        """Return the channel."""
        rule = ChannelRule(self.buffer_units, self.buffer_share)
        stated = {"url": self.url, "product_type": self.product_type, "ship_node": self.ship_node}
        settings = {name: value for name, value in stated.items() if value}
        limits = self.pause_units, self.pause_share, self.fix_units
        return Channel(self.channel, self.kind, self.location, rule, *limits, settings=settings)


class ChannelAnswer(_Body):
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


class ChannelsAnswer(_Body):
    """All channels of the tenant."""

    items: list[ChannelAnswer]


class ListingBody(_Body):
    """How one SKU is shown on the channel."""

    sku: Name
    external_id: Name
    held: bool = False
    buffer_units: Count | None = None
    presale_units: Count = 0
    most_units: Count | None = None

    def made(self) -> Listing:
        """Return the listing."""
        rule = ListingRule(self.buffer_units, self.presale_units, self.most_units, self.held)
        return Listing(self.sku, self.external_id, rule)


class ListingsBody(_Body):
    """Listings that are added or changed together."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"listings": [{"sku": "85123A", "external_id": "shop-1"}]}]}
    )

    listings: Annotated[list[ListingBody], Field(min_length=1, max_length=MAX_LISTINGS)]


class LineBody(_Body):
    """Units of a SKU that a customer wants."""

    sku: Name
    units: Annotated[int, Field(ge=1, le=1_000_000)]


class OrderBody(_Body):
    """An order that a channel took."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"order_id": "100-7", "lines": [{"sku": "85123A", "units": 2}]}]},
    )

    order_id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f/]+$")]
    lines: Annotated[list[LineBody], Field(min_length=1, max_length=500)]

    def made(self) -> list[OrderLine]:
        """Return the lines."""
        return [OrderLine(line.sku, line.units) for line in self.lines]


class OrderAnswer(_Body):
    """What became of the order."""

    channel: str
    order_id: str
    state: OrderState


class PauseBody(_Body):
    """Whether the channel sells."""

    paused: bool
    reason: Annotated[str, Field(max_length=400, pattern=r"^[^\x00-\x1f]*$")] = ""


class ShownBody(_Body):
    """What the channel shows, by its own ids; without it a channel with an adapter is asked."""

    shown: Annotated[dict[str, Count], Field(max_length=200_000)] | None = None


class DifferenceRow(_Body):
    """A listing that shows other units than it should."""

    sku: str | None
    external_id: str
    expected: int | None
    shown: int | None
    action: str


class ReconciliationRow(_Body):
    """A reconciliation in a line."""

    id: int
    channel: str
    checked_at: datetime
    listings: int
    differing: int
    outcome: Outcome
    reason: str


class ReconciliationsAnswer(_Body):
    """A page of reconciliations, newest first."""

    items: list[ReconciliationRow]
    next_cursor: str | None


class ReconciliationAnswer(_Body):
    """The report of a reconciliation."""

    id: int
    channel: str
    checked_at: datetime
    listings: int
    outcome: Outcome
    reason: str
    differences: list[DifferenceRow]


class HealthAnswer(_Body):
    """How well the channel is kept in step over the last 24 hours; null where nothing was measured."""

    channel: str
    told: int
    lag_seconds_median: float | None
    lag_seconds_p99: float | None
    failure_rate: float
    waiting: int
    waiting_seconds: float
    accuracy: float | None


def channel_facts(channel: Channel) -> dict[str, Any]:
    """Return a channel as ChannelAnswer says it."""
    return {
        "channel": channel.channel,
        "kind": channel.kind,
        "location": channel.location,
        "buffer_units": channel.rule.buffer_units,
        "buffer_share": f"{channel.rule.buffer_share:f}",
        "pause_units": channel.pause_units,
        "pause_share": f"{channel.pause_share:f}",
        "fix_units": channel.fix_units,
        "paused_because": channel.paused_because,
    }
