from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.buying import ONE_WAY, Buying
from optimizer.lanes import Lanes
from optimizer.least_cost import LeastCost
from optimizer.plan import plan_orders, required_horizon
from optimizer.scenario import Opening, Prices, Scenario, fixed_lead_times
from optimizer.simulation import simulate
from tests.optimizer.reviews import knowledge_of, state_of

SEA_AND_AIR = {"lead_time_days": 35.0, "stockout_cost": 30.0}


def two_ways(known):
    """Return `known` with sea as the first way of every SKU and air, dearer and faster, for all but the last."""
    sea = known.terms.assign(series=range(len(known.terms)), rank=0, duty_rate=0.1, freight_cost=0.5)
    air = sea.assign(rank=1, mode="air", lead_time_days=7.0, freight_cost=2.5, order_cost=4.0).iloc[:-1]
    return Buying(pd.concat([sea, air], ignore_index=True))


def test_a_lane_is_the_way_of_its_rank_and_costs_what_it_costs_more():
    known = knowledge_of(count=3, **SEA_AND_AIR)
    lanes = Lanes.of(known.terms, two_ways(known))
    assert lanes.lead_time_days.tolist() == [[35, 7], [35, 7], [35, 35]]
    assert np.allclose(lanes.premium, [[0, 2], [0, 2], [0, 0]])
    assert lanes.order_cost.tolist() == [[0, 4], [0, 4], [0, 0]]


def test_without_further_ways_there_is_one_lane():
    known = knowledge_of(count=2, duty_rate=0.0)
    lanes = Lanes.of(known.terms, ONE_WAY)
    assert lanes.lead_time_days.tolist() == [[14], [14]]
    assert lanes.premium.tolist() == [[0], [0]]


def test_the_planner_as_a_policy_orders_by_lane_what_its_plan_orders_by_mode():
    known = knowledge_of(count=4, horizon=16, **SEA_AND_AIR)
    known = replace(known, buying=two_ways(known))
    state = state_of(np.array([0.0, 2.0, 60.0, 0.0]))
    found = LeastCost().order(state, known)
    horizon = required_horizon(known.terms, known.planning, known.frequency, known.as_of)
    forecast, none = known.forecast(horizon), np.zeros((4, horizon))
    plan = plan_orders(forecast, known.terms, state.on_hand[:, 0], none, known.planning, buying=known.buying)
    assert found.shape == (4, 1, 2)
    by_mode = plan.orders.groupby("mode")["quantity"].sum()
    assert found[:, 0, 0].sum() == by_mode.get("sea", 0)
    assert found[:, 0, 1].sum() == by_mode["air"] > 0
    assert found[3, 0, 1] == 0


def test_goods_by_air_arrive_first_and_are_paid_for():
    class Both:
        name = "both"

        def order(self, state, knowledge):
            return np.full((1, 1, 2), [3.0, 2.0]) if not state.on_order.any() else np.zeros((1, 1, 2))

    promised = np.array([[4, 1]])
    prices = Prices(np.ones(1), np.ones(1), np.array([[5.0, 7.0]]), np.array([[0.0, 2.0]]))
    scenario = Scenario(np.zeros((1, 1, 3)), fixed_lead_times(promised, 1, 3), promised, prices, rounds=1)
    made = simulate(Both(), scenario, Opening.of(np.zeros(1)), lambda period: None)
    assert made.closing.on_hand[0, 0] == 2
    assert made.closing.inbound[0, 0].tolist() == [0, 3]
    assert made.costs["order_cost"][0, 0] == 12
    assert made.costs["premium_cost"][0, 0] == 4
