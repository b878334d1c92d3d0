"""`fillrate fees | profit` on a small shop: what they print, write and refuse."""

import csv
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from core.errors import UsageError
from core.settings import Settings
from inventory.fees.rate_card import read_rate_cards
from serving import money, use_cases
from serving.question import open_dataset
from tests.money_shop import AS_OF, write_money_shop

SETTINGS = Settings.from_environment({"FILLRATE_HOME": "/nowhere"})


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_money_shop(tmp_path_factory.mktemp("money") / "shop")


@pytest.fixture(scope="module")
def dataset(shop):
    return open_dataset(shop, False, SETTINGS, lambda sentence: None)


@pytest.mark.parametrize("name", ["fees", "profit", "suppliers", "returns"])
def test_each_command_explains_itself_with_an_example(fillrate, name):
    said = fillrate(name, "--help")
    assert said.code == 0
    assert f"fillrate {name} --data my_shop" in said.out


def test_fees_are_told_dearest_first_and_every_charge_has_its_source(fillrate, shop, tmp_path):
    said = fillrate("fees", "--data", shop, "--charges", tmp_path / "charges.csv", "--out", tmp_path / "fees.json")
    assert said.code == 0, said.err
    fees = json.loads((tmp_path / "fees.json").read_text())
    assert [row["sku"] for row in fees] == ["RUG", "PIN", "SHOE", "MUG", "LAMP"]
    charges = pd.read_csv(tmp_path / "charges.csv")
    assert charges["amount"].sum() == pytest.approx(sum(row["total"] for row in fees))
    assert charges["source"].notna().all()
    assert "RUG" in said.out
    assert "in all, of which" in said.out


def test_fees_of_one_charge_can_be_worked_out_by_hand(dataset):
    books = money.open_books(dataset, None, money.FeeOptions(days=30), lambda sentence: None)
    (storage,) = [c for c in books.runs["RUG", "main"].charges if c.fee == "monthly_storage"]
    # 130 rugs on June 1st, 12 sold in 28 days: 3/7 a day fewer at each end of day, 130 − 15.5 · 3/7 on average.
    a_day = Decimal(repr(books.daily["RUG", "main"]))
    assert float(storage.amount) == pytest.approx(
        float((130 - Decimal("15.5") * a_day) * Decimal("2.4") * Decimal("0.56")), rel=1e-6
    )
    assert storage.location == "main"


def test_an_old_dataset_is_priced_at_the_rates_of_another_year(fillrate, tmp_path):
    old = write_money_shop(tmp_path / "old")
    for name in ("sales", "stock", "receipts", "returns"):
        path = old / f"{name}.csv"
        path.write_text(path.read_text().replace("2026-", "2016-").replace("2025-", "2015-").replace("02-29", "02-28"))
    refused = fillrate("fees", "--data", old)
    assert refused.code == 4
    assert "monthly_storage is not known on 2016-06-01; known: 2023-02-01" in refused.err
    said = fillrate("fees", "--data", old, "--rates-year", "2026")
    assert said.code == 0, said.err
    assert "Fees from 2026-06-01 over 90 days" in said.out


def test_own_rate_tables_and_a_forecast_replace_what_is_assumed(fillrate, shop, tmp_path):
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "monthly_storage.toml").write_text(
        '[[table]]\neffective_from = 2020-01-01\nsource = "our 3PL"\nconfidence = "official"\n'
        'rates = [{ tier = "any", from = 1, below = 13, rate = 3 }]\n'
    )
    forecast = tmp_path / "forecast.csv"
    forecast.write_text("sku,date,mean\n" + "".join(f"LAMP,2026-06-{day:02d},0\n" for day in range(1, 31)))
    said = fillrate(
        *("fees", "--data", shop, "--days", 30, "--fee-tables", tables, "--forecast", forecast),
        *("--out", tmp_path / "fees.csv"),
    )
    assert said.code == 0, said.err
    lamp = pd.read_csv(tmp_path / "fees.csv").set_index("sku").loc["LAMP"]
    assert lamp["monthly_storage"] == pytest.approx(60 * 0.55 * 3)  # nothing is sold in June


