"""The client against the OpenAPI document: each operation is there or left out for a reason, and its types are ours."""

import ast
import re
from pathlib import Path

import pytest

from tests.contract.client_types import FOLDER, formatted, modules, read_document

CLIENT = Path(__file__).resolve().parents[2] / "fillrate_client"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}

LEFT_OUT: dict[tuple[str, str], str] = {}
"""Operations that the client has not, each with the reason."""


@pytest.fixture(scope="module")
def document():
    return read_document()


def calls_of(path: Path) -> set[tuple[str, str]]:
    """Return the method and path of each request that a module's code can make, as its literals say."""
    found = set()
    for function in [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]:
        words = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
        paths = [word for word in words if isinstance(word, str) and re.match(r"/v1/[a-z]", word)]
        methods = [word for word in words if word in METHODS]
        by_page = any(isinstance(node, ast.Attribute) and node.attr == "pages" for node in ast.walk(function))
        if by_page:
            methods.append("GET")
        if any(isinstance(node, ast.Attribute) and node.attr == "_move" for node in ast.walk(function)):
            methods.append("POST")
        if any(isinstance(node, ast.Attribute) and node.attr == "_send" for node in ast.walk(function)):
            continue
        found |= {(method, path) for method in methods for path in paths}
    return found


def test_every_operation_is_in_the_client_or_left_out_with_a_reason(document):
    documented = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/v1")
    }
    called = set().union(*(calls_of(path) for path in sorted(CLIENT.glob("*.py"))))
    assert documented - called == set(LEFT_OUT)
    assert called - documented == set(), "the client asks for what the service does not have"
    assert all(LEFT_OUT.values())


def test_the_types_are_those_of_the_document(document):
    made = modules(document)
    assert {path.stem for path in FOLDER.glob("*.py")} == {*made, "__init__"}
    for area, text in made.items():
        assert (FOLDER / f"{area}.py").read_text() == formatted(text), "run python -m tests.contract.client_types"


def test_the_client_needs_nothing_but_httpx():
    imported = set()
    for path in CLIENT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).split(".")[0])
            elif isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
    standard = {"__future__", "ast", "collections", "dataclasses", "datetime", "email", "time", "types", "typing"}
    assert imported - standard - {"urllib", "uuid"} == {"fillrate_client", "httpx"}
    assert (CLIENT / "py.typed").exists()
