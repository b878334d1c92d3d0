"""ROI and GMROI by group (C09, E22), and what cutting stock does to turnover (C10, E09)."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from inventory.profit.stock_return import gmroi, roi, stock_returns, turnover

TABLE = pd.DataFrame(
    {
        "sku": ["A", "B", "C"],
        "category": ["core", "core", "tail"],
        "units": [10.0, 10.0, 1.0],
        "revenue": [1000.0, 500.0, 50.0],
        "goods_cost": [400.0, 200.0, 20.0],
        "selling_costs": [200.0, 100.0, 10.0],
        "inventory_cost": [60.0, 40.0, 25.0],
        "average_inventory": [200.0, 100.0, 0.0],
    }
)


def test_c09_roi_is_gross_profit_less_stock_cost_over_stock_cost_by_category():
    found = stock_returns(TABLE, ["category"], days=90).set_index("category")
    assert found.loc["core", "gross_profit"] == 600.0
    assert found.loc["core", "roi"] == pytest.approx((600 - 100) / 100)
    assert found.loc["tail", "roi"] == pytest.approx((20 - 25) / 25)


def test_e22_gmroi_is_told_beside_it_on_what_stock_is_worth():
    found = stock_returns(TABLE, ["category"], days=90).set_index("category")
    assert found.loc["core", "gmroi"] == pytest.approx(2.0)
    assert found.loc["core", "turnover"] == pytest.approx(600 / 300 * 365 / 90)
    assert found.loc["core", "days_of_inventory"] == pytest.approx(45.0)
    assert np.isnan(found.loc["tail", "gmroi"])


def test_e09_cutting_stock_by_40_percent_takes_three_turns_to_five_and_halving_it_to_six():
    assert turnover(Decimal(300), Decimal(100)) == 3
    assert turnover(Decimal(300), Decimal(60)) == 5
    assert turnover(Decimal(300), Decimal(50)) == 6


def test_without_stock_there_is_no_ratio():
    assert roi(Decimal(10), Decimal(0)) is None
    assert gmroi(Decimal(10), Decimal(0)) is None
    assert turnover(Decimal(10), Decimal(0)) is None
