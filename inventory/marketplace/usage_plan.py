"""How fast a marketplace may be asked: one token bucket an operation, and how long to wait after a refusal.

Rates are those that the Selling Partner API models publish for each operation (requests a second, burst); the header
`x-amzn-RateLimit-Limit` of an answer names the rate that holds for this seller and replaces them.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PUBLISHED_RATES", "TokenBucket", "UsagePlan", "UsageRate", "back_off_seconds"]

FIRST_BACK_OFF, LONGEST_BACK_OFF = 1.0, 120.0
"""Seconds; no stated source asks for other ones."""


@dataclass(frozen=True, slots=True)
class UsageRate:
    """rate: requests a second that fill the bucket again. burst: requests that it holds."""

    rate: float
    burst: int


PUBLISHED_RATES: Mapping[str, UsageRate] = {
    "createFeed": UsageRate(0.0083, 15),
    "createFeedDocument": UsageRate(0.5, 15),
    "createReport": UsageRate(0.0167, 15),
    "getFeed": UsageRate(2, 15),
    "getFeedDocument": UsageRate(0.0222, 10),
    "getFeeds": UsageRate(0.0222, 10),
    "getInventorySummaries": UsageRate(2, 2),
    "getReport": UsageRate(2, 15),
    "getReportDocument": UsageRate(0.0167, 15),
    "getReports": UsageRate(0.0222, 10),
    "patchListingsItem": UsageRate(5, 5),
    "searchListingsItems": UsageRate(5, 5),
}
"""By operation, from the published models (reports and feeds 2021-06-30, listings 2021-08-01, FBA inventory v1)."""


class TokenBucket:
    """At most `burst` requests at once and `rate` a second in the long run; times are monotonic seconds.

    A caller always gets its place: what `reserve` returns is how long it waits before it asks.
    """

    def __init__(self, rate: UsageRate, now: float) -> None:
        self._rate = rate.rate
        self._burst = float(rate.burst)
        self._tokens = float(rate.burst)
        self._at = now

    def reserve(self, now: float) -> float:
        """Take a token, perhaps one that comes only later, and return the seconds until it is there."""
        self._fill(now)
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._rate)

    def adopt(self, rate: float, now: float) -> None:
        """Fill at another rate from now on; a rate of 0 or below says nothing and is ignored."""
        if rate > 0:
            self._fill(now)
            self._rate = rate

    def empty(self, now: float) -> None:
        """Believe a refusal: the marketplace counts more requests than we do (another process asks too)."""
        self._fill(now)
        self._tokens = min(self._tokens, 0.0)

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = max(self._at, now)


class UsagePlan:
    """The buckets of one seller by operation; safe between threads."""

    def __init__(self, rates: Mapping[str, UsageRate] = PUBLISHED_RATES) -> None:
        self._rates = rates
        self._buckets: dict[str, TokenBucket] = {}
        self._lock = threading.Lock()

    def reserve(self, operation: str, now: float) -> float:
        """Return the seconds to wait before the operation is asked for; raises KeyError for an unknown operation."""
        with self._lock:
            return self._bucket(operation, now).reserve(now)

    def learn(self, operation: str, limit: str | None, now: float) -> None:
        """Take over what an answer's `x-amzn-RateLimit-Limit` header says; one that is no number is ignored."""
        try:
            rate = float(limit or "")
        except ValueError:
            return
        with self._lock:
            self._bucket(operation, now).adopt(rate, now)

    def refused(self, operation: str, now: float) -> None:
        """Note a 429."""
        with self._lock:
            self._bucket(operation, now).empty(now)

    def _bucket(self, operation: str, now: float) -> TokenBucket:
        if operation not in self._buckets:
            self._buckets[operation] = TokenBucket(self._rates[operation], now)
        return self._buckets[operation]


def back_off_seconds(attempt: int, spread: float, retry_after: str | None = None) -> float:
    """Return how long to wait after failed attempt 1, 2, …: 1 s doubling to 2 min, of which `spread` (0 … 1) takes off
    up to a half, so that many clients do not come back at once; never less than the answer's `Retry-After` seconds.

    >>> [back_off_seconds(attempt, 0.0) for attempt in (1, 2, 3, 20)]
    [1.0, 2.0, 4.0, 120.0]
    """
    seconds = min(FIRST_BACK_OFF * 2.0 ** min(attempt - 1, 20), LONGEST_BACK_OFF) * (1 - 0.5 * spread)
    asked = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
    return max(seconds, min(asked, LONGEST_BACK_OFF))
