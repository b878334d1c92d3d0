"""`fillrate fees --billed | --nodes` and overage; `fillrate profit --batches | --costs`: by hand, and as commands."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigurationError, UnknownSkuError
from core.settings import Settings
from inventory.profit.holding import HoldingRates, ShortageRates, holding_cost, shortage_cost
from inventory.supply import supply_terms
from serving import money, money_costs, money_storage
from serving.question import open_dataset
from tests.money_shop import write_money_shop

SETTINGS = Settings.from_environment({"FILLRATE_HOME": "/nowhere"})
COSTS = """[costs]
capital = 0.12
depreciation = 0.2
rent = 0.001
expedited_share = 0.5
expedite_premium = 0.4
lost_customer_share = 0.3
later_margin = 20
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The money shop with a warehouse from which lamps and mugs can be moved, price breaks, a limit and costs."""
    own = write_money_shop(tmp_path_factory.mktemp("storage") / "shop")
    supply = pd.read_csv(own / "supply.csv").assign(location="main", price_breaks="")
    supply.loc[supply["mode"] == "sea", "price_breaks"] = "100:11.00;500:9.50"
    moves = [
        {
            "sku": sku,
            "location": "main",
            "supplier": "3pl",
            "mode": "transfer",
            "lead_time_days": 10,
            "freight_cost": 0.3,
        }
        for sku in ("MUG", "RUG")
    ]
    far = supply[supply["mode"] == "sea"].assign(location="3pl", freight_cost=0.25)
    pd.concat([supply, far, pd.DataFrame(moves)]).to_csv(own / "supply.csv", index=False)
    with (own / "dataset.toml").open("a") as file:
        file.write("[fees]\nstorage_limit = 400\nwarehouse_rate = 0.2\n" + COSTS)
    return own


@pytest.fixture(scope="module")
def books(shop):
    dataset = open_dataset(shop, False, SETTINGS, lambda sentence: None)
    return money.open_books(dataset, None, money.FeeOptions(days=120), lambda sentence: None)


def test_stock_beyond_the_limit_costs_ten_a_cubic_foot_and_month(books) -> None:
    """C03: the mean of June's days of all volumes, less 400 cubic feet."""
    june = money_storage.overage_table(books).iloc[0]
    used = sum(float(sum(run.stock[:30], Decimal(0)) / 30 * run.item.cubic_feet) for run in books.runs.values())
    assert (str(june["month"].date()), june["rate"]) == ("2026-06-01", 10.0)
    assert june["used"] == pytest.approx(used)
    assert june["fee"] == pytest.approx((used - 400) * 10)


def test_what_was_billed_beyond_the_stock_that_was_there_is_listed(books, tmp_path) -> None:
    """R07: rugs in May: the mean of the month's stock × 2.4 cubic feet × 0.56; mugs were right, shoes not billed."""
    months = {key[0]: dict(money_storage._past_months(path)) for key, path in books.paths.items()}
    may = max(months["RUG"])
    right = {sku: float(units[may] * books.items[sku].cubic_feet) for sku, units in months.items()}
    right = {sku: volume * (0.56 if sku == "RUG" else 0.78) for sku, volume in right.items()}
    lines = [
        f"RUG,monthly_storage,2026-05-01,{right['RUG'] + 30}",
        f"MUG,monthly_storage,2026-05-01,{right['MUG'] / 2}",
    ]
    lines += [f"MUG,monthly_storage,2026-05-31,{right['MUG'] / 2}", "MUG,aged_inventory,2026-05-15,9"]
    (tmp_path / "charges.csv").write_text("sku,fee,month,amount\n" + "\n".join(lines) + "\n")
    told: list[str] = []
    table = money_storage.billed_table(books, tmp_path / "charges.csv", told.append)
    ours = table[table["month"] == pd.Timestamp(may)].set_index("sku")
    assert ours.loc["RUG", "difference"] == pytest.approx(30)
    assert table.iloc[0]["sku"] == "RUG"
    assert "MUG" not in ours.index
    assert ours.loc["SHOE", "difference"] == pytest.approx(-right["SHOE"])
    assert told == ["1 of 4 charges are of other fees, months or skus and are not compared"]


def test_what_waits_long_goes_by_the_warehouse_and_no_other_split_is_cheaper(books) -> None:
    """O37: RUG has stock for 120 days; MUG still needs units, and the late ones of them wait at the warehouse."""
    table = money_storage.node_table(books).set_index("sku")
    mug = table.loc["MUG"]
    path, daily = books.paths["MUG", "main"], books.daily["MUG", "main"]
    assert mug["to_buy"] == pytest.approx(120 * daily - 640, abs=0.01)
    assert mug["direct"] + mug["by_warehouse"] == pytest.approx(mug["to_buy"])
    assert table.loc["RUG", "to_buy"] == pytest.approx(0)
    assert (table["saving"] >= -1e-9).all()
    a_day = 0.08 * 0.78 * 12 / 365  # a mug and day at the marketplace until October, about
    waits = mug["break_even_days"]
    extra = 0.3 + 0.25 - 0.40
    assert waits == pytest.approx(10 + extra / (a_day - 0.08 * 0.2 / (365.2425 / 12)), rel=0.02)
    late = sum(1 for place in range(len(path.demand)) if place >= waits)
    assert mug["by_warehouse"] == pytest.approx(late * daily, rel=0.02)


