"""What surrounds every request: its id, its size limit, its measurement, and the last net under errors."""

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

__all__ = ["MAX_BODY_BYTES", "Envelope"]

MAX_BODY_BYTES = 1_048_576

logger = logging.getLogger("fillrate.api")

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Envelope:
    """Pure ASGI middleware: echoes X-Request-ID, refuses large bodies, counts, and turns a crash into a
    problem.

    The trace id is the caller's (`traceparent`, W3C Trace Context) or a new one; the request id defaults to
    it.
    """

    def __init__(self, app: ASGIApp, measures: Measures, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.measures = measures
        self.max_body_bytes = max_body_bytes

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
        scope.setdefault("state", {})["trace_id"] = trace_id
        status = 500

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._guarded(scope, receive, tagged, headers)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self.measures.observe(scope["method"], route, status, time.perf_counter() - started)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Run the application; whatever it raises before it has answered becomes a problem document."""
        answered = False

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        request = Request(scope)
        try:
            body = await self._body(receive, headers)
            await self.app(scope, body, watched)
        except ApiProblem as problem:
            await problem_response(request, problem)(scope, receive, send)
        except Exception:  # a caller must get a problem document whatever broke; the log keeps the traceback
            logger.exception("request failed", extra={"trace_id": scope["state"]["trace_id"]})
            if answered:
                raise
            crash = ApiProblem("internal", "The request failed; quote the trace id when you report it.")
            await problem_response(request, crash)(scope, receive, send)

    async def _body(self, receive: Receive, headers: Headers) -> Receive:
        """Read the body, at most `max_body_bytes` of it, and return a `receive` that hands it on."""
        announced = headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > self.max_body_bytes:
            raise self._too_large()
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return _hand_on(message, receive)
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > self.max_body_bytes:
                raise self._too_large()
            chunks.append(chunk)
            more = message.get("more_body", False)
        return _hand_on({"type": "http.request", "body": b"".join(chunks), "more_body": False}, receive)

    def _too_large(self) -> ApiProblem:
        limit = self.max_body_bytes
        return ApiProblem("body.too_large", f"A request body may have {limit:,} bytes; ask for fewer series at once.")


def _trace_id(headers: Any) -> str:
    parent = _TRACE_PARENT.fullmatch(headers.get("traceparent", ""))
    return parent.group(1) if parent and set(parent.group(1)) != {"0"} else uuid.uuid4().hex


def _hand_on(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def handed_on() -> Message:
        return pending.pop() if pending else await receive()

    return handed_on
