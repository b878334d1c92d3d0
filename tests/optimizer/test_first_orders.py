import numpy as np

from core.progress import silent
from optimizer.buying import ONE_WAY
from optimizer.first_orders import first_orders
from optimizer.look_ahead import LARGEST_GRID
from optimizer.planning import PlanningOptions
from optimizer.workshop import Workshop


def curves(forecast, terms, on_hand, inbound, progress=silent):
    rows = np.arange(len(terms))
    return first_orders(Workshop.of(forecast, terms, on_hand, inbound, rows, PlanningOptions(), ONE_WAY), progress)


def test_candidates_start_with_nothing_and_each_costs_less_than_all_smaller_ones(shop):
    found = curves(*shop())
    for start, end in zip(found.candidates.offsets[:-1], found.candidates.offsets[1:], strict=True):
        assert found.quantity[start] == 0
        assert (np.diff(found.quantity[start:end]) > 0).all()
        assert (np.diff(found.candidates.cost[start:end]) < 0).all()
        assert (np.diff(found.shortage[start:end]) <= 0).all()


def test_spend_is_landed_cost_and_order_cost(shop):
    found = curves(*shop(freight_cost=0.5, order_cost=1.0))
    ordered = found.quantity > 0
    assert np.allclose(found.candidates.spend[ordered], found.quantity[ordered] * 2.5 + 1.0)
    assert (found.candidates.spend[~ordered] == 0.0).all()
    assert np.allclose(found.candidates.volume, found.quantity * 0.1)


def test_very_large_sellers_are_planned_in_steps_of_several_packs(shop):
    forecast, terms, on_hand, inbound = shop(count=1, mean=50_000.0, case_pack=6.0)
    found = curves(forecast, terms, on_hand * 0.0, inbound)
    best = found.quantity[-1]
    assert len(found.quantity) <= LARGEST_GRID
    assert best % 6 == 0
    assert best >= np.quantile(forecast.paths[0, :, 2], 0.8)


def test_the_step_does_not_depend_on_what_is_on_hand(shop):
    forecast, terms, on_hand, inbound = shop(count=2, mean=20_000.0)
    empty, full = (curves(forecast, terms, stock, inbound) for stock in (on_hand * 0, on_hand))
    assert empty.quantity[1] == full.quantity[1] > 1
    assert empty.ways[0][0].least == 1


def test_free_goods_and_free_shortages_do_not_break_the_plan(shop):
    free = curves(*shop(holding_cost=0.0))
    assert np.isfinite(free.candidates.cost).all()
    careless = curves(*shop(stockout_cost=0.0))
    assert not careless.quantity.any()


def test_progress_is_told(shop):
    told = []
    curves(*shop(), progress=lambda step, done: told.append((step, done)))
    assert told
    assert all(0 <= done <= 1 for _, done in told)
