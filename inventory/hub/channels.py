"""Channels and their listings: made, changed, paused; each change renews what the channel is to show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.errors import StockError, UnknownChannelError, UnknownSkuError
from inventory.hub.hub_tables import CHANNEL_LISTINGS, CHANNELS
from inventory.hub.publishable import ChannelRule, ListingRule, publishable_units
from inventory.ledger.ledger_tables import POSITIONS
from inventory.ledger.movement import Bucket

__all__ = [
    "Channel",
    "Listing",
    "add_channel",
    "add_listings",
    "all_channels",
    "check_listed",
    "find_channel",
    "lock_listings",
    "pause",
    "refresh",
    "resume",
]


@dataclass(frozen=True, slots=True)
class Channel:
    """A place where we sell, supplied from one location of ours.

    kind: of its adapter (`amazon`, `http`, `file`). pause_units and pause_share: a reconciliation that finds a listing
    off by more units, or a larger share of listings off, pauses the channel (E31). fix_units: differences of at most so
    many units are mended without asking.
    """

    channel: str
    kind: str
    location: str
    rule: ChannelRule = field(default_factory=ChannelRule)
    pause_units: int = 100
    pause_share: Decimal = Decimal("0.2")
    fix_units: int = 10
    paused_because: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A SKU on a channel under the channel's own id."""

    sku: str
    external_id: str
    rule: ListingRule = field(default_factory=ListingRule)


def add_channel(connection: sa.Connection, tenant: str, channel: Channel) -> None:
    """Add a channel; raises StockError where its name is taken."""
    taken = connection.scalar(
        sa.select(CHANNELS.c.channel).where(CHANNELS.c.tenant == tenant, CHANNELS.c.channel == channel.channel)
    )
    if taken is not None:
        raise StockError(f"there is a channel {channel.channel!r} already; choose another name")
    row = {
        "tenant": tenant,
        "channel": channel.channel,
        "kind": channel.kind,
        "location": channel.location,
        "buffer_units": channel.rule.buffer_units,
        "buffer_share": channel.rule.buffer_share,
        "pause_units": channel.pause_units,
        "pause_share": channel.pause_share,
        "fix_units": channel.fix_units,
        "paused_because": channel.paused_because,
        "settings": channel.settings,
    }
    connection.execute(CHANNELS.insert(), row)


def find_channel(connection: sa.Connection, tenant: str, channel: str, lock: bool = False) -> Channel:
    """Return the channel; raises UnknownChannelError where there is none of this name.

    lock: hold it until the transaction ends.
    """
    wanted = sa.select(CHANNELS).where(CHANNELS.c.tenant == tenant, CHANNELS.c.channel == channel)
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise UnknownChannelError(f"there is no channel {channel!r}; add it first")
    return Channel(
        row.channel,
        row.kind,
        row.location,
        ChannelRule(row.buffer_units, row.buffer_share, row.paused_because is not None),
        row.pause_units,
        row.pause_share,
        row.fix_units,
        row.paused_because,
        row.settings,
    )


def add_listings(
    connection: sa.Connection, tenant: str, channel: str, listings: Sequence[Listing], now: datetime
) -> None:
    """Show the SKUs on the channel, or change how they are shown; the channel is told soon."""
    find_channel(connection, tenant, channel)
    table = CHANNEL_LISTINGS.c
    lock_listings(connection, table.tenant == tenant, table.sku.in_([listing.sku for listing in listings]))
    for listing in sorted(listings, key=lambda one: one.sku):
        rules = {
            "external_id": listing.external_id,
            "held": listing.rule.held,
            "buffer_units": listing.rule.buffer_units,
            "presale_units": listing.rule.presale_units,
            "most_units": listing.rule.most_units,
        }
        changed = connection.execute(
            CHANNEL_LISTINGS.update()
            .where(table.tenant == tenant, table.channel == channel, table.sku == listing.sku)
            .values(rules)
        )
        if not changed.rowcount:
            key = {"tenant": tenant, "channel": channel, "sku": listing.sku}
            unknown = {"wanted_units": -1, "wanted_number": 0, "wanted_at": now, "told_number": 0, "attempts": 0}
            connection.execute(CHANNEL_LISTINGS.insert(), key | rules | unknown)
    refresh(connection, tenant, [listing.sku for listing in listings], now)


def all_channels(connection: sa.Connection, tenant: str) -> list[Channel]:
    """Return the tenant's channels by name."""
    names = connection.scalars(sa.select(CHANNELS.c.channel).where(CHANNELS.c.tenant == tenant))
    return [find_channel(connection, tenant, name) for name in sorted(names)]


