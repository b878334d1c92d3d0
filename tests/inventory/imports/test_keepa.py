"""Keepa: minutes to days, cents to money, −1 to nothing; the real answer gives the values of its decoded twin."""

import csv
import datetime as dt
import json
import os
from pathlib import Path

import pytest

from core.errors import DataError, UsageError
from inventory.imports.importing import import_report
from inventory.imports.keepa import keepa_day
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings

DAY = 24 * 60
START = 7_554_240  # 2025-05-13 00:00 UTC


def answer(**facts):
    histories = facts.pop("histories", {})
    product = {
        **{"asin": "B01", "title": "Lamp", "brand": "Acme", "domainId": 1, "rootCategory": 55},
        "categoryTree": [{"catId": 55, "name": "Home & Kitchen"}, {"catId": 77, "name": "Desk Lamps"}],
        "csv": [histories.get(index) for index in range(36)],
        **facts,
    }
    return Source("keepa.json", json.dumps({"products": [product]}).encode())


def signals(made):
    return {(row["name"], row["date"]): row["value"] for row in made.tables["signals"].to_dict("records")}


def test_a_keepa_minute_is_counted_from_2011_utc():
    assert keepa_day(0) == dt.date(2011, 1, 1)
    assert keepa_day(START) == dt.date(2025, 5, 13)
    assert keepa_day(START - 1) == dt.date(2025, 5, 12)


def test_the_last_value_of_a_day_stays_and_no_value_is_left_out():
    made = import_report(
        "keepa",
        [
            answer(
                histories={
                    3: [START, 900, START + 60, 800, START + DAY, -1, START + 2 * DAY, 700],
                    1: [START, 2599, START + DAY, -1],
                    18: [START, 2400, 150],
                    30: [START, 1, START + 1, 2],
                }
            )
        ],
    )
    assert signals(made) == {
        ("bsr", "2025-05-13"): "800",
        ("bsr", "2025-05-15"): "700",
        ("price_new", "2025-05-13"): "25.99",
        ("price_buy_box", "2025-05-13"): "25.50",
    }
    assert made.account.rows_skipped == {
        "a history that is not used": 2,
        "no value (−1)": 2,
        "replaced by a later value of the day": 1,
    }
    assert (made.account.rows_read, made.account.rows_kept) == (9, 4)
    (product,) = made.tables["products"].to_dict("records")
    assert (product["sku"], product["category"], product["brand"]) == ("B01", "Home & Kitchen", "Acme")


def test_yen_have_no_hundredths():
    made = import_report("keepa", [answer(histories={1: [START, 2599]}, domainId=5)])
    assert signals(made) == {("price_new", "2025-05-13"): "2599"}


def test_sub_categories_and_the_badge_are_signals_and_the_main_rank_is_not_told_twice():
    made = import_report(
        "keepa",
        [
            answer(
                histories={3: [START, 900]},
                salesRanks={"55": [START, 900], "77": [START, 12]},
                monthlySoldHistory=[START, 100, START + DAY, 200],
            )
        ],
        ImportSettings(sku="LAMP"),
    )
    assert signals(made) == {
        ("bsr", "2025-05-13"): "900",
        ("bsr_desk_lamps", "2025-05-13"): "12",
        ("monthly_sold", "2025-05-13"): "100",
        ("monthly_sold", "2025-05-14"): "200",
    }
    assert set(made.tables["signals"]["sku"]) == {"LAMP"}


def test_a_competitors_answer_tells_price_rank_and_whether_it_could_be_bought():
    source = answer(
        histories={1: [START, 2599, START + DAY, -1, START + 3 * DAY, 1999], 3: [START, 900], 11: [START, 2]}
    )
    with pytest.raises(UsageError, match="--sku"):
        import_report("keepa", [source], ImportSettings(competitor=True))
    made = import_report("keepa", [source], ImportSettings(competitor=True, sku="LAMP"))
    assert signals(made) == {
        ("competitor_price", "2025-05-13"): "25.99",
        ("competitor_price", "2025-05-16"): "19.99",
        ("competitor_bsr", "2025-05-13"): "900",
        ("competitor_in_stock", "2025-05-13"): "1",
        ("competitor_in_stock", "2025-05-14"): "0",
        ("competitor_in_stock", "2025-05-16"): "1",
    }
    assert "products" not in made.tables


@pytest.mark.parametrize("history", [[START], [START, "many"], [-5, 1], ["x", "y"], [10**11, 5], "text", [START, [1]]])
def test_what_is_no_time_and_value_is_refused_with_its_place(history):
    made = import_report("keepa", [answer(histories={3: history})])
    assert made.refused["column"].tolist() == ["products/0/csv/3"] * len(made.refused)
    assert made.account.rows_refused == made.account.rows_read >= 1


@pytest.mark.parametrize("text", ["{}", "[1]", '{"products": [{}]}', '{"products": {"asin": "B"}}'])
def test_what_is_no_answer_about_products_is_refused(text):
    with pytest.raises(DataError, match="list of products"):
        import_report("keepa", [Source("k.json", text.encode())])


REAL = Path(os.environ.get("FILLRATE_SAMPLES", "")) / "amazon_keepa_bsr"


@pytest.mark.skipif(
    "FILLRATE_SAMPLES" not in os.environ, reason="set FILLRATE_SAMPLES to a folder of real exports to read them"
)
def test_the_real_answer_gives_the_values_of_its_decoded_twin():
    made = import_report("keepa", [Source("p.json", (REAL / "raw" / "product_response.json").read_bytes())])
    found = {key: float(value) for key, value in signals(made).items()}
    with (REAL / "signals.csv").open(encoding="utf-8") as file:
        twin = {(row["name"], row["date"]): float(row["value"]) for row in csv.DictReader(file)}
    differing = {key for key in twin if found.get(key) != twin[key]}
    assert differing == {("bsr", "2026-02-02")}  # the answer tells the rank twice, and its two tellings differ there
    assert found["bsr", "2025-05-13"] == 171_778
    assert found["monthly_sold", "2025-08-03"] == 100
    assert found["price_new", "2025-05-13"] == 25.99
    assert (made.account.rows_read, made.account.rows_kept, made.account.rows_refused) == (880, 227, 0)
