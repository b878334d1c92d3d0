"""Reads a request's body before the application does: at most so many bytes, with the digest of what came."""

import hashlib
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access.limits import Limits
from serving.problems import ApiProblem

__all__ = ["UPLOADS", "BodyLimit"]

UPLOADS = ("/v1/datasets", "/v1/imports", "/ui/data/upload")
"""Under these paths a body may have `upload_bytes`."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


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
        _refuse_nul(scope, headers, body)
        scope["state"]["body_digest"] = hashlib.sha256(body).hexdigest()
        return _hand_on({"type": "http.request", "body": body, "more_body": False}, receive)

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > self.limits.buffered_bytes:
            raise ApiProblem("service.overloaded", "Too many bytes are being sent at once; try again.")


def _refuse_nul(scope: Scope, headers: Headers, body: bytes) -> None:
    """Refuse the character NUL, which no database text may have, wherever a client can write it."""
    if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
        raise ApiProblem("request.invalid", "The address has a NUL character.")
    if "json" in headers.get("content-type", "") and _NUL.search(body):
        raise ApiProblem("request.invalid", "A text in the body has a NUL character (\\u0000); leave it out.")


def _too_large(limit: int) -> ApiProblem:
    return ApiProblem("body.too_large", f"The body may have {limit:,} bytes here; send less at once.")


def _hand_on(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def handed_on() -> Message:
        return pending.pop() if pending else await receive()

    return handed_on
