"""How well each channel is kept in step, for Prometheus: sync lag, failure rate, inventory accuracy (H12)."""

import logging
import math
from datetime import timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from core.errors import StorageError
from inventory.hub.health import SyncHealth, sync_health
from inventory.hub.hub_tables import CHANNELS
from serving.platform import Platform

__all__ = ["hub_exposition"]

SPAN = timedelta(minutes=15)
"""What lag and failure rate look back on."""
MOST_CHANNELS = 500
LABELS = ("tenant", "channel")

logger = logging.getLogger("fillrate.hub")


def hub_exposition(platform: Platform) -> bytes:
    """Return the measures of all channels in Prometheus' text format; nothing where the database does not answer.

    What was not measured is left out: a channel that was told nothing has no lag, and one never compared no accuracy.
    """
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"fillrate_channel_{name}", words, labels, registry=registry) for name, words, labels in _GAUGES
    }
    now = platform.clock()
    try:
        with platform.database.reading() as connection:
            chosen = sa.select(CHANNELS).order_by(CHANNELS.c.tenant, CHANNELS.c.channel).limit(MOST_CHANNELS)
            for row in connection.execute(chosen).all():
                health = sync_health(connection, row.tenant, row.channel, now - SPAN, now)
                _set(gauges, (row.tenant, row.channel), health, row.paused_because is not None)
    except StorageError as error:
        logger.warning("the channels' measures are left out: %s", error)
        return b""
    return generate_latest(registry)


_GAUGES = (
    ("sync_lag_seconds", "From a change in the hub to the channel's acknowledgement", (*LABELS, "quantile")),
    ("failure_rate", "Share of attempts to tell the channel that failed", LABELS),
    ("waiting_listings", "Listings that the channel has not been told the newest state of", LABELS),
    ("waiting_seconds", "For how long the oldest of them waits", LABELS),
    ("inventory_accuracy", "Share of listings that the last reconciliation found right", LABELS),
    ("paused", "1 while the channel shows nothing", LABELS),
)


def _set(gauges: dict[str, Gauge], labels: tuple[str, str], health: SyncHealth, paused: bool) -> None:
    for quantile, value in (("0.5", health.lag_seconds_median), ("0.99", health.lag_seconds_p99)):
        if not math.isnan(value):
            gauges["sync_lag_seconds"].labels(*labels, quantile).set(value)
    if not math.isnan(health.accuracy):
        gauges["inventory_accuracy"].labels(*labels).set(health.accuracy)
    gauges["failure_rate"].labels(*labels).set(health.failure_rate)
    gauges["waiting_listings"].labels(*labels).set(health.waiting)
    gauges["waiting_seconds"].labels(*labels).set(health.waiting_seconds)
    gauges["paused"].labels(*labels).set(int(paused))
