"""The first screen: the API's figures, alerts that can be acted on once, and what changed since the last plan."""

import re
import threading
from copy import copy

import pytest

from serving.access import Scope
from serving.alerts.routes import SEVERITIES
from serving.demand.datasets import register_base
from serving.ui import board
from serving.ui.newest_run import PlanChange, changes_between
from tests.services import bearer, client_of, make_key
from tests.ui.reading import Reader

ORDER = {name: place for place, name in enumerate(SEVERITIES)}


class Desk:
    """A planner at the page: reads parts, and presses buttons as htmx does."""

    def __init__(self, client):
        self.client = client
        page = Reader.of(client.get("/ui/today").text)
        self.token = page.one("body").attributes["hx-headers"].split('"')[3]

    def read(self, path):
        answer = self.client.get(path, headers={"HX-Request": "true"})
        assert answer.status_code == 200, answer.text
        return Reader.of(answer.text)

    def press(self, button, **more):
        headers = dict(re.findall(r'"([\w-]+)": "((?:[^"\\]|\\.)*)"', button.attributes["hx-headers"]))
        headers = {name: value.replace('\\"', '"') for name, value in headers.items()}
        sent = {"HX-Request": "true", "X-CSRF-Token": self.token} | headers | more
        return self.client.post(button.attributes["hx-post"], headers=sent)

    def button(self, page, end):
        return next(item for item in page.all("button") if item.attributes.get("hx-post", "").endswith(end))


@pytest.fixture
def desk(client):
    return Desk(client)


def test_the_frame_comes_at_once_and_its_parts_by_themselves(client):
    page = Reader.of(client.get("/ui/today").text)
    parts = [item.attributes["hx-get"] for item in page.all(hx_trigger="load")]
    assert parts == ["/ui/today/board", "/ui/today/changes"]


def test_the_key_figures_are_the_apis(desk, client):
    figures = desk.read("/ui/today/board").one("dl").text
    health = client.get("/v1/health-score").json()["items"][0]
    assert f"Health score {health['score']:.1f}" in figures
    for name in ("turnover", "structure"):
        assert f"{name} {health[name]:.0f}" in figures
    assert f"In stock {health['kpis']['in_stock_rate'] * 100:.1f} %" in figures
    assert f"Fill rate {health['kpis']['fill_rate'] * 100:.1f} %" in figures
    assert f"Inventory value €{health['kpis']['stock_value']:,.0f}" in figures


def test_the_parts_of_the_score_add_up_to_what_is_missing_to_100(desk, client):
    rows = desk.read("/ui/today/board").one("details").one("table").rows()
    score = client.get("/v1/health-score").json()["items"][0]["score"]
    assert sum(float(row[3]) for row in rows) == pytest.approx(100 - score, abs=0.06 * len(rows))


def test_alerts_stand_the_worst_first_and_are_those_that_the_api_evaluates(desk, client):
    before = desk.read("/ui/today/board?everything=true").one("section", aria_labelledby="exceptions-title")
    severities = [row[0] for row in before.one("table").rows()]
    assert severities == sorted(severities, key=lambda name: -ORDER[name])
    assert not [item for item in before.all("button") if "snooze" in item.attributes["hx-post"]]
    after = Reader.of(desk.press(desk.button(before, "/evaluate")).text)
    stored = client.get("/v1/alerts?limit=200").json()["items"]
    rows = after.one("section", aria_labelledby="exceptions-title").one("table").rows()
    assert {(row[0], row[2]) for row in rows} <= {(item["severity"], item["words"]) for item in stored}
    assert len(stored) == len(severities)


def test_an_alert_is_snoozed_once_by_the_version_that_was_seen(desk, client):
    desk.press(desk.button(desk.read("/ui/today/board"), "/evaluate"))
    page = desk.read("/ui/today/board")
    button = desk.button(page, "/snooze")
    name = button.attributes["hx-post"].split("/")[4]
    first = desk.press(button)
    assert first.status_code == 200
    assert "is silent until 5 Aug 2024" in first.text
    assert client.get(f"/v1/alerts/{name}").json()["alert"]["status"] == "snoozed"
    assert name not in desk.read("/ui/today/board").text
    again = desk.press(button)
    assert again.status_code == 200, "a double click is the same click"
    history = client.get(f"/v1/alerts/{name}").json()["history"]
    assert [item["kind"] for item in history].count("snoozed") == 1
    late = desk.press(button, **{"Idempotency-Key": "another-click"})
    assert (late.status_code, late.headers["hx-retarget"]) == (412, "#notice")
    assert "Somebody else changed it" in late.text


