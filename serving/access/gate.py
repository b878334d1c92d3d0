"""The gate before every resource of /v1: who calls, found before a byte of the body is read."""

from dataclasses import replace

from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from serving.access.caller import LOCAL
from serving.platform import Platform

__all__ = ["Gate"]


class Gate:
    """Pure ASGI middleware: leaves the Caller in the request's state."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self.app = app
        self.platform = platform

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            state = scope["state"]
            state["caller"] = replace(LOCAL, request_id=state["request_id"])
        await self.app(scope, receive, send)
