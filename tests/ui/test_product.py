"""One product: its numbers are the API's for the same SKU, its charts have tables, and what is not known is said."""

import json
from datetime import date
from urllib.parse import urlencode

import pytest

from core.settings import Settings
from serving import use_cases
from serving.api import create_api
from serving.ui.demand_chart import LEVELS
from serving.ui.formats import Formats
from tests.services import client_of, make_platform
from tests.ui.page_shop import write_page_shop
from tests.ui.reading import Reader

SHOWN = Formats()


def product(client, sku, **more):
    answer = client.get(f"/ui/products/one?{urlencode({'sku': sku} | more)}")
    assert answer.status_code == 200, answer.text[:2000]
    return Reader.of(answer.text)


@pytest.fixture(scope="module")
def rich_context(tmp_path_factory):
    """A shop with promotions, events, stock-outs, receipts and open orders, answered by a baseline."""
    shop = write_page_shop(tmp_path_factory.mktemp("page-shop") / "shop")
    settings = Settings.from_environment({"FILLRATE_HOME": str(shop.parent / "home")})
    return use_cases.load_service(shop, None, settings, lambda sentence: None, "made for a test")


@pytest.fixture
def rich(rich_context, tmp_path):
    made = client_of(create_api(make_platform(tmp_path, context=rich_context)))
    made.follow_redirects = False
    return made


def api_forecast(client, sku):
    body = {"skus": [sku], "levels": list(LEVELS), "horizon": len(product(client, sku).one(id="forecast-table").rows())}
    return client.post("/v1/forecasts", json=body | {"explain": True}).json()["series"][0]


@pytest.mark.parametrize("sku", ["SKU-00", "SKU-07", "SKU-11"])
def test_the_forecast_on_the_page_is_the_apis(client, sku):
    rows = product(client, sku).one(id="forecast-table").rows()
    answered = api_forecast(client, sku)
    for row, period in zip(rows, answered["periods"], strict=True):
        q = period["quantiles"]
        wanted = [SHOWN.day(period["date"]), SHOWN.number(period["mean"], 2), SHOWN.number(q["q0.5"], 1)]
        for low, high in (("q0.25", "q0.75"), ("q0.1", "q0.9"), ("q0.025", "q0.975")):
            wanted.append(f"{SHOWN.number(q[low], 1)} – {SHOWN.number(q[high], 1)}")
        assert row == wanted


def test_the_chart_is_drawn_from_the_numbers_of_its_table(client):
    page = product(client, "SKU-07")
    chart = json.loads(page.one(data_kind="demand").attributes["data-chart"])
    answered = api_forecast(client, "SKU-07")
    length = len(answered["periods"])
    assert chart["lines"]["median"][-length:] == [item["quantiles"]["q0.5"] for item in answered["periods"]]
    assert chart["lines"]["high95"][-length:] == [item["quantiles"]["q0.975"] for item in answered["periods"]]
    assert chart["lines"]["median"][:-length] == [None] * (len(chart["x"]) - length)
    assert len({len(line) for line in chart["lines"].values()} | {len(chart["x"])}) == 1
    assert chart["x"] == sorted(set(chart["x"]))
    for place in page.all("div", class_="chart"):
        assert place.attributes["role"] == "img"
        assert "table" in place.attributes["aria-label"]


def test_the_reasons_are_the_apis_drivers_and_add_up(client):
    rows = product(client, "SKU-09").one("section", aria_labelledby="why-title").one("table").rows()
    drivers = api_forecast(client, "SKU-09")["drivers"]
    assert rows[0][1] == SHOWN.number(drivers["usual"], 1)
    assert rows[-1][1] == SHOWN.number(drivers["mean"], 1)
    said = {row[0].split(" ")[0] for row in rows[1:-1]}
    told = [part for part in drivers["parts"] if abs(part["units"]) >= 0.05]
    assert said == {part["block"].replace("_", " ").split(" ")[0] for part in told}
    assert drivers["usual"] + sum(part["units"] for part in drivers["parts"]) == pytest.approx(
        drivers["mean"], abs=1e-3
    )


def test_an_override_is_shown_beside_what_the_model_alone_says(client):
    body = {
        "kind": "multiply",
        "sku": "SKU-05",
        "start": "2024-07-29",
        "end": "2024-08-10",
        "value": "2",
        "reason": "deal",
    }
    made = client.post("/v1/overrides", json=body, headers={"Idempotency-Key": "deal"})
    assert made.status_code == 201, made.text
    rows = product(client, "SKU-05").one(id="forecast-table").rows()
    assert float(rows[0][1]) == pytest.approx(2 * float(rows[0][-1]), abs=0.02)
    assert "model alone" in product(client, "SKU-05").one("section", aria_labelledby="demand-title").text


