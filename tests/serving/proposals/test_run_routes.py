"""Plans stored over HTTP, by the tiny shop's real model: same question, same names, and nothing is ordered twice."""

import pytest

from serving.proposals.run_store import committed
from tests.serving.proposals.desk import Desk
from tests.serving.proposals.test_proposal_routes import code

SKUS = ["SKU-01", "SKU-02", "SKU-03"]


@pytest.fixture
def shopkeeper(tmp_path, sqlite_database, context) -> Desk:
    return Desk(tmp_path / "home", sqlite_database, context)


def test_a_stored_plan_proposes_what_the_question_answers(shopkeeper):
    asked = shopkeeper.client.post("/v1/plans", json={"skus": SKUS}).json()
    answer = shopkeeper.post("/plan-runs", {"skus": SKUS})
    assert answer.status_code == 201
    run = answer.json()
    assert answer.headers["location"] == f"/v1/plan-runs/{run['run_id']}"
    assert run["summary"]["expected_cost"] == asked["summary"]["expected_cost"]
    assert (run["model"]["name"], run["data"]) == (asked["model"]["name"], asked["data"])
    found = shopkeeper.proposals()
    assert {sku: found[sku]["quantity"] for sku in found} == {
        item["sku"]: item["quantity"] for item in asked["proposals"]
    }
    whole = shopkeeper.get(f"/proposals/{found['SKU-01']['proposal_id']}")
    assert whole["explanation"]["curve"]
    assert whole["planned"]["reason"].startswith("Order ")
    assert shopkeeper.get(f"/plan-runs/{run['run_id']}") == {**run, "result": None}


def test_d3_a_repeated_run_has_the_same_names_and_makes_no_second_order(shopkeeper):
    first = shopkeeper.post("/plan-runs", {}).json()
    names = {item["proposal_id"] for item in shopkeeper.proposals().values()}
    again = shopkeeper.post("/plan-runs", {})
    assert (again.status_code, again.json()["run_id"]) == (200, first["run_id"])
    assert again.json()["result"] == dict.fromkeys(("created", "refreshed", "kept", "superseded", "withheld"), 0)

    ordered = [sku for sku, item in shopkeeper.proposals().items() if item["quantity"]]
    shopkeeper.approve(*ordered)
    (draft,) = shopkeeper.draft()
    shopkeeper.move(draft, "export")
    later = shopkeeper.post("/plan-runs", {}).json()
    assert later["run_id"] != first["run_id"]
    assert {item["proposal_id"] for item in shopkeeper.proposals().values()} == names
    assert later["summary"]["units"] == 0  # what is exported counts as on the way
    assert shopkeeper.draft() == []
    with shopkeeper.platform.database.reading() as connection:
        assert len(committed(connection, "local", "default")) == len(ordered)


def test_the_same_key_twice_is_one_run(shopkeeper):
    one, two = (shopkeeper.post("/plan-runs", {"skus": SKUS}, key="night-31") for _ in range(2))
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json() == two.json()
    assert code(shopkeeper.post("/plan-runs", {"skus": SKUS[:1]}, key="night-31")) == (422, "idempotency.reused")


def test_a_what_if_that_is_stored_says_so_and_binds(shopkeeper):
    run = shopkeeper.post("/plan-runs", {"skus": SKUS, "what_if": {"budget": 300}}).json()
    assert run["options"]["what_if"] == {"budget": 300.0}
    assert run["summary"]["budget"] == "300.00"
    cut = [item for item in shopkeeper.proposals().values() if item["planned"]["binding"]]
    assert {item["planned"]["binding"]["constraint"] for item in cut} == {"budget"}
    name, pack = cut[0]["proposal_id"], cut[0]["case_pack"]
    more = shopkeeper.send("PATCH", f"/proposals/{name}", {"quantity": cut[0]["quantity"] + 50 * pack}, 1).json()
    assert [item["constraint"] for item in more["violations"]] == ["budget"]


def test_what_is_not_there_is_404_with_a_pointer(shopkeeper):
    answer = shopkeeper.post("/plan-runs", {"skus": ["SKU-01", "ghost"]})
    assert code(answer) == (404, "sku.unknown")
    assert answer.json()["errors"][0]["pointer"] == "#/skus/1"
    assert code(shopkeeper.post("/plan-runs", {"dataset": "ghost"})) == (404, "dataset.unknown")


def test_a_service_without_a_model_is_503(desk):
    assert code(desk.post("/plan-runs", {})) == (503, "service.not_ready")


def test_a_what_if_beyond_the_forecast_is_422(shopkeeper):
    answer = shopkeeper.post("/plan-runs", {"what_if": {"lead_time_days": 300}})
    assert code(answer) == (422, "request.invalid")
    assert answer.json()["errors"][0]["pointer"] == "#/what_if"
