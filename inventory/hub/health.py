"""How well the channels are kept in step: lag, failures, accuracy (H12)."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from inventory.hub.hub_tables import CHANNEL_LISTINGS, DELIVERY_LOG, RECONCILIATIONS

__all__ = ["SyncHealth", "sync_health"]


@dataclass(frozen=True, slots=True)
class SyncHealth:
    """One channel since a moment.

    lag_seconds_*: from the change in the hub to the channel's acknowledgement, NaN where nothing was told.
    failure_rate: share of attempts that failed. waiting: listings not yet told their newest state, and the oldest of
    them. accuracy: share of listings that the last reconciliation found right, NaN where there was none.
    """

    channel: str
    told: int
    lag_seconds_median: float
    lag_seconds_p99: float
    failure_rate: float
    waiting: int
    waiting_seconds: float
    accuracy: float


def sync_health(connection: sa.Connection, tenant: str, channel: str, since: datetime, now: datetime) -> SyncHealth:
    """Return the figures of the channel from `since` until `now`."""
    log = DELIVERY_LOG.c
    rows = connection.execute(
        sa.select(log.wanted_at, log.ended_at, log.error).where(
            log.tenant == tenant, log.channel == channel, log.ended_at >= since
        )
    ).all()
    lags = np.array([(row.ended_at - row.wanted_at).total_seconds() for row in rows if row.error is None])
    listing = CHANNEL_LISTINGS.c
    waiting = connection.execute(
        sa.select(sa.func.count(), sa.func.min(listing.wanted_at)).where(
            listing.tenant == tenant, listing.channel == channel, listing.due_at.is_not(None)
        )
    ).one()
    oldest = waiting[1]
    return SyncHealth(
        channel,
        len(lags),
        float(np.median(lags)) if lags.size else float("nan"),
        float(np.quantile(lags, 0.99)) if lags.size else float("nan"),
        (len(rows) - len(lags)) / len(rows) if rows else 0.0,
        int(waiting[0]),
        (now - oldest).total_seconds() if oldest is not None else 0.0,
        _accuracy(connection, tenant, channel),
    )


def _accuracy(connection: sa.Connection, tenant: str, channel: str) -> float:
    table = RECONCILIATIONS.c
    newest = connection.execute(
        sa.select(table.listings, table.differing)
        .where(table.tenant == tenant, table.channel == channel)
        .order_by(table.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None or not newest.listings:
        return float("nan")
    return max(0.0, 1 - newest.differing / newest.listings)
