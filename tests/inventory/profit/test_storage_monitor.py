"""The storage-fee monitor by hand-made cases (C01, C03)."""

from decimal import Decimal

import numpy as np
import pytest

from inventory.fees.lots import Lot
from inventory.fees.projection import StockPath, project_fees
from inventory.fees.storage import SellerAccount
from inventory.profit.storage_monitor import fee_trend, idle_stock, storage_priority
from tests.inventory.fees.items import CARDS, day, item

ALONE = SellerAccount(professional=False)


def run(units: int, a_day: int, days: int = 61):
    start = day("2026-09-01")
    return project_fees(CARDS, item(), StockPath(start, (Lot(start, Decimal(units)),), [Decimal(a_day)] * days), ALONE)


def test_c01_the_trend_shows_the_peak_season():
    trend = fee_trend([run(300, 0), run(600, 0)])
    assert trend["month"].dt.month.tolist() == [9, 10]
    assert trend["amount"].tolist() == pytest.approx([900 * 0.5 * 0.78, 900 * 0.5 * 2.40])
    assert np.isnan(trend["change"].iloc[0])
    assert trend["change"].iloc[1] == pytest.approx(2.40 / 0.78 - 1)


def test_c01_idle_stock_is_what_demand_never_reaches_and_pays_its_share_of_the_fees():
    found = idle_stock(run(100, 1), Decimal(100), Decimal(8))
    assert found.idle_units == 39
    assert found.idle_share == Decimal("0.39")
    assert found.idle_value == 312
    # 39 units lie there on all 61 days; all units together 99 + 98 + … + 39 unit-days.
    total = run(100, 1).total
    assert float(found.idle_fees) == pytest.approx(float(total) * 39 * 61 / sum(range(39, 100)))
    assert idle_stock(run(10, 1), Decimal(10), Decimal(8)).idle_fees == 0


def test_c03_space_goes_to_what_earns_most_a_cubic_foot_until_the_limit_is_full():
    numbers = {"A": Decimal(10), "B": Decimal(2), "C": Decimal(5)}
    volume = {"A": Decimal(1), "B": Decimal("0.1"), "C": Decimal(10)}
    stock = {"A": Decimal(30), "B": Decimal(100), "C": Decimal(10)}
    daily = {"A": Decimal(1), "B": Decimal(2), "C": Decimal(1)}
    found = storage_priority(numbers, daily, volume, stock, limit=Decimal(45))
    # a day and cubic foot: B 4 ÷ 10, A 10 ÷ 30, C 5 ÷ 100
    assert found["sku"].tolist() == ["B", "A", "C"]
    assert found["within_limit"].tolist() == [True, True, False]
    assert found["margin_a_cubic_foot"].tolist() == pytest.approx([0.4, 1 / 3, 0.05])
