"""Deliver what is due: at least once, each message to each endpoint, over three days; several endpoints at a time."""

import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.platform import Platform
from serving.webhooks.endpoints import Endpoint, disable_endpoint, find_endpoint
from serving.webhooks.sending import Attempt, send
from serving.webhooks.webhook_tables import (
    WEBHOOK_ATTEMPTS,
    WEBHOOK_DELIVERIES,
    WEBHOOK_ENDPOINTS,
    WEBHOOK_MESSAGES,
)

__all__ = ["RETRY_SECONDS", "deliver_webhooks", "forget_messages"]

RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Waits after failed attempts: 5 s to 24 h, about 75 hours in all; then the delivery has failed."""
SPREAD = 0.1
LEASE = timedelta(seconds=90)
MOST_ENDPOINTS_AT_ONCE = 8
MOST_OF_ONE_ENDPOINT = 10
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Due:
    tenant: str
    endpoint_id: str
    message_id: str
    body: str
    attempt: int
    leased_until: datetime


def deliver_webhooks(platform: Platform, most: int = 200) -> int:
    """Try every delivery that is due, at most `most`; return how many were tried.

    One endpoint's messages go one after the other, different endpoints' side by side, so that a slow receiver holds up
    nobody else. A process that dies leaves its leases to run out.
    """
    claimed = _claim(platform, most)
    by_endpoint: dict[tuple[str, str], list[_Due]] = defaultdict(list)
    for due in claimed:
        by_endpoint[due.tenant, due.endpoint_id].append(due)
    if by_endpoint:
        with ThreadPoolExecutor(MOST_ENDPOINTS_AT_ONCE, thread_name_prefix="webhook") as pool:
            list(pool.map(lambda dues: _deliver(platform, dues), by_endpoint.values()))
    return len(claimed)


def forget_messages(platform: Platform) -> int:
    """Delete messages, deliveries and attempts older than 30 days; return how many messages."""
    oldest = platform.clock() - KEPT
    with platform.database.transaction() as connection:
        connection.execute(WEBHOOK_ATTEMPTS.delete().where(WEBHOOK_ATTEMPTS.c.at < oldest))
        connection.execute(WEBHOOK_DELIVERIES.delete().where(WEBHOOK_DELIVERIES.c.created_at < oldest))
        return connection.execute(WEBHOOK_MESSAGES.delete().where(WEBHOOK_MESSAGES.c.created_at < oldest)).rowcount


def _claim(platform: Platform, most: int) -> list[_Due]:
    """Lease what is due of enabled endpoints, a few of each, the oldest first."""
    now, table, messages, endpoints = platform.clock(), WEBHOOK_DELIVERIES.c, WEBHOOK_MESSAGES.c, WEBHOOK_ENDPOINTS.c
    free = table.leased_until.is_(None) | (table.leased_until < now)
    query = (
        sa.select(table.tenant, table.endpoint_id, table.message_id, table.attempts, messages.body)
        .join(WEBHOOK_MESSAGES, (messages.tenant == table.tenant) & (messages.message_id == table.message_id))
        .join(WEBHOOK_ENDPOINTS, (endpoints.tenant == table.tenant) & (endpoints.endpoint_id == table.endpoint_id))
        .where(table.due_at <= now, free, endpoints.enabled)
        .order_by(table.due_at)
        .limit(most)
        .with_for_update(skip_locked=True, of=WEBHOOK_DELIVERIES)
    )
    counts: dict[tuple[str, str], int] = defaultdict(int)
    claimed = []
    with platform.database.transaction() as connection:
        for row in connection.execute(query).all():
            counts[row.tenant, row.endpoint_id] += 1
            if counts[row.tenant, row.endpoint_id] > MOST_OF_ONE_ENDPOINT:
                continue
            due = _Due(row.tenant, row.endpoint_id, row.message_id, row.body, row.attempts + 1, now + LEASE)
            connection.execute(WEBHOOK_DELIVERIES.update().where(*_key(due)).values(leased_until=due.leased_until))
            claimed.append(due)
    return claimed


def _deliver(platform: Platform, dues: Sequence[_Due]) -> None:
    """Send one endpoint's messages in turn; after the first failure the rest waits for the next round."""
    failed = False
    for due in dues:
        if failed:
            with platform.database.transaction() as connection:
                connection.execute(WEBHOOK_DELIVERIES.update().where(*_leased(due)).values(leased_until=None))
            continue
        now = platform.clock()
        with platform.database.reading() as connection:
            endpoint = find_endpoint(connection, due.tenant, due.endpoint_id, now)
        attempt = send(endpoint, due.message_id, due.body, now, platform.settings.private_targets)
        _settle(platform, endpoint, due, attempt)
        failed = not attempt.delivered


def _settle(platform: Platform, endpoint: Endpoint, due: _Due, attempt: Attempt) -> None:
    """Write down what came of it; where it was asked for again meanwhile, that stands.

    The endpoint is changed before its deliveries, as where it is deleted: so neither waits for the other.
    """
    now = platform.clock()
    log = {
        "tenant": due.tenant,
        "endpoint_id": due.endpoint_id,
        "message_id": due.message_id,
        "attempt": due.attempt,
        "status": attempt.status,
        "error": attempt.error,
        "answer": attempt.answer,
        "milliseconds": attempt.milliseconds,
        "at": now,
    }
    values = {"attempts": due.attempt, "leased_until": None, **_outcome(due, attempt, now)}
    with platform.database.transaction() as connection:
        if attempt.gone:
            reason = "the receiver answered 410: it wants to hear nothing more"
            disable_endpoint(connection, endpoint.tenant, endpoint.endpoint_id, reason)
        connection.execute(WEBHOOK_DELIVERIES.update().where(*_leased(due)).values(values))
        connection.execute(WEBHOOK_ATTEMPTS.insert(), log)


def _outcome(due: _Due, attempt: Attempt, now: datetime) -> dict[str, object]:
    if attempt.delivered:
        return {"state": "delivered", "due_at": None}
    if attempt.gone or due.attempt > len(RETRY_SECONDS):
        return {"state": "failed", "due_at": None}
    wait = RETRY_SECONDS[due.attempt - 1] * random.uniform(1, 1 + SPREAD)
    return {"state": "pending", "due_at": now + timedelta(seconds=max(wait, attempt.wait_seconds or 0.0))}


def _key(due: _Due) -> tuple[sa.ColumnElement[bool], ...]:
    table = WEBHOOK_DELIVERIES.c
    return table.tenant == due.tenant, table.endpoint_id == due.endpoint_id, table.message_id == due.message_id


def _leased(due: _Due) -> tuple[sa.ColumnElement[bool], ...]:
    return *_key(due), WEBHOOK_DELIVERIES.c.leased_until == due.leased_until
