"""Orders over periods that obey what suppliers ask of a whole order."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.multi_period import PeriodOptions
from optimizer.period_terms import TermsOfOrder, plan_periods_with_terms
from optimizer.recosting import recost
from optimizer.supplier_terms import SupplierTerms
from tests.optimizer.instances import limited, small_instance

QUICK = PeriodOptions(time_limit_seconds=2.0, target_gap=0.02, few=0)


def shop(seed=3, count=12):
    instance = replace(limited(small_instance(seed, count), 0.9, 0.9, seed), modes=("air", "sea"))
    return instance, np.arange(count) % 2 == 1, np.full((count, 2), 2.0), np.full(count, 0.5)


def by_mode(of_supplier, mode):
    return np.outer(of_supplier, np.array([mode == "air", mode == "sea"]))


def test_orders_over_periods_ship_in_whole_containers_within_all_limits():
    instance, mill, value, volume = shop()
    terms = [TermsOfOrder("mill by sea", SupplierTerms(container=6.0, container_cost=3.0), by_mode(mill, "sea"))]
    plan = plan_periods_with_terms(instance, terms, value, volume, QUICK)
    check = recost(instance, plan.orders)
    assert check.broken == ()
    mine = np.flatnonzero(mill)
    load = (plan.orders[mine, 1] * (instance.case * volume)[mine, None]).sum(axis=0)
    boxes = np.ceil(load / 6.0 - 1e-9).sum()
    assert sum(joint.containers for joint in plan.joints) == boxes
    assert plan.cost == pytest.approx(check.cost.sum() + 3.0 * boxes)
    assert plan.bound <= plan.cost
    assert plan.gap < 0.5


@pytest.mark.parametrize("least", [25.0, 35.0])
def test_orders_over_periods_reach_the_suppliers_minimum_or_are_nothing(least):
    instance, mill, value, volume = shop()
    terms = [
        TermsOfOrder(f"yard by {mode}", SupplierTerms(least_units=least), by_mode(~mill, mode))
        for mode in ("air", "sea")
    ]
    plan = plan_periods_with_terms(instance, terms, value, volume, QUICK)
    assert recost(instance, plan.orders).broken == ()
    mine = np.flatnonzero(~mill)
    units = (plan.orders[mine] * instance.case[mine, None, None]).sum(axis=0)
    assert np.all((units == 0) | (units >= least))
    assert units.sum() > 0


def test_modes_of_one_order_add_up_to_its_minimum():
    instance, mill, value, volume = shop()
    both = [TermsOfOrder("yard", SupplierTerms(least_value=50.0), np.repeat(~mill[:, None], 2, axis=1))]
    plan = plan_periods_with_terms(instance, both, value, volume, QUICK)
    mine = np.flatnonzero(~mill)
    worth = 2.0 * (plan.orders[mine] * instance.case[mine, None, None]).sum(axis=(0, 1))
    assert np.all((worth == 0) | (worth >= 50.0))
    assert worth.sum() > 0


def test_the_rows_order_changes_nothing():
    instance, mill, value, volume = shop()
    terms = TermsOfOrder("yard", SupplierTerms(least_units=25.0), np.repeat(~mill[:, None], 2, axis=1))
    plan = plan_periods_with_terms(instance, [terms], value, volume, QUICK)
    shuffled = np.random.default_rng(1).permutation(instance.count)
    other = plan_periods_with_terms(
        instance.take(shuffled), [terms.take(shuffled)], value[shuffled], volume[shuffled], QUICK
    )
    assert np.array_equal(other.orders, plan.orders[shuffled])
