import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from core.errors import UnknownSkuError
from optimizer.buying import Buying
from optimizer.explanation import explain
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions

FREE = PlanningOptions()


def two_ways(terms, **air):
    sea = terms.assign(series=range(len(terms)), rank=0)
    values = {"mode": "air", "lead_time_days": 0.0, "freight_cost": 0.3, "rank": 1}
    return pd.concat([sea, sea.assign(**{**values, **air})]).sort_values(["series", "rank"]).reset_index(drop=True)


def test_an_explanation_is_plain_data_whose_parts_add_up(shop):
    plan = plan_orders(*shop(stock_weeks=0.5, mean=8.0, order_cost=1.0), FREE)
    (found,) = explain(plan.study, "s2")
    line = plan.lines.set_index("sku").loc["s2"]
    assert json.loads(json.dumps(found.to_dict()))["quantity"] == line["quantity"] == found.quantity
    assert found.expected_cost == pytest.approx(line["expected_cost"])
    for point in found.curve:
        parts = point.holding + point.shortage + point.ordering + point.rest
        assert parts == pytest.approx(point.expected_cost)
    shown = {point.quantity: point.expected_cost for point in found.curve}
    assert min(shown.values()) == pytest.approx(shown[found.quantity])
    assert found.waiting == pytest.approx(shown[0.0] - shown[found.quantity])
    assert found.one_case_more >= 0
    assert found.one_case_less >= 0


def test_the_pieces_are_stock_transit_and_the_order(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.5, mean=8.0)
    inbound[:, 1] = 3.0
    plan = plan_orders(forecast, terms, on_hand, inbound, FREE)
    (found,) = explain(plan.study, "s1")
    pieces = found.pieces
    assert (pieces.on_hand, pieces.in_transit, pieces.ordered) == (on_hand[1], 3.0, found.quantity)
    assert pieces.pipeline == pytest.approx(forecast.paths[1, :, :2].sum(axis=1).mean())
    assert pieces.cycle == pytest.approx(forecast.paths[1, :, 2].mean())
    total = pieces.on_hand + pieces.in_transit + pieces.ordered
    assert pieces.safety == pytest.approx(total - pieces.pipeline - pieces.cycle)
    short = np.cumsum(forecast.paths[1, :, :2], axis=1) > on_hand[1] + np.array([0.0, 3.0])
    assert found.stockout_before_arrival == pytest.approx(short.any(axis=1).mean())


def test_the_rounding_goes_from_the_free_optimum_to_the_order(shop):
    case = shop(count=2, stock_weeks=0.0, mean=8.0, case_pack=6.0, minimum_order_quantity=40.0)
    (found,) = explain(plan_orders(*case, FREE).study, "s0")
    steps = [step.quantity for step in found.rounding]
    assert steps[1] % 6 == 0
    assert abs(steps[0] - steps[1]) < 6
    assert steps[-1] == found.quantity
    assert found.quantity in (0, 42) or found.quantity > 42


def test_a_binding_budget_has_its_price_and_the_last_step_shows_what_it_took(shop):
    plan = plan_orders(*shop(stock_weeks=0.0, mean=8.0), PlanningOptions(budget=20.0))
    (found,) = explain(plan.study, "s0")
    assert found.budget_price == plan.summary.budget_price > 0
    assert "the budget binds" in found.binding
    assert found.rounding[-1].quantity <= found.rounding[-2].quantity


def test_air_and_sea_alone_and_waiting_are_the_alternatives(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0, mean=8.0)
    plan = plan_orders(forecast, terms, on_hand, inbound, FREE, buying=Buying(ways=two_ways(terms)))
    (found,) = explain(plan.study, "s0")
    names = [item.name for item in found.alternatives]
    assert any("by air" in name for name in names)
    assert any("by sea" in name for name in names)
    assert "wait for the next review" in names
    costs = [item.expected_cost for item in found.alternatives]
    assert costs == sorted(costs)
    assert all(item.extra_cost >= -1e-6 for item in found.alternatives)
    assert found.sentence.startswith("Order ")


def test_a_sku_that_nobody_sells_is_named(shop):
    plan = plan_orders(*shop(), FREE)
    with pytest.raises(UnknownSkuError, match="ghost is not in the plan"):
        explain(plan.study, "ghost")


@pytest.mark.parametrize("changes", [{}, {"case_pack": 6.0, "minimum_order_quantity": 40.0}, {"capacity": 12.0}])
def test_a_run_that_was_kept_explains_what_one_made_again_does(shop, monkeypatch, changes):
    case = shop(stock_weeks=0.5, mean=8.0, **changes)
    kept = plan_orders(*case, FREE)
    monkeypatch.setattr("optimizer.first_orders.KEPT_BYTES", 0)
    again = plan_orders(*case, FREE)
    assert len(kept.study.curves.runs) == 6
    assert not again.study.curves.runs
    for sku in kept.lines["sku"]:
        assert explain(kept.study, sku)[0].to_dict() == explain(again.study, sku)[0].to_dict()
        assert explain(kept.study, sku)[0].to_dict() == asdict(explain(again.study, sku)[0])
