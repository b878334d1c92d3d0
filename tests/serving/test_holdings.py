"""What a plan starts from, read from a folder: limits, terms of orders, closed days, receipts, transfers, kits."""

import pandas as pd
import pytest

from core.settings import Settings
from serving.holdings import component_series, holdings
from serving.left_out import left_out
from serving.question import ask, open_dataset
from tests.tiny_shop import AS_OF, write_shop

RULES = """
[[planning.limits]]
name = "cash"
of = "orders"
unit = "money"
capacity = [900, 700]
category = "a"
[[planning.orders]]
supplier = "Acme"
minimum_units = 40
[planning.closures]
Acme = ["2024-07-29..2024-07-30"]
[planning.receiving]
main = "mon,fri"
"""


@pytest.fixture(scope="module")
def question(tmp_path_factory):
    folder = write_shop(tmp_path_factory.mktemp("shops") / "rules", days=60)
    with (folder / "dataset.toml").open("a", encoding="utf-8") as file:
        file.write(RULES)
    (folder / "supply.csv").write_text(
        "sku,location,supplier,mode,lead_time_days,freight_cost\n*,,Acme,sea,30,0\nSKU-05,main,3pl,transfer,3,0.5\n"
    )
    stock = pd.read_csv(folder / "stock.csv").assign(location="main")
    there = pd.DataFrame({"sku": ["SKU-05"], "date": [AS_OF], "on_hand": [70], "location": ["3pl"]})
    pd.concat([stock, there]).to_csv(folder / "stock.csv", index=False)
    (folder / "kits.csv").write_text("sku,component,quantity\nSKU-00,SKU-01,\nSKU-03,BOX,2\n")
    (folder / "receipts.csv").write_text(
        "sku,supplier,mode,placed_on,received_on,quantity\n"
        + "".join(f"SKU-01,Acme,sea,2024-06-0{day},2024-07-1{day},10\n" for day in range(1, 6))
    )
    settings = Settings.from_environment({"FILLRATE_HOME": str(folder / "home")})
    dataset = open_dataset(folder, False, settings, lambda sentence: None)
    return ask(dataset, None, None, settings)


@pytest.fixture(scope="module")
def held(question):
    return holdings(question, component_series(question))


def test_limits_and_terms_of_orders_fit_the_series(held):
    limit, order = held.buying.limits[0], held.buying.whole_orders[0]
    assert (limit.name, limit.money, limit.stock, limit.capacity) == ("cash", True, False, (900.0, 700.0))
    assert limit.usage.tolist() == [1.0, 0.0] * 6 + [0.0]
    assert (order.supplier, order.terms.least_units) == ("Acme", 40.0)


def test_closed_days_reach_the_order_calendar(held):
    assert len(held.buying.calendar.closures["Acme"]) == 2
    assert held.buying.calendar.receiving == {"main": "mon,fri"}


def test_receipts_teach_the_lead_time_that_plans_use(held):
    assert set(held.terms["lead_time_days"]) == {35.0}
    assert held.terms["assumed"].str.contains("from 5 receipts and a promise of 30").all()


def test_a_transfer_is_a_way_with_what_its_source_has(held):
    moves = held.buying.ways[held.buying.ways["mode"] == "transfer"]
    assert moves[["sku", "capacity", "rank"]].to_numpy().tolist() == [["SKU-05", 70.0, 1]]


def test_components_without_sales_are_planned_after_the_others(question, held):
    assert held.terms["sku"].iloc[-1] == "BOX"
    assert len(held.terms) == len(held.on_hand) == len(held.inbound) == 13
    names = held.terms["sku"].to_numpy()
    bill = held.buying.bill
    lines = zip(names[bill.kit], names[bill.component], bill.quantity, strict=True)
    assert sorted(lines) == [("SKU-00", "SKU-01", 1.0), ("SKU-03", "BOX", 2.0)]
    assert not any("3pl" in sentence for sentence in left_out(question.dataset, question.panel.series, question.as_of))


def test_the_table_of_kits_is_checked(tmp_path):
    from core.errors import DataError

    folder = write_shop(tmp_path / "bad", days=30)
    (folder / "kits.csv").write_text("sku,component,quantity\nSKU-00,SKU-01,-2\n")
    with pytest.raises(DataError, match="quantity"):
        open_dataset(folder, False, Settings.from_environment({}), lambda sentence: None)
