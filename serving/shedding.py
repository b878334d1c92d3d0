"""Overload: a process works on so many requests at once, lets a burst wait, and refuses what would stand in a queue."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.access.gate import PUBLIC_PATHS
from serving.problems import ApiProblem

__all__ = ["Shedding"]

PATIENCE_SECONDS = 1.0
"""How long a request of a burst may wait for its turn, at most."""
PATIENCE_REQUESTS = 3.0
"""How long it may wait, in times that a request lately took: three short ones are soon done."""
WEIGHT = 0.1
"""Of the newest request in that time."""
STANDING_SECONDS = 0.1
"""A queue that has not been empty for so long is no burst: more comes than can be done."""
SHORT_SECONDS = 0.02
"""How long a request may wait then."""
MOST_WAITING = 200


class Shedding:
    """Pure ASGI middleware: `most` requests are inside; who waits too long gets a 503 with Retry-After.

    Controlled delay (after the CoDel of Nichols and Jacobson 2012): a long wait where the queue was empty a moment ago,
    a short one while it stands; and while it stands the newest goes first (Maurer 2015, Fail at Scale, ACM Queue
    13(8)): who waited long is about to give up. So bursts are served, and under lasting overload those accepted stay
    fast, whatever the rest is. Health checks always pass.

    ticks: a clock in seconds that never goes back.
    """

    def __init__(self, app: ASGIApp, most: int, ticks: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.most = most
        self.inside = 0
        self._ticks = ticks
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._empty_at = float("-inf")
        self._took = PATIENCE_SECONDS / PATIENCE_REQUESTS

    @property
    def patience(self) -> float:
        """Seconds that a request of a burst may wait, as long as requests lately took."""
        return min(max(PATIENCE_REQUESTS * self._took, STANDING_SECONDS), PATIENCE_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; raises ApiProblem `service.overloaded`."""
        if scope["type"] != "http" or scope["path"] in PUBLIC_PATHS:
            await self.app(scope, receive, send)
            return
        await self._enter()
        begun = self._ticks()
        try:
            await self.app(scope, receive, send)
        finally:
            self._took += WEIGHT * (self._ticks() - begun - self._took)
            self._leave()

    async def _enter(self) -> None:
        now = self._ticks()
        if not self._waiting:
            self._empty_at = now
            if self.inside < self.most:
                self.inside += 1
                return
        stands = self._stands(now)
        if len(self._waiting) >= (self.most if stands else MOST_WAITING):
            raise _overloaded()
        await self._turn(SHORT_SECONDS if stands else self.patience)

    def _stands(self, now: float) -> bool:
        return now - self._empty_at > STANDING_SECONDS

    async def _turn(self, seconds: float) -> None:
        """Wait in the queue until a place is given."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        timer = loop.call_later(seconds, self._expire, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            else:
                self._leave()  # the place was given to a caller who has gone
            raise
        finally:
            timer.cancel()

    def _expire(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            self._waiting.remove(turn)
            turn.set_exception(_overloaded())

    def _leave(self) -> None:
        """Give the place to the first who still waits, to the last one where the queue stands."""
        for turn in reversed(self._waiting) if self._stands(self._ticks()) else self._waiting:
            if not turn.done():
                self._waiting.remove(turn)
                turn.set_result(None)
                return
        self.inside -= 1


def _overloaded() -> ApiProblem:
    return ApiProblem(
        "service.overloaded", "More is asked than can be answered; ask again soon.", headers={"Retry-After": "1"}
    )
