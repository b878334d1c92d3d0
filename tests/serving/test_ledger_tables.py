"""`stock_from = "ledger"` counts for alerts, health and simulations too, with what is on its way and since when."""

from datetime import timedelta

import pandas as pd
import pytest

from core.settings import Settings
from inventory.dataset import read_dataset
from inventory.ledger.book import record
from inventory.ledger.movement import Bucket, Movement, MovementKind
from serving.alerts.local import local_database
from serving.alerts.watching import known_stock
from serving.ledger_tables import with_local_ledger
from serving.question import ask
from tests.services import NOON
from tests.tiny_shop import write_shop


def tell(settings, movements) -> None:
    with local_database(settings) as database, database.transaction() as connection:
        record(connection, "local", movements, NOON)


def receipt(sku, day, units) -> Movement:
    return Movement(sku, "main", day, MovementKind.RECEIPT, units, "erp", f"in-{sku}-{day}")


@pytest.fixture
def shop_of_ledger(tmp_path):
    """A shop that plans from the ledger, its settings and its question as of the newest day."""
    folder = write_shop(tmp_path / "ledgers", days=60)
    with (folder / "dataset.toml").open("a", encoding="utf-8") as file:
        file.write('\n[planning]\nstock_from = "ledger"\ninbound_days = 9\n')
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    return folder, settings, ask(read_dataset(folder), None, None, settings)


def on_hand(question) -> pd.Series:
    found = known_stock(question.dataset, question.panel.series, question)
    return pd.Series(found, index=question.panel.series["sku"])


def test_the_ledgers_stock_replaces_what_the_table_says_of_the_products_that_it_knows(shop_of_ledger) -> None:
    _, settings, question = shop_of_ledger
    before = on_hand(question)
    tell(settings, [receipt("SKU-03", question.as_of - timedelta(1), 17), receipt("SKU-05", question.as_of, 99)])
    after = on_hand(with_local_ledger(question))
    assert after["SKU-03"] == 17.0
    assert after["SKU-05"] == before["SKU-05"], "a movement of the day itself is not known"
    assert after.drop("SKU-03").equals(before.drop("SKU-03"))


def test_m43_what_the_ledger_has_on_its_way_is_an_open_order_with_its_stage_and_since_when(shop_of_ledger) -> None:
    _, settings, question = shop_of_ledger
    placed = question.as_of - timedelta(30)
    way = Bucket.OUTSIDE, Bucket.INBOUND_WORKING
    sent = Bucket.INBOUND_WORKING, Bucket.INBOUND_SHIPPED
    tell(
        settings,
        [
            Movement("SKU-03", "main", placed, MovementKind.ORDER_PLACED, 30, "erp", "po", *way),
            Movement("SKU-03", "main", placed + timedelta(10), MovementKind.SHIPMENT, 20, "erp", "out", *sent),
        ],
    )
    orders = with_local_ledger(question).dataset.table("open_orders").set_index("stage")
    assert orders.loc["factory", "quantity"] == 10.0
    assert orders.loc["transit", "quantity"] == 20.0
    assert orders.loc["transit", "stage_since"] == pd.Timestamp(placed + timedelta(10))
    assert orders.loc["transit", "expected_on"] == pd.Timestamp(question.as_of + timedelta(9))
    assert orders.loc["factory", "expected_on"] == pd.Timestamp(question.as_of + timedelta(7)), "the lead time"


def test_alerts_see_the_ledgers_empty_shelf_and_stuck_goods(fillrate, shop_of_ledger, tmp_path, monkeypatch) -> None:
    folder, settings, question = shop_of_ledger
    day = question.as_of - timedelta(40)
    way, sent = (Bucket.OUTSIDE, Bucket.INBOUND_WORKING), (Bucket.INBOUND_WORKING, Bucket.INBOUND_SHIPPED)
    got = Bucket.INBOUND_SHIPPED, Bucket.INBOUND_RECEIVING
    tell(
        settings,
        [
            receipt("SKU-11", day, 5),
            Movement("SKU-11", "main", day, MovementKind.SALE, 5, "shop", "s-1"),
            Movement("SKU-11", "main", day, MovementKind.ORDER_PLACED, 8, "erp", "po-1", *way),
            Movement("SKU-11", "main", day, MovementKind.SHIPMENT, 8, "erp", "sh-1", *sent),
            Movement("SKU-11", "main", day, MovementKind.SHIPMENT, 8, "erp", "sh-2", *got),
        ],
    )
    monkeypatch.setenv("FILLRATE_HOME", str(settings.home))
    out = tmp_path / "alerts.csv"
    said = fillrate("alerts", "--data", folder, "--out", out, "--no-keep")
    assert said.code == 0, said.err
    found = pd.read_csv(out)
    words = found.loc[found["sku"] == "SKU-11"].set_index("cause")["words"]
    assert "0 on hand and 8 on order" in words["stock-out"] or "nothing is on hand" in words["stock-out"]
    assert "has been receiving it for 40 days: 8 units are stuck inbound" in words["late-order"]


def test_a_simulation_opens_with_the_ledgers_stock(fillrate, shop_of_ledger, tmp_path, monkeypatch) -> None:
    folder, settings, _ = shop_of_ledger
    monkeypatch.setenv("FILLRATE_HOME", str(settings.home))
    words = ["simulate", "--data", folder, "--policy", "benchmark", "--rounds", 1, "--from", "2024-07-08"]
    said = fillrate(*words)
    assert (said.code, "states no stock on or before" in said.err) == (2, True), said.err
    skus = [f"SKU-{number:02d}" for number in range(12)]
    first = ask(read_dataset(folder), None, None, settings).as_of - timedelta(50)
    tell(settings, [receipt(sku, first, 500) for sku in skus])
    out = tmp_path / "played.csv"
    said = fillrate(*words, "--out", out)
    assert said.code == 0, said.err
    assert pd.read_csv(out)["fill_rate"].iloc[0] == 1.0, "500 of each last for the window"
