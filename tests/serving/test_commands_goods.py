"""`fillrate suppliers | returns` on a small shop: what they print, write and refuse."""

import pandas as pd
import pytest

from core.settings import Settings
from inventory.supplier_buffer import disruption_floor
from serving import goods
from serving.question import open_dataset
from tests.money_shop import write_money_shop

SETTINGS = Settings.from_environment({"FILLRATE_HOME": "/nowhere"})


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_money_shop(tmp_path_factory.mktemp("goods") / "shop")


@pytest.fixture(scope="module")
def dataset(shop):
    return open_dataset(shop, False, SETTINGS, lambda sentence: None)


@pytest.fixture
def two_suppliers(tmp_path):
    """Lamps also come from Acme by sea, a quarter of them, 16 days late at the longest."""
    own = write_money_shop(tmp_path / "two")
    supply = pd.read_csv(own / "supply.csv")
    sea = supply[supply["mode"] == "sea"].assign(sku="LAMP")
    pd.concat([supply, sea]).to_csv(own / "supply.csv", index=False)
    receipts = pd.read_csv(own / "receipts.csv")
    more = receipts[receipts["order_id"] == "PO-0"].assign(order_id="PO-9", sku="LAMP", quantity=120, defective=0)
    pd.concat([receipts, more]).to_csv(own / "receipts.csv", index=False)
    return own


def test_suppliers_are_judged_and_floors_do_not_count_planned_delays_twice(fillrate, shop, dataset, tmp_path):
    said = fillrate(
        "suppliers", "--data", shop, "--lead-times", tmp_path / "lead.csv", "--floors", tmp_path / "floors.csv"
    )
    assert said.code == 0, said.err
    assert "backup supplier or more safety stock" in said.out
    lanes = pd.read_csv(tmp_path / "lead.csv").set_index(["supplier", "mode"])
    sea = lanes.loc[("Acme", "sea")]
    assert sea["learned_days"] == pytest.approx((5 * 35 + 6 * sea["observed_days"]) / 11)
    report = goods.supplier_report(dataset, None)
    mug = report.floors[report.floors["sku"] == "MUG"].iloc[0]
    assert mug["floor"] == pytest.approx(mug["daily_units"] * (16 - (sea["learned_days"] - 35)))  # E04
    lamp = report.floors[report.floors["sku"] == "LAMP"].iloc[0]
    assert lamp["vmi"]
    assert lamp["own_buffer"] == 0.0


def test_the_bad_batch_is_found_and_what_is_sold_again_is_told(fillrate, shop, tmp_path):
    said = fillrate("returns", "--data", shop, "--out", tmp_path / "resale.csv")
    assert said.code == 0, said.err
    assert "batch PO-3" in said.out
    assert "correct the listing's sizes" in said.out
    resale = pd.read_csv(tmp_path / "resale.csv").set_index("sku")
    assert resale.loc["SHOE", "resold"] == 30.0


def test_facts_from_as_of_on_are_not_used(fillrate, shop, tmp_path):
    said = fillrate("returns", "--data", shop, "--as-of", "2026-04-03", "--out", tmp_path / "resale.csv")
    assert said.code == 0, said.err
    assert pd.read_csv(tmp_path / "resale.csv").set_index("sku").loc["SHOE", "returned"] == 6.0


def test_of_two_suppliers_each_needs_a_floor_for_its_share_and_the_item_the_larger_one(
    fillrate, two_suppliers, tmp_path
) -> None:
    """O10: 360 lamps came by truck, never late, and 120 by sea."""
    said = fillrate("suppliers", "--data", two_suppliers, "--floors", tmp_path / "floors.csv")
    assert said.code == 0, said.err
    lamps = pd.read_csv(tmp_path / "floors.csv").query("sku == 'LAMP'").set_index("supplier")
    assert lamps["share"].to_dict() == {"Near": 0.75, "Acme": 0.25}
    for row in lamps.itertuples():
        alone = disruption_floor(row.daily_units, row.longest_delay_days, row.planned_delay_days)
        assert row.floor == pytest.approx(row.share * alone)
        assert row.item_floor == pytest.approx(lamps["floor"].max())
        assert row.to_hold == max(row.safety_stock, row.item_floor)  # E04: the greater, not the sum
    assert lamps["floor"].to_dict()["Near"] == 0 < lamps["floor"].to_dict()["Acme"]


