"""Suggestion → order → receipt from what is stored: over the API and the ledger, as a report and as a job."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from core.settings import Settings
from monitoring.alerts import raise_alerts
from monitoring.fact import Scope
from monitoring.facts import CATALOGUE
from monitoring.rule import shipped_rules
from serving import use_cases
from serving.alerts.loop_board import loop_table
from serving.alerts.store import Place, alert_rows, record_day
from serving.alerts.watching import rules_of, view_of, watch
from serving.demand.datasets import register_base
from serving.proposals.proposal_tables import PURCHASE_ORDERS
from serving.question import ask
from tests.homes import copy_home
from tests.services import Clock, client_of, make_platform
from tests.serving.jobs.conftest import open_workshop


@pytest.fixture
def platform(tmp_path, sqlite_database, shop, trained_home):
    home = copy_home(trained_home, tmp_path / "home")
    context = use_cases.load_service(shop, None, home, lambda sentence: None)
    made = make_platform(home.home, sqlite_database, context, Clock())
    register_base(made, shop)
    return made


def send(client, method, path, body, key, **headers):
    answer = client.request(method, path, json=body, headers={"Idempotency-Key": key, **headers})
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_what_was_followed_changed_and_rejected_is_told_with_its_cost_and_its_receipts(platform):
    client = client_of(platform)
    skus = ["SKU-00", "SKU-01", "SKU-02", "SKU-03"]
    send(client, "POST", "/v1/plan-runs", {"skus": skus}, "plan")
    found = {one["sku"]: one for one in client.get("/v1/proposals?state=draft").json()["items"]}
    assert all(found[sku]["quantity"] > 0 for sku in skus)
    empty = client.get("/v1/reports/closed-loop").json()
    assert empty["summary"]["suggested"] == 0, "what nobody had to decide yet is no suggestion ignored"
    assert empty["summary"]["received_share"] is None
    assert "closed_loop" not in client.get("/v1/reports/weekly").json()["sections"]

    half = found["SKU-01"]["quantity"] // 2
    path = "/v1/proposals/" + found["SKU-01"]["proposal_id"]
    found["SKU-01"] = send(client, "PATCH", path, {"quantity": half}, "edit", **{"If-Match": '"1"'})
    for sku in skus[:3]:
        one = found[sku]
        path, known = f"/v1/proposals/{one['proposal_id']}/approve", {"If-Match": f'"{one["version"]}"'}
        send(client, "POST", path, {}, f"approve-{sku}", **known)
    path = f"/v1/proposals/{found['SKU-03']['proposal_id']}/reject"
    send(client, "POST", path, {"reason": "no"}, "reject", **{"If-Match": '"1"'})
    (order,) = send(client, "POST", "/v1/purchase-order-drafts", {}, "draft")["items"]
    path = f"/v1/purchase-order-drafts/{order['draft_id']}"
    send(client, "POST", f"{path}/export", {}, "export", **{"If-Match": '"1"'})
    send(client, "POST", f"{path}/confirm", {"order_number": "4711"}, "confirm", **{"If-Match": '"2"'})

    came = {"sku": "SKU-00", "location": "main", "date": "2024-07-28", "kind": "receipt", "units": 5}
    rows = [came | {"reference": "4711/1"}, came | {"sku": "SKU-09", "reference": "4711/2"}]
    send(client, "POST", "/v1/movements", {"origin": "erp", "movements": rows}, "receipt")

    told = client.get("/v1/reports/closed-loop").json()["summary"]
    assert (told["suggested"], told["followed"], told["changed"], told["ignored"]) == (4, 2, 1, 1)
    assert told["adherence"] == 0.5
    units = {sku: one["planned"]["quantity"] for sku, one in found.items()}
    assert told["planned_cost"] == pytest.approx(5.0 * sum(units[sku] for sku in skus[:3]))
    assert told["realised_cost"] == pytest.approx(5.0 * (units["SKU-00"] + half + units["SKU-02"]))
    assert told["received_share"] == pytest.approx(5 / units["SKU-00"]), "of the one line that came"
    assert told["assumed_share"] == 0
    week = client.get("/v1/reports/weekly").json()["sections"]["closed_loop"]["rows"]
    assert {row["measure"]: row["value"] for row in week} == pytest.approx(told, abs=1e-6), (
        "the weekly report tells the same"
    )
    more = came | {"units": 3, "reference": "GR-88", "date": "2024-07-28"}
    early = came | {"sku": "SKU-02", "reference": "GR-1", "date": "2024-06-01"}
    send(client, "POST", "/v1/movements", {"origin": "erp", "movements": [more, early]}, "more")
    told = client.get("/v1/reports/closed-loop").json()["summary"]
    assert told["assumed_share"] == 0, "the order was placed after both"
    with platform.database.transaction() as connection:
        connection.execute(PURCHASE_ORDERS.update().values(exported_at=datetime(2024, 7, 20, tzinfo=UTC)))
    told = client.get("/v1/reports/closed-loop").json()["summary"]
    assert told["received_share"] == pytest.approx(8 / units["SKU-00"]), "what came before the order is not of it"
    assert told["assumed_share"] == pytest.approx(3 / 8)
    planned = pd.Timestamp(found["SKU-00"]["arrive_on"])
    assert told["late_days"] == (pd.Timestamp("2024-07-28") - planned).days


def test_another_tenant_or_dataset_sees_none_of_it(platform):
    client = client_of(platform)
    send(client, "POST", "/v1/plan-runs", {"skus": ["SKU-00"]}, "plan")
    (one,) = client.get("/v1/proposals?state=draft").json()["items"]
    path = f"/v1/proposals/{one['proposal_id']}/reject"
    send(client, "POST", path, {"reason": "no"}, "reject", **{"If-Match": '"1"'})
    view = use_cases_view(platform)
    with platform.database.reading() as connection:
        assert len(loop_table(connection, "local", "default", view)) == 1
        assert loop_table(connection, "acme", "default", view).empty
        assert loop_table(connection, "local", "winter", view).empty


def use_cases_view(platform):
    context = platform.host.context()
    return view_of(ask(context.dataset, context.freshness.as_of, None, platform.settings), champion=context.champion)


def test_an_open_proposal_whose_day_has_passed_was_ignored(platform):
    client = client_of(platform)
    send(client, "POST", "/v1/plan-runs", {"skus": ["SKU-00"]}, "plan")
    view = use_cases_view(platform)
    with platform.database.transaction() as connection:
        assert loop_table(connection, "local", "default", view).empty
        connection.exec_driver_sql("UPDATE proposals SET order_by = :day", {"day": str(view.as_of - timedelta(days=1))})
        assert loop_table(connection, "local", "default", view)["outcome"].tolist() == ["ignored"]


def test_a_low_health_score_is_a_stored_alert(platform, tmp_path):
    stricter = tmp_path / "stricter.toml"
    stricter.write_text("[change.low-health-score]\nlevels = { watch = 99 }\n")
    context = platform.host.context()
    question = ask(context.dataset, context.freshness.as_of, None, platform.settings)
    rules = rules_of(context.dataset.folder, stricter)
    seen = watch(question, rules, lambda step, done: None, lambda sentence: None, context.champion)
    score = client_of(platform).get("/v1/health-score").json()["items"][0]["score"]
    assert seen.facts[Scope.DATASET]["health_score"].tolist() == [pytest.approx(score)]
    place = Place("local", "tiny")
    with platform.database.transaction() as connection:
        record_day(connection, place, seen.alerts, seen.view.as_of)
        stored = {row.cause: row for row in alert_rows(connection, place)}
    assert f"{score:.0f} of 100" in stored["health-score"].content["words"]
    assert stored["health-score"].status == "open"


@pytest.mark.parametrize(("score", "fires"), [(80.0, False), (79.99, True), (59.0, True)])
def test_m23_a_score_below_eighty_is_an_alert_and_one_of_eighty_is_not(score, fires):
    facts = {Scope.DATASET: pd.DataFrame({name: [float("nan")] for name in CATALOGUE[Scope.DATASET]})}
    facts[Scope.DATASET]["health_score"] = score
    rules = tuple(rule for rule in shipped_rules() if rule.id == "low-health-score")
    raised = raise_alerts(rules, facts)
    assert bool(raised["fires"].astype(bool).any()) is fires
    assert not fires or raised["severity"].tolist() == ["warning" if score < 60 else "watch"]


def test_the_quarterly_review_is_a_job_with_tables(tmp_path, sqlite_database, trained_home, shop):
    tracking = Settings.from_environment({"FILLRATE_HOME": str(trained_home)}).tracking_uri
    for workshop in open_workshop(tmp_path / "home", sqlite_database, {"MLFLOW_TRACKING_URI": tracking}):
        register_base(workshop.platform, shop)
        workshop.start(real=True)
        (done,) = workshop.wait_end(workshop.ask("safety-stock-review", {"formats": ["csv"]}), seconds=120)
        assert done.error is None
        assert [item["table"] for item in done.result["tables"]] == [
            "closed_loop",
            "lead_times",
            "calibration",
            "review",
        ]
        assert done.result["calibration"] == [], "the model has seen the last two weeks"
        assert {row["group"] for row in done.result["review"]} <= set("ABC")
        assert all(0.5 <= row["suggested"] <= 0.999 for row in done.result["review"])
        assert done.result["summary"]["suggested"] == 0
