import itertools
from dataclasses import replace

import numpy as np
import pytest

from core.errors import UsageError
from optimizer.frontier import limit_frontier, next_amount, service_frontier, stock_sensitivity
from optimizer.lot_sizing import best_plans
from optimizer.multi_period import PeriodOptions, plan_periods
from optimizer.what_if import Change, changed, what_if, what_if_for_sku
from tests.optimizer.instances import limited, small_instance

QUICK = PeriodOptions(few=0)


@pytest.fixture(scope="module")
def shop():
    instance = replace(limited(small_instance(8, 400), seed=8), modes=("air", "sea"))
    return instance, plan_periods(instance, QUICK)


def test_each_more_budget_costs_less_and_is_worth_less(shop):
    points = limit_frontier(shop[0], "budget", (0.8, 0.9, 1.0, 1.1), QUICK, shop[1])
    assert [point.factor for point in points] == [0.8, 0.9, 1.0, 1.1]
    assert np.all(np.diff([point.bound for point in points]) <= 0)
    assert np.all(np.diff([point.price for point in points]) <= 1e-3)
    for low, high in itertools.pairwise(points):
        saved = (low.bound - high.bound) / (high.capacity - low.capacity)
        assert high.price * 0.97 <= saved <= low.price * 1.03


def test_the_next_amount_is_told_in_words(shop):
    assert "of budget of period" in next_amount(*shop, "budget", 5.0, QUICK)
    loose = replace(shop[0], limits=(shop[0].limits[0].scaled(100), shop[0].limits[1]))
    assert "does not bind" in next_amount(loose, plan_periods(loose, QUICK), "budget", 5.0, QUICK)
    with pytest.raises(UsageError, match="no limit is called 'cash'; there are: budget, volume"):
        next_amount(*shop, "cash")


def test_more_service_costs_more_stock_and_the_true_costs_are_cheapest():
    instance = small_instance(21, 300)
    points = service_frontier(instance, (0.5, 1.0, 2.0))
    assert np.all(np.diff([point.fill for point in points]) > 0)
    assert points[1].cost == pytest.approx(min(point.cost for point in points))
    assert points[1].cost == pytest.approx(best_plans(instance).cost.sum())


def test_sensitivity_is_in_money_and_adds_up(shop):
    less, more = stock_sensitivity(shop[0], shop[1].orders)
    assert less.stock_cost < 0 < less.shortage_cost
    assert more.shortage_cost < 0 < more.stock_cost
    assert more.net == pytest.approx(more.stock_cost + more.shortage_cost)
    assert str(more).startswith("safety stock +10%: storage +")


def test_a_lost_mode_costs_more_and_is_not_used(shop):
    instance, plan = shop
    after, difference = what_if(instance, plan, Change(without_mode="air"), options=QUICK)
    assert after.orders[:, 0].sum() == 0
    assert difference.cost_after > difference.cost_before
    fresh = plan_periods(changed(instance, Change(without_mode="air")), QUICK)
    assert after.cost == pytest.approx(fresh.cost, rel=5e-3)
    assert after.bound <= fresh.cost


def test_a_longer_lead_time_never_costs_less(shop):
    after, _ = what_if(*shop, Change(lead_time=1), options=QUICK)
    assert after.bound >= shop[1].bound - 1e-6


def test_more_demand_of_one_sku_is_answered_from_the_prices(shop):
    instance, plan = shop
    cover = np.full((400, 5), 3.0)
    same = what_if_for_sku(instance, plan, "sku007", Change(demand=1.0))
    more = what_if_for_sku(instance, plan, "sku007", Change(demand=1.5), cover)
    assert same.cost_before == same.cost_after
    assert more.units_after >= more.units_before
    assert str(more).startswith("cost +")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(demand=2.0), "needs the stock and pipeline"),
        (Change(without_mode="rail"), "no mode is called 'rail'"),
        (Change(limits=(("cash", 2.0),)), "no limit is called 'cash'"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(shop, change, words):
    with pytest.raises(UsageError, match=words):
        changed(shop[0], change)
    with pytest.raises(UsageError, match="no SKU is called 'nobody'"):
        what_if_for_sku(*shop, "nobody", Change())
