"""Overload: a process works on so many requests at once and refuses the rest, so that those keep their speed."""

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.access.gate import PUBLIC_PATHS
from serving.problems import ApiProblem

__all__ = ["Shedding"]

RETRY_AFTER = {"Retry-After": "1"}


class Shedding:
    """Pure ASGI middleware: at most `most` requests are inside; a further one is a 503 with Retry-After.

    Waiting in a queue would make every accepted request slow while the overload lasts; a refusal costs a millisecond
    and tells the client when to come back. Health checks always pass.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; raises ApiProblem `service.overloaded`."""
        if scope["type"] != "http" or scope["path"] in PUBLIC_PATHS:
            await self.app(scope, receive, send)
            return
        if self.inside >= self.most:
            raise ApiProblem(
                "service.overloaded", f"{self.most} requests are at work already; ask again.", headers=RETRY_AFTER
            )
        self.inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.inside -= 1
