import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from inventory.configuration import DatasetConfig, DefaultTerms, PlanningConfig
from inventory.schema import TABLES, empty_frame
from inventory.supply import TERM_COLUMNS, supply_terms

TABLE = TABLES if isinstance(TABLES, dict) else {table.name: table for table in TABLES}
SERIES = pd.DataFrame({"sku": ["a", "b", "a"], "location": ["main", "main", "east"]})
DAILY = DatasetConfig()


def table(name, *rows):
    empty = empty_frame(TABLE[name])
    frame = pd.DataFrame(list(rows)).reindex(columns=empty.columns)
    if "available" in frame:
        frame["available"] = frame["available"].map(lambda flag: flag is not False)
    return frame.astype(dict(empty.dtypes))


def terms(products=(), supply=(), config=DAILY, series=SERIES):
    return supply_terms(table("products", *products), table("supply", *supply), series, config)


def test_without_tables_every_term_is_a_default_and_says_so():
    found = terms()
    assert list(found.columns) == list(TERM_COLUMNS)
    assert found[["sku", "location"]].equals(SERIES)
    assert (found["lead_time_days"] == 14).all()
    assert (found["case_pack"] == 1).all()
    assert found["unit_cost"].isna().all()
    assert found["capacity"].eq(np.inf).all()
    assert found["assumed"].str.contains("lead_time_days 14 by default").all()
    assert found["assumed"].str.contains("cycle service level").all()


def test_the_most_specific_supply_row_wins_even_when_it_is_dearer():
    found = terms(
        supply=[
            {"sku": "*", "supplier": "any", "unit_cost": 1.0},
            {"sku": "a", "supplier": "own", "unit_cost": 5.0},
            {"sku": "a", "location": "east", "supplier": "local", "unit_cost": 9.0},
        ]
    )
    assert found["supplier"].tolist() == ["own", "any", "local"]
    assert found["unit_cost"].tolist() == [5.0, 1.0, 9.0]


def test_among_equals_the_least_landed_cost_wins_and_freight_counts():
    found = terms(
        supply=[
            {"sku": "*", "supplier": "x", "mode": "air", "unit_cost": 4.0, "freight_cost": 3.0},
            {"sku": "*", "supplier": "x", "mode": "sea", "unit_cost": 5.0, "freight_cost": 1.0},
            {"sku": "*", "supplier": "y", "mode": "sea"},
        ]
    )
    assert set(found["mode"]) == {"sea"}
    assert set(found["supplier"]) == {"x"}


def test_an_unavailable_row_is_passed_over():
    rows = [
        {"sku": "a", "supplier": "own", "available": False},
        {"sku": "*", "supplier": "any"},
        {"sku": "b", "supplier": "closed", "available": False},
    ]
    assert terms(supply=rows)["supplier"].tolist() == ["any", "any", "any"]
    barred = terms(supply=[rows[0]])
    assert barred["capacity"].tolist() == [0.0, np.inf, 0.0]
    assert "no supplier is available" in barred["assumed"][0]


def test_costs_are_the_products_own_then_the_defaults_then_derived():
    config = DatasetConfig(defaults=DefaultTerms(holding_rate=0.365))
    found = terms(
        products=[
            {"sku": "a", "unit_cost": 10.0, "price": 25.0},
            {"sku": "b", "unit_cost": 10.0, "price": 25.0, "holding_cost": 0.7, "stockout_cost": 3.0},
        ],
        config=config,
    )
    assert found["holding_cost"].to_numpy() == pytest.approx([0.01, 0.7, 0.01])
    assert found["stockout_cost"].tolist() == [15.0, 3.0, 15.0]
    fixed = DatasetConfig(defaults=DefaultTerms(holding_cost=0.2, stockout_cost=1.0))
    again = terms(products=[{"sku": "a", "unit_cost": 10.0, "price": 25.0}], config=fixed)
    assert again["holding_cost"].tolist() == [0.2] * 3
    assert again["stockout_cost"].tolist() == [1.0] * 3


def test_holding_is_a_charge_per_period_so_a_week_costs_seven_days():
    product = {"sku": "a", "unit_cost": 10.0, "price": 25.0}
    daily = terms(products=[product])["holding_cost"][0]
    weekly = terms(products=[product], config=DatasetConfig(frequency=Frequency.WEEKLY))["holding_cost"][0]
    assert weekly == pytest.approx(7 * daily)


def test_an_unknown_margin_is_replaced_by_the_penalty_of_the_cycle_service_level():
    planning = PlanningConfig(cycle_service_level=0.9, review_period_days=7)
    config = DatasetConfig(frequency=Frequency.WEEKLY, planning=planning)
    found = terms(products=[{"sku": "a", "unit_cost": 5.2}], config=config)
    holding, stockout = found["holding_cost"][0], found["stockout_cost"][0]
    assert stockout / (stockout + holding) == pytest.approx(0.9)
    priced = terms(products=[{"sku": "a", "price": 30.0}], config=config)
    assert np.isnan(priced["unit_cost"][0])
    assert priced["planning_unit_cost"][0] == 15.0


def test_freight_eats_into_the_margin_of_a_lost_sale():
    found = terms(products=[{"sku": "a", "price": 25.0}], supply=[{"sku": "a", "unit_cost": 10.0, "freight_cost": 2.0}])
    assert found["stockout_cost"][0] == 13.0


def test_permuting_the_series_permutes_the_terms():
    supply = [{"sku": "a", "unit_cost": 5.0}, {"sku": "*", "location": "main", "unit_cost": 2.0}]
    turned = terms(supply=supply, series=SERIES.iloc[::-1].reset_index(drop=True))
    straight = terms(supply=supply)
    pd.testing.assert_frame_equal(turned.iloc[::-1].reset_index(drop=True), straight)


def test_the_latest_sales_price_stands_in_where_products_has_none():
    products = table("products", {"sku": "a", "price": 25.0, "unit_cost": 10.0}, {"sku": "b", "unit_cost": 10.0})
    paid = np.array([99.0, 16.0, np.nan])
    found = supply_terms(products, table("supply"), SERIES, DAILY, paid)
    assert found["price"].tolist() == [25.0, 16.0, 25.0]
    assert found["stockout_cost"].tolist() == [15.0, 6.0, 15.0]