def test_stock_runs_out_on_the_page_when_the_table_says_so(client):
    page = product(client, "SKU-03")
    figures = page.one("dl").text
    rows = page.one(id="stock-table").rows()
    out = [row for row in rows if float(row[-1].split()[0]) >= 50]
    assert f"First stock-out {out[0][0]}" in figures
    assert [float(row[-1].split()[0]) for row in rows] == sorted(float(row[-1].split()[0]) for row in rows)


def test_what_is_on_the_way_arrives_in_the_projection(rich):
    page = product(rich, "SKU-07")
    assert page.one("section", aria_labelledby="orders-title").one("table").rows() == [
        ["6 Aug 2024", "60", "PO-1", "Acme"]
    ]
    arrivals = [(row[0], row[1]) for row in page.one(id="stock-table").rows() if row[1]]
    assert arrivals == [("6 Aug 2024", "60")]
    chart = json.loads(page.one(data_kind="stock").attributes["data-chart"])
    assert [word for _, word in chart["arrivals"]] == ["+60"]


def test_stock_outs_promotions_and_events_are_marked_where_they_were(rich):
    chart = json.loads(product(rich, "SKU-03").one(data_kind="demand").attributes["data-chart"])
    day = 86_400
    as_of = (date(2024, 7, 29) - date(1970, 1, 1)).days
    assert chart["outs"] == [[(as_of - 60) * day, (as_of - 52) * day], [(as_of - 4) * day, as_of * day]]
    assert [name for _, name in chart["events"]] == ["spring day", "summer deal"]
    assert chart["promotions"] == []
    promoted = product(rich, "SKU-05")
    assert "promotion deal: 10 Jun 2024 – 16 Jun 2024, −20 %" in promoted.text


def test_lots_add_up_to_what_is_on_hand_and_fees_to_their_sum(rich):
    part = Reader.of(rich.get("/ui/products/one/lots?sku=SKU-20&location=main").text)
    lots, fees = part.all("table")
    held = lots.rows()
    assert sum(float(row[1].replace(",", "")) for row in held) == pytest.approx(4_000, abs=2)
    amounts = [float(row[1].lstrip("€").replace(",", "")) for row in fees.rows()]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.03)
    assert amounts[-1] > 0


def test_what_is_not_known_is_said(client, rich):
    assert "No receipt tells how old" in client.get("/ui/products/one/lots?sku=SKU-05&location=main").text
    assert "No storage fee is told" in client.get("/ui/products/one/lots?sku=SKU-05&location=main").text
    assert "cannot be taken apart" in product(rich, "SKU-05").text
    assert "A baseline stands in for the model: made for a test" in product(rich, "SKU-05").text


def test_a_product_that_is_not_there_is_refused(client):
    for query in ("sku=nope", "sku=SKU-05&location=moon"):
        answer = client.get(f"/ui/products/one?{query}")
        assert answer.status_code == 404
        assert "sku.unknown" in answer.text
    assert client.get("/ui/products/one/lots?sku=SKU-05&location=moon").status_code == 404


def test_names_that_look_like_html_or_addresses_do_no_harm(tmp_path):
    import pandas as pd

    from tests.tiny_shop import write_shop

    odd = "<script>alert(1)</script>&'\"/?#% é"
    shop = write_shop(tmp_path / "odd")
    for name in ("sales", "products", "stock"):
        table = pd.read_csv(shop / f"{name}.csv")
        table["sku"] = table["sku"].replace("SKU-05", odd)
        if name == "products":
            table["name"] = table["name"].replace("Thing SKU-05", odd)
        table.to_csv(shop / f"{name}.csv", index=False)
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    context = use_cases.load_service(shop, None, settings, lambda sentence: None, "made for a test")
    browser = client_of(create_api(make_platform(tmp_path, context=context)))
    listed = Reader.of(browser.get("/ui/products?q=alert(1)").text)
    (link,) = [item for item in listed.one("table", class_="products").all("a") if item.text == odd]
    page = Reader.of(browser.get(link.attributes["href"]).text)
    assert odd in page.one("h1").text
    assert not [script for script in page.all("script") if script.text]
    (part,) = [item.attributes["hx-get"] for item in page.all(hx_trigger="load")]
    assert browser.get(part).status_code == 200
