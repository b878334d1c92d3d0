"""Reads a request's body before the application does: at most so many bytes, with the digest of what came."""

import hashlib
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import ApiProblem

__all__ = ["MAX_BODY_BYTES", "MAX_UPLOAD_BYTES", "BodyLimit"]

MAX_BODY_BYTES = 1_048_576
MAX_UPLOAD_BYTES = 33_554_432
"""Of a table sent to a dataset."""

_UPLOAD = re.compile(r"/v1/datasets/[^/]+/tables/[^/]+")


class BodyLimit:
    """Pure ASGI middleware: refuses large bodies and leaves the SHA-256 of the body in the request's state.

    A table that is uploaded may be larger than any other body.
    """

    def __init__(
        self, app: ASGIApp, max_body_bytes: int = MAX_BODY_BYTES, max_upload_bytes: int = MAX_UPLOAD_BYTES
    ) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.max_upload_bytes = max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; raises ApiProblem `body.too_large`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, await self._read(scope, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> Receive:
        """Read the body, at most `max_body_bytes` of it, and return a `receive` that hands it on."""
        limit = self.max_upload_bytes if _UPLOAD.fullmatch(scope["path"]) else self.max_body_bytes
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            raise _too_large(limit)
        chunks: list[bytes] = []
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
            more = message.get("more_body", False)
        body = b"".join(chunks)
        scope["state"]["body_digest"] = hashlib.sha256(body).hexdigest()
        return _hand_on({"type": "http.request", "body": body, "more_body": False}, receive)


def _too_large(limit: int) -> ApiProblem:
    return ApiProblem(
        "body.too_large", f"A request body here may have {limit:,} bytes; split it into several requests."
    )


def _hand_on(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def handed_on() -> Message:
        return pending.pop() if pending else await receive()

    return handed_on
