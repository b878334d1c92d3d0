import numpy as np

from optimizer.base_stock import BaseStock, path_quantile
from optimizer.planning import PlanningOptions
from optimizer.projected_inventory import ProjectedInventory
from tests.optimizer.reviews import knowledge_of, state_of


def test_the_level_is_that_of_the_stock_expected_at_the_arrival():
    """By hand: run every path for two weeks, lost sales included, and fill up to the quantile of the third."""
    known, stock, coming = knowledge_of(), np.arange(6.0) * 3, np.zeros((6, 1, 2))
    coming[:, :, 1] = 2.0
    paths = known.forecast(3).paths.astype(float)
    level = path_quantile(paths[:, :, 2], np.full(6, 1.0 / 1.2))
    left = np.maximum(stock[:, None] - paths[:, :, 0], 0.0)
    left = np.maximum(left + 2.0 - paths[:, :, 1], 0.0)
    expected = np.maximum(np.ceil(level - left.mean(axis=1) - 1e-9), 0.0)
    assert np.array_equal(ProjectedInventory().order(state_of(stock, coming), known)[:, 0], expected)


def test_what_arrives_with_the_order_or_later_counts_in_full():
    known, coming = knowledge_of(), np.zeros((6, 1, 3))
    coming[:, :, 2] = 1.0
    without = ProjectedInventory(0.9).order(state_of(np.zeros(6)), known)
    assert np.array_equal(ProjectedInventory(0.9).order(state_of(np.zeros(6), coming), known), without - 1)


def test_where_demand_is_lost_it_orders_less_than_the_base_stock():
    known = knowledge_of()
    empty = state_of(np.zeros(6))
    assert ProjectedInventory().order(empty, known).sum() < BaseStock().order(empty, known).sum()


def test_where_demand_waits_a_unit_missing_now_is_a_unit_ordered():
    known = knowledge_of(planning=PlanningOptions(lost_sales=False))
    empty, short = state_of(np.zeros(6)), state_of(np.zeros(6), backlog=np.full((6, 1), 4.0))
    found = ProjectedInventory().order(short, known) - ProjectedInventory().order(empty, known)
    assert (found == 4).all()