def test_profit_tells_margin_break_even_and_returns_on_stock(fillrate, shop, tmp_path):
    said = fillrate(
        *("profit", "--data", shop, "--by", "category", "--ways", "--space", "--ladder", "RUG"),
        *("--out", tmp_path / "profit.csv"),
    )
    assert said.code == 0, said.err
    table = pd.read_csv(tmp_path / "profit.csv").set_index("sku")
    for row in table.itertuples():
        costs = row.referral + row.fulfilment + row.storage + row.returns + row.advertising + row.landed_cost
        assert row.margin == pytest.approx(row.price - costs, abs=1e-6)
        assert (row.margin > 0) == (row.price > row.break_even)
    assert table.loc["LAMP", "mode"] == "truck"  # 13.02 by truck: cheaper than by sea from Acme
    for words in (
        "Returns on stock by category",
        "Landed cost of every way",
        "Who deserves the space",
        "Markdowns of RUG",
    ):
        assert words in said.out
    unknown = fillrate("profit", "--data", shop, "--by", "colour")
    assert unknown.code == 2
    assert "--by colour is no column of products" in unknown.err


def test_the_journal_balances_and_holds_the_receipts_and_sales_of_the_window(fillrate, shop, tmp_path):
    said = fillrate("profit", "--data", shop, "--journal", tmp_path / "journal.csv", "--quiet")
    assert said.code == 0, said.err
    rows = list(csv.DictReader((tmp_path / "journal.csv").read_text().splitlines()))
    sums = [sum(Decimal(row[side] or "0") for row in rows) for side in ("debit", "credit")]
    assert sums[0] == sums[1] > 0
    sold = pd.read_csv(shop / "sales.csv", parse_dates=["date"])
    mugs = sold[(sold["sku"] == "MUG") & (sold["date"] >= "2026-03-03")]["units"].sum()
    booked = sum(Decimal(row["debit"] or "0") for row in rows if row["account"] == "5000" and row["sku"] == "MUG")
    assert booked == Decimal(int(mugs)) * Decimal("3.20")
    assert any(row["text"] == "receipt of 600 at 3.2, PO-1" for row in rows)


def test_claims_and_missing_credits_are_listed_from_files(fillrate, shop, tmp_path):
    (tmp_path / "moves.csv").write_text("sku,date,kind,units\nMUG,2026-05-02,lost,12\nMUG,2026-05-10,found,4\n")
    (tmp_path / "refunds.csv").write_text("order_id,sku,date,units\nO-1,SHOE,2026-03-10,1\nR-1,SHOE,2026-03-10,1\n")
    said = fillrate("fees", "--data", shop, "--movements", tmp_path / "moves.csv")
    assert "25.60" in said.out  # 8 mugs at their cost of 3.20
    said = fillrate("returns", "--data", shop, "--refunds", tmp_path / "refunds.csv")
    assert "O-1" in said.out
    assert "R-1" not in said.out.split("Refunded, neither returned nor paid")[1]


