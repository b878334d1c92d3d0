"""How often a caller may ask: a token bucket for each, in this process."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Allowance", "RateLimit"]

MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request may pass, how many more may follow at once, and seconds until one more may."""

    passes: bool
    remaining: int
    retry_after: int


class RateLimit:
    """Token buckets by name: `burst` requests at once, refilled by `per_second`; safe between threads.

    ticks: a clock in seconds that never goes back.
    """

    def __init__(self, per_second: float, burst: int, ticks: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self.burst = burst
        self._ticks = ticks
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str) -> Allowance:
        """Take one request from the bucket of that name."""
        now = self._ticks()
        with self._lock:
            tokens = self._level(name, now)
            passes = tokens >= 1
            tokens -= 1 if passes else 0
            if len(self._buckets) >= MOST_CALLERS:
                self._forget_full(now)
            self._buckets[name] = (tokens, now)
        wait = 0 if passes else max(1, math.ceil((1 - tokens) / self.per_second))
        return Allowance(passes, int(tokens), wait)

    def _level(self, name: str, now: float) -> float:
        tokens, at = self._buckets.get(name, (float(self.burst), now))
        return min(float(self.burst), tokens + (now - at) * self.per_second)

    def _forget_full(self, now: float) -> None:
        self._buckets = {name: kept for name, kept in self._buckets.items() if self._level(name, now) < self.burst}
        if len(self._buckets) >= MOST_CALLERS:
            self._buckets.clear()
