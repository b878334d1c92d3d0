"""A sales channel for tests: it keeps what it is told, ignores old numbers, and can be down."""

from datetime import UTC, datetime, timedelta
from threading import Lock

from inventory.hub.channels import Channel, Listing, add_channel, add_listings
from inventory.ledger.book import record
from inventory.ledger.movement import Movement, MovementKind

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


class Shop:
    """The channel's side of `ChannelAdapter`."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        self.told: list[tuple[str, int, int]] = []
        self.down = False
        self.lock = Lock()

    def publish(self, channel, updates):
        with self.lock:
            if self.down:
                raise ConnectionError("the shop is down")
            for update in updates:
                self.told.append((update.sku, update.units, update.number))
                if update.number > self.numbers.get(update.external_id, 0):
                    self.numbers[update.external_id] = update.number
                    self.units[update.external_id] = update.units
            return {update.sku: None for update in updates}

    def shown(self, channel):
        return dict(self.units)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span) -> None:
        self.now += timedelta(**span)


def open_shop(database, skus, channels=("amazon", "own"), units=100, **rules) -> None:
    """Stock `units` of each SKU at 3pl and list them on the channels."""
    with database.transaction() as connection:
        record(
            connection,
            "t",
            [Movement(sku, "3pl", NOW.date(), MovementKind.RECEIPT, units, "erp", f"r-{sku}") for sku in skus],
            NOW,
        )
        for channel in channels:
            add_channel(connection, "t", Channel(channel, "test", "3pl", **rules))
            add_listings(connection, "t", channel, [Listing(sku, f"{channel}-{sku}") for sku in skus], NOW)
