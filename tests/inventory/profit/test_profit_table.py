"""The profit table against one worked by hand (C02, C09, C14, E22, F25)."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from inventory.fees.lots import Lot
from inventory.fees.projection import StockPath, project_fees
from inventory.fees.storage import SellerAccount
from inventory.profit.profit_table import PROFIT_COLUMNS, ProfitFacts, profit_table, units_of
from tests.inventory.fees.items import CARDS, day, item

AS_OF = date(2026, 6, 1)
KEY = ("A", "main")


def facts(**changes: object) -> ProfitFacts:
    path = StockPath(AS_OF, (Lot(day("2026-05-01"), Decimal(60)),), [Decimal(1)] * 30, {}, [Decimal(80)] * 90)
    told = {
        "sales": pd.DataFrame(
            {
                "sku": ["A", "A", "B", "C"],
                "location": "main",
                "date": pd.to_datetime(["2026-05-01", "2026-05-30", "2026-05-30", "2026-05-30"]),
                "units": [50.0, 40.0, 1.0, 1.0],
                "price": [22.0, 20.0, np.nan, np.nan],
            }
        ),
        "products": pd.DataFrame(
            {
                "sku": ["A", "B"],
                "category": ["toys", None],
                "price": [25.0, 10.0],
                "fulfilment_fee": [4.0, np.nan],
                "referral_rate": [0.08, np.nan],
                "advertising_cost": [1.0, np.nan],
            }
        ),
        "landed": pd.DataFrame(
            {"sku": ["A", "A"], "location": "main", "mode": ["sea", "air"], "landed_cost": [8.0, 11.0]}
        ),
        "runs": {KEY: project_fees(CARDS, item(), path, SellerAccount(professional=False))},
        "paths": {KEY: path},
        "resale": pd.DataFrame({"sku": ["A"], "net_sales_factor": [0.95]}),
        "cards": CARDS,
        "as_of": AS_OF,
        "rates_on": AS_OF,
        **changes,
    }
    return ProfitFacts(**told)


def test_a_row_worked_by_hand():
    table = profit_table(facts()).set_index("sku")
    row = table.loc["A"]
    # June: stock falls from 59 to 30: mean 44.5 × 0.5 ft³ × 0.78 = 17.355. Thirty units are never reached by demand
    # and pay for themselves; the other fourteen and a half on average pay for the 30 units sold.
    storage = 14.5 * 0.5 * 0.78 / 30
    margin = 20 - 1.60 - 4.14 - storage - 0.40 - 1 - 8  # fulfilment 4 + 3.5 %, returns 5 % × 8
    assert row["storage"] == pytest.approx(storage, abs=1e-6)
    assert row["margin"] == pytest.approx(margin, abs=1e-6)
    assert row["break_even"] == pytest.approx((8 + 4.14 + storage + 0.40 + 1) / 0.92, abs=1e-6)
    assert row["floor_price"] == pytest.approx((13.54 + storage) / (0.92 - 0.25), abs=1e-6)
    assert row["mode"] == "sea"
    gross = 50 * 22 + 40 * 20 - 90 * 8 - 90 * (1.60 + 4.14 + 0.40 + 1)
    held = 80 * 8 * 0.25 * 90 / 365 + 17.355 * 90 / 30
    assert row["roi"] == pytest.approx((gross - held) / held, rel=1e-6)
    assert row["gmroi"] == pytest.approx(gross / 640)
    assert row["turnover"] == pytest.approx(720 / 640 * 365 / 90)


def test_what_is_unknown_is_named_and_makes_no_margin():
    table = profit_table(facts()).set_index("sku")
    assert np.isnan(table.loc["B", "margin"])
    assert np.isnan(table.loc["B", "roi"])
    assert table.loc["B", "price"] == 10.0  # never sold at a known price: the listed one
    assert table.loc["B", "assumed"] == (
        "fulfilment_fee unknown, 0 taken; unit_cost unknown; referral of most categories, 15%; storage unknown, 0 taken"
    )
    assert "C" not in table.index  # no price at all
    assert table.loc["A", "assumed"] == ""


def test_units_of_gives_the_exact_parts():
    unit, notes = units_of(facts())[KEY]
    assert unit.fulfilment == Decimal("4.140")
    assert notes == []


def test_an_empty_shop_has_an_empty_table():
    nothing = facts()
    table = profit_table(facts(sales=nothing.sales.iloc[:0], paths={}, runs={}))
    assert list(table.columns) == list(PROFIT_COLUMNS)
    assert len(table) == 0
