"""What surrounds every request: its id, its measurement, and the last net under errors."""

import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.measures import Measures
from serving.problems import ApiProblem, problem_response

__all__ = ["Envelope"]

logger = logging.getLogger("fillrate.api")

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Envelope:
    """Pure ASGI middleware: echoes X-Request-ID, counts, and turns a crash into a
    problem.

    The trace id is the caller's (`traceparent`, W3C Trace Context) or a new one; the request id defaults to
    it.
    """

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self.app = app
        self.measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        trace_id = _trace_id(headers)
        request_id = headers.get("x-request-id", "")
        request_id = request_id if _REQUEST_ID.fullmatch(request_id) else trace_id
        scope.setdefault("state", {}).update(trace_id=trace_id, request_id=request_id)
        status = 500

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._guarded(scope, receive, tagged)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self.measures.observe(scope["method"], route, status, time.perf_counter() - started)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; whatever it raises before it has answered becomes a problem document."""
        answered = False

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        request = Request(scope)
        try:
            await self.app(scope, receive, watched)
        except ApiProblem as problem:
            await problem_response(request, problem)(scope, receive, send)
        except Exception:  # a caller must get a problem document whatever broke; the log keeps the traceback
            logger.exception("request failed", extra={"trace_id": scope["state"]["trace_id"]})
            if answered:
                raise
            crash = ApiProblem("internal", "The request failed; quote the trace id when you report it.")
            await problem_response(request, crash)(scope, receive, send)


def _trace_id(headers: Any) -> str:
    parent = _TRACE_PARENT.fullmatch(headers.get("traceparent", ""))
    return parent.group(1) if parent and set(parent.group(1)) != {"0"} else uuid.uuid4().hex
