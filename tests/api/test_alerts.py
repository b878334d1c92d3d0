"""Alerts, health and reports over REST: brought up to date once, listed, snoozed with If-Match, drafted, decided."""

import io
import json

import pytest
from openpyxl import load_workbook

from serving.api import create_api
from tests.services import client_of, make_platform


@pytest.fixture
def client(context, tmp_path):
    """A service of its own, so that each test begins without alerts."""
    return client_of(create_api(make_platform(tmp_path, context=context)))


def keyed(name: str, **more: str) -> dict[str, str]:
    return {"Idempotency-Key": name, **more}


@pytest.fixture
def alert(client):
    assert client.post("/v1/alerts/evaluations", headers=keyed("first")).status_code == 200
    return client.get("/v1/alerts", params={"limit": 1}).json()["items"][0]


def test_an_evaluation_opens_alerts_and_the_next_one_changes_nothing(client):
    first = client.post("/v1/alerts/evaluations", headers=keyed("a")).json()
    again = client.post("/v1/alerts/evaluations", headers=keyed("b")).json()
    assert first["events"]["opened"] > 0
    assert again["events"] == {}
    assert again["alerts"] == first["alerts"]


def test_alerts_are_paged_worst_first_and_filtered(client, alert):
    found, cursor = [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/alerts", params=params).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    order = ["critical", "urgent", "warning", "watch"]
    places = [order.index(item["severity"]) for item in found]
    assert places == sorted(places)
    assert len({item["alert_id"] for item in found}) == len(found) > 3
    critical = client.get("/v1/alerts", params={"severity": "critical"}).json()["items"]
    assert {item["severity"] for item in critical} == {"critical"}
    one = client.get("/v1/alerts", params={"sku": found[0]["sku"], "cause": found[0]["cause"]}).json()["items"]
    assert one[0]["alert_id"] == found[0]["alert_id"]
    assert client.get("/v1/alerts", params={"status": "resolved"}).json()["items"] == []


def test_one_alert_shows_its_numbers_and_its_history(client, alert):
    answer = client.get(f"/v1/alerts/{alert['alert_id']}")
    assert answer.headers["etag"] == '"1"'
    assert answer.json()["alert"]["evidence"]
    assert [item["kind"] for item in answer.json()["history"]] == ["opened"]


def test_a_snooze_needs_the_version_that_was_read_and_a_day_ahead(client, alert):
    path, body = f"/v1/alerts/{alert['alert_id']}/snooze", {"until": "2024-08-20", "note": "called"}
    assert client.post(path, json=body, headers=keyed("s1")).json()["code"] == "precondition.missing"
    stale = client.post(path, json=body, headers=keyed("s2", **{"If-Match": '"9"'}))
    assert stale.json()["code"] == "precondition.failed"
    past = client.post(path, json={"until": "2024-01-01"}, headers=keyed("s3", **{"If-Match": '"1"'}))
    assert (past.status_code, "choose a day after" in past.json()["detail"]) == (422, True)
    done = client.post(path, json=body, headers=keyed("s4", **{"If-Match": '"1"'}))
    assert (done.json()["alert"]["status"], done.headers["etag"]) == ("snoozed", '"2"')
    assert done.json()["history"][-1]["note"] == "called"
    again = client.post(path, json=body, headers=keyed("s4", **{"If-Match": '"1"'}))
    assert again.headers["idempotency-replayed"] == "true"
    trail = client.get("/v1/audit", params={"action": "alert.snooze"}).json()["items"]
    assert len(trail) == 1


def test_an_action_becomes_a_draft_that_a_person_approves_and_exports_once(client, alert):
    path = f"/v1/alerts/{alert['alert_id']}/draft"
    made = client.post(path, headers=keyed("d1"))
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    assert client.post(path, headers=keyed("d2")).json()["draft_id"] == made.json()["draft_id"]
    decision = f"/v1/action-drafts/{made.json()['draft_id']}/decision"

    def decide(word: str, version: int, key: str):
        return client.post(decision, json={"decision": word}, headers=keyed(key, **{"If-Match": f'"{version}"'}))

    assert decide("export", 1, "e0").status_code == 422
    assert decide("approve", 1, "e1").json()["status"] == "approved"
    assert decide("approve", 1, "e2").json()["code"] == "precondition.failed"
    assert decide("export", 2, "e3").json()["status"] == "exported"
    assert client.get("/v1/action-drafts", params={"status": "exported"}).json()["items"][0]["decided_by"] == "local"
    assert client.get("/v1/action-drafts", params={"status": "draft"}).json()["items"] == []


@pytest.mark.parametrize("path", ["/v1/alerts/0123456789abcdef", "/v1/alerts/0123456789abcdef/snooze"])
def test_an_alert_that_is_not_there_is_a_404(client, path):
    if path.endswith("snooze"):
        answer = client.post(path, json={"until": "2024-09-01"}, headers=keyed("x", **{"If-Match": "*"}))
    else:
        answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "alert.unknown")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/alerts?severity=bad",
        "/v1/alerts?status=lost",
        "/v1/alerts?cursor=zzz",
        "/v1/alerts/xyz",
        "/v1/health-score?by=moon",
        "/v1/reports/weekly?format=pdf",
        "/v1/action-drafts?status=gone",
    ],
)
def test_what_is_no_question_is_a_422(client, path):
    assert client.get(path).json()["code"] == "request.invalid"


def test_health_is_scored_with_its_reason_and_figures(client):
    whole = client.get("/v1/health-score").json()
    assert 0 <= whole["items"][0]["score"] <= 100
    assert whole["items"][0]["kpis"]["turnover"] > 0
    assert whole["alert_below"] == 80
    by_category = client.get("/v1/health-score", params={"by": "category"}).json()["items"]
    assert [item["group"] for item in by_category] != ["all"]
    scores = [item["score"] for item in by_category]
    assert scores == sorted(scores)


def test_the_weekly_report_is_one_content_in_three_forms(client):
    data = client.get("/v1/reports/weekly").json()
    page = client.get("/v1/reports/weekly", params={"format": "html"})
    book = client.get("/v1/reports/weekly", params={"format": "xlsx"})
    assert data["sections"]["alerts"]["rows"]
    assert page.headers["content-type"].startswith("text/html")
    assert f"{data['headline']['health_score']:.2f}" in page.text
    sheets = load_workbook(io.BytesIO(book.content))
    assert set(sheets.sheetnames) == {"headline", *data["sections"]}
    assert sheets["kpis"].max_row == len(data["sections"]["kpis"]["rows"]) + 1
    assert json.dumps(data) == json.dumps(client.get("/v1/reports/weekly").json())
