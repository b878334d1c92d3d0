"""Tell the channels what they are to show: the newest number of each listing, at least once, again until acknowledged.

Only the newest state is sent, never a queue of old ones: a channel that was down for a day hears each SKU once. A
listing that is being told is leased, so that two workers never tell it at the same time; the lease of a worker that
died runs out. Every attempt is logged (H03, H06, H07).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from core.database import Database
from inventory.hub.channels import Channel, find_channel
from inventory.hub.hub_tables import CHANNEL_LISTINGS, DELIVERY_LOG

__all__ = ["LATER", "Adapters", "ChannelAdapter", "Delivered", "Update", "deliver_due", "retry_delay"]

LEASE = timedelta(seconds=60)
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 5.0, 3600.0
MOST_AT_ONCE = 500
LATER = "later"
"""The answer of an adapter for what it had no time to tell: no failure, and due as before."""


@dataclass(frozen=True, slots=True)
class Update:
    """What a channel is to show of one SKU.

    number: grows with each change of the listing. A channel that has seen a larger one ignores this.
    """

    sku: str
    external_id: str
    units: int
    number: int
    wanted_at: datetime
    attempt: int


class ChannelAdapter(Protocol):
    """How one kind of channel is told, and asked what it shows."""

    def publish(self, channel: Channel, updates: Sequence[Update]) -> Mapping[str, str | None]:
        """Tell the channel; return for each SKU None, why the channel did not take it, or LATER. May be told twice."""

    def shown(self, channel: Channel) -> Mapping[str, int]:
        """Return the units that the channel shows by the channel's own ids."""


Adapters = Callable[[str, Channel], ChannelAdapter]
"""Gives the adapter of a tenant's channel, by its kind and settings."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many listings were told, and how many are to be told again."""

    told: int
    failed: int


def retry_delay(attempt: int, number: int) -> timedelta:
    """Return how long to wait after failed attempt 1, 2, …: 5 s doubling to an hour, spread by up to a quarter.

    The spread comes from the listing's number, so that a run can be repeated.
    """
    seconds = min(FIRST_DELAY_SECONDS * 2.0 ** min(attempt - 1, 20), LONGEST_DELAY_SECONDS)
    return timedelta(seconds=seconds * (1 + 0.25 * (number * 2654435761 % 1000) / 1000))


def deliver_due(
    database: Database, adapters: Adapters, clock: Callable[[], datetime], most: int = MOST_AT_ONCE
) -> Delivered:
    """Tell all channels what is due now, at most `most` listings, the longest waiting first."""
    claimed = _claim(database, clock(), most)
    told = failed = 0
    for (tenant, channel), updates in claimed.items():
        answers = _tell(database, adapters, tenant, channel, updates)
        bad = sum(error not in (None, LATER) for error in answers.values())
        _settle(database, tenant, channel, updates, answers, clock())
        told, failed = told + sum(error is None for error in answers.values()), failed + bad
    return Delivered(told, failed)


def _claim(database: Database, now: datetime, most: int) -> dict[tuple[str, str], list[Update]]:
    table = CHANNEL_LISTINGS.c
    free = table.leased_until.is_(None) | (table.leased_until < now)
    due = sa.select(CHANNEL_LISTINGS).where(table.due_at <= now, free).order_by(table.due_at, table.sku).limit(most)
    claimed: dict[tuple[str, str], list[Update]] = defaultdict(list)
    with database.transaction() as connection:
        for row in connection.execute(due.with_for_update(skip_locked=True)).all():
            connection.execute(
                CHANNEL_LISTINGS.update()
                .where(table.tenant == row.tenant, table.channel == row.channel, table.sku == row.sku)
                .values(leased_until=now + LEASE)
            )
            claimed[row.tenant, row.channel].append(
                Update(
                    row.sku,
                    row.external_id,
                    row.wanted_units,
                    row.wanted_number,
                    row.wanted_at,
                    row.attempts + 1,
                )
            )
    return claimed


def _tell(
    database: Database, adapters: Adapters, tenant: str, name: str, updates: Sequence[Update]
) -> Mapping[str, str | None]:
    """Return what the channel said; whatever goes wrong with it is an answer too, since other channels wait."""
    with database.reading() as connection:
        channel = find_channel(connection, tenant, name)
    try:
        answers = adapters(tenant, channel).publish(channel, updates)
    except Exception as error:
        return {update.sku: f"{type(error).__name__}: {error}"[:1000] for update in updates}
    return {update.sku: answers.get(update.sku, "the channel did not answer for this SKU") for update in updates}


def _settle(
    database: Database,
    tenant: str,
    channel: str,
    updates: Sequence[Update],
    answers: Mapping[str, str | None],
    now: datetime,
) -> None:
    """Write what became of the updates; a listing that has changed meanwhile stays due."""
    table = CHANNEL_LISTINGS.c
    with database.transaction() as connection:
        for update in sorted(updates, key=lambda one: one.sku):
            error = answers[update.sku]
            listing = (table.tenant == tenant, table.channel == channel, table.sku == update.sku)
            same = table.wanted_number == update.number
            if error == LATER:
                connection.execute(CHANNEL_LISTINGS.update().where(*listing).values(leased_until=None))
            elif error is None:
                told = {"told_units": update.units, "told_number": update.number, "told_at": now, "leased_until": None}
                connection.execute(CHANNEL_LISTINGS.update().where(*listing).values(told))
                connection.execute(CHANNEL_LISTINGS.update().where(*listing, same).values(due_at=None, attempts=0))
            else:
                later = now + retry_delay(update.attempt, update.number)
                again = {"due_at": later, "attempts": update.attempt}
                connection.execute(CHANNEL_LISTINGS.update().where(*listing).values(leased_until=None))
                connection.execute(CHANNEL_LISTINGS.update().where(*listing, same).values(again))
        told_of = [update for update in updates if answers[update.sku] != LATER]
        if told_of:
            rows = [_logged(tenant, channel, update, answers, now) for update in told_of]
            connection.execute(DELIVERY_LOG.insert(), rows)


def _logged(
    tenant: str, channel: str, update: Update, answers: Mapping[str, str | None], now: datetime
) -> dict[str, object]:
    return {
        "tenant": tenant,
        "channel": channel,
        "sku": update.sku,
        "number": update.number,
        "units": update.units,
        "attempt": update.attempt,
        "error": answers[update.sku],
        "wanted_at": update.wanted_at,
        "ended_at": now,
    }