def test_suppliers_that_fail_together_need_the_sum(two_suppliers) -> None:
    receipts = pd.read_csv(two_suppliers / "receipts.csv")
    late = receipts["order_id"] == "PN-0"
    receipts.loc[late, "received_on"] = "2026-01-25"
    receipts.to_csv(two_suppliers / "receipts.csv", index=False)
    opened = open_dataset(two_suppliers, False, SETTINGS, lambda sentence: None)
    alone, together = (
        goods.supplier_report(opened, None, flag).floors.query("sku == 'LAMP'") for flag in (False, True)
    )
    assert (alone["floor"] > 0).all()
    assert together["item_floor"].iloc[0] == pytest.approx(alone["floor"].sum())
    assert alone["item_floor"].iloc[0] == pytest.approx(alone["floor"].max())


def test_safety_stock_is_that_of_the_learned_lead_time_and_the_spread_of_91_days(shop, dataset) -> None:
    floors = goods.supplier_report(dataset, None).floors.set_index(["sku", "mode"])
    mug, lane = floors.loc["MUG", "sea"], goods.supplier_report(dataset, None).lead_times.set_index("mode").loc["sea"]
    sales = pd.read_csv(shop / "sales.csv", parse_dates=["date"]).query("sku == 'MUG'")["units"].tail(91)
    wanted = (
        1.6448536
        * (lane["learned_days"] * sales.var(ddof=1) + mug["daily_units"] ** 2 * lane["learned_sd_days"] ** 2) ** 0.5
    )
    assert mug["safety_stock"] == pytest.approx(wanted, rel=1e-6)


def test_returns_are_linked_to_the_orders_that_sold_them(fillrate, shop, tmp_path) -> None:
    """R02: R-1 sold 20 shoes of the 30 that came back, R-2 sold mugs, R-3 is no order, R-4 is right."""
    (tmp_path / "lines.csv").write_text("order_id,sku,units\nR-1,SHOE,20\nR-2,MUG,6\nR-4,LAMP,2\n")
    said = fillrate("returns", "--data", shop, "--order-lines", tmp_path / "lines.csv")
    assert said.code == 0, said.err
    by_link, unexplained = said.out.split("Links to orders")[1].split("Returns without their order")
    for state in ("linked", "unknown order", "sku not in order", "more than sold"):
        assert state in by_link
    assert [order in unexplained for order in ("R-1", "R-2", "R-3", "R-4")] == [True, True, True, False]


def test_waiting_times_of_returns_are_told_and_late_ones_named(fillrate, shop, tmp_path) -> None:
    """R03: U-1 waited 2 days to be inspected; U-2 has waited 10 days since, one time written with an offset."""
    (tmp_path / "events.csv").write_text(
        "return_id,state,at\nU-1,received,2026-05-20\nU-1,inspected,2026-05-22T02:00:00+02:00\nU-1,closed,2026-05-23\n"
        "U-2,received,2026-05-22\nU-3,received,2026-06-01T08:00\n"
    )
    asked = ("returns", "--data", shop, "--events", tmp_path / "events.csv", "--limits", "received=3, inspected=5")
    said = fillrate(*asked)
    assert said.code == 0, said.err
    times, late = said.out.split("Days in each state")[1].split("Waiting too long")
    (received,) = [line.split() for line in times.splitlines() if line.startswith("received")]
    assert [float(cell) for cell in received[1:4]] == [2, 1, 6]  # two units, one of them waiting, 2 and 10 days
    assert ("U-2" in late, "U-1" in late, "U-3" in late) == (True, False, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--order-lines", "nowhere.csv"], "--order-lines nowhere.csv is no file"),
        (["--events", "{told}"], "column 'at': is no moment (got 'soon')"),
        (["--events", "{told}", "--limits", "lost=3"], "--limits lost=3 is no limit"),
        (["--events", "{told}", "--limits", "received=-1"], "--limits received=-1 is no limit"),
        (["--events", "{told}", "--limits", "received"], "write received=2,graded=5"),
    ],
)
def test_bad_words_are_refused(fillrate, shop, tmp_path, words, message) -> None:
    told = tmp_path / "told.csv"
    told.write_text("return_id,state,at\nU-1,received,soon\n")
    said = fillrate("returns", "--data", shop, *(word.format(told=told) for word in words))
    assert said.code in (2, 3)
    assert message in said.err
