"""Overload: a process works on so many requests at once, lets a burst wait, and refuses what would stand in a queue."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.access.gate import PUBLIC_PATHS
from serving.problems import ApiProblem

__all__ = ["Crowd", "Shedding", "overloaded"]

PATIENCE_SECONDS = 1.0
"""How long a request of a burst may wait for its turn, at most."""
PATIENCE_REQUESTS = 3.0
"""How long it may wait, in times that a request lately took: three short ones are soon done."""
WEIGHT = 0.1
"""Of the newest request in that time."""
STANDING_SECONDS = 0.1
"""A queue that has not been empty for so long is no burst: more comes than can be done. A burst begins where nobody had
to wait for so long: under overload the queue is empty again and again, for a moment."""
SHORT_SECONDS = 0.02
"""How long a request may wait then, or as long as one lately took."""
MOST_WAITING = 200


class Crowd:
    """Who is inside one process and who waits: `most` requests at once, fewer while a queue stands.

    Controlled delay (after the CoDel of Nichols and Jacobson 2012): a long wait where the queue was empty a moment ago,
    a short one while it stands; and while it stands the newest goes first (Maurer 2015, Fail at Scale, ACM Queue
    13(8)): who waited long is about to give up. So bursts are served, and under lasting overload those accepted stay
    fast, whatever the rest is. Then only half as many are inside: one interpreter computes no more by doing four things
    at once, but each takes four times as long, and the thread that reads and refuses gets its turn later.

    ticks: a clock in seconds that never goes back.
    """

    def __init__(self, most: int, ticks: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.inside = 0
        self._ticks = ticks
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._emptied_at = self._calm_at = float("-inf")
        self._took = PATIENCE_SECONDS / PATIENCE_REQUESTS

    @property
    def patience(self) -> float:
        """Seconds that a request of a burst may wait, as long as requests lately took."""
        return min(max(PATIENCE_REQUESTS * self._took, STANDING_SECONDS), PATIENCE_SECONDS)

    @property
    def is_full(self) -> bool:
        """Whether who comes now would be refused at once."""
        if not self._waiting:
            return False
        return len(self._waiting) >= (self._few if self._stands(self._ticks()) else MOST_WAITING)

    @property
    def _few(self) -> int:
        """How many are inside, and how many wait, while the queue stands."""
        return max(1, self.most // 2)

    async def enter(self) -> float:
        """Wait for a place and return the moment that it was given; raises ApiProblem `service.overloaded`."""
        now = self._ticks()
        if not self._waiting:
            if now - self._emptied_at > STANDING_SECONDS:
                self._calm_at = now
            if self.inside < (self._few if self._stands(now) else self.most):
                self.inside += 1
                return now
        if self.is_full:
            raise overloaded()
        await self._turn(min(max(SHORT_SECONDS, self._took), self.patience) if self._stands(now) else self.patience)
        return self._ticks()

    def leave(self, entered: float) -> None:
        """Give back the place that was given at that moment."""
        self._took += WEIGHT * (self._ticks() - entered - self._took)
        self._pass_on()

    def _stands(self, now: float) -> bool:
        return now - self._calm_at > STANDING_SECONDS

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
                self._remove(turn)
            else:
                self._pass_on()  # the place was given to a caller who has gone
            raise
        finally:
            timer.cancel()

    def _expire(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            self._remove(turn)
            turn.set_exception(overloaded())

    def _remove(self, turn: "asyncio.Future[None]") -> None:
        self._waiting.remove(turn)
        if not self._waiting:
            self._emptied_at = self._ticks()

    def _pass_on(self) -> None:
        """Give the place to the first who still waits; where the queue stands to the last one, or to nobody while more
        than few are inside."""
        stands = self._stands(self._ticks())
        if not (stands and self._waiting and self.inside > self._few):
            for turn in reversed(self._waiting) if stands else self._waiting:
                if not turn.done():
                    self._remove(turn)
                    turn.set_result(None)
                    return
        self.inside -= 1


class Shedding:
    """Pure ASGI middleware: lets requests into the crowd; who waits too long gets a 503 with Retry-After. Health checks
    always pass."""

    def __init__(self, app: ASGIApp, crowd: Crowd) -> None:
        self.app = app
        self.crowd = crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; raises ApiProblem `service.overloaded`."""
        if scope["type"] != "http" or scope["path"] in PUBLIC_PATHS:
            await self.app(scope, receive, send)
            return
        entered = await self.crowd.enter()
        try:
            await self.app(scope, receive, send)
        finally:
            self.crowd.leave(entered)


def overloaded() -> ApiProblem:
    """Return the refusal of who finds no place."""
    return ApiProblem(
        "service.overloaded", "More is asked than can be answered; ask again soon.", headers={"Retry-After": "1"}
    )
