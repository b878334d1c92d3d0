"""What a button of the page sends with its request, so that the API's own routes can be called with it."""

import json

from serving.etag import etag_of
from serving.ui.forms import new_once

__all__ = ["asking_headers"]


def asking_headers(version: int | str | None = None) -> str:
    """Return the `hx-headers` of a button: a key of its own, so that a double click counts once, and the version that
    is shown, so that nobody's change is overwritten."""
    headers = {"Idempotency-Key": new_once()}
    if version is not None:
        headers["If-Match"] = etag_of(version)
    return json.dumps(headers)