def test_an_action_is_drafted_and_decided(desk, client):
    desk.press(desk.button(desk.read("/ui/today/board"), "/evaluate"))
    drafted = Reader.of(desk.press(desk.button(desk.read("/ui/today/board"), "/draft")).text)
    (draft,) = client.get("/v1/action-drafts").json()["items"]
    assert draft["status"] == "draft"
    done = desk.press(desk.button(drafted, "/approve"))
    assert "drafts-title" not in done.text
    assert client.get("/v1/action-drafts").json()["items"][0]["status"] == "approved"


def test_buttons_are_offered_to_those_who_may_press_them(platform):
    make_key(platform)
    reader = client_of(platform, **bearer(make_key(platform, "local", [Scope.FORECAST_READ])))
    for path in ("/ui/today/board", "/ui/today/changes"):
        assert not [item for item in Reader.of(reader.get(path).text).all("button") if "hx-post" in item.attributes]


def test_a_plan_is_made_and_the_next_is_compared_with_it(desk, client):
    assert "No plan is stored yet" in desk.read("/ui/today/changes").text
    first = Reader.of(desk.press(desk.button(desk.read("/ui/today/changes"), "/plan")).text)
    assert "This is the first plan" in first.text
    body = {"what_if": {"demand_multiplier": 1.5}}
    made = client.post("/v1/plan-runs", json=body, headers={"Idempotency-Key": "more"})
    assert made.status_code == 201, made.text
    rows = desk.read("/ui/today/changes").one("table").rows()
    runs = client.get("/v1/plan-runs").json()["items"]

    def units(run):
        lines = client.get(f"/v1/plan-runs/{run}/lines?limit=200").json()["items"]
        return {line["sku"]: line["quantity"] for line in lines}

    now, before = units(runs[0]["run_id"]), units(runs[1]["run_id"])
    wanted = {sku: (before[sku], now[sku]) for sku in now if now[sku] != before[sku]}
    assert {row[0]: (int(row[1]), int(row[2])) for row in rows} == wanted
    assert wanted


def test_changes_are_counted_over_all_ways_to_buy_a_product():
    def line(sku, quantity, mode="sea"):
        return ["name", sku, "main", "Acme", mode, "order", quantity, "2024-01-01", "2024-02-01", "1"]

    before = [line("A", 5), line("A", 5, "air"), line("B", 3), line("C", 2)]
    now = [line("A", 10), line("B", 40), line("D", 1)]
    assert changes_between(before, now) == [
        PlanChange("B", "main", 3, 40),
        PlanChange("C", "main", 2, 0),
        PlanChange("D", "main", 0, 1),
    ]


def warmed(context):
    """Whether the board of a context is computed, once whoever is at it has ended."""
    for thread in threading.enumerate():
        if thread.name == "warm-board":
            thread.join(60)
    return context in board._KEPT


def test_new_data_are_computed_beforehand_where_somebody_looks_at_the_page(platform, look, context):
    unseen, newer = copy(context), copy(context)
    platform.host.load(lambda: unseen)
    assert not warmed(unseen)
    look("/ui/today/board")
    platform.host.load(lambda: newer)
    assert warmed(newer)
    kept = board._KEPT[newer]
    look("/ui/today/board")
    assert board._KEPT[newer] is kept


def test_a_plan_of_more_products_than_one_answer_takes_is_a_job(platform, client, desk, shop, monkeypatch):
    register_base(platform, shop)
    monkeypatch.setattr("serving.ui.today.MAX_SERIES", 5)
    answer = desk.press(desk.button(desk.read("/ui/today/changes"), "/today/plan"))
    assert answer.headers["hx-redirect"] == "/ui/data/jobs"
    (job,) = client.get("/v1/jobs").json()["jobs"]
    assert (job["kind"], job["state"]) == ("plan", "queued")
    assert client.get("/v1/plan-runs").json()["items"] == []
