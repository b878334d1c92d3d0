"""A program that knows the OpenAPI document only: it asks operations by their ids and follows links by their words."""

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from httpx import Response
from starlette.testclient import TestClient

__all__ = ["Visitor"]

EXPRESSION = re.compile(r"\$(?:response\.body#[^}]*|(?:response\.header|request\.path)\.[^}]*)")


class Visitor:
    """Asks one service; remembers what it named in the path of the last request, because links may speak of it.

    bodies: what an operation that takes JSON is sent, by its id, an empty object unless it is named here.
    places: names of things that are there to begin with.
    """

    def __init__(self, client: TestClient, bodies: Mapping[str, Any], places: Mapping[str, str]) -> None:
        self.client = client
        self.bodies = bodies
        self.places = places
        self.document: Mapping[str, Any] = client.get("/v1/openapi.json").json()
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, operations in self.document["paths"].items()
            for method, operation in operations.items()
        }
        self.named: Mapping[str, str] = {}
        self._keys = itertools.count(1)

    def ask(
        self,
        operation_id: str,
        named: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content: bytes | None = None,
    ) -> Response:
        """Send one request: names go into the path, a key is made where one is wanted; return the answer."""
        method, template, operation = self.operations[operation_id]
        self.named = named or {}
        path = re.sub(r"\{(\w+)\}", lambda found: quote(self.named[found[1]], safe=""), template)
        sent = dict(headers or {})
        if any(item["name"] == "Idempotency-Key" for item in operation.get("parameters", ())):
            sent["Idempotency-Key"] = f"key-{next(self._keys)}"
        if content is None and "requestBody" in operation:
            content = json.dumps(self.bodies.get(operation_id, {}) if body is None else body).encode()
            sent["Content-Type"] = "application/json"
        return self.client.request(method.upper(), path, params=query, headers=sent, content=content)

    def follow(self, link: Mapping[str, Any], answer: Response) -> Response:
        """Ask what a link of the answer to the last request leads to, with the parameters that it says."""
        _, _, operation = self.operations[link["operationId"]]
        sent: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
        for name, expression in link["parameters"].items():
            place, _, bare = name.rpartition(".")
            place = place or next(item["in"] for item in operation["parameters"] if item["name"] == name)
            sent[place][bare] = self.value(expression, answer)
        return self.ask(link["operationId"], sent["path"], headers=sent["header"], query=sent["query"])

    def value(self, expression: str, answer: Response) -> str:
        """Return what a runtime expression says, or a text with such expressions in braces; KeyError where nothing."""
        if expression.startswith("$"):
            return self._said(expression, answer)
        return re.sub(r"\{(\$[^}]*)\}", lambda found: self._said(found[1], answer), expression)

    def _said(self, expression: str, answer: Response) -> str:
        assert EXPRESSION.fullmatch(expression), expression
        kind, _, name = expression.removeprefix("$").partition("#" if "#" in expression else ".")
        if kind == "response.body":
            found = answer.json()
            for step in name.removeprefix("/").split("/"):
                found = found[int(step) if isinstance(found, list) else step]
            assert isinstance(found, str | int), expression
            return str(found)
        kind, _, name = name.partition(".")
        return answer.headers[name] if kind == "header" else self.named[name]
