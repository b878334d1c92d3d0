"""Requests that mean no good or nothing certain: each is refused in words, and what is merely unusual is answered."""

import gzip
import json

import pytest

FORECASTS, OVERRIDES = "/v1/forecasts", "/v1/overrides"
OVERRIDE = {"kind": "replace", "sku": "SKU-04", "start": "2024-08-05", "end": "2024-08-05", "value": "9", "reason": "r"}
JSON = {"Content-Type": "application/json"}


def test_an_object_that_says_one_name_twice_is_refused_at_any_depth(client):
    for text in ('{"skus": ["SKU-04"], "horizon": 1, "horizon": 2}', '{"series": [{"sku": "A", "sku": "B"}]}'):
        answer = client.post(FORECASTS, content=text, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed")
        assert "twice" in answer.json()["detail"]
    assert client.post(FORECASTS, json={"series": [{"sku": "SKU-04"}, {"sku": "SKU-05"}]}).status_code == 200


def test_only_uploads_may_be_compressed(client):
    body = gzip.compress(json.dumps({"skus": ["SKU-04"]}).encode())
    answer = client.post(FORECASTS, content=body, headers=JSON | {"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type.unsupported")
    assert client.post(FORECASTS, json={"skus": ["SKU-04"]}, headers={"Content-Encoding": "identity"}).is_success
    rows = gzip.compress(b"sku;date;units\nSKU-04;2024-07-29;5\n")
    headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}
    upload = client.post("/v1/datasets/odd/tables/sales?mode=validate", content=rows, headers=headers)
    assert (upload.status_code, upload.json()["rows"]["created"]) == (200, 1)


def test_a_misspelt_word_in_the_address_of_a_change_does_not_change_anything(client):
    path, rows = "/v1/datasets/misspelt/tables/sales", [{"sku": "SKU-04", "date": "2024-07-29", "units": 5}]
    answer = client.post(f"{path}?moed=validate", json=rows, headers={"Idempotency-Key": "m"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "moed")
    assert client.get("/v1/datasets/misspelt").status_code == 404
    assert client.get("/v1/products?lmit=1").status_code == 200


@pytest.mark.parametrize("path", ["/v1/products", "/v1/products?limit=0", "/v1/nothing", "/livez", "/v1/openapi.json"])
def test_head_is_answered_as_get_is_without_a_body(client, path):
    asked, told = client.get(path), client.head(path)
    assert told.status_code == asked.status_code
    assert told.content == b""
    same = ("content-type", "content-length", "allow")
    assert {name: told.headers.get(name) for name in same} == {name: asked.headers.get(name) for name in same}


def test_a_change_has_one_idempotency_key(client):
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = client.post(OVERRIDES, json=OVERRIDE, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.missing")


def test_any_name_of_a_sku_is_told_back_and_a_body_may_come_in_pieces(client):
    answer = client.post(FORECASTS, json={"skus": ["Ünï 中文 🚚"]})
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (404, "Ünï 中文 🚚 is not in the dataset")
    pieces = (part for part in (b'{"skus": ["SK', b'U-04"]}'))
    assert client.post(FORECASTS, content=pieces, headers=JSON).status_code == 200
