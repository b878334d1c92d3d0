"""Goods that live for less than a review: orders against a simulation that keeps every lot and throws the old away."""

from dataclasses import replace

import numpy as np
import pytest

from core.frequency import Frequency
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions
from optimizer.shelf_life import servable
from optimizer.ways import Schedule
from tests.optimizer.conftest import forecast_of, terms_of

REVIEW, PRICE, COST, HOLDING = 7, 9.0, 2.0, 0.01


def cost_of_weeks(quantity: int, life: int, demand: np.ndarray) -> float:
    """Return the mean cost of a week that begins with `quantity` fresh units, (weeks, REVIEW) demand."""
    left, cost = np.full(len(demand), float(quantity)), np.zeros(len(demand))
    for day in range(REVIEW):
        if day == life:
            cost += COST * left
            left[:] = 0.0
        sold = np.minimum(left, demand[:, day])
        cost += PRICE * (demand[:, day] - sold)
        left -= sold
        cost += HOLDING * left
    return float(cost.mean())


def ordered(life: float, paths: np.ndarray) -> int:
    forecast = forecast_of(paths[None], Frequency.DAILY)
    terms = terms_of(
        forecast, lead_time_days=1.0, unit_cost=COST, planning_unit_cost=COST, holding_cost=HOLDING,
        stockout_cost=PRICE, shelf_life_days=life, salvage_value=0.0,
    )  # fmt: skip
    options = replace(PlanningOptions(), review_period_days=REVIEW)
    plan = plan_orders(forecast, terms, np.zeros(1), np.zeros((1, paths.shape[1])), options)
    return int(plan.orders["quantity"].sum())


@pytest.mark.parametrize("life", [1, 2, 4])
def test_no_more_is_bought_than_can_be_sold_in_time(life: int) -> None:
    draw = np.random.default_rng(8)
    paths = draw.poisson(5.0, (400, 29)).astype(np.float32)
    weeks = draw.poisson(5.0, (4000, REVIEW))
    best = min(range(60), key=lambda quantity: cost_of_weeks(quantity, life, weeks))
    found = ordered(float(life), paths)
    assert abs(found - best) <= max(2, 0.1 * best)
    assert cost_of_weeks(found, life, weeks) <= 1.02 * cost_of_weeks(best, life, weeks)


def test_goods_that_outlive_a_review_are_ordered_as_before() -> None:
    paths = np.random.default_rng(8).poisson(5.0, (400, 29)).astype(np.float32)
    assert ordered(7.0, paths) > 30
    assert ordered(2.0, paths) < ordered(4.0, paths) < ordered(7.0, paths) <= ordered(0.0, paths)


def schedule(*periods: int, sampled=None) -> Schedule:
    days = np.array(periods)
    return Schedule(days, days, days, sampled)


def test_demand_counts_where_something_that_came_is_young_enough() -> None:
    paths, none = np.ones((2, 10), dtype=np.float32), np.zeros((1, 10))
    kept = servable(paths, [schedule(2, 7)], none, 2)
    np.testing.assert_array_equal(kept, [[1, 1, 1, 1, 0, 0, 0, 1, 1, 0]] * 2)
    inbound = none.copy()
    inbound[0, 4] = 3.0
    assert servable(paths, [schedule(2, 7)], inbound, 2)[0].tolist() == [1, 1, 1, 1, 1, 1, 0, 1, 1, 0]
    assert servable(paths, [schedule(2, 7), schedule(5, 12)], none, 2)[0].tolist() == [1, 1, 1, 1, 0, 1, 1, 1, 1, 0]
    assert servable(paths, [schedule(2, 7)], none, 0) is paths
    assert servable(paths, [schedule(2, 7)], none, 5) is paths


def test_each_path_has_arrivals_of_its_own() -> None:
    paths = np.ones((2, 8), dtype=np.float32)
    drawn = schedule(1, 5, sampled=np.array([[0, 4], [2, 7]]))
    assert servable(paths, [drawn], np.zeros((1, 8)), 2).tolist() == [
        [1, 1, 0, 0, 1, 1, 0, 0],
        [1, 1, 1, 1, 0, 0, 0, 1],
    ]
