"""Scenarios over REST: named, compared, listed, expiring, and in no plan until promoted."""

import pytest
from starlette.testclient import TestClient

from serving.demand import scenario_schemas
from serving.demand.datasets import register_base
from tests.services import Clock, client_of, make_platform

STRIKE = {
    "name": "Port strike",
    "skus": ["SKU-08", "SKU-09"],
    "deltas": [{"kind": "lead_time", "add_days": 14, "skus": ["SKU-08"]}],
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(tmp_path, sqlite_database, context, clock, shop):
    made = make_platform(tmp_path / "home", sqlite_database, context, clock)
    register_base(made, shop)
    return made


@pytest.fixture
def client(platform) -> TestClient:
    return client_of(platform)


def scenario(client, key, **change) -> dict:
    answer = client.post("/v1/scenarios", json=STRIKE | change, headers=key())
    assert answer.status_code == 201, answer.text
    scenario_schemas.ScenarioAnswer.model_validate(answer.json())
    return answer.json()


def test_a_scenario_shows_what_differs_in_orders_costs_and_risk(client, key):
    body = scenario(client, key)
    (order,) = body["difference"]["orders"]
    assert order["sku"] == "SKU-08"
    assert order["scenario"]["quantity"] > order["base"]["quantity"]
    parts = body["difference"]["cost_parts"]
    total = sum(float(part["scenario"]) for part in parts.values())
    assert total == pytest.approx(float(body["summary"]["expected_cost"]), abs=0.01)
    assert sum(float(part["base"]) for part in parts.values()) == pytest.approx(
        float(body["base"]["expected_cost"]), abs=0.01
    )
    assert body["difference"]["stockout_risk"]["worse"] >= 0
    assert client.get(f"/v1/scenarios/{body['scenario_id']}").json() == body


def test_the_base_of_a_scenario_is_the_plan_itself(client, key):
    base = client.post("/v1/plans", json={"skus": STRIKE["skus"]}).json()["summary"]
    assert scenario(client, key)["base"] == base


def test_the_same_as_a_simple_what_if_costs_the_same(client, key):
    deltas = [{"kind": "demand", "factor": 1.5}]
    by_what_if = client.post("/v1/plans", json={"skus": ["SKU-08"], "what_if": {"demand_multiplier": 1.5}}).json()
    body = scenario(client, key, skus=["SKU-08"], deltas=deltas)
    assert body["summary"] == by_what_if["summary"]


def test_nothing_of_a_scenario_is_in_any_plan_until_it_is_promoted(client, key):
    before = client.post("/v1/plans", json={}).content
    body = scenario(client, key)
    assert client.get("/v1/proposals").json()["items"] == []
    assert client.post("/v1/plans", json={}).content == before
    headers = key()
    promoted = client.post(f"/v1/scenarios/{body['scenario_id']}/promote", headers=headers)
    assert promoted.status_code == 201, promoted.text
    assert client.post(f"/v1/scenarios/{body['scenario_id']}/promote", headers=headers).content == promoted.content
    proposals = client.get("/v1/proposals").json()["items"]
    found = {item["sku"]: item["planned"]["quantity"] if "planned" in item else item["quantity"] for item in proposals}
    assert found["SKU-08"] == body["difference"]["orders"][0]["scenario"]["quantity"]
    plan = promoted.headers["location"].rsplit("/", 1)[-1]
    assert client.get(f"/v1/scenarios/{body['scenario_id']}").json()["promoted_plan"] == plan


def test_scenarios_are_listed_newest_first_until_they_expire(client, clock, key):
    names = [scenario(client, key, name=f"S{number}", expires_in_days=number + 1)["name"] for number in range(2)]
    clock.forward(seconds=1)
    names.append(scenario(client, key, name="S2")["name"])
    page = client.get("/v1/scenarios", params={"limit": 1}).json()
    scenario_schemas.ScenariosAnswer.model_validate(page)
    assert [item["name"] for item in page["items"]] == ["S2"]
    rest = client.get("/v1/scenarios", params={"limit": 5, "cursor": page["next_cursor"]}).json()["items"]
    assert {item["name"] for item in rest} == {"S0", "S1"}
    clock.forward(days=1, hours=1)
    assert {item["name"] for item in client.get("/v1/scenarios").json()["items"]} == {"S1", "S2"}


def test_an_expired_or_deleted_scenario_is_not_there(client, clock, key):
    first, second = scenario(client, key, expires_in_days=1), scenario(client, key)
    assert client.delete(f"/v1/scenarios/{second['scenario_id']}", headers=key()).status_code == 204
    clock.forward(days=2)
    for body in (first, second):
        place = f"/v1/scenarios/{body['scenario_id']}"
        assert client.get(place).status_code == 404
        assert client.post(f"{place}/promote", headers=key()).status_code == 404


BAD = [
    ({"deltas": []}, "#/deltas"),
    ({"deltas": [{"kind": "weather"}]}, "#/deltas/0"),
    ({"deltas": [{"kind": "demand", "factor": 0}]}, "#/deltas/0/demand/factor"),
    ({"deltas": [{"kind": "lead_time"}]}, "#/deltas/0/lead_time"),
    ({"deltas": [{"kind": "lead_time", "days": 300}]}, "#/deltas"),
    ({"deltas": [{"kind": "supplier_lost", "supplier": "Nobody"}]}, "#/deltas/0/supplier"),
    ({"deltas": [{"kind": "freight_mode", "mode": "rocket"}]}, "#/deltas/0/mode"),
    ({"deltas": [{"kind": "promotion", "discount": 0.1, "start": "2024-08-02", "end": "2024-08-01"}]}, "#/deltas/0"),
    ({"deltas": [{"kind": "price", "factor": 1e-300}]}, "#/deltas/0/price"),
    ({"deltas": [{"kind": "promotion", "discount": 0.9, "elasticity": -10}]}, "#/deltas/0/promotion"),
    ({"expires_in_days": 91}, "#/expires_in_days"),
    ({"name": ""}, "#/name"),
]


@pytest.mark.parametrize(("change", "pointer"), BAD)
def test_a_scenario_that_makes_no_sense_points_at_the_place(client, key, change, pointer):
    answer = client.post("/v1/scenarios", json=STRIKE | change, headers=key())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


def test_an_unknown_sku_in_a_delta_is_404(client, key):
    answer = client.post(
        "/v1/scenarios", json=STRIKE | {"deltas": [{"kind": "demand", "factor": 2, "skus": ["ghost"]}]}, headers=key()
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (404, "#/deltas/0/skus/0")


def test_tenants_have_scenarios_of_their_own(platform, client, caller_of_tenant, key):
    name = scenario(client, key)["scenario_id"]
    theirs = caller_of_tenant(platform, "zeta")
    assert theirs.get("/v1/scenarios").json()["items"] == []
    assert theirs.get(f"/v1/scenarios/{name}").status_code == 404
    assert theirs.delete(f"/v1/scenarios/{name}", headers=key()).status_code == 404
    assert theirs.post(f"/v1/scenarios/{name}/promote", headers=key()).status_code == 404


@pytest.mark.parametrize("moment", ["yesterday", "2024-07-29T12:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_cursor_that_nobody_was_given_is_refused(client, moment):
    from serving.paging import encode_cursor

    for resource, path in (
        ("scenarios", "scenarios"),
        ("overrides", "overrides"),
        ("issued forecasts", "issued-forecasts"),
    ):
        answer = client.get(f"/v1/{path}", params={"cursor": encode_cursor(resource, moment, "x")})
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "cursor")
