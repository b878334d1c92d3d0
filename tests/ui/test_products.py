"""The list of products: what the filters count is what they show, every sort is one, and the numbers are the facts'."""

import numpy as np
import pandas as pd
import pytest

from monitoring.stock_state import STATES
from serving.ui.products import SORTS, Asked, matching, sorted_rows
from serving.ui.sparkline import sparkline
from tests.ui.reading import Reader


def rows_of(page):
    return page.one("table", class_="products").rows() if page.all("table", class_="products") else []


def shown_skus(page):
    return [row[0].split()[0] for row in rows_of(page)]


@pytest.fixture(scope="module")
def made_up():
    draw = np.random.default_rng(5)
    count = 400
    table = pd.DataFrame({"sku": [f"S{n:03d}" for n in draw.permutation(count)], "location": "main"})
    table["name"] = draw.choice(["red lamp", "blue mug", "tray"], count)
    table["category"] = draw.choice(["a", "b"], count)
    table["abc"], table["xyz"] = draw.choice(list("ABC"), count), draw.choice(list("XYZ"), count)
    for name in STATES:
        table[name] = draw.random(count) < 0.2
    for column, _ in SORTS.values():
        if column not in table and column not in ("class", "order_by"):
            table[column] = np.where(draw.random(count) < 0.1, np.nan, draw.integers(0, 50, count))
    table["order_by"] = draw.choice(["", "2024-08-01", "2024-08-09"], count)
    table["words"] = (table["sku"] + " " + table["name"]).str.lower()
    return table.sort_values("sku").reset_index(drop=True)


@pytest.mark.parametrize("name", sorted(SORTS))
@pytest.mark.parametrize("down", [True, False, None])
def test_every_sort_orders_all_rows_and_puts_the_unknown_last(made_up, name, down):
    asked = Asked(sort=name, down=down)
    found = sorted_rows(made_up, asked)
    assert sorted(found["sku"]) == sorted(made_up["sku"])
    column = SORTS[name][0]
    values = (found["abc"] + found["xyz"]) if column == "class" else found[column]
    known = [value for value in values if value == value and value != ""]
    assert known == sorted(known, reverse=not asked.upwards)
    assert all(value != value or value == "" for value in list(values)[len(known) :])


def test_filters_leave_what_a_plain_loop_leaves(made_up):
    for asked in (
        Asked(q="LAMP s0"),
        Asked(state="excess", abc="A"),
        Asked(abc="B", xyz="Z", category="b"),
        Asked(q="s01 tray", state="new"),
        Asked(q="(.*"),
    ):
        kept = matching(made_up, asked)
        for at, row in enumerate(made_up.to_dict("records")):
            wanted = (
                all(word in f"{row['sku']} {row['name']}".lower() for word in asked.q.lower().split())
                and (not asked.state or row[asked.state])
                and all(getattr(asked, name) in ("", row[name]) for name in ("abc", "xyz", "category"))
            )
            assert kept[at] == wanted


def test_an_address_keeps_what_is_asked_and_begins_at_the_first_page_of_a_new_filter():
    asked = Asked(q="a&b", state="excess", sort="cover", down=True, page=4)
    assert asked.address(page=5) == "/ui/products?q=a%26b&state=excess&sort=cover&down=true&page=5"
    assert "page" not in asked.address(abc="A")
    assert asked.sorting("cover").endswith("down=false")
    assert asked.sorting("loss").endswith("sort=loss")
    assert Asked().address() == "/ui/products"


def test_the_list_shows_every_product_with_its_facts(look, client):
    page = look("/ui/products")
    served = client.get("/v1/products?limit=500").json()["items"]
    assert sorted(shown_skus(page)) == [item["sku"] for item in served]
    names = {item["sku"]: item["name"] for item in served}
    assert all(names[row[0].split()[0]] in row[0] for row in rows_of(page))


def test_the_numbers_are_the_facts_that_alerts_are_made_of(look, client, platform):
    evaluated = client.post("/v1/alerts/evaluations", headers={"Idempotency-Key": "now"})
    assert evaluated.status_code == 200
    rows = {row[0].split()[0]: row for row in rows_of(look("/ui/products"))}
    alerts = client.get("/v1/alerts?limit=200&cause=stock-out").json()["items"]
    assert alerts
    for item in alerts:
        row = rows[item["sku"]]
        assert row[7] == f"{round(item['evidence']['stockout_probability'] * 100):.0f} %"
        assert row[5].split()[0] == f"{item['evidence']['on_hand']:.0f}"
        assert row[11].split()[0] == item["severity"]


def test_each_filter_counts_what_it_shows(look):
    page = look("/ui/products")
    for link in page.one("nav", aria_label="States").all("a")[1:]:
        count = int(link.one("b").text)
        assert len(rows_of(look(link.attributes["href"]))) == count
    for link in page.one("table", class_="matrix").one("tbody").all("a"):
        if link.text.isdigit() and link.text != "0":
            shown = rows_of(look(link.attributes["href"]))
            assert len(shown) == int(link.text)
            assert {row[1] for row in shown} == {link.attributes["aria-label"].split(":")[0]}


def test_a_search_finds_and_an_empty_one_says_so(look):
    assert shown_skus(look("/ui/products?q=sku-03")) == ["SKU-03"]
    nothing = look("/ui/products?q=no-such-thing")
    assert rows_of(nothing) == []
    assert "No product fits these filters" in nothing.text


def test_htmx_gets_the_part_and_a_browser_the_page(client):
    part = client.get("/ui/products", headers={"HX-Request": "true", "HX-Boosted": "true", "HX-Target": "products"})
    assert part.text.lstrip().startswith('<div id="products"')
    back = client.get("/ui/products", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in back.text


@pytest.mark.parametrize("query", ["state=x", "abc=D", "sort=__class__", "page=0", "down=maybe"])
def test_what_the_list_cannot_do_is_refused_in_words(client, query):
    answer = client.get(f"/ui/products?{query}")
    assert answer.status_code == 422
    assert Reader.of(answer.text).one("main").all("code")


def test_a_page_beyond_the_last_is_the_last(look):
    assert rows_of(look("/ui/products?page=999"))


def test_next_orders_are_the_newest_plans(look, client):
    made = client.post("/v1/plan-runs", json={}, headers={"Idempotency-Key": "plan"}).json()
    lines = client.get(f"/v1/plan-runs/{made['run_id']}/lines?limit=200").json()["items"]
    wanted = {line["sku"]: line["quantity"] for line in lines if line["quantity"] > 0}
    shown = {row[0].split()[0]: row[9].split()[0] for row in rows_of(look("/ui/products"))}
    assert {sku: f"{wanted[sku]:,}" if sku in wanted else "–" for sku in shown} == shown
    assert wanted


def test_a_sparkline_is_the_weekly_sums_from_low_to_high():
    drawn = str(sparkline(np.r_[np.zeros(7), np.ones(7), np.full(7, 2.0)], 7))
    points = [point.split(",") for point in drawn.split('points="')[1].split('"')[0].split()]
    heights = [float(y) for _, y in points]
    assert heights == [20.0, 11.0, 2.0]
    assert sparkline(np.ones(7), 7) == ""
    assert "style" not in drawn
