"""Reads a request's body before the application does: at most so many bytes, with the digest of what came."""

import hashlib
import json
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access.limits import Limits
from serving.problems import ApiProblem

__all__ = ["UPLOADS", "BodyLimit"]

UPLOADS = ("/v1/datasets", "/v1/imports", "/ui/data/upload")
"""Under these paths a body may have `upload_bytes`."""

_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<bad>u0000|u[dD][89a-fA-F]..)|.)", re.DOTALL)
"""An escape of JSON; `bad` is NUL or half of a surrogate pair, whose whole is one character."""
_LIKELY = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""One look, where most bodies have neither."""
_RAW_HALF = re.compile(rb"\xed[\xa0-\xbf]")
"""Half of a pair in the bytes themselves: Python's json takes it, though it is not UTF-8."""


class BodyLimit:
    """Pure ASGI middleware: refuses bodies that are too large and leaves the SHA-256 of the body in the request's
    state.

    Bodies are read whole before any work begins, so that a slow sender holds no thread; all that one process holds at
    once stays below `buffered_bytes`.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; raises ApiProblem `body.too_large`, `service.overloaded` or `request.invalid`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        chunks: list[bytes] = []
        try:
            handed_on = await self._read(scope, receive, chunks)
            await self.app(scope, handed_on, send)
        finally:
            self._held -= sum(len(chunk) for chunk in chunks)

    async def _read(self, scope: Scope, receive: Receive, chunks: list[bytes]) -> Receive:
        """Read the body into `chunks`, at most as much as is allowed; return a `receive` that hands it on."""
        headers = Headers(scope=scope)
        limit = self.limits.upload_bytes if scope["path"].startswith(UPLOADS) else self.limits.body_bytes
        announced = headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            raise _too_large(limit)
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return _hand_on(message, receive)
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
            self._hold(len(chunk))
            more = message.get("more_body", False)
        body = b"".join(chunks)
        _refuse_what_is_no_text(scope, headers, body)
        if body and scope["path"].startswith("/v1/") and not scope["path"].startswith(UPLOADS):
            _refuse_what_is_not_plain(headers, body)
        scope["state"]["body_digest"] = hashlib.sha256(body).hexdigest()
        return _hand_on({"type": "http.request", "body": body, "more_body": False}, receive)

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > self.limits.buffered_bytes:
            raise ApiProblem("service.overloaded", "Too many bytes are being sent at once; try again.")


def _refuse_what_is_no_text(scope: Scope, headers: Headers, body: bytes) -> None:
    """Refuse what no database text may have, wherever a client can write it: NUL, and half of a surrogate pair."""
    if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
        raise ApiProblem("request.invalid", "The address has a NUL character.")
    if "json" not in headers.get("content-type", ""):
        return
    escaped = _LIKELY.search(body) and any(found["bad"] for found in _ESCAPE.finditer(body))
    if escaped or _RAW_HALF.search(body):
        raise ApiProblem(
            "request.invalid",
            "A text in the body has a NUL character (\\u0000) or half of a surrogate pair (\\ud800 … \\udfff).",
        )


def _refuse_what_is_not_plain(headers: Headers, body: bytes) -> None:
    """Refuse a compressed body, which only uploads may be, and an object that says a name twice: programs do not agree
    which of the values counts (RFC 8259, 4)."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise ApiProblem(
            "media_type.unsupported",
            f"A body may be compressed only where tables are uploaded; this one is {coding[:40]}.",
        )
    if "json" not in headers.get("content-type", ""):
        return
    try:
        json.loads(body, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        return  # no JSON: who reads it says so


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ApiProblem("request.malformed", f"The body says {twice[:100]!r} twice in one object; say it once.")
    return made


def _too_large(limit: int) -> ApiProblem:
    return ApiProblem("body.too_large", f"The body may have {limit:,} bytes here; send less at once.")


def _hand_on(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def handed_on() -> Message:
        return pending.pop() if pending else await receive()

    return handed_on
