"""The connector's jobs over REST and as schedules."""

import pytest

from tests.services import client_of, make_platform

KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
def client(tmp_path, sqlite_database):
    return client_of(make_platform(tmp_path, sqlite_database))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("amazon-report", {"report_type": "GET_LEDGER_DETAIL_VIEW_DATA", "days": 7}),
        ("amazon-report", {"report_type": "GET_X", "start": "2026-03-01T00:00:00Z", "options": {"a": "b"}}),
        ("amazon-stock", {"formats": ["csv"]}),
        ("amazon-feed", {"channel": "amazon-us"}),
    ],
)
def test_a_job_is_asked_for_once_a_key(client, kind, body) -> None:
    made = {"channel": "amazon-us", "kind": "amazon", "product_type": "LUGGAGE"}
    assert client.post("/v1/channels", json=made, headers=KEY).status_code == 201
    first, again = (client.post(f"/v1/jobs/{kind}", json=body, headers=KEY) for _ in range(2))
    assert (first.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert [job["kind"] for job in client.get("/v1/jobs", params={"kind": kind}).json()["jobs"]] == [kind]


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("amazon-report", {}, "report_type"),
        ("amazon-report", {"report_type": "drop table"}, "report_type"),
        ("amazon-report", {"report_type": "GET_X", "days": 7, "end": "2026-03-01T00:00:00Z"}, "give days"),
        (
            "amazon-report",
            {"report_type": "GET_X", "start": "2026-03-02T00:00:00Z", "end": "2026-03-01T00:00:00Z"},
            "end before it starts",
        ),
        ("amazon-report", {"report_type": "GET_X", "start": "2026-03-02T00:00:00"}, "start"),
        ("amazon-stock", {"dataset": "default"}, "dataset"),
        ("amazon-feed", {"channel": "../x"}, "channel"),
    ],
)
def test_what_makes_no_sense_is_refused(client, kind, body, told) -> None:
    answer = client.post(f"/v1/jobs/{kind}", json=body, headers=KEY)
    assert (answer.status_code, told in answer.text) == (422, True)


def test_a_report_can_be_pulled_every_night(client) -> None:
    body = {
        "name": "ledger",
        "kind": "amazon-report",
        "cron": "30 3 * * *",
        "request": {"report_type": "GET_LEDGER_DETAIL_VIEW_DATA", "days": 3},
    }
    answer = client.post("/v1/schedules", json=body, headers=KEY)
    assert (answer.status_code, answer.json()["request"]) == (201, body["request"])


def test_a_channel_at_amazon_is_made_and_without_an_account_says_so_when_asked(client) -> None:
    body = {"channel": "amazon-us", "kind": "amazon", "product_type": "LUGGAGE"}
    assert client.post("/v1/channels", json=body, headers=KEY).json()["kind"] == "amazon"
    answer = client.post("/v1/channels/amazon-us/reconciliations", json={}, headers={"Idempotency-Key": "k2"})
    assert (answer.status_code, answer.json()["code"]) == (500, "configuration")
    assert "client_id" in answer.json()["detail"]
