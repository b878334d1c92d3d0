"""Bodies: as large as their route allows, counted over all requests at once, and without what no database takes."""

from dataclasses import replace

import pytest

from serving.access.limits import Limits
from tests.services import client_of, make_platform

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def limited(tmp_path, sqlite_database):
    def make(**limits):
        platform = make_platform(tmp_path, sqlite_database)
        platform.limits = replace(Limits(), **limits)
        return client_of(platform)

    return make


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_an_upload_may_be_larger_than_another_body(limited):
    client = limited(body_bytes=100, upload_bytes=1000)
    assert code(client.post("/v1/forecasts", content=b"x" * 101)) == (413, "body.too_large")
    assert code(client.post("/v1/datasets/none/such", content=b"x" * 1000)) == (404, "route.unknown")
    assert code(client.post("/v1/datasets/none/such", content=b"x" * 1001)) == (413, "body.too_large")


def test_what_all_requests_hold_at_once_is_bounded_and_given_back(limited):
    client = limited(buffered_bytes=500)
    for _ in range(3):
        assert code(client.post("/v1/forecasts", content=b"x" * 501)) == (503, "service.overloaded")
    assert client.post("/v1/forecasts", content=b"{", headers=JSON).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        r'{"skus": ["a\u0000b"]}',
        r'{"skus": ["\\\u0000"]}',
        r'{"skus": ["a\ud83d"]}',
        r'{"skus": ["\uDE00b"]}',
        r'{"skus": ["\\\uda21\u0041"]}',
        r'{"skus": ["\ud83d\ud83d\ude00"]}',
        b'{"skus": ["\xed\xa0\xbd"]}',
    ],
)
def test_what_no_database_text_may_have_is_refused(limited, text):
    assert code(limited().post("/v1/forecasts", content=text, headers=JSON)) == (422, "request.invalid")


@pytest.mark.parametrize("text", [r"\\u0000", r"\ud83d\ude00", r"\\ud83d", r"\\ude00", "\U0001f600", "\ud7ff"])
def test_the_words_for_it_and_whole_pairs_are_fine(limited, text):
    answer = limited().post("/v1/forecasts", content=f'{{"skus": ["{text}"]}}'.encode(), headers=JSON)
    assert code(answer) == (503, "service.not_ready")  # it came as far as the missing model


@pytest.mark.parametrize("path", ["/v1/keys/a%00b", "/v1/audit?actor=a%00b"])
def test_a_nul_in_the_address_is_refused(limited, path):
    assert code(limited().get(path)) == (422, "request.invalid")


def test_large_answers_are_compressed_on_request_and_small_ones_are_not(limited):
    client = limited()
    document = client.get("/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert document.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/v1/openapi.json", headers={"Accept-Encoding": "identity"}).headers
    assert "content-encoding" not in client.get("/v1/audit", headers={"Accept-Encoding": "gzip"}).headers
