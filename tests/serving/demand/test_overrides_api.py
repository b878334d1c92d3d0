"""Planners' overrides over REST: what they change, what they leave, who may change them, and that they end."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from serving import answers
from serving.demand.override_schemas import OverrideAnswer
from tests.services import Clock, client_of, make_platform
from tests.tiny_shop import AS_OF

ASK = {"skus": ["SKU-03", "SKU-04"], "horizon": 7, "levels": [0.1, 0.5, 0.9]}
LEAFLET = {
    "kind": "replace",
    "sku": "SKU-03",
    "start": "2024-07-30",
    "end": "2024-07-31",
    "value": "40",
    "reason": "Christmas leaflet",
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(tmp_path, sqlite_database, context, clock) -> TestClient:
    return client_of(make_platform(tmp_path / "home", sqlite_database, context, clock))


def forecast(client, **more):
    answer = client.post("/v1/forecasts", json=ASK | more)
    assert answer.status_code == 200, answer.text
    answers.ForecastAnswer.model_validate(answer.json())
    return answer


def test_a_replacement_sets_the_mean_of_its_periods_and_leaves_the_others(client, key):
    before = forecast(client).json()["series"]
    made = client.post("/v1/overrides", json=LEAFLET, headers=key())
    assert made.status_code == 201
    OverrideAnswer.model_validate(made.json())
    assert made.headers["etag"] == '"1"'
    after = forecast(client).json()["series"]
    means = [period["mean"] for period in after[0]["periods"]]
    assert means[1:3] == [40.0, 40.0]
    for place in (0, 3, 4, 5, 6):
        assert after[0]["periods"][place] == before[0]["periods"][place]
    assert after[1] == before[1], "another SKU's forecast is not touched"
    middle = after[0]["periods"][1]["quantiles"]
    assert middle["q0.1"] < 40 < middle["q0.9"]


def test_the_trace_shows_the_model_the_adjusted_and_the_final_mean(client, key):
    plain = forecast(client).json()["series"][0]["periods"]
    name = client.post("/v1/overrides", json=LEAFLET, headers=key()).json()["override_id"]
    past = LEAFLET | {"kind": "history_add", "start": "2024-07-01", "end": "2024-07-28", "value": "30"}
    other = client.post("/v1/overrides", json=past, headers=key()).json()["override_id"]
    trace = forecast(client).json()["series"][0]["override_trace"]
    assert [item["statistical"] for item in trace] == [period["mean"] for period in plain]
    assert all(item["adjusted"] > item["statistical"] + 1 for item in trace)
    assert [item["final"] for item in trace][1:3] == [40.0, 40.0]
    assert trace[0]["final"] == trace[0]["adjusted"]
    assert [set(item["overrides"]) for item in trace][:2] == [{other}, {name, other}]
    assert forecast(client).json()["series"][1]["override_trace"] is None


def test_an_override_that_expired_or_was_deleted_leaves_the_answers_byte_for_byte(client, clock, key):
    before = forecast(client).content, client.post("/v1/plans", json={}).content
    client.post("/v1/overrides", json=LEAFLET | {"expires_at": "2024-07-29T13:00:00Z"}, headers=key())
    factor = LEAFLET | {"kind": "multiply", "value": "3", "end": "2024-09-30"}
    second = client.post("/v1/overrides", json=factor, headers=key())
    assert forecast(client).content != before[0]
    assert client.post("/v1/plans", json={}).content != before[1]
    clock.forward(hours=2)
    place = second.headers["location"]
    assert client.delete(place, headers=key(**{"If-Match": second.headers["etag"]})).status_code == 204
    assert (forecast(client).content, client.post("/v1/plans", json={}).content) == before
    assert client.get(place).status_code == 404


def test_a_plan_orders_for_the_overridden_demand(client, key):
    before = client.post("/v1/plans", json={"skus": ["SKU-05"]}).json()["summary"]["units"]
    more = LEAFLET | {"kind": "multiply", "sku": "SKU-05", "start": AS_OF, "end": "2024-10-30", "value": "2"}
    client.post("/v1/overrides", json=more, headers=key())
    assert client.post("/v1/plans", json={"skus": ["SKU-05"]}).json()["summary"]["units"] > 1.5 * before


def test_a_stale_etag_is_412_and_none_is_428(client, key):
    """D3: two planners, one override."""
    made = client.post("/v1/overrides", json=LEAFLET, headers=key())
    place, etag = made.headers["location"], made.headers["etag"]
    first = client.patch(place, json={"value": "55"}, headers=key(**{"If-Match": etag}))
    assert (first.status_code, first.headers["etag"], first.json()["value"]) == (200, '"2"', "55")
    stale = client.patch(place, json={"value": "60"}, headers=key(**{"If-Match": etag}))
    assert (stale.status_code, stale.headers["etag"]) == (412, '"2"')
    assert client.delete(place, headers=key(**{"If-Match": etag})).status_code == 412
    assert client.patch(place, json={"value": "60"}, headers=key()).status_code == 428
    assert client.get(place).json()["value"] == "55"


def test_overrides_are_listed_by_sku_and_page(client, clock, key):
    for sku in ("SKU-01", "SKU-02", "SKU-01"):
        client.post("/v1/overrides", json=LEAFLET | {"sku": sku}, headers=key())
        clock.forward(seconds=1)
    assert len(client.get("/v1/overrides", params={"sku": "SKU-01"}).json()["items"]) == 2
    seen, cursor = [], None
    while True:
        page = client.get("/v1/overrides", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["sku"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["SKU-01", "SKU-02", "SKU-01"]


BAD = [
    ({"kind": "delete"}, "#/kind"),
    ({"end": "2024-07-01"}, "#"),
    ({"value": "-1"}, "#"),
    ({"value": "1e400"}, "#/value"),
    ({"value": "NaN"}, "#/value"),
    ({"kind": "multiply", "value": "101"}, "#"),
    ({"reason": ""}, "#/reason"),
    ({"expires_at": "2024-08-01T00:00:00"}, "#/expires_at"),
    ({"start": "1024-07-30"}, "#"),
    ({"colour": "red"}, "#/colour"),
]


@pytest.mark.parametrize(("change", "pointer"), BAD)
def test_an_override_that_makes_no_sense_points_at_the_place(client, key, change, pointer):
    answer = client.post("/v1/overrides", json=LEAFLET | change, headers=key())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_an_unknown_sku_or_location_is_404(client, key):
    for change in ({"sku": "ghost"}, {"location": "moon"}):
        answer = client.post("/v1/overrides", json=LEAFLET | change, headers=key())
        assert (answer.status_code, answer.json()["code"]) == (404, "sku.unknown")


def test_a_change_is_judged_by_the_rules_of_a_new_one(client, key):
    made = client.post("/v1/overrides", json=LEAFLET, headers=key())
    headers = key(**{"If-Match": "*"})
    answer = client.patch(made.headers["location"], json={"end": "2024-01-01"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert "end is before start" in answer.json()["detail"]


def test_quantiles_never_cross_whatever_a_planner_says(client, key):
    for kind, value in (("replace", "0"), ("replace", "100000"), ("multiply", "0.01"), ("multiply", "0")):
        change = LEAFLET | {"kind": kind, "value": value, "start": AS_OF, "end": AS_OF}
        made = client.post("/v1/overrides", json=change, headers=key())
        body = forecast(client, levels=[0.01, 0.25, 0.5, 0.75, 0.99]).json()["series"][0]["periods"][0]
        found = list(body["quantiles"].values())
        assert found == sorted(found)
        assert found[0] >= 0
        client.delete(made.headers["location"], headers=key(**{"If-Match": "*"}))


def test_tenants_have_overrides_of_their_own(tmp_path, sqlite_database, context, caller_of_tenant, key):
    platform = make_platform(tmp_path / "home", sqlite_database, context)
    mine, theirs = caller_of_tenant(platform, "local"), caller_of_tenant(platform, "zeta")
    made = mine.post("/v1/overrides", json=LEAFLET, headers=key())
    place = made.headers["location"]
    assert theirs.get("/v1/overrides").json()["items"] == []
    assert theirs.get(place).status_code == 404
    match = {"If-Match": "*"}
    assert theirs.patch(place, json={"value": "1"}, headers=key(**match)).status_code == 404
    assert theirs.delete(place, headers=key(**match)).status_code == 404
    assert mine.get(place).json()["value"] == "40"


def test_an_override_of_everything_is_the_models_numbers_times_the_factor(client, key):
    before = forecast(client).json()["series"][0]["periods"]
    client.post("/v1/overrides", json=LEAFLET | {"kind": "multiply", "value": "2", "start": AS_OF}, headers=key())
    after = forecast(client).json()["series"][0]["periods"]
    doubled = [2 * period["mean"] for period in before[:3]]
    np.testing.assert_allclose([period["mean"] for period in after[:3]], doubled, atol=2e-6)
    assert after[0]["quantiles"] == {name: 2 * value for name, value in before[0]["quantiles"].items()}
