"""Write the client's types from the OpenAPI document: `python -m tests.contract.client_types`.

One module an area of the API; what several areas use is in `shared`. test_client.py holds the files to the document.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "fillrate_client" / "answers"
AREAS = {
    "access": ("/v1/keys", "/v1/audit"),
    "alerts": (
        *("/v1/alerts", "/v1/alert-rules", "/v1/notification-routes"),
        *("/v1/action-drafts", "/v1/health-score", "/v1/reports"),
    ),
    "datasets": ("/v1/datasets", "/v1/products"),
    "forecasts": ("/v1/forecasts", "/v1/issued-forecasts", "/v1/forecast-accuracy", "/v1/overrides"),
    "imports": ("/v1/imports", "/v1/import-kinds"),
    "jobs": ("/v1/jobs", "/v1/schedules"),
    "models": ("/v1/models",),
    "money": ("/v1/fees", "/v1/unit-economics", "/v1/suppliers", "/v1/returns"),
    "orders": ("/v1/proposals", "/v1/purchase-order-drafts", "/v1/plan-runs", "/v1/plans"),
    "scenarios": ("/v1/scenarios",),
    "stock": ("/v1/movements", "/v1/positions", "/v1/lots", "/v1/channels"),
    "webhooks": ("/v1/webhooks",),
}
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
REFERENCE = "#/components/schemas/"

Json = Mapping[str, Any]


def read_document() -> dict[str, Any]:
    """Return the OpenAPI document of this tree."""
    from serving.api import create_api
    from tests.services import make_platform

    with tempfile.TemporaryDirectory() as home:
        platform = make_platform(Path(home))
        try:
            return create_api(platform).openapi()
        finally:
            platform.database.close()


def modules(document: Json) -> dict[str, str]:
    """Return the text of each module by its name."""
    schemas = document["components"]["schemas"]
    places = _places(document)
    made = {}
    for area in sorted(set(places.values())):
        names = sorted(name for name, place in places.items() if place == area)
        made[area] = _module(area, names, schemas, places)
    return made


def _places(document: Json) -> dict[str, str]:
    """Return the area of each schema that a request or an answer of the API leads to."""
    used: dict[str, set[str]] = {}
    for path, operations in document["paths"].items():
        area = next((name for name, prefixes in AREAS.items() if path.startswith(prefixes)), None)
        assert area is not None or not path.startswith("/v1"), f"{path} belongs to no area of the client"
        for operation in operations.values():
            for name in _reached(operation, document["components"]["schemas"], set()) if area else ():
                used.setdefault(name, set()).add(str(area))
    return {name: min(areas) if len(areas) == 1 else "shared" for name, areas in used.items()}


def _reached(node: Any, schemas: Json, seen: set[str]) -> set[str]:
    for name in _references(node):
        if name not in seen:
            seen.add(name)
            _reached(schemas[name], schemas, seen)
    return seen


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        target = node.get("$ref")
        if isinstance(target, str):
            yield target.removeprefix(REFERENCE)
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _module(area: str, names: list[str], schemas: Json, places: Mapping[str, str]) -> str:
    wanted = {name for one in names for name in _references(schemas[one]) if places[name] != area}
    imports = [f"from fillrate_client.answers.shared import {', '.join(sorted(class_name(name) for name in wanted))}"]
    bodies = [_class(name, schemas[name]) for name in names]
    text = "\n\n\n".join(bodies)
    typing = [word for word in ("Any", "Literal", "NotRequired", "TypedDict") if re.search(rf"\b{word}\b", text)]
    public = ", ".join(f'"{name}"' for name in sorted(class_name(name) for name in names))
    head = f'"""What requests and answers of {area} look like; written by tests/contract/client_types.py."""'
    lines = [head, "", f"from typing import {', '.join(typing)}", *(["", *imports] if wanted else [])]
    lines.insert(2, "from __future__ import annotations\n")
    return "\n".join([*lines, "", f"__all__ = [{public}]", "", "", text, ""])


def class_name(name: str) -> str:
    """Return a schema's name as a class: those that two areas share get their area's.

    >>> class_name("serving__stock__schemas__HealthAnswer")
    'StockHealthAnswer'
    """
    parts = name.split("__")
    return (parts[1].title() + parts[-1] if len(parts) > 1 else name).replace("-", "")


def _class(name: str, schema: Json) -> str:
    told = " ".join(str(schema.get("description") or "").split("\n\n")[0].split()) or f"{class_name(name)}."
    told = told if len(told) <= 100 else told[:97].rsplit(" ", 1)[0] + " …"
    if "enum" in schema:
        return f'{class_name(name)} = {_type(schema)}\n"""{told}"""'
    required = set(schema.get("required", ()))
    fields = [
        f"    {key}: {_type(value) if key in required else f'NotRequired[{_type(value)}]'}"
        for key, value in schema.get("properties", {}).items()
    ]
    return "\n".join([f"class {class_name(name)}(TypedDict):", f'    """{told}"""', "", *fields])


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return class_name(schema["$ref"].removeprefix(REFERENCE))
    if "const" in schema:
        return f'Literal["{schema["const"]}"]'
    if "enum" in schema:
        return "Literal[" + ", ".join(f'"{value}"' for value in schema["enum"]) + "]"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(item) for item in schema[several]))
    if schema.get("type") == "array":
        return f"list[{_type(schema.get('items', {}))}]"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"dict[str, {_type(inner) if isinstance(inner, Mapping) else 'Any'}]"
    return PLAIN.get(str(schema.get("type")), "Any")


def formatted(text: str) -> str:
    """Return the module as our formatter leaves it."""
    words = [sys.executable, "-m", "ruff", "format", "--line-length", "120", "-"]
    return subprocess.run(words, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for area, text in modules(read_document()).items():
        (FOLDER / f"{area}.py").write_text(formatted(text), encoding="utf-8")
