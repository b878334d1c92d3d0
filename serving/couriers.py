"""What a worker carries out of the house beside its jobs: messages to webhooks, stock to sales channels.

In a thread of its own, because a slow receiver must not hold up the handing over of jobs. Every courier leases what it
carries, so that two workers never carry the same.
"""

import threading
from datetime import timedelta

from inventory.hub.courier import Courier
from serving.imports.forgetting import forget_imports
from serving.jobs.upkeep import Chore, run_chores
from serving.platform import Platform
from serving.stock.adapters import adapter_of
from serving.webhooks.delivery import deliver_webhooks, forget_messages

__all__ = ["couriers_of", "standby_of", "start_couriers", "start_standby"]

CHANNELS_EVERY, WEBHOOKS_EVERY, FORGET_EVERY = 0.1, 0.5, 3600.0
"""Seconds between two looks."""
STANDBY_EVERY, OVERDUE = 0.25, timedelta(seconds=0.75)
"""The courier that stands by: how often it looks, and what it takes: what has been due for so long."""


def couriers_of(platform: Platform, holder: str = "") -> tuple[list[Chore], list[Chore]]:
    """Return the chores of the channels' and of the webhooks' courier; holder: the worker's name."""
    courier = Courier(platform.database, adapter_of(platform.settings), platform.clock, holder)
    channels = [Chore("telling channels", CHANNELS_EVERY, courier.look)]
    webhooks = [
        Chore("sending webhooks", WEBHOOKS_EVERY, lambda: deliver_webhooks(platform)),
        Chore("forgetting old messages", FORGET_EVERY, lambda: forget_messages(platform)),
        Chore("forgetting old imports", FORGET_EVERY, lambda: forget_imports(platform)),
    ]
    return channels, webhooks


def standby_of(platform: Platform, holder: str) -> list[Chore]:
    """Return the chores of the channels' courier that stands by in another process: a courier that was killed takes
    seconds to start again, in which a channel would sell what is no longer there.
    """
    courier = Courier(platform.database, adapter_of(platform.settings), platform.clock, holder, OVERDUE)
    return [Chore("standing by for channels", STANDBY_EVERY, courier.look)]


def start_standby(platform: Platform, stop: threading.Event, holder: str) -> threading.Thread:
    """Start the courier that stands by; it ends soon after `stop` is set."""
    chores = standby_of(platform, holder)
    thread = threading.Thread(target=run_chores, args=(chores, stop), name=chores[0].name, daemon=True)
    thread.start()
    return thread


def start_couriers(platform: Platform, stop: threading.Event, holder: str = "") -> list[threading.Thread]:
    """Start both couriers; they end soon after `stop` is set."""
    threads = [
        threading.Thread(target=run_chores, args=(chores, stop), name=chores[0].name, daemon=True)
        for chores in couriers_of(platform, holder)
    ]
    for thread in threads:
        thread.start()
    return threads
