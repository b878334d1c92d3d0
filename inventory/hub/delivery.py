"""Tell the channels what they are to show: the newest number of each listing, at least once, again until acknowledged.

Only the newest state is sent, never a queue of old ones: a channel that was down for a day hears each SKU once. A
listing that is being told is leased, so that two workers never tell it at the same time; the lease of a worker that
died runs out. Every attempt is logged (H03, H06, H07).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from core.database import Database
from inventory.hub.channels import Channel, find_channel, lock_listings
from inventory.hub.hub_tables import CHANNEL_LISTINGS, DELIVERY_LOG

__all__ = [
    "LATER",
    "MOST_AT_ONCE",
    "Adapters",
    "ChannelAdapter",
    "Delivered",
    "Place",
    "Update",
    "claim_due",
    "deliver_due",
    "free_leases",
    "retry_delay",
    "tell_channel",
]

LEASE = timedelta(seconds=60)
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 5.0, 3600.0
MOST_AT_ONCE = 500
Place = tuple[str, str]
"""Tenant and channel."""
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
    """Tell all channels what is due now, at most `most` listings, the longest waiting first; one channel after the
    other (`courier.Courier` tells them side by side).
    """
    told = failed = 0
    for place, updates in claim_due(database, clock(), most).items():
        done = tell_channel(database, adapters, place, updates, clock)
        told, failed = told + done.told, failed + done.failed
    return Delivered(told, failed)


def claim_due(
    database: Database,
    now: datetime,
    most: int = MOST_AT_ONCE,
    without: Collection[Place] = (),
    holder: str = "",
    overdue: timedelta = timedelta(0),
) -> dict[Place, list[Update]]:
    """Lease what is due, at most `most` listings, the longest waiting first, and return it by tenant and channel.

    without: channels that are being told just now. holder: who leases, the same name after a restart. overdue: leave
    what has been due for less to others. Where nothing is due nothing is written.
    """
    table = CHANNEL_LISTINGS.c
    free = table.leased_until.is_(None) | (table.leased_until < now)
    busy = [(table.tenant == tenant) & (table.channel == channel) for tenant, channel in sorted(without)]
    due = sa.select(CHANNEL_LISTINGS).where(table.due_at <= now - overdue, free, sa.not_(sa.or_(sa.false(), *busy)))
    claimed: dict[Place, list[Update]] = defaultdict(list)
    with database.reading() as connection:
        if connection.execute(due.limit(1)).first() is None:
            return claimed
    with database.transaction(urgent=True) as connection:
        first = due.order_by(table.due_at, table.sku).limit(most).with_for_update(skip_locked=True)
        rows = connection.execute(first).all()
        keys = [_key(row.tenant, row.channel, row.sku) for row in rows]
        if keys:
            connection.execute(_listing().values(leased_until=now + LEASE, leased_by=holder or None), keys)
    for row in rows:
        units, number, attempt = row.wanted_units, row.wanted_number, row.attempts + 1
        update = Update(row.sku, row.external_id, units, number, row.wanted_at, attempt)
        claimed[row.tenant, row.channel].append(update)
    return claimed


def free_leases(database: Database, holder: str) -> int:
    """Give back what a courier of this name held when it died; return how many listings those were."""
    held = CHANNEL_LISTINGS.c.leased_by == holder, CHANNEL_LISTINGS.c.leased_until.is_not(None)
    with database.transaction(urgent=True) as connection:
        lock_listings(connection, *held)
        freed = CHANNEL_LISTINGS.update().where(*held).values(leased_until=None, leased_by=None)
        return connection.execute(freed).rowcount


def tell_channel(
    database: Database, adapters: Adapters, place: Place, updates: Sequence[Update], clock: Callable[[], datetime]
) -> Delivered:
    """Tell one channel what was claimed for it, and write what became of it."""
    answers = _tell(database, adapters, *place, updates)
    _settle(database, *place, updates, answers, clock())
    bad = sum(error not in (None, LATER) for error in answers.values())
    return Delivered(sum(error is None for error in answers.values()), bad)


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
    told, failed, log = [], [], []
    free = _listing().values(leased_until=None, leased_by=None)
    same = CHANNEL_LISTINGS.c.wanted_number == sa.bindparam("of_number")
    for update in sorted(updates, key=lambda one: one.sku):
        error, key = answers[update.sku], _key(tenant, channel, update.sku) | {"of_number": update.number}
        if error != LATER:
            log.append(_logged(tenant, channel, update, answers, now))
        if error is None:
            told.append(key | {"units": update.units, "number": update.number})
        elif error != LATER:
            failed.append(key | {"later": now + retry_delay(update.attempt, update.number), "tried": update.attempt})
    with database.transaction(urgent=True) as connection:
        connection.execute(free, [_key(tenant, channel, sku) for sku in sorted(answers)])
        if told:
            facts = {"told_units": sa.bindparam("units"), "told_number": sa.bindparam("number"), "told_at": now}
            connection.execute(_listing().values(facts), told)
            connection.execute(_listing().where(same).values(due_at=None, attempts=0), told)
        if failed:
            again: dict[str, Any] = {"due_at": sa.bindparam("later"), "attempts": sa.bindparam("tried")}
            connection.execute(_listing().where(same).values(again), failed)
        if log:
            connection.execute(DELIVERY_LOG.insert(), log)


def _listing() -> sa.Update:
    """Return the change of one listing, which `_key` names."""
    table = CHANNEL_LISTINGS.c
    names = {"tenant": "of_tenant", "channel": "of_channel", "sku": "of_sku"}
    return CHANNEL_LISTINGS.update().where(*(table[name] == sa.bindparam(bound) for name, bound in names.items()))


def _key(tenant: str, channel: str, sku: str) -> dict[str, object]:
    return {"of_tenant": tenant, "of_channel": channel, "of_sku": sku}


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
