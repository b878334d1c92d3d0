"""Tell the channels side by side: a channel that is slow or down holds up nobody but itself (H03)."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from core.database import Database
from inventory.hub.delivery import MOST_AT_ONCE, Adapters, Place, Update, claim_due, free_leases, tell_channel

__all__ = ["Courier"]

THREADS = 8
"""Channels that are told at the same time."""
ROUNDS = 5
"""How often a thread tells its channel what came due meanwhile before it is free for another."""

logger = logging.getLogger("fillrate.hub")


class Courier:
    """Looks for what is due, again and again, and hands each channel's updates to a thread; one thread a channel.

    holder: its name, the same after a restart and nobody else's meanwhile: what it held when it died is told again at
    its first look, not only when the leases end. overdue: 0 for the courier itself; one that stands by takes only what
    has been due for so long, which is what a dead one leaves, or one that is overburdened.
    """

    def __init__(
        self,
        database: Database,
        adapters: Adapters,
        clock: Callable[[], datetime],
        holder: str = "",
        overdue: timedelta = timedelta(0),
    ) -> None:
        self._holder, self._new, self._overdue = holder, bool(holder), overdue
        self._database, self._adapters, self._clock = database, adapters, clock
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="courier")
        self._busy: set[Place] = set()
        self._lock = threading.Lock()
        self._ending = False

    def look(self) -> int:
        """Claim what is due for channels that are not being told just now; return how many channels begin to be."""
        if self._new:
            free_leases(self._database, self._holder)
            self._new = False
        with self._lock:
            busy, room = set(self._busy), THREADS - len(self._busy)
        if room <= 0:
            return 0
        claimed = claim_due(self._database, self._clock(), MOST_AT_ONCE, busy, self._holder, self._overdue)
        with self._lock:
            self._busy |= claimed.keys()
        for place, updates in claimed.items():
            self._pool.submit(self._tell, place, updates)
        return len(claimed)

    def stop(self) -> None:
        """Wait for what is being told."""
        self._ending = True
        self._pool.shutdown()

    def _tell(self, place: Place, updates: Sequence[Update]) -> None:
        try:
            told = self._database, self._adapters, place, updates, self._clock
            tell_channel(*told, self._goes_on, self._holder, self._overdue)
        except Exception:  # what is not settled is told again when its lease ends; the log keeps the traceback
            logger.exception("telling channel %s of %s failed", place[1], place[0])
        finally:
            with self._lock:
                self._busy.discard(place)

    def _goes_on(self, rounds: int) -> bool:
        return rounds < ROUNDS and not self._ending
