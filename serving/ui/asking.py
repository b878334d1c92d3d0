"""How a form of the page asks the API's own routes: their function is called with the browser's request, and what it
answers is read."""

import json
import uuid
from typing import Any

from starlette.responses import Response

from serving.etag import etag_of

__all__ = ["asking_headers", "body_of"]


def asking_headers(version: int | str | None = None) -> str:
    """Return the `hx-headers` of a form: a key of its own, so that a double click counts once, and the version that is
    shown, so that nobody's change is overwritten."""
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    if version is not None:
        headers["If-Match"] = etag_of(version)
    return json.dumps(headers)


def body_of(answer: Response) -> Any:
    """Return what a route answered as JSON."""
    return json.loads(bytes(answer.body))
