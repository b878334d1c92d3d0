"""What a plan says of each order: action, money, pieces, what binds, and what another quantity would cost."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from optimizer.buying import Buying
from optimizer.explanation import explain
from optimizer.plan import PlanningOptions, plan_orders
from serving.proposals import suggestion as suggestion_module
from serving.proposals.recosting import StoredCurve, recost
from serving.proposals.suggestion import order_suggestions
from tests.optimizer.conftest import forecast_of, random_paths, terms_of

FREE = PlanningOptions(review_period_days=7)


def planned(options=FREE, stock_weeks=0.5, buying=None, count=4, mean=9.0, **terms):
    forecast = forecast_of(random_paths(count, mean=mean))
    on_hand = np.floor(forecast.mean.mean(axis=1) * stock_weeks)
    known = terms_of(forecast, **terms)
    ways = {} if buying is None else {"buying": Buying(ways=buying(known))}
    return plan_orders(forecast, known, on_hand, np.zeros((count, 7)), options, **ways)


def with_air(terms, **air):
    values = {"mode": "air", "lead_time_days": 0.0, "freight_cost": 0.3, "rank": 1, **air}
    return pd.concat([terms.assign(series=range(len(terms)), rank=0), terms.assign(series=range(len(terms)), **values)])


def test_each_order_and_each_series_without_one_is_told_as_the_plan_has_it():
    plan = planned(stock_weeks=2.0)
    told = list(order_suggestions(plan))
    assert {(item.sku, item.quantity) for item in told} == set(
        plan.lines[["sku", "quantity"]].itertuples(index=False, name=None)
    )
    assert {item.action for item in told if item.quantity == 0} <= {"hold"}
    for item, (_, line) in zip(told, plan.lines.sort_values("sku").iterrows(), strict=True):
        assert float(item.expected_cost) == pytest.approx(line["expected_cost"], abs=5e-5)
        assert item.spend == Decimal(f"{2.0 * item.quantity:.4f}")
        assert item.volume == pytest.approx(0.1 * item.quantity)


def test_the_kept_curve_is_the_optimizers_own():
    plan = planned()
    for item in order_suggestions(plan):
        (known,) = explain(plan.study, item.sku)
        for point in known.curve:
            cost, shortage, basis = item.curve.at(round(point.quantity))
            assert cost == pytest.approx(point.expected_cost, rel=1e-3)  # thinned out: read from the straight line
            if basis == "exact":
                assert cost == pytest.approx(point.expected_cost, abs=1e-6)
                assert shortage == pytest.approx(point.stockout_probability, abs=1e-6)
        chosen = item.curve.at(item.quantity)
        assert chosen[0] == pytest.approx(known.expected_cost, abs=1e-6)
        assert chosen[2] == "exact"
        assert item.planned["pieces"]["safety"] == pytest.approx(known.pieces.safety, abs=1e-4)


def test_a_curve_survives_json():
    for item in order_suggestions(planned(minimum_order_quantity=12.0, case_pack=4.0, price_breaks="20:1.80")):
        assert StoredCurve.of(item.curve.to_dict()) == item.curve
        assert item.curve.unit_cost(24) == Decimal("1.8000")


def test_quantities_below_the_minimum_have_a_cost_and_name_what_they_break():
    plan = planned(minimum_order_quantity=20.0, case_pack=4.0)
    item = next(item for item in order_suggestions(plan) if item.quantity == 20)
    assert item.planned["binding"]["constraint"] == "minimum_order_quantity"
    below = recost(item.curve, 12)
    assert [violation.constraint for violation in below.violations] == ["minimum_order_quantity"]
    free = next(other for other in order_suggestions(planned(case_pack=4.0)) if other.sku == item.sku)
    assert float(below.expected_cost) == pytest.approx(free.curve.at(12)[0], rel=0.05)


def test_faster_and_dearer_is_expedite():
    told = list(order_suggestions(planned(buying=with_air, stock_weeks=0.1)))
    actions = {(item.mode, item.action) for item in told}
    assert ("air", "expedite") in actions
    assert ("sea", "expedite") not in actions
    assert len({(item.sku, item.mode) for item in told}) == len(told)


def test_a_budget_that_binds_is_named_with_its_shadow_price():
    free = planned()
    plan = planned(replace(FREE, budget=free.summary.spend / 2))
    cut = [item for item in order_suggestions(plan) if item.planned["binding"]]
    assert cut
    for item in cut:
        assert item.planned["binding"]["constraint"] == "budget"
        assert item.planned["binding"]["shadow_price"] == pytest.approx(plan.summary.budget_price, abs=1e-6)


def test_an_unknown_unit_cost_stays_unknown():
    (item, *_) = order_suggestions(planned(unit_cost=np.nan, planning_unit_cost=1.0))
    assert item.unit_cost is None
    assert item.curve.unit_cost(10) is None


def test_only_the_orders_that_save_most_are_explained_in_full(monkeypatch):
    monkeypatch.setattr(suggestion_module, "MOST_EXPLAINED", 2)
    plan = planned(stock_weeks=0.2)
    explained = {item.sku for item in order_suggestions(plan) if item.planned["explanation"]}
    lines = plan.lines.assign(saved=plan.lines["cost_without_order"] - plan.lines["expected_cost"])
    assert explained == set(lines.sort_values("saved").tail(2)["sku"])
