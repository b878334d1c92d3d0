"""Reads a request's body before the application does: at most so many bytes, with the digest of what came."""

import hashlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import ApiProblem

__all__ = ["MAX_BODY_BYTES", "BodyLimit"]

MAX_BODY_BYTES = 1_048_576


class BodyLimit:
    """Pure ASGI middleware: refuses large bodies and leaves the SHA-256 of the body in the request's state."""

    def __init__(self, app: ASGIApp, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; raises ApiProblem `body.too_large`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, await self._read(scope, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> Receive:
        """Read the body, at most `max_body_bytes` of it, and return a `receive` that hands it on."""
        announced = Headers(scope=scope).get("content-length", "0")
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
        body = b"".join(chunks)
        scope["state"]["body_digest"] = hashlib.sha256(body).hexdigest()
        return _hand_on({"type": "http.request", "body": body, "more_body": False}, receive)

    def _too_large(self) -> ApiProblem:
        limit = self.max_body_bytes
        return ApiProblem("body.too_large", f"A request body may have {limit:,} bytes; ask for fewer series at once.")


def _hand_on(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def handed_on() -> Message:
        return pending.pop() if pending else await receive()

    return handed_on
