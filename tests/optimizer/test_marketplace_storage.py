"""Fee tables as the planner's storage cost, against the fee engine that bills a projected stock."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from inventory.fees.lots import Lot
from inventory.fees.projection import StockPath, project_fees
from inventory.fees.storage import SellerAccount
from optimizer.buying import Buying
from optimizer.marketplace_storage import MarketplaceStorage, low_supply_slope
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions
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


def test_plans_order_less_of_what_is_dear_to_store_and_more_of_what_may_not_run_low(shop):
    case = shop(stock_weeks=0.0, mean=8.0)
    skus = case[1]["sku"].tolist()
    in_2026 = replace(case[0], as_of=day("2026-08-31"), dates=periods("2026-08-31", 7, 7))

    def orders(storage: MarketplaceStorage | None) -> np.ndarray:
        return (
            plan_orders(in_2026, *case[1:], PlanningOptions(), buying=Buying(storage=storage))
            .lines["quantity"]
            .to_numpy()
        )

    bulky = MarketplaceStorage(CARDS, {sku: item("large_bulky", "6", "30") for sku in skus})
    assert (orders(bulky) <= orders(None)).all()
    assert orders(bulky).sum() < orders(None).sum()
    small = {sku: item("small_standard", "0.01", "0.5") for sku in skus}
    brisk = MarketplaceStorage(CARDS, small, daily_units={(sku, "main"): 8.0 for sku in skus})
    assert orders(brisk).sum() > orders(MarketplaceStorage(CARDS, small)).sum()
