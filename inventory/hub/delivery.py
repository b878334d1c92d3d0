"""Tell the channels what they are to show: the newest number of each listing, at least once, again until acknowledged.

Only the newest state is sent, never a queue of old ones: a channel that was down for a day hears each SKU once. A
listing that is being told is leased, so that two workers never tell it at the same time; the lease of a worker that
died runs out. Every attempt is logged (H03, H06, H07).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

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
    busy = [(table.tenant == tenant) & (table.channel == channel) for tenant, channel in sorted(without)]
    due = _due(now, overdue) & sa.not_(sa.or_(sa.false(), *busy))
    if database.is_sqlite:  # to look costs no lock there, to claim costs the one that there is
        with database.reading() as connection:
            if connection.execute(sa.select(table.sku).where(due).limit(1)).first() is None:
                return {}
    claimed: dict[Place, list[Update]] = defaultdict(list)
    with database.transaction(urgent=True) as connection:
        for tenant, channel, update in _lease(connection, due, now, most, holder):
            claimed[tenant, channel].append(update)
    return claimed


def _due(now: datetime, overdue: timedelta = timedelta(0)) -> sa.ColumnElement[bool]:
    table = CHANNEL_LISTINGS.c
    return (table.due_at <= now - overdue) & (table.leased_until.is_(None) | (table.leased_until < now))


def _lease(
    connection: sa.Connection, due: sa.ColumnElement[bool], now: datetime, most: int, holder: str
) -> list[tuple[str, str, Update]]:
    """Lease what is due and return it with its tenant and channel, the longest waiting first: one statement.

    A listing that somebody is changing is passed over: it will be due again when that is done.
    """
    table = CHANNEL_LISTINGS.c
    first = sa.select(table.tenant, table.channel, table.sku).where(due).order_by(table.due_at, table.sku).limit(most)
    chosen = first.with_for_update(skip_locked=True).cte("chosen")
    mine = [table[name] == chosen.c[name] for name in ("tenant", "channel", "sku")]
    leased = CHANNEL_LISTINGS.update().where(*mine).values(leased_until=now + LEASE, leased_by=holder or None)
    rows = connection.execute(leased.returning(*CHANNEL_LISTINGS.c)).all()
    return [
        (
            row.tenant,
            row.channel,
            Update(row.sku, row.external_id, row.wanted_units, row.wanted_number, row.wanted_at, row.attempts + 1),
        )
        for row in sorted(rows, key=lambda row: (row.due_at, row.sku))
    ]


def free_leases(database: Database, holder: str) -> int:
    """Give back what a courier of this name held when it died; return how many listings those were."""
    held = CHANNEL_LISTINGS.c.leased_by == holder, CHANNEL_LISTINGS.c.leased_until.is_not(None)
    with database.transaction(urgent=True) as connection:
        lock_listings(connection, *held)
        freed = CHANNEL_LISTINGS.update().where(*held).values(leased_until=None, leased_by=None)
        return connection.execute(freed).rowcount


def tell_channel(
    database: Database,
    adapters: Adapters,
    place: Place,
    updates: Sequence[Update],
    clock: Callable[[], datetime],
    go_on: Callable[[int], bool] = lambda rounds: False,
    holder: str = "",
    overdue: timedelta = timedelta(0),
) -> Delivered:
    """Tell one channel what was claimed for it, and write what became of it.

    go_on: whether what has come due for the channel meanwhile is told too, after so many rounds; the holder claims it
    in the transaction that settles, so that a busy channel waits for no other look.
    """
    told = failed = rounds = 0
    while updates:
        answers = _tell(database, adapters, *place, updates)
        told += sum(error is None for error in answers.values())
        failed += sum(error not in (None, LATER) for error in answers.values())
        rounds += 1
        more = LATER not in answers.values() and go_on(rounds)
        updates = _settle_all(database, place, updates, answers, clock, _Next(holder, overdue) if more else None)
    return Delivered(told, failed)


@dataclass(frozen=True, slots=True)
class _Next:
    """Who claims what has come due meanwhile."""

    holder: str
    overdue: timedelta


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


def _settle_all(
    database: Database,
    place: Place,
    updates: Sequence[Update],
    answers: Mapping[str, str | None],
    clock: Callable[[], datetime],
    following: _Next | None,
) -> list[Update]:
    """Write what became of the updates and return what is claimed next.

    Listings that a writer is changing just now are settled one by one after the others: whoever waits for a lock holds
    none, or orders would wait for the courier and the courier for orders.
    """
    ended = clock()
    with database.transaction(urgent=True) as connection:
        _log(connection, place, updates, answers, ended)
        settled = _settle(connection, place, updates, answers, ended)
        held = [update for update in updates if update.sku not in settled]
        claimed = _claim_next(connection, place, clock(), following) if following and not held else []
    for update in held:
        with database.transaction(urgent=True) as connection:
            _settle(connection, place, [update], answers, ended, wait=True)
            if following and update is held[-1]:
                claimed = _claim_next(connection, place, clock(), following)
    return claimed


def _claim_next(connection: sa.Connection, place: Place, now: datetime, following: _Next) -> list[Update]:
    table = CHANNEL_LISTINGS.c
    due = _due(now, following.overdue) & (table.tenant == place[0]) & (table.channel == place[1])
    return [update for _, _, update in _lease(connection, due, now, MOST_AT_ONCE, following.holder)]


def _settle(
    connection: sa.Connection,
    place: Place,
    updates: Sequence[Update],
    answers: Mapping[str, str | None],
    now: datetime,
    wait: bool = False,
) -> set[str]:
    """Write what became of the updates whose listings nobody is changing (wait: of all), and return their SKUs.

    A listing that has changed meanwhile stays due.
    """
    table, rows = CHANNEL_LISTINGS.c, []
    names = (
        table.sku,
        table.wanted_number,
        table.told_units,
        table.told_number,
        table.told_at,
        table.due_at,
        table.attempts,
    )
    mine = table.tenant == place[0], table.channel == place[1], table.sku.in_([update.sku for update in updates])
    locked = sa.select(*names).where(*mine).order_by(table.sku).with_for_update(skip_locked=not wait)
    found = {row.sku: row._asdict() for row in connection.execute(locked)}
    for update in updates:
        if update.sku not in found:
            continue
        row, error = found[update.sku], answers[update.sku]
        same = row.pop("wanted_number") == update.number
        if error is None:
            row |= {"told_units": update.units, "told_number": update.number, "told_at": now}
            row |= {"due_at": None, "attempts": 0} if same else {}
        elif error != LATER and same:
            row |= {"due_at": now + retry_delay(update.attempt, update.number), "attempts": update.attempt}
        rows.append({f"of_{name}": value for name, value in row.items()})
    if rows:
        facts = ("told_units", "told_number", "told_at", "due_at", "attempts")
        new = {name: sa.bindparam(f"of_{name}", type_=table[name].type) for name in facts}
        one = CHANNEL_LISTINGS.update().where(*mine[:2], table.sku == sa.bindparam("of_sku"))
        connection.execute(one.values(leased_until=None, leased_by=None, **new), rows)
    return set(found)


def _log(
    connection: sa.Connection,
    place: Place,
    updates: Sequence[Update],
    answers: Mapping[str, str | None],
    now: datetime,
) -> None:
    log = [_logged(*place, update, answers, now) for update in updates if answers[update.sku] != LATER]
    if log:
        connection.execute(DELIVERY_LOG.insert(), sorted(log, key=lambda row: str(row["sku"])))


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
