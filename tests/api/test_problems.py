"""Every error under /v1 is a problem document; the request id comes back; sizes are limited."""

import json

import pytest

from core import errors
from core.errors import ConfigurationError, ModelNotFoundError
from serving import answers
from serving.access.limits import Limits
from serving.problems import PROBLEMS
from tests.services import client_of, make_platform

SERIES = "/v1/forecasts"
JSON = {"content-type": "application/json"}


def problem(answer, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    answers.Problem.model_validate(body)
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:fillrate:problem:{code}"
    return body


def test_every_error_class_has_a_problem_type():
    kinds = [
        item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, errors.FillrateError)
    ]
    assert {kind.code for kind in kinds} <= set(PROBLEMS)


BAD_BODIES = [
    ({}, "#", "give either skus or series"),
    ({"skus": ["SKU-01"], "series": [{"sku": "SKU-01"}]}, "#", "give either skus or series"),
    ({"skus": []}, "#/skus", "at least 1 item"),
    ({"skus": ["SKU-01"] * 1001}, "#/skus", "at most 1000"),
    ({"skus": "SKU-01"}, "#/skus", "list"),
    ({"skus": [7]}, "#/skus/0", "string"),
    ({"skus": [""]}, "#/skus/0", "at least 1 character"),
    ({"skus": ["SKU-01"], "horizon": 0}, "#/horizon", "greater than or equal to 1"),
    ({"skus": ["SKU-01"], "horizon": 366}, "#/horizon", "less than or equal to 365"),
    ({"skus": ["SKU-01"], "horizon": 300}, "#/horizon", "kept ready"),
    ({"skus": ["SKU-01"], "horizon": 1.5}, "#/horizon", "integer"),
    ({"skus": ["SKU-01"], "levels": []}, "#/levels", "at least 1 item"),
    ({"skus": ["SKU-01"], "levels": [0.5, 1.0]}, "#/levels/1", "less than or equal to 0.999"),
    ({"skus": ["SKU-01"], "levels": [-0.1]}, "#/levels/0", "greater than or equal to 0.001"),
    ({"skus": ["SKU-01"], "colour": "red"}, "#/colour", "not permitted"),
    ({"series": [{"sku": "SKU-01", "place": "x"}]}, "#/series/0/place", "not permitted"),
    ({"skus": ["SKU-01"], "a/b~c": 1}, "#/a~1b~0c", "not permitted"),
]


@pytest.mark.parametrize(("body", "pointer", "message"), BAD_BODIES)
def test_a_bad_forecast_request_points_at_the_place(client, body, pointer, message):
    found = problem(client.post(SERIES, json=body), 422, "request.invalid")
    assert found["errors"][0]["pointer"] == pointer
    assert message in found["errors"][0]["message"]


BAD_WHAT_IFS = [
    ({"demand_multiplier": 0}, "demand_multiplier"),
    ({"budget": -1}, "budget"),
    ({"budget": "much"}, "budget"),
    ({"lead_time_days": -1}, "lead_time_days"),
    ({"cycle_service_level": 1}, "cycle_service_level"),
    ({"case_pack": 0}, "case_pack"),
    ({"weather": 1}, "weather"),
]


@pytest.mark.parametrize(("what_if", "name"), BAD_WHAT_IFS)
def test_a_bad_what_if_points_at_the_place(client, what_if, name):
    found = problem(client.post("/v1/plans", json={"what_if": what_if}), 422, "request.invalid")
    assert found["errors"][0]["pointer"].startswith(f"#/what_if/{name}")


def test_service_level_and_stockout_cost_exclude_each_other(client):
    body = {"what_if": {"cycle_service_level": 0.9, "stockout_cost": 3}}
    assert "either" in problem(client.post("/v1/plans", json=body), 422, "request.invalid")["detail"]


def test_a_lead_time_beyond_the_forecast_is_refused(client):
    body = {"what_if": {"lead_time_days": 300}}
    assert "kept ready" in problem(client.post("/v1/plans", json=body), 422, "request.invalid")["detail"]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused(client, word):
    body = f'{{"skus": ["SKU-01"], "levels": [{word}]}}'
    problem(client.post(SERIES, content=body, headers=JSON), 422, "request.invalid")


