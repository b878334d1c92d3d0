"""The screen of what-ifs: what the API's scenarios answer, drawn beside the base plan, saved, compared, promoted."""

import re
from datetime import date

import pytest

from serving.access import Scope
from serving.proposals.recosting import StoredCurve
from serving.ui.visit import CSRF_HEADER
from serving.ui.what_if_chart import bars_of
from serving.ui.what_if_form import WhatIfForm, deltas_of, scenario_of
from tests.services import bearer, make_key
from tests.ui.reading import Reader

PAGE = "/ui/what-if"
SET = {"sku": "SKU-08", "demand": "50", "lead_time": "14"}


@pytest.fixture
def send(client):
    def post(path, data, **headers):
        token = re.search(r'X-CSRF-Token": "([0-9a-f]+)', client.get("/ui/sign-in").text).group(1)
        return client.post(f"{PAGE}{path}", data=data, headers={CSRF_HEADER: token, "HX-Request": "true", **headers})

    return post


def scenario(client, **change):
    body = {"name": "x", "skus": ["SKU-08"], "deltas": deltas_of(WhatIfForm(**SET)), **change}
    answer = client.post("/v1/scenarios", json=body, headers={"Idempotency-Key": "api"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_screen_begins_with_a_product_and_no_change(look):
    page = look(PAGE)
    assert page.one("input", name="sku").attributes["value"] == "SKU-00"
    assert "Nothing is changed yet" in page.one("section", id="answer").text
    assert "None is saved yet" in page.one("section", id="saved").text


def test_figures_orders_and_parts_are_those_of_the_apis_scenario(client, look):
    told = scenario(client)
    page = look(f"{PAGE}/answer", params=SET)
    table = {row[0]: row[1:] for row in page.all("table")[0].rows()}
    assert table["Expected cost"][:2] == [
        f"€{float(told['base']['expected_cost']):,.2f}"
        if float(told["base"]["expected_cost"]) < 100
        else f"€{float(told['base']['expected_cost']):,.0f}",
        f"€{float(told['summary']['expected_cost']):,.2f}"
        if float(told["summary"]["expected_cost"]) < 100
        else f"€{float(told['summary']['expected_cost']):,.0f}",
    ]
    assert table["Units ordered"] == [
        str(told["base"]["units"]),
        str(told["summary"]["units"]),
        str(told["difference"]["units"]),
    ]
    (row,) = page.all("tr", data_sku="SKU-08")
    (order,) = told["difference"]["orders"]
    assert [cell.text for cell in row.all("td")[:2]] == [
        str(order["base"]["quantity"]),
        str(order["scenario"]["quantity"]),
    ]
    for name, part in told["difference"]["cost_parts"].items():
        shown = [cell.text for cell in page.one("tr", data_part=name).all("td")]
        assert shown == [f"€{float(part[side]):,.2f}" for side in ("base", "scenario")]


def test_every_chart_has_its_numbers_in_a_table(look):
    page = look(f"{PAGE}/answer", params=SET)
    charts = page.all("svg")
    assert len(charts) == 2
    assert all(chart.attributes["role"] == "img" and chart.attributes["aria-label"] for chart in charts)
    twins = page.all("details", class_="twin")
    assert len(twins) == 2
    lines = charts[1].all("polyline")
    assert [line.attributes["class"] for line in lines] == ["base", "changed"]
    assert len(twins[1].one("tbody").all("tr")) > 5


def test_the_address_follows_the_sliders_and_draws_the_same_again(client, look):
    answer = client.get(f"{PAGE}/answer", params=SET)
    where = answer.headers["hx-replace-url"]
    again = look(where)
    assert again.one("input", name="demand").attributes["value"] == "50"
    assert again.one("section", id="answer").text == Reader.of(answer.text).one("section").text


def test_the_service_level_is_the_plans_own_what_if(client, look):
    body = {"skus": ["SKU-08"], "what_if": {"cycle_service_level": 0.6}}
    told = client.post("/v1/plans", json=body).json()
    page = look(f"{PAGE}/answer", params={"sku": "SKU-08", "service": "60"})
    units = next(row for row in page.all("table")[0].rows() if row[0] == "Units ordered")
    assert units[2] == str(told["summary"]["units"])


@pytest.mark.parametrize(
    ("given", "deltas"),
    [
        ({}, []),
        ({"demand": -20}, [{"kind": "demand", "factor": 0.8}]),
        ({"price": 10}, [{"kind": "price", "factor": 1.1}]),
        ({"lead_time": -3}, [{"kind": "lead_time", "add_days": -3}]),
        ({"budget": 0}, [{"kind": "budget", "amount": 0}]),
        ({"mode": "air"}, [{"kind": "freight_mode", "mode": "air"}]),
        ({"supplier": "Acme"}, [{"kind": "supplier_lost", "supplier": "Acme"}]),
        ({"out_until": date(2024, 8, 5)}, [{"kind": "stockout_until", "date": date(2024, 8, 5)}]),
        ({"holding": 200}, [{"kind": "costs", "holding_cost": 2.0, "stockout_cost": 1.0}]),
        ({"service": 95}, [{"kind": "service_level", "level": 0.95}]),
        (
            {"discount": 20, "promotion_start": date(2024, 8, 5)},
            [{"kind": "promotion", "discount": 0.2, "start": date(2024, 8, 5), "end": None}],
        ),
    ],
    ids=range(11),
)
def test_each_field_is_one_delta_of_the_api(given, deltas):
    found = deltas_of(WhatIfForm(**given))
    assert found == [pytest.approx(item) if "factor" in item else item for item in deltas]
    body = scenario_of(WhatIfForm(**given), "default", "x")
    assert [item.kind for item in body.deltas] == [item["kind"] for item in deltas] or not deltas


def test_bars_have_one_scale_and_no_part_is_drawn_below_nothing():
    parts = {"holding": {"base": "10", "scenario": "40"}, "rest": {"base": "-5", "scenario": "20"}}
    widths = [(bar.base_width, bar.changed_width) for bar in bars_of(parts)]
    assert widths == [(75.0, 300.0), (0.0, 150.0)]
    assert bars_of(None) == []
    assert StoredCurve((0,), (1.0,), (1.0,)).at(5)[2] == "extrapolated"


def test_a_scenario_is_saved_compared_promoted_and_forgotten(client, send, look):
    assert "Saved as “Strike”" in send("/scenarios", {**SET, "name": "Strike", "once": "k1"}).text
    assert "Saved as “Strike”" in send("/scenarios", {**SET, "name": "Strike", "once": "k1"}).text
    (item,) = client.get("/v1/scenarios").json()["items"]
    name = item["scenario_id"]
    told = client.get(f"/v1/scenarios/{name}").json()
    page = look(f"{PAGE}/compare", params={"scenario": [name]})
    units = next(row for row in page.one("table").rows() if row[0] == "Units ordered")
    assert units[1].split()[0] == str(told["summary"]["units"])
    answer = send(f"/scenarios/{name}/promote", {"once": "k2"})
    assert answer.headers["hx-redirect"] == "/ui/proposals"
    proposals = client.get("/v1/proposals").json()["items"]
    assert {(one["sku"], one["quantity"]) for one in proposals} == {("SKU-08", told["summary"]["units"])}
    assert "Promoted" in look(PAGE).one("section", id="saved").text
    assert "forgotten" in send(f"/scenarios/{name}/remove", {"once": "k3"}).text
    assert client.get("/v1/scenarios").json()["items"] == []


def test_skus_are_suggested_after_the_last_comma(look):
    found = look(f"{PAGE}/skus", params={"sku": "SKU-01, 11"}).all("option")
    assert [item.attributes["value"] for item in found] == ["SKU-01, SKU-11"]


@pytest.mark.parametrize(
    "query",
    [
        {"sku": "NOPE"},
        {"sku": "SKU-01", "demand": "x"},
        {"sku": "SKU-01", "demand": "nan"},
        {"sku": "SKU-01", "supplier": "Nobody"},
        {"sku": "SKU-01", "promotion_start": "2024-08-05", "promotion_end": "2024-08-01", "discount": "10"},
        {"sku": "SKU-01", "lead_time": "365"},
    ],
    ids=range(6),
)
def test_what_makes_no_sense_is_refused_in_words(client, query):
    answer = client.get(f"{PAGE}/answer", params=query, headers={"HX-Request": "true"})
    assert answer.status_code in (404, 422)
    assert answer.headers["hx-retarget"] == "#notice"
    assert Reader.of(answer.text).one("div", class_="notice").text


def test_who_may_only_read_can_try_and_saves_nothing(client, platform, send):
    key = bearer(make_key(platform, "local", [Scope.FORECAST_READ]))
    page = Reader.of(client.get(PAGE, headers=key).text)
    assert not page.all("input", name="name")
    saved = send("/scenarios", {**SET, "name": "x", "once": "k"}, **key)
    assert (saved.status_code, "scope.missing" in saved.text) == (403, True)
    assert send("/scenarios/abc/promote", {"once": "k"}, **key).status_code == 403


def test_scenarios_of_another_tenant_are_not_there(client, platform, send):
    name = scenario(client)["scenario_id"]
    key = bearer(make_key(platform, "rival"))
    assert client.get(f"{PAGE}/compare", params={"scenario": name}, headers=key).status_code == 404
    assert send(f"/scenarios/{name}/promote", {"once": "k"}, **key).status_code == 404
    assert client.get(PAGE, headers=key).status_code == 404
