"""Orders of the channels: each takes its units once or is refused, and every other channel is to hear of it at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import DataError, Issue, StockError
from inventory.hub.channels import Channel, check_listed, find_channel, refresh
from inventory.hub.hub_tables import CHANNEL_ORDERS
from inventory.ledger.book import record
from inventory.ledger.movement import Bucket, Movement, MovementKind

__all__ = ["OrderLine", "OrderState", "accept_order", "cancel_order", "ship_order"]

MOST_LINES = 500


class OrderState(StrEnum):
    """What became of an order."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Units of a SKU that a customer wants."""

    sku: str
    units: int


def accept_order(
    connection: sa.Connection, tenant: str, channel: str, order_id: str, lines: Sequence[OrderLine], now: datetime
) -> OrderState:
    """Reserve the order's units, all lines or none, and renew what all channels show; the same order told again
    gives the same answer and takes nothing.

    The database serialises writers of one SKU: SQLite by its one writer, PostgreSQL by the locked rows of the
    positions. So units sold never exceed units owned (H02, H05). Raises DataError for an order without lines or with
    absurd ones, UnknownSkuError for a SKU that the channel does not show.
    """
    sold_at = find_channel(connection, tenant, channel)
    units = _units(channel, order_id, lines)
    known = _find(connection, tenant, channel, order_id)
    if known is None:
        check_listed(connection, tenant, channel, units)
        if _write_down(connection, tenant, channel, order_id, units, now):
            return _reserve(connection, tenant, sold_at, order_id, units, now)
        known = _find(connection, tenant, channel, order_id)  # another process was first
    return OrderState(known.state) if known is not None else OrderState.REFUSED


def _write_down(
    connection: sa.Connection, tenant: str, channel: str, order_id: str, units: Counter[str], now: datetime
) -> bool:
    """Insert the order as accepted and return whether it was new; waits for a process that is inserting it."""
    row = {
        "tenant": tenant,
        "channel": channel,
        "order_id": order_id,
        "state": OrderState.ACCEPTED.value,
        "lines": dict(sorted(units.items())),
        "accepted_at": now,
    }
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(CHANNEL_ORDERS).values(row).on_conflict_do_nothing()
    return connection.execute(insert.returning(CHANNEL_ORDERS.c.order_id)).first() is not None


def _reserve(
    connection: sa.Connection, tenant: str, sold_at: Channel, order_id: str, units: Counter[str], now: datetime
) -> OrderState:
    origin = _origin(sold_at.channel)
    movements = [
        Movement(sku, sold_at.location, now.date(), MovementKind.RESERVED, count, origin, f"{order_id}/{sku}")
        for sku, count in sorted(units.items())
    ]
    attempt = connection.begin_nested()
    try:
        record(connection, tenant, movements, now)
        attempt.commit()
    except StockError as error:
        attempt.rollback()
        refused = {"state": OrderState.REFUSED.value, "refused_because": str(error)[:1000], "ended_at": now}
        order = _key(tenant, sold_at.channel, order_id)
        connection.execute(CHANNEL_ORDERS.update().where(*order).values(refused))
        return OrderState.REFUSED
    refresh(connection, tenant, units, now)
    return OrderState.ACCEPTED


def ship_order(connection: sa.Connection, tenant: str, channel: str, order_id: str, now: datetime) -> OrderState:
    """Turn the order's reservation into a sale; told again it changes nothing.

    Raises StockError for an order that is not there or was refused or cancelled.
    """
    return _end(connection, tenant, channel, order_id, OrderState.SHIPPED, now)


def cancel_order(connection: sa.Connection, tenant: str, channel: str, order_id: str, now: datetime) -> OrderState:
    """Release the order's units and renew what all channels show; told again it changes nothing."""
    return _end(connection, tenant, channel, order_id, OrderState.CANCELLED, now)


def _end(
    connection: sa.Connection, tenant: str, channel: str, order_id: str, state: OrderState, now: datetime
) -> OrderState:
    sold_at = find_channel(connection, tenant, channel)
    known = _find(connection, tenant, channel, order_id, lock=True)
    if known is None or known.state not in (OrderState.ACCEPTED, state):
        told = "is not known" if known is None else f"is {known.state}"
        raise StockError(f"order {order_id} of {channel} {told}; only an accepted order can be {state}")
    if known.state == state:
        return state
    shipped = state is OrderState.SHIPPED
    kind = MovementKind.SALE if shipped else MovementKind.RELEASED
    movements = [
        Movement(
            sku,
            sold_at.location,
            now.date(),
            kind,
            units,
            _origin(channel),
            f"{order_id}/{sku}/{state}",
            leaves=Bucket.RESERVED,
        )
        for sku, units in sorted(known.lines.items())
    ]
    record(connection, tenant, movements, now)
    connection.execute(
        CHANNEL_ORDERS.update().where(*_key(tenant, channel, order_id)).values(state=state, ended_at=now)
    )
    refresh(connection, tenant, known.lines, now)
    return state


def _units(channel: str, order_id: str, lines: Sequence[OrderLine]) -> Counter[str]:
    place = f"order {order_id} of {channel}"
    if not 0 < len(order_id) <= 100 or not 0 < len(lines) <= MOST_LINES:
        raise DataError([Issue(place, "has no id or no lines, or too many", f"give an id and 1 … {MOST_LINES} lines")])
    wrong = [
        Issue(
            place,
            "a line cannot have so many units",
            "give a whole number of 1 … 1,000,000",
            number,
            "units",
            str(line.units),
        )
        for number, line in enumerate(lines, 1)
        if not 0 < line.units <= 1_000_000
    ]
    if wrong:
        raise DataError(wrong)
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.units
    return units


def _find(
    connection: sa.Connection, tenant: str, channel: str, order_id: str, lock: bool = False
) -> sa.Row[Any] | None:
    wanted = sa.select(CHANNEL_ORDERS).where(*_key(tenant, channel, order_id))
    return connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()


def _key(tenant: str, channel: str, order_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    table = CHANNEL_ORDERS.c
    return table.tenant == tenant, table.channel == channel, table.order_id == order_id


def _origin(channel: str) -> str:
    return f"channel:{channel}"