REFUSED = [
    (["fees", "--days", "0"], "--days 0 is outside 1 … 730"),
    (["fees", "--curve", "GHOST"], "no fees are told of 'GHOST'"),
    (["fees", "--out", "fees.xlsx"], ".csv, .parquet, .json"),
    (["fees", "--forecast", "nowhere.csv"], "--forecast nowhere.csv is no file"),
    (["fees", "--movements", "{told}"], "column 'kind': required column is missing"),
    (["fees", "--forecast", "{told}"], "told.csv:3: column 'mean': is no number (got 'many')"),
    (["profit", "--as-of", "soon"], "write it like 2024-04-15"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_bad_words_are_refused(fillrate, shop, tmp_path, words, message):
    told = tmp_path / "told.csv"
    told.write_text("sku,date,mean,units\nA,2026-06-01,1,1\nA,2026-06-02,many,1\n")
    said = fillrate(words[0], "--data", shop, *(word.format(told=told) for word in words[1:]))
    assert said.code in (2, 3, 4)
    assert message in said.err


def test_items_without_a_volume_are_told_and_locations_of_another_kind_pay_nothing(shop, tmp_path):
    own = write_money_shop(tmp_path / "own")
    (own / "locations.csv").write_text("location,kind\nmain,own\n")
    told: list[str] = []
    dataset = open_dataset(own, False, SETTINGS, told.append)
    assert money.open_books(dataset, None, money.FeeOptions(), told.append).runs == {}
    products = pd.read_csv(shop / "products.csv")
    products.assign(volume=products["volume"].where(products["sku"] != "PIN")).to_csv(own / "products.csv", index=False)
    (own / "locations.csv").unlink()
    books = money.open_books(open_dataset(own, False, SETTINGS, told.append), None, money.FeeOptions(), told.append)
    assert ("PIN", "main") not in books.runs
    assert "1 of 5 items have no volume in products: no storage fee is told" in told
    assert str(books.as_of) == AS_OF
    assert set(books.cards) == set(read_rate_cards())


def test_plans_pay_the_fees_where_the_dataset_says_so(shop, dataset, tmp_path):
    assert money.plan_storage(dataset, dataset.table("stock")["date"].max().date()) is None
    own = write_money_shop(tmp_path / "own")
    config = own / "dataset.toml"
    config.write_text(config.read_text() + "[fees]\nin_plan = true\n")
    asked = open_dataset(own, False, SETTINGS, lambda sentence: None)
    question = use_cases.ask(asked, None, 28, SETTINGS)
    held = use_cases.holdings(question)
    fees = held.buying.storage.fees("RUG", "main", question.panel.frequency.dates(np.datetime64(AS_OF), 28))
    assert fees.a_unit.sum() == pytest.approx(28 / 30 * 2.4 * 0.56)  # four weeks of June
    products = pd.read_csv(own / "products.csv").drop(columns="volume")
    products.to_csv(own / "products.csv", index=False)
    with pytest.raises(UsageError, match="no product has a volume"):
        use_cases.holdings(use_cases.ask(open_dataset(own, False, SETTINGS, lambda _: None), None, 28, SETTINGS))


def test_a_journal_without_any_unit_cost_is_refused(fillrate, tmp_path):
    own = write_money_shop(tmp_path / "own")
    pd.read_csv(own / "products.csv").drop(columns="unit_cost").to_csv(own / "products.csv", index=False)
    said = fillrate("profit", "--data", own, "--journal", tmp_path / "journal.csv")
    assert said.code == 2
    assert "no product has one; add the column" in said.err
    assert not (tmp_path / "journal.csv").exists()


def test_a_weekly_dataset_is_spread_over_its_days(fillrate, tmp_path):
    own = write_money_shop(tmp_path / "own")
    sales = pd.read_csv(own / "sales.csv", parse_dates=["date"])
    weekly = sales.groupby(["sku", pd.Grouper(key="date", freq="W-MON", label="left", closed="left")])
    table = weekly.agg(units=("units", "sum"), price=("price", "last")).reset_index()
    table[table["date"] >= "2026-02-02"].to_csv(own / "sales.csv", index=False)
    (own / "dataset.toml").write_text('frequency = "W-MON"\n')
    said = fillrate("fees", "--data", own, "--out", tmp_path / "weekly.csv")
    assert said.code == 0, said.err
    found = pd.read_csv(tmp_path / "weekly.csv").set_index("sku")
    mugs = sales[(sales["sku"] == "MUG") & (sales["date"] >= "2026-05-04")]["units"].sum() / 28
    assert found.loc["MUG", "days_of_supply"] == pytest.approx(640 / mugs)
