"""Classes of demand: ABC by value, XYZ by steadiness (C06)."""

import numpy as np

from optimizer.base_stock import BaseStock
from optimizer.demand_class import ByClass, abc_class
from tests.optimizer.reviews import knowledge_of, state_of


def test_the_classes_cover_eighty_fifteen_and_five_percent_of_the_value():
    value = np.random.default_rng(4).pareto(1.2, 500)
    found = abc_class(value)
    share = [value[found == kind].sum() / value.sum() for kind in range(3)]
    assert 0.8 <= share[0] < 0.9
    assert share[2] <= 0.05
    assert value[found == 0].min() > value[found == 1].max() > value[found == 2].max()


def test_where_nothing_is_worth_anything_all_are_of_the_last_class():
    assert abc_class(np.zeros(3)).tolist() == [2, 2, 2]


def test_a_products_are_ordered_just_in_time_and_c_products_in_batches():
    """O17, O22, O47."""
    known = knowledge_of(planning_unit_cost=[100.0, 1.0, 1.0, 0.1, 0.1, 0.1])
    pace = known.forecast(3).mean.mean(axis=1)
    kind = abc_class(pace * known.column("planning_unit_cost"))
    assert set(kind) == {0, 2} or set(kind) == {0, 1, 2}
    empty = state_of(np.zeros(6))
    found = ByClass().order(empty, known)[:, 0]
    just = BaseStock(0.98).order(empty, known)[:, 0]
    assert found[kind == 0] == just[kind == 0]
    weekly = found[kind == 2] / pace[kind == 2]
    assert (weekly > 8).all()
