"""A deprecated operation says so in every answer and in the document; no other one does."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from serving.deprecation import DEPRECATIONS, Deprecation
from tests.services import client_of, make_platform

SINCE = datetime(2027, 1, 15, tzinfo=UTC)
GOES = Deprecation(SINCE, SINCE + timedelta(days=200), "https://example.org/moved.html")


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.setitem(DEPRECATIONS, "listAudit", GOES)
    return client_of(make_platform(tmp_path))


def test_nothing_is_deprecated_without_a_line(tmp_path):
    client = client_of(make_platform(tmp_path))
    assert not {"deprecation", "sunset", "link"} & set(client.get("/v1/audit").headers)
    assert DEPRECATIONS == {}, "say in docs/api.md what goes and when"


@pytest.mark.parametrize(("query", "status"), [("", 200), ("?limit=0", 422)])
def test_each_answer_tells_since_when_until_when_and_where_it_is_written(client, query, status):
    answer = client.get(f"/v1/audit{query}")
    assert answer.status_code == status
    assert answer.headers["deprecation"] == f"@{int(SINCE.timestamp())}"
    assert parsedate_to_datetime(answer.headers["sunset"]) == GOES.sunset
    assert answer.headers["sunset"].endswith(" GMT")
    links = answer.headers.get_list("link")
    assert [link.split("; ")[:2] for link in links] == [
        ["<https://example.org/moved.html>", f'rel="{name}"'] for name in ("deprecation", "sunset")
    ]


def test_other_methods_and_unknown_paths_are_not_deprecated(client):
    for answer in (client.post("/v1/audit", json={}), client.get("/v1/nothing"), client.get("/livez")):
        assert "deprecation" not in answer.headers


def test_the_document_marks_it_and_only_it(client):
    paths = client.get("/v1/openapi.json").json()["paths"]
    marked = [
        operation["operationId"]
        for operations in paths.values()
        for operation in operations.values()
        if operation.get("deprecated")
    ]
    assert marked == ["listAudit"]
    found = paths["/v1/audit"]["get"]
    assert "2027-08-03" in found["description"]
    assert all({"Deprecation", "Sunset"} <= set(answer["headers"]) for answer in found["responses"].values())


def test_callers_get_half_a_year():
    with pytest.raises(ValueError, match="180 days"):
        Deprecation(SINCE, SINCE + timedelta(days=90), "https://example.org")
    with pytest.raises(ValueError, match="zone"):
        Deprecation(datetime(2027, 1, 1), GOES.sunset, "https://example.org")
