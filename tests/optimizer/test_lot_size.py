import numpy as np
import pytest

from optimizer.base_stock import BaseStock
from optimizer.economic_order_quantity import eoq, eoq_all_units, eoq_incremental
from optimizer.lot_size import EconomicOrderQuantity, FixedMinMax, MinMax, ReorderQuantity, order_lots
from tests.optimizer.reviews import HORIZON, knowledge_of, state_of

COSTS = {"order_cost": 30.0, "stockout_cost": 20.0}


def test_min_max_orders_up_to_the_upper_level_only_at_or_below_the_lower():
    policy = FixedMinMax(np.array([5.0, 5.0, 5.0]), np.array([12.0, 12.0, 12.0]))
    assert policy.order(state_of(np.array([6.0, 5.0, 0.0])), knowledge_of(count=3))[:, 0].tolist() == [0, 7, 12]


def test_whole_lots_lift_the_position_above_the_reorder_point():
    lots = order_lots(
        np.full(4, 5.0), np.full(4, 4.0), state_of(np.array([6.0, 5.0, 2.0, -3.0])), knowledge_of(count=4)
    )
    assert lots[:, 0].tolist() == [0, 4, 4, 12]


def test_the_lot_is_the_economic_order_quantity_of_the_forecast():
    known = knowledge_of(**COSTS)
    pace = known.forecast(3).mean.mean(axis=1)
    lot = np.array([np.ceil(eoq(30.0, 0.2, rate)[0]) for rate in pace])
    level = BaseStock().order(state_of(np.zeros(6)), known)[:, 0]
    just_below = state_of(level - 1)
    assert np.array_equal(ReorderQuantity().order(just_below, known)[:, 0], lot)
    assert np.array_equal(MinMax().order(just_below, known)[:, 0], lot)
    for policy in (MinMax(), ReorderQuantity(), EconomicOrderQuantity()):
        assert (policy.order(state_of(level), known) == 0).all()


@pytest.mark.parametrize(
    ("text", "solve", "edges"),
    [("100:1.6;400:1.2", eoq_all_units, (100.0, 400.0)), ("+100:1.6;400:1.2", eoq_incremental, (99.0, 399.0))],
)
def test_price_breaks_make_lots_larger(text, solve, edges):
    """For all units, or (+) for the units from the break on: 99 of them cost the old price."""
    known = knowledge_of(**COSTS, price_breaks=text)
    level = BaseStock().order(state_of(np.zeros(6)), known)[:, 0]
    found = EconomicOrderQuantity().order(state_of(level - 1), known)[:, 0]
    plain = ReorderQuantity().order(state_of(level - 1), known)[:, 0]
    yearly = known.forecast(3).mean.mean(axis=1) * 365 / 7
    breaks = [(0.0, 2.0), (edges[0], 1.6), (edges[1], 1.2)]
    assert found.tolist() == [np.ceil(solve(30.0, 0.25, rate, breaks)[0] - 1e-9) for rate in yearly]
    assert (found >= plain * 0.9).all()
    assert found.sum() > plain.sum()


def test_without_an_order_cost_a_lot_is_a_single_unit():
    known = knowledge_of(count=2)
    level = BaseStock().order(state_of(np.zeros(2)), known)[:, 0]
    assert MinMax().order(state_of(level - 1), known)[:, 0].tolist() == [1, 1]
    assert known.forecast(HORIZON).horizon == HORIZON