def pause(connection: sa.Connection, tenant: str, channel: str, reason: str, now: datetime) -> None:
    """Let the channel show nothing until it is resumed (H09)."""
    _set_pause(connection, tenant, channel, reason, now)


def resume(connection: sa.Connection, tenant: str, channel: str, now: datetime) -> None:
    """Let a paused channel sell again."""
    _set_pause(connection, tenant, channel, None, now)


def _set_pause(connection: sa.Connection, tenant: str, channel: str, reason: str | None, now: datetime) -> None:
    find_channel(connection, tenant, channel, lock=True)
    connection.execute(
        CHANNELS.update()
        .where(CHANNELS.c.tenant == tenant, CHANNELS.c.channel == channel)
        .values(paused_because=reason)
    )
    listed = sa.select(CHANNEL_LISTINGS.c.sku).where(
        CHANNEL_LISTINGS.c.tenant == tenant, CHANNEL_LISTINGS.c.channel == channel
    )
    refresh(connection, tenant, list(connection.scalars(listed)), now)


def refresh(connection: sa.Connection, tenant: str, skus: Iterable[str], now: datetime) -> int:
    """Renew what every channel is to show of the SKUs, in the transaction that changed them; return the listings
    that changed.

    Each change has the next number of its listing, so that a channel can tell an old message from a new one, and is
    due at once.
    """
    changed = []
    for row in _listings(connection, tenant, sorted(set(skus))):
        channel = ChannelRule(row.channel_buffer, row.buffer_share, row.paused_because is not None)
        listing = ListingRule(row.buffer_units, row.presale_units, row.most_units, row.held)
        units = publishable_units(row.available or 0, channel, listing)
        if units != row.wanted_units:
            key = {"of_channel": row.channel, "of_sku": row.sku}
            changed.append(key | {"units": units, "number": row.wanted_number + 1})
    if changed:
        table = CHANNEL_LISTINGS.c
        of_listing = table.channel == sa.bindparam("of_channel"), table.sku == sa.bindparam("of_sku")
        new: dict[str, object] = {"wanted_units": sa.bindparam("units"), "wanted_number": sa.bindparam("number")}
        due = {"wanted_at": now, "due_at": now, "attempts": 0}
        connection.execute(
            CHANNEL_LISTINGS.update().where(table.tenant == tenant, *of_listing).values(new | due), changed
        )
    return len(changed)


def _listings(connection: sa.Connection, tenant: str, skus: list[str]) -> Sequence[sa.Row[Any]]:
    """Return the SKUs' listings on all channels with their channel's rules and the units there to sell; locked."""
    shown, channel, there = CHANNEL_LISTINGS, CHANNELS.c, POSITIONS.c
    lock_listings(connection, shown.c.tenant == tenant, shown.c.sku.in_(skus))
    query = (
        sa.select(
            shown,
            channel.buffer_units.label("channel_buffer"),
            channel.buffer_share,
            channel.paused_because,
            there.units.label("available"),
        )
        .join(CHANNELS, (channel.tenant == shown.c.tenant) & (channel.channel == shown.c.channel))
        .outerjoin(
            POSITIONS,
            (there.tenant == shown.c.tenant)
            & (there.sku == shown.c.sku)
            & (there.location == channel.location)
            & (there.bucket == Bucket.AVAILABLE.value),
        )
        .where(shown.c.tenant == tenant, shown.c.sku.in_(skus))
        .order_by(shown.c.sku, shown.c.channel)
    )
    return connection.execute(query).all()


def lock_listings(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> None:
    """Hold the listings until the transaction ends, in one order everywhere: who is to change several must call this
    first, or two writers on PostgreSQL may wait for each other. SQLite has one writer and needs none.
    """
    table = CHANNEL_LISTINGS.c
    locked = sa.select(table.sku).where(*which).order_by(table.tenant, table.sku, table.channel)
    connection.execute(locked.with_for_update()).all()


def check_listed(connection: sa.Connection, tenant: str, channel: str, skus: Iterable[str]) -> None:
    """Raise UnknownSkuError where the channel does not show one of the SKUs."""
    wanted = sorted(set(skus))
    table = CHANNEL_LISTINGS.c
    query = sa.select(table.sku).where(table.tenant == tenant, table.channel == channel, table.sku.in_(wanted))
    missing = sorted(set(wanted) - set(connection.scalars(query)))
    if missing:
        raise UnknownSkuError(f"not listed on {channel}: {', '.join(missing[:5])}; list it there first")