def test_unknown_skus_are_all_named(client):
    found = problem(client.post(SERIES, json={"skus": ["SKU-01", "ghost", "spook"]}), 404, "sku.unknown")
    assert [error["pointer"] for error in found["errors"]] == ["#/skus/1", "#/skus/2"]
    found = problem(client.post("/v1/plans", json={"skus": ["ghost"]}), 404, "sku.unknown")
    assert "ghost" in found["detail"]
    found = problem(client.post(SERIES, json={"series": [{"sku": "SKU-01", "location": "moon"}]}), 404, "sku.unknown")
    assert found["errors"][0]["pointer"] == "#/series/0"


@pytest.mark.parametrize("body", ["{", "", "[" * 100_000, '{"skus": ["\\ud800"', "nul"])
def test_a_body_that_is_no_json_is_400_or_422(client, body):
    answer = client.post(SERIES, content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code, answer.json()["code"])


def test_half_a_surrogate_pair_is_a_problem_not_a_crash(client):
    body = '{"skus": ["\\ud800"]}'
    assert client.post(SERIES, content=body, headers=JSON).status_code in (404, 422)


def test_another_media_type_is_415(client):
    problem(client.post(SERIES, content="sku=1", headers={"content-type": "text/plain"}), 415, "media_type.unsupported")


def test_a_large_body_is_413_whether_announced_or_streamed(client):
    large = b" " * (Limits().body_bytes + 1)
    problem(client.post(SERIES, content=large, headers=JSON), 413, "body.too_large")
    problem(client.post(SERIES, content=iter([large[:-1], b"  "]), headers=JSON), 413, "body.too_large")


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/forecast", "/v1/forecasts/", "/v1/products/x", "/v1//products"])
def test_an_unknown_path_is_404(client, path):
    problem(client.get(path), 404, "route.unknown")


@pytest.mark.parametrize(
    ("method", "path", "allow"), [("GET", SERIES, "POST"), ("DELETE", "/v1/products", "GET, HEAD")]
)
def test_a_method_that_is_not_there_is_405_with_allow(client, method, path, allow):
    answer = client.request(method, path)
    problem(answer, 405, "method.not_allowed")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=%25%25", "cursor=é"])
def test_a_bad_query_parameter_is_named(client, query):
    found = problem(client.get(f"/v1/products?{query}"), 422, "request.invalid")
    assert found["errors"][0]["parameter"] == query.split("=")[0]


def test_a_crash_is_a_problem_without_its_secrets(api, context, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(context, "forecast", broken)
    answer = client_of(api).post(SERIES, json={"skus": ["SKU-01"]})
    problem(answer, 500, "internal")
    assert "hunter2" not in answer.text


def test_the_request_id_comes_back_and_odd_ones_do_not(client):
    assert client.get("/v1/products", headers={"X-Request-ID": "night-42"}).headers["x-request-id"] == "night-42"
    made = client.get("/v1/products", headers={"X-Request-ID": "a b\x7f"}).headers["x-request-id"]
    assert len(made) == 32


def test_the_trace_id_is_the_callers(client):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = client.get("/v1/nothing", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert answer.json()["trace_id"] == trace


def test_before_it_is_ready_the_service_says_why(tmp_path):
    client = client_of(make_platform(tmp_path))
    for path in ("/readyz", "/v1/products"):
        answer = client.get(path)
        assert "loaded" in problem(answer, 503, "service.not_ready")["detail"]
        assert answer.headers["retry-after"] == "5"
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("error", [ConfigurationError("FILLRATE_DATA is not set"), ModelNotFoundError("no champion")])
def test_a_failed_load_is_told_by_readiness(error, tmp_path):
    def load():
        raise error

    platform = make_platform(tmp_path)
    platform.host.start(load).join()
    assert str(error) in problem(client_of(platform).get("/readyz"), 503, "service.not_ready")["detail"]


def test_an_unexpected_failure_to_load_is_not_told_in_full(tmp_path):
    def load():
        raise RuntimeError("password=hunter2")

    platform = make_platform(tmp_path)
    platform.host.load(load)
    answer = client_of(platform).get("/readyz")
    assert "RuntimeError" in answer.text
    assert "hunter2" not in answer.text


def test_problem_documents_are_json_without_duplicate_keys(client):
    pairs = json.loads(client.get("/v1/x").text, object_pairs_hook=lambda items: items)
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names))
