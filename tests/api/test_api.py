"""The resources of /v1: what they answer and that it keeps to the documented shapes."""

import base64

import numpy as np
import pytest

from serving import answers, use_cases
from serving.options import parse_as_of
from tests.tiny_shop import AS_OF


def test_a_forecast_has_mean_and_quantiles_by_period(client):
    answer = client.post("/v1/forecasts", json={"skus": ["SKU-03"], "horizon": 7, "levels": [0.9, 0.1]})
    assert answer.status_code == 200
    body = answer.json()
    answers.ForecastAnswer.model_validate(body)
    assert body["levels"] == [0.1, 0.9]
    assert body["data"] == {"as_of": AS_OF, "last_observed": "2024-07-28", "stale": False}
    assert body["unit"] == "C62"
    (series,) = body["series"]
    assert [series["sku"], series["location"], series["status"]] == ["SKU-03", "main", "ok"]
    assert len(series["periods"]) == 7
    assert series["periods"][0]["date"] == AS_OF
    for period in series["periods"]:
        assert 0 <= period["quantiles"]["q0.1"] <= period["quantiles"]["q0.9"]


def test_series_are_answered_in_the_order_asked(client):
    keys = [{"sku": "SKU-05"}, {"sku": "SKU-01", "location": "main"}]
    body = client.post("/v1/forecasts", json={"series": keys, "horizon": 1}).json()
    assert [item["sku"] for item in body["series"]] == ["SKU-05", "SKU-01"]


def test_one_sku_is_answered_as_among_all(client, context):
    alone = client.post("/v1/forecasts", json={"skus": ["SKU-07"], "horizon": 5}).json()["series"][0]
    everybody = client.post("/v1/forecasts", json={"skus": list(context.rows_by_sku), "horizon": 5}).json()["series"]
    assert alone in everybody


def test_the_service_forecasts_what_the_command_line_forecasts(client, shop, trained_home, context):
    settings = use_cases.Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    question = use_cases.ask(context.dataset, parse_as_of(AS_OF), 7, settings)
    told: list[str] = []
    made = use_cases.forecast(question, (0.5,), lambda step, done: None, told.append)
    assert told == []
    body = client.post("/v1/forecasts", json={"skus": ["SKU-02"], "horizon": 7, "levels": [0.5]}).json()
    row = made.forecast.series.index[made.forecast.series["sku"] == "SKU-02"][0]
    means = [period["mean"] for period in body["series"][0]["periods"]]
    np.testing.assert_allclose(means, made.forecast.mean[row], atol=1e-6)


def test_the_base_plan_is_the_command_lines_plan(client, trained_home, context):
    settings = use_cases.Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    question = use_cases.ask(context.dataset, None, None, settings)
    planned = use_cases.plan(question, (0.5,), None, lambda step, done: None, lambda sentence: None)
    body = client.post("/v1/plans", json={}).json()
    answers.PlanAnswer.model_validate(body)
    expected = planned.plan.orders[["proposal_id", "sku", "quantity"]].to_dict("records")
    found = [{name: item[name] for name in ("proposal_id", "sku", "quantity")} for item in body["proposals"]]
    assert found == expected
    assert body["difference"]["changes"] == []


def test_a_what_if_shows_what_differs_from_the_base_plan(client):
    body = client.post("/v1/plans", json={"skus": ["SKU-08"], "what_if": {"demand_multiplier": 2}}).json()
    answers.PlanAnswer.model_validate(body)
    assert body["what_if"] == {"demand_multiplier": 2.0}
    (change,) = body["difference"]["changes"]
    assert change["sku"] == "SKU-08"
    assert change["quantity"] > change["base_quantity"]
    assert body["difference"]["units"] == change["quantity"] - change["base_quantity"]


def test_a_budget_is_kept(client):
    body = client.post("/v1/plans", json={"what_if": {"budget": "150.00"}}).json()
    assert float(body["summary"]["spend"]) <= 150
    assert body["summary"]["budget"] == "150.00"
    assert body["base"]["budget"] is None


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        ({"cycle_service_level": 0.5}, -1),
        ({"stockout_cost": 0.01}, -1),
        ({"holding_cost": "5"}, -1),
        ({"lead_time_days": 14}, 1),
    ],
)
def test_changed_terms_move_the_order_the_way_the_theory_says(client, change, sign):
    body = client.post("/v1/plans", json={"skus": ["SKU-11"], "what_if": change}).json()
    assert np.sign(body["difference"]["units"]) == sign


def test_nothing_of_a_what_if_is_kept(client):
    before = client.post("/v1/plans", json={}).json()
    client.post("/v1/plans", json={"what_if": {"demand_multiplier": 5}})
    assert client.post("/v1/plans", json={}).json() == before


def test_products_are_paged_to_the_end_without_gap_or_repeat(client, context):
    seen, cursor = [], None
    while True:
        page = client.get("/v1/products", params={"limit": 5} | ({"cursor": cursor} if cursor else {})).json()
        answers.ProductsAnswer.model_validate(page)
        seen += [item["sku"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(context.rows_by_sku)
    assert page["items"][0]["unit_cost"] == "5.00"


def test_a_cursor_beyond_the_end_is_an_empty_page(client):
    cursor = base64.urlsafe_b64encode(b"ZZZ").decode().rstrip("=")
    assert client.get("/v1/products", params={"cursor": cursor}).json() == {"items": [], "next_cursor": None}


def test_the_champion_is_shown_with_its_run(client):
    body = client.get("/v1/models/champion").json()
    answers.ChampionAnswer.model_validate(body)
    assert body["version"] == "1"
    assert body["run_id"]
    assert body["as_of"] == AS_OF


def test_operations_answer_in_plain_text(client):
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_measures_are_labelled_by_route_template(client):
    client.get("/v1/products?limit=1")
    client.get("/v1/nobody/knows/this")
    text = client.get("/metrics").text
    assert 'fillrate_http_requests_total{method="GET",route="/v1/products",status="200"}' in text
    assert "nobody" not in text


def test_a_load_balancer_may_ask_for_the_head_only(client):
    for path in ("/livez", "/readyz", "/metrics"):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
