"""The door of a process under overload: who would be refused anyway is refused before anything is done for him."""

import asyncio
import logging

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.access.gate import PUBLIC_PATHS
from serving.envelope import request_ids
from serving.measures import Measures
from serving.problems import problem_response
from serving.shedding import Crowd, overloaded

__all__ = ["Door"]

logger = logging.getLogger("fillrate.api")

TOLD_EVERY_SECONDS = 1.0
API = "/v1"


class Door:
    """Pure ASGI middleware, the outermost: answers 503 under /v1 while the crowd is full.

    A refusal that goes through all layers costs three times as much, and under overload there are more refusals than
    answers. Neither the caller nor the body is looked at; the log tells their number once a second, not each.
    """

    def __init__(self, app: ASGIApp, crowd: Crowd, measures: Measures) -> None:
        self.app = app
        self.crowd = crowd
        self.measures = measures
        self._untold = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self.crowd.is_full and _may_wait(scope["path"]):
            await self._refuse(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, trace_id = request_ids(Headers(scope=scope))
        scope.setdefault("state", {}).update(trace_id=trace_id, request_id=request_id)
        problem = overloaded()
        problem.headers["X-Request-ID"] = request_id
        self.measures.observe(scope["method"], "unmatched", 503, 0.0, problem.code)
        self._count()
        await problem_response(Request(scope), problem)(scope, receive, send)

    def _count(self) -> None:
        if not self._untold:
            asyncio.get_running_loop().call_later(TOLD_EVERY_SECONDS, self._tell)
        self._untold += 1

    def _tell(self) -> None:
        facts = {"status": 503, "problem": "service.overloaded", "requests": self._untold}
        logger.warning("refused at the door", extra={"facts": facts})
        self._untold = 0


def _may_wait(path: str) -> bool:
    """Return whether a request is one of those that a full service refuses: the page says it in words of its own."""
    return path.startswith(API) and path not in PUBLIC_PATHS
