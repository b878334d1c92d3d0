"""Plans under limits of several periods and the terms of whole orders at once."""

import numpy as np
import pytest

from optimizer.buying import Buying
from optimizer.plan import PlanningOptions, plan_orders
from optimizer.shared_limits import SharedLimit, WholeOrder
from optimizer.supplier_terms import SupplierTerms

QUICK = PlanningOptions(time_limit_seconds=2.0)


@pytest.fixture
def plan(shop):
    known = shop(5, horizon=7, mean=6.0)

    def make(limits=(), orders=()):
        return plan_orders(*known, QUICK, buying=Buying(limits=limits, whole_orders=orders))

    return make


def cash(amount):
    return SharedLimit("cash", False, True, np.ones(5), (amount,))


def mill(family=None, **terms):
    return WholeOrder("mill", "", SupplierTerms(**terms), family)


def spent(found):
    return float((found.lines["quantity"] * found.lines["unit_cost"]).sum())


def test_limits_and_terms_that_are_kept_anyway_change_no_order(plan):
    free = plan()
    kept = plan((cash(1e6),), (mill(least_units=1.0),))
    assert kept.lines["quantity"].tolist() == free.lines["quantity"].tolist()
    assert [row.used <= row.capacity for row in kept.summary.limits] == [True] * len(kept.summary.limits)
    assert kept.summary.whole_orders[0].units == free.lines["quantity"].sum()


def test_terms_that_the_limited_plan_meets_anyway_change_nothing_of_it(plan):
    limited = plan((cash(40.0),))
    both = plan((cash(40.0),), (mill(least_units=1.0),))
    assert both.lines["quantity"].tolist() == limited.lines["quantity"].tolist()
    assert both.summary.whole_orders[0].units == limited.lines["quantity"].sum() > 0


@pytest.mark.parametrize("budget", [40.0, 80.0, 120.0])
@pytest.mark.parametrize("least", [10.0, 20.0, 40.0])
def test_both_are_kept_or_nothing_is_ordered(plan, budget, least):
    both = plan((cash(budget),), (mill(least_units=least),))
    ordered = float(both.lines["quantity"].sum())
    assert ordered == 0 or ordered >= least
    assert spent(both) <= budget * (1 + 1e-9)
    assert 0 <= both.summary.gap < 1
    assert both.summary.whole_orders == () or both.summary.whole_orders[0].missing == 0


def test_each_family_keeps_its_minimum_within_the_limit(plan):
    family = ("x", "x", "y", "y", "y")
    both = plan((cash(80.0),), (mill(family, least_units=12.0),))
    totals = both.lines.groupby(list(family))["quantity"].sum()
    assert ((totals == 0) | (totals >= 12)).all()
    assert totals.sum() > 0
    assert spent(both) <= 80.0 * (1 + 1e-9)


def test_containers_under_a_limit_are_paid_and_told(plan):
    told = plan((cash(80.0),), (mill(container=2.0, container_cost=3.0),)).summary.whole_orders[0]
    assert told.containers == int(np.ceil(told.load / 2.0 - 1e-9)) > 0
    assert told.container_cost == 3.0 * told.containers


def test_the_same_request_gives_the_same_orders(plan):
    one, two = (plan((cash(80.0),), (mill(least_units=20.0),)) for _ in range(2))
    assert one.lines["quantity"].tolist() == two.lines["quantity"].tolist()
