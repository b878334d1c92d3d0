"""The OpenAPI document is a promise: versions, names, examples, and a problem for every error."""

import pytest

from serving.api import create_api
from serving.schemas import ForecastRequest, PlanRequest
from tests.services import make_platform

OPERATIONS = {
    ("post", "/v1/forecasts"): "createForecast",
    ("post", "/v1/plans"): "createPlan",
    ("get", "/v1/products"): "listProducts",
    ("get", "/v1/models/champion"): "getChampion",
    ("get", "/v1/keys"): "listKeys",
    ("delete", "/v1/keys/{key_id}"): "revokeKey",
    ("get", "/v1/audit"): "listAudit",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    return create_api(make_platform(tmp_path_factory.mktemp("openapi"))).openapi()


def test_it_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")


def test_operation_ids_are_stable(document):
    found = {
        (method, path): operation["operationId"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert found == OPERATIONS


def test_every_request_body_has_examples_that_are_valid(document):
    for name, model in (("ForecastRequest", ForecastRequest), ("PlanRequest", PlanRequest)):
        examples = document["components"]["schemas"][name]["examples"]
        assert examples
        for example in examples:
            model.model_validate(example)


def test_every_error_is_documented_as_a_problem(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert {"500", "503"} <= set(refusals)
            for answer in refusals.values():
                assert list(answer["content"]) == ["application/problem+json"]


def test_every_operation_says_what_it_does(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            assert len(operation["description"]) > 10
            assert operation["tags"]


def test_requests_refuse_what_they_do_not_know(document):
    for name in ("ForecastRequest", "PlanRequest", "WhatIf", "SeriesKey"):
        assert document["components"]["schemas"][name]["additionalProperties"] is False
