"""The OpenAPI document: what all routes share is written here once, so that no route can leave it out."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from serving.answers import Problem
from serving.deprecation import add_deprecations
from serving.links import add_links
from serving.once import LONGEST_KEY
from serving.problems import PROBLEM_TITLES

__all__ = ["CHANGES_NOTHING", "document", "problems_of"]

CHANGES_NOTHING: Mapping[str, Any] = {"x-changes-nothing": True}
"""`openapi_extra` of a POST that only asks: it needs no Idempotency-Key."""

CHANGING = frozenset({"post", "put", "patch", "delete"})
EVERYWHERE = (401, 403, 429, 500, 503)
WITH_BODY = (400, 413, 415, 422)
ONCE = (400, 409, 422)

IDEMPOTENCY_KEY: Mapping[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A value of your own for this request; repeated with it, the request takes effect once and gets the "
    "same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": r"^[!#-~]+$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}

IF_MATCH: Mapping[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what was read: who changes another version than the present one gets a 412.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "example": '"1"',
}
"""Of every operation that answers 428 without it."""


def problems_of(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route for problems of its own; those that every route has come by themselves."""
    return {status: {"description": PROBLEM_TITLES[status], "model": Problem} for status in statuses}


def document(api: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, made once: with the errors, the security and the headers that routes share."""
    if api.openapi_schema is None:
        made = FastAPI.openapi(api)
        made.setdefault("components", {}).setdefault("schemas", {}).setdefault("Problem", _problem_schema(made))
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                if path.startswith("/v1"):
                    _complete(method, operation)
        add_links(made["paths"])
        add_deprecations(made["paths"])
    return FastAPI.openapi(api)


def _complete(method: str, operation: dict[str, Any]) -> None:
    once = method in CHANGING and not operation.get("x-changes-nothing", False)
    if once:
        operation.setdefault("parameters", []).append(dict(IDEMPOTENCY_KEY))
    answers = operation["responses"]
    if "428" in answers:
        operation.setdefault("parameters", []).append(dict(IF_MATCH))
    statuses = EVERYWHERE + (WITH_BODY if "requestBody" in operation else ()) + (ONCE if once else ())
    for status in statuses:
        answers.setdefault(str(status), {"description": PROBLEM_TITLES[status]})
    for status, answer in answers.items():
        if status >= "400":
            answer["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(answers.items()))


def _problem_schema(made: Mapping[str, Any]) -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    made["components"]["schemas"].update(schema.pop("$defs", {}))
    return schema
