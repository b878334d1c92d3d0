"""What surrounds every request: its id, its span, its line in the log, its measurement, the last net under errors."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.deprecation import tell_deprecation
from serving.logs import REQUEST
from serving.measures import Measures
from serving.problems import ApiProblem, problem_response

__all__ = ["Envelope", "request_ids"]

logger = logging.getLogger("fillrate.api")

Refuse = Callable[[Request, ApiProblem], Response]

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
QUIET = frozenset({"/livez", "/healthz", "/readyz", "/metrics"})
"""What is asked every few seconds and would fill the log."""


class Envelope:
    """Pure ASGI middleware: echoes X-Request-ID, counts, logs, and turns a crash into a problem.

    The trace id is the caller's (`traceparent`, W3C Trace Context) or a new one; the request id defaults to it.
    refuse: how a problem is answered.
    """

    def __init__(
        self, app: ASGIApp, measures: Measures, tracer: trace.Tracer, refuse: Refuse = problem_response
    ) -> None:
        self.app = app
        self.measures = measures
        self.tracer = tracer
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.pop("route", None)  # of the application that this one is mounted in
        parent = TraceContextTextMapPropagator().extract(dict(headers)) if "traceparent" in headers else None
        with self.tracer.start_as_current_span(scope["method"], parent, trace.SpanKind.SERVER) as span:
            context = span.get_span_context()
            request_id, trace_id = request_ids(headers, f"{context.trace_id:032x}" if context.is_valid else "")
            scope.setdefault("state", {}).update(trace_id=trace_id, request_id=request_id)
            token = REQUEST.set({"request_id": request_id, "trace_id": trace_id})
            try:
                await self._measured(scope, receive, send, span)
            finally:
                REQUEST.reset(token)

    async def _measured(self, scope: Scope, receive: Receive, send: Send, span: trace.Span) -> None:
        started = time.perf_counter()
        status = 500

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                told = MutableHeaders(scope=message)
                told["X-Request-ID"] = scope["state"]["request_id"]
                tell_deprecation(scope.get("route"), told)
            await send(message)

        try:
            await self._guarded(scope, receive, tagged)
        finally:
            self._tell(scope, status, time.perf_counter() - started, span)

    def _tell(self, scope: Scope, status: int, seconds: float, span: trace.Span) -> None:
        """Count, log and trace one answered request: by route template, never by raw path."""
        method, route = scope["method"], getattr(scope.get("route"), "path", "unmatched")
        problem = scope["state"].get("problem", "")
        self.measures.observe(method, route, status, seconds, problem)
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
        if status >= 500:
            span.set_status(trace.StatusCode.ERROR)
        if scope["path"] not in QUIET:
            caller = scope["state"].get("caller")
            facts = {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 1)}
            told = {"tenant": caller.tenant, "actor": caller.actor} if caller else {}
            logger.info("answered", extra={"facts": facts | told | ({"problem": problem} if problem else {})})

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
            await self.refuse(request, problem)(scope, receive, send)
        except Exception:  # a caller must get a problem document whatever broke; the log keeps the traceback
            logger.exception("request failed")
            if answered:
                raise
            crash = ApiProblem("internal", "The request failed; quote the trace id when you report it.")
            await self.refuse(request, crash)(scope, receive, send)


def request_ids(headers: Headers, trace_id: str = "") -> tuple[str, str]:
    """Return a request's id, the client's own where it sent one, and its trace id, the given one or the client's."""
    trace_id = trace_id or _trace_id(headers)
    sent = headers.get("x-request-id", "")
    return (sent if _REQUEST_ID.fullmatch(sent) else trace_id), trace_id


def _trace_id(headers: Any) -> str:
    parent = _TRACE_PARENT.fullmatch(headers.get("traceparent", ""))
    return parent.group(1) if parent and set(parent.group(1)) != {"0"} else uuid.uuid4().hex
