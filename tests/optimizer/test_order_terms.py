"""Terms of whole orders in a plan: minimums of a supplier or a family, free freight, full containers."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.buying import Buying
from optimizer.plan import PlanningOptions, plan_orders
from optimizer.shared_limits import WholeOrder
from optimizer.supplier_terms import SupplierTerms

QUICK = PlanningOptions(time_limit_seconds=5.0)


@pytest.fixture
def plan(shop):
    known = shop(5, horizon=7, mean=6.0)

    def make(*orders, planning=QUICK, **buying):
        return plan_orders(*known, planning, buying=Buying(whole_orders=orders, **buying))

    return make


def whole(supplier="mill", mode="", family=None, **terms):
    return WholeOrder(supplier, mode, SupplierTerms(**terms), family)


def test_terms_that_are_met_anyway_change_no_order(plan):
    free = plan()
    met = plan(whole(least_units=float(free.lines["quantity"].sum())))
    assert met.lines["quantity"].tolist() == free.lines["quantity"].tolist()
    assert met.summary.whole_orders[0].units == free.lines["quantity"].sum()


def test_a_suppliers_minimum_is_reached_where_that_pays_and_the_plan_says_so(plan):
    free = plan()
    wanted = float(free.lines["quantity"].sum()) + 9
    raised = plan(whole(least_units=wanted))
    assert raised.lines["quantity"].sum() >= wanted
    assert raised.summary.expected_cost > free.summary.expected_cost
    assert raised.summary.gap <= 1e-3
    more = raised.lines[raised.lines["quantity"] > free.lines["quantity"]]
    assert more["reason"].str.contains("the terms of mill count for its whole order").all()


def test_a_minimum_beyond_all_need_is_not_ordered_at_all(plan):
    none = plan(whole(least_units=1e6))
    assert len(none.orders) == 0
    assert none.lines["best_quantity"].sum() > 0


def test_each_family_reaches_the_minimum_by_itself_or_orders_nothing(plan):
    family = ("x", "x", "y", "y", "y")
    lines = plan(whole(least_units=30.0, family=family)).lines
    totals = lines.groupby(list(family))["quantity"].sum()
    assert ((totals == 0) | (totals >= 30)).all()
    assert totals.sum() > 0


def test_free_freight_and_containers_are_told(plan):
    free = plan()
    value = float((free.lines["quantity"] * free.lines["unit_cost"]).sum())
    freight = plan(whole(fee=500.0, free_from_value=value + 4))
    assert freight.summary.whole_orders[0].fee == 0
    assert freight.summary.whole_orders[0].value >= value + 4
    boxes = plan(whole(container=2.0, container_cost=3.0)).summary.whole_orders[0]
    assert boxes.containers == int(np.ceil(boxes.load / 2.0 - 1e-9)) > 0
    assert boxes.load == pytest.approx(0.1 * boxes.units)


def test_another_suppliers_terms_do_not_count(plan):
    assert plan(whole("forge", least_units=1e6)).lines["quantity"].sum() == plan().lines["quantity"].sum()
    assert plan(whole("mill", "air", least_units=1e6)).lines["quantity"].sum() == plan().lines["quantity"].sum()


def test_a_budget_counts_too(plan):
    kept = plan(whole(least_units=20.0), planning=replace(QUICK, budget=50.0))
    assert kept.lines["quantity"].sum() >= 20
    assert kept.summary.spend <= 50
