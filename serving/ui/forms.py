"""A form of the page as the request that the API's own route reads: the same keys, versions, bodies and refusals."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from serving.etag import etag_of
from serving.problems import ApiProblem

__all__ = ["answer_of", "as_api", "body_of", "new_once"]

Body = TypeVar("Body", bound=BaseModel)


def new_once() -> str:
    """Return the Idempotency-Key that a form carries: sent twice, it counts once."""
    return secrets.token_hex(12)


def as_api(
    request: Request,
    once: str | None = None,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
    digest: str | None = None,
) -> Request:
    """Return the request with what a client of the API would have sent in headers.

    once: the Idempotency-Key. version: of what the form showed, for If-Match. headers: others, by name. digest: of what
    counts in the body, where the body itself is never the same twice (a file's form has a random boundary).
    """
    sent = dict(headers or {})
    if once is not None:
        sent["idempotency-key"] = once
    if version is not None:
        sent["if-match"] = etag_of(version)
    told = {name.lower().encode("ascii"): value.encode("ascii", "replace") for name, value in sent.items()}
    kept = [(name, value) for name, value in request.scope["headers"] if name not in told]
    scope = {**request.scope, "headers": [*kept, *told.items()]}
    if digest is not None:
        scope["state"] = {**request.scope["state"], "body_digest": digest}
    return Request(scope, request.receive)


def body_of(kind: type[Body], **fields: Any) -> Body:
    """Return the API's body made of a form's fields; raises ApiProblem `request.invalid` that points at each wrong
    one.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        found = [
            {
                "pointer": "#" + "".join(f"/{part}" for part in item["loc"]),
                "code": str(item["type"]),
                "message": str(item["msg"]).removeprefix("Value error, "),
            }
            for item in error.errors()
        ]
        first = found[0]
        raise ApiProblem("request.invalid", f"{first['pointer']}: {first['message']}", found) from None


def answer_of(response: Response) -> Any:
    """Return what a route of the API has answered as JSON."""
    return json.loads(bytes(response.body))
