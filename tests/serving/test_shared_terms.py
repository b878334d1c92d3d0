"""Limits and whole orders as the API tells them."""

from decimal import Decimal

import numpy as np
import pytest

from optimizer.buying import Buying
from optimizer.plan import PlanningOptions, plan_orders
from optimizer.shared_limits import SharedLimit, WholeOrder
from optimizer.supplier_terms import SupplierTerms
from serving.answers import LimitUse
from serving.answers import WholeOrder as WholeOrderAnswer
from serving.proposals.suggestion import _summary
from serving.shared_terms import limit_rows, whole_order_rows
from tests.optimizer.conftest import forecast_of, random_paths, terms_of


@pytest.fixture(scope="module")
def plan():
    forecast = forecast_of(random_paths(5, mean=6.0, seed=5))
    stock = np.floor(forecast.mean.mean(axis=1) * 1.5)
    buying = Buying(
        limits=(SharedLimit("cash", False, True, np.ones(5), (60.0,)),),
        whole_orders=(WholeOrder("mill", "", SupplierTerms(container=2.0, container_cost=3.0)),),
    )
    options = PlanningOptions(time_limit_seconds=2.0)
    return plan_orders(forecast, terms_of(forecast), stock, np.zeros((5, 7)), options, buying=buying)


def test_each_limit_tells_what_is_used_and_what_one_more_unit_saves(plan):
    rows = limit_rows(plan.summary)
    assert LimitUse.model_validate(rows[0]).name == "cash of period 1"
    spent = float((plan.lines["quantity"] * plan.lines["unit_cost"]).sum())
    assert rows[0]["used"] == pytest.approx(spent)
    assert all(row["used"] <= row["capacity"] for row in rows)
    assert any(row["shadow_price"] > 0 for row in rows)


def test_each_whole_order_tells_its_containers_and_their_price(plan):
    (order,) = (WholeOrderAnswer.model_validate(row) for row in whole_order_rows(plan.summary))
    assert order.units == plan.lines["quantity"].sum()
    assert order.container_cost == Decimal(3 * order.containers)
    assert 0 < order.container_fill <= 1


def test_a_stored_run_keeps_both(plan):
    kept = _summary(plan)
    assert kept["limits"] == limit_rows(plan.summary)
    assert kept["whole_orders"] == whole_order_rows(plan.summary)


def test_a_plan_without_shared_terms_has_none():
    forecast = forecast_of(random_paths(3))
    plan = plan_orders(forecast, terms_of(forecast), np.zeros(3), np.zeros((3, 7)), PlanningOptions())
    assert limit_rows(plan.summary) == whole_order_rows(plan.summary) == []
