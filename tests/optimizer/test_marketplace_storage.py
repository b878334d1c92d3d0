"""Fee tables as the planner's storage cost, against the fee engine that bills a projected stock."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from inventory.fees.lots import Lot
from inventory.fees.projection import StockPath, project_fees
from inventory.fees.storage import SellerAccount
from optimizer.marketplace_storage import MarketplaceStorage, low_supply_slope
from tests.inventory.fees.items import CARDS, day, item


def periods(first: str, count: int, length: int = 1) -> np.ndarray:
    return np.datetime64(first, "D") + np.arange(count) * length


@pytest.mark.parametrize("length", [1, 7])
def test_a_unit_that_stays_costs_what_the_fee_engine_bills_for_it_across_october_first(length):
    storage = MarketplaceStorage(CARDS, {"A": item(cubic_feet="0.7")})
    fees = storage.fees("A", "main", periods("2026-08-03", 140 // length, length))
    start = day("2026-08-03")
    path = StockPath(start, (Lot(start, Decimal(1)),), [Decimal(0)] * 140)
    billed = project_fees(CARDS, item(cubic_feet="0.7"), path, SellerAccount(professional=False)).by_fee()
    assert fees.a_unit.sum() == pytest.approx(float(billed["monthly_storage"]))
    assert len(fees.levels) == 0


def test_a_unit_that_grows_old_costs_on_average_what_its_snapshots_cost():
    thing = item(cubic_feet="0.7")
    fees = MarketplaceStorage(CARDS, {"A": thing}).fees("A", "main", periods("2026-03-01", 28))
    within_a_year = fees.charges[fees.ages < 366].sum()
    billed = []
    for shift in range(30):  # the day of the month on which a unit comes in decides which snapshots it meets
        start = day("2026-03-01") + timedelta(days=shift)
        path = StockPath(start, (Lot(start, Decimal(1)),), [Decimal(0)] * 366)
        run = project_fees(CARDS, thing, path, SellerAccount(professional=False))
        billed.append(float(run.by_fee()["aged_inventory"]))
    assert within_a_year == pytest.approx(np.mean(billed), rel=0.05)
    assert fees.ages[0] == 196  # the middle of the band that begins on day 181


def test_low_stock_is_priced_by_the_line_that_fits_the_bands_best():
    table = CARDS["low_inventory"].on(day("2026-06-01"))
    days = np.linspace(0, 28, 280_001)
    rate = np.select([days > 14, days > 7], [0.97, 0.70], 0.36)  # by days below full supply
    fitted = (rate * days).sum() / (days**2).sum()
    assert low_supply_slope(table, item()) == pytest.approx(fitted, rel=1e-3)
    storage = MarketplaceStorage(CARDS, {"A": item()}, daily_units={("A", "main"): 5.0})
    fees = storage.fees("A", "main", periods("2026-06-01", 4, 7))
    assert fees.levels.tolist() == [140.0]
    assert fees.above[0] == pytest.approx(7 * fitted, rel=1e-3)
    slow = MarketplaceStorage(CARDS, {"A": item()}, daily_units={("A", "main"): 2.0})
    assert len(slow.fees("A", "main", periods("2026-06-01", 4)).levels) == 0


def test_other_places_and_unknown_items_cost_nothing():
    storage = MarketplaceStorage(CARDS, {"A": item()}, frozenset({"fba"}))
    for sku, place in (("A", "own"), ("B", "fba")):
        fees = storage.fees(sku, place, periods("2026-06-01", 3))
        assert fees.a_unit.tolist() == [0.0, 0.0, 0.0]
        assert len(fees.charges) == 0
    assert storage.fees("A", "fba", periods("2026-06-01", 3)).a_unit.sum() > 0
