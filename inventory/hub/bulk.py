"""Tell a channel many listings in one document that takes minutes: out of the courier's hands, settled at its end.

An order meanwhile makes its listing due at once, and the courier tells it; when the document has been worked off, which
may have put an older number over that one, every listing that moved on is told once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from inventory.hub.channels import find_channel
from inventory.hub.hub_tables import CHANNEL_LISTINGS, DELIVERY_LOG

__all__ = ["Sent", "settle_bulk", "take_for_bulk"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A listing as the document tells it."""

    sku: str
    external_id: str
    units: int
    number: int
    wanted_at: str

    def facts(self) -> list[Any]:
        """Return it as JSON."""
        return [self.sku, self.external_id, self.units, self.number, self.wanted_at]


def take_for_bulk(
    connection: sa.Connection, tenant: str, channel: str, now: datetime, hold: timedelta, most: int, after: str = ""
) -> list[Sent]:
    """Return the channel's next listings by SKU, what each is to show; those due are due again only after `hold`.

    A document that never ends therefore leaves nothing untold. Raises UnknownChannelError.
    """
    find_channel(connection, tenant, channel)
    table = CHANNEL_LISTINGS.c
    mine = (table.tenant == tenant, table.channel == channel, table.sku > after)
    rows = connection.execute(
        sa.select(CHANNEL_LISTINGS).where(*mine).order_by(table.sku).limit(most).with_for_update()
    ).all()
    if rows:
        due = (*mine, table.sku <= rows[-1].sku, table.due_at.is_not(None))
        connection.execute(CHANNEL_LISTINGS.update().where(*due).values(due_at=now + hold))
    return [
        Sent(row.sku, row.external_id, row.wanted_units, row.wanted_number, row.wanted_at.isoformat()) for row in rows
    ]


def settle_bulk(
    connection: sa.Connection,
    tenant: str,
    channel: str,
    sent: Sequence[Sent],
    refused: Mapping[str, str],
    now: datetime,
) -> int:
    """Note what the channel took, and make due what it refused or what has changed since; return how many are due.

    refused: reasons by SKU. Every listing is logged as one attempt.
    """
    table, due = CHANNEL_LISTINGS.c, 0
    for item in sorted(sent, key=lambda one: one.sku):
        mine = (table.tenant == tenant, table.channel == channel, table.sku == item.sku)
        same = table.wanted_number == item.number
        again = {"due_at": now, "wanted_number": table.wanted_number + 1, "attempts": 0}
        if item.sku in refused:
            due += connection.execute(CHANNEL_LISTINGS.update().where(*mine).values(again)).rowcount
            continue
        told = {"told_units": item.units, "told_number": item.number, "told_at": now, "due_at": None, "attempts": 0}
        settled = connection.execute(CHANNEL_LISTINGS.update().where(*mine, same).values(told)).rowcount
        if not settled:
            due += connection.execute(CHANNEL_LISTINGS.update().where(*mine).values(again)).rowcount
    if sent:
        rows = [_logged(tenant, channel, item, refused.get(item.sku), now) for item in sent]
        connection.execute(DELIVERY_LOG.insert(), rows)
    return due


def _logged(tenant: str, channel: str, item: Sent, error: str | None, now: datetime) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "channel": channel,
        "sku": item.sku,
        "number": item.number,
        "units": item.units,
        "attempt": 1,
        "error": error,
        "wanted_at": datetime.fromisoformat(item.wanted_at),
        "ended_at": now,
    }
