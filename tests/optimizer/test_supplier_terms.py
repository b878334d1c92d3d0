import numpy as np
import pytest

from optimizer.allocation import allocate
from optimizer.pricing import Candidates
from optimizer.supplier_terms import SupplierTerms, allocate_with_terms


def first_orders(count=40, size=8, seed=0):
    random = np.random.default_rng(seed)
    units = np.tile(np.arange(size) * 3.0, count)
    savings = np.sort(random.exponential(3.0, (count, size - 1)), axis=1)[:, ::-1] - 1.5
    cost = (50.0 - np.c_[np.zeros(count), savings.cumsum(axis=1)]).ravel()
    spend = units * np.repeat(random.uniform(1.0, 4.0, count), size)
    candidates = Candidates(np.arange(count + 1) * size, cost, spend, units * 0.1)
    return candidates, units, np.where(np.arange(count) % 2, "mill", "yard")


def test_without_terms_the_choice_is_that_of_the_plain_allocation():
    candidates, units, supplier = first_orders()
    for budget in (np.inf, 300.0):
        plain = allocate(candidates, budget, np.inf, 10.0, 1)
        found = allocate_with_terms(candidates, units, supplier, {}, budget, np.inf)
        assert found.cost == pytest.approx(plain.cost, rel=2e-4)
        assert found.bound <= found.cost


def test_a_minimum_value_is_reached_or_nothing_is_ordered():
    candidates, units, supplier = first_orders()
    own = allocate(candidates, np.inf, np.inf, 10.0, 1)
    mill = (supplier == "mill")[np.repeat(np.arange(40), 8)]
    spent = candidates.spend[own.choice][mill[own.choice]].sum()
    terms = {"mill": SupplierTerms(least_value=spent * 1.1)}
    found = allocate_with_terms(candidates, units, supplier, terms, np.inf, np.inf)
    assert found.joints[0].value >= spent * 1.1 - 1e-6
    assert own.cost < found.cost < own.cost * 1.02
    huge = {"mill": SupplierTerms(least_value=1e6)}
    assert allocate_with_terms(candidates, units, supplier, huge, np.inf, np.inf).joints[0].units == 0


def test_free_freight_is_worth_an_order_that_reaches_it():
    candidates, units, supplier = first_orders()
    spent = allocate_with_terms(candidates, units, supplier, {"mill": SupplierTerms()}, np.inf, np.inf).joints[0].value
    terms = {"mill": SupplierTerms(fee=60.0, free_from_value=spent * 1.02)}
    assert allocate_with_terms(candidates, units, supplier, terms, np.inf, np.inf).joints[0].fee == 0.0