def test_without_a_rate_or_a_transfer_it_is_said_what_a_warehouse_needs(fillrate, tmp_path) -> None:
    own = write_money_shop(tmp_path / "own")
    said = fillrate("fees", "--data", own, "--nodes")
    assert said.code == 2
    assert "set [fees] warehouse_rate" in said.err


def test_batches_cost_what_their_price_break_says_and_the_best_leaves_most(books) -> None:
    """O35: 100 to 800 by sea: goods with 4 % duty by the breaks, order cost spread, half the days in stock."""
    facts = money.profit_facts(books)
    sea = money_costs.batch_table(books, facts, "SHOE").query("mode == 'sea'").set_index("units")
    assert sea.index.tolist() == [100, 200, 400, 500, 800]
    assert sea["goods"].to_dict() == pytest.approx({100: 11.44, 200: 11.44, 400: 11.44, 500: 9.88, 800: 9.88})
    assert sea.loc[500, "landed_cost"] == pytest.approx(9.88 + 0.40 + 120 / 500)
    assert sea.loc[500, "days_of_supply"] == pytest.approx(500 / books.daily["SHOE", "main"])
    assert sea["net"].to_numpy() == pytest.approx(
        (sea["saving"] - (sea["holding"] - sea["holding"].iloc[0])).to_numpy()
    )
    assert sea["best"].sum() == 1
    assert sea.loc[sea["best"], "net"].iloc[0] == sea["net"].max() > 0
    with pytest.raises(UnknownSkuError, match="no batch of 'GHOST'"):
        money_costs.batch_table(books, facts, "GHOST")


def test_costs_of_a_unit_in_stock_and_short_are_those_of_the_stated_parts(books) -> None:
    """C04: capital, insurance, shrinkage, depreciation, rent and fees; C07: haste and lost customers."""
    table = money_costs.cost_table(books, money.profit_facts(books)).set_index("sku")
    shoe = table.loc["SHOE"]
    parts = ["capital", "insurance", "shrinkage", "depreciation", "rent", "fees"]
    assert shoe["holding"] == pytest.approx(shoe[parts].sum())
    run = books.runs["SHOE", "main"]
    landed = float(shoe["capital"]) * 365 / 0.12
    assert shoe["depreciation"] == pytest.approx(landed * 0.2 / 365)
    assert shoe["fees"] == pytest.approx(float(run.total / sum(run.stock, Decimal(0))))
    assert shoe["shortage"] == pytest.approx(0.5 * 0.4 * landed + 0.5 * (shoe["margin"] + 0.3 * 20))
    assert shoe["days"] == pytest.approx(shoe["shortage"] / shoe["holding"])


def test_plans_pay_the_stated_costs_of_holding_and_shortage(books) -> None:
    """C04, C07: the terms that a plan minimises by, against the library's formulas."""
    dataset = books.dataset
    series = pd.DataFrame({"sku": ["MUG"], "location": ["main"]}).astype("str")
    term = supply_terms(dataset.table("products"), dataset.table("supply"), series, dataset.config).iloc[0]
    rates = HoldingRates(Decimal("0.12"), depreciation=Decimal("0.2"), rent=Decimal("0.001"))
    unit_cost, capital = Decimal("3.20"), 3.20 * 0.1 / 365  # planning.capital_rate comes on top
    assert term["holding_cost"] == pytest.approx(float(holding_cost(unit_cost, rates)) + capital)
    landed = Decimal("3.20") * Decimal("1.04") + Decimal(repr(float(term["freight_cost"])))
    short = ShortageRates(Decimal("0.5"), Decimal("0.4"), Decimal("0.3"), Decimal(20))
    wanted = shortage_cost(Decimal("14.99") - landed, landed, short)
    assert term["stockout_cost"] == pytest.approx(float(wanted))
    assert "stockout_cost from margin, haste and lost customers" in term["assumed"]
    assert np.isfinite(term["stockout_cost"])


def test_the_commands_print_them(fillrate, shop, tmp_path) -> None:
    (tmp_path / "charges.csv").write_text("sku,fee,month,amount\nRUG,monthly_storage,2026-05-01,999\n")
    said = fillrate("fees", "--data", shop, "--days", "120", "--nodes", "--billed", tmp_path / "charges.csv")
    assert said.code == 0, said.err
    for words in ("Beyond the storage limit", "Storage billed otherwise", "where it should wait", "999"):
        assert words in said.out
    said = fillrate("profit", "--data", shop, "--batches", "SHOE", "--costs")
    assert said.code == 0, said.err
    assert "Batches of SHOE" in said.out
    assert "a unit short" in said.out


def test_absurd_shares_are_refused_by_their_key(tmp_path) -> None:
    own = write_money_shop(tmp_path / "own")
    with (own / "dataset.toml").open("a") as file:
        file.write("[costs]\nlost_customer_share = 1.5\n")
    with pytest.raises(ConfigurationError, match=r"costs.lost_customer_share = 1.5 is not a number"):
        open_dataset(own, False, SETTINGS, lambda sentence: None)
