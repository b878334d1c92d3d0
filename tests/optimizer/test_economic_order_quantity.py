"""The economic order quantity beside stockpyl, on its documented examples and on random ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stockpyl import eoq as textbook

from core.errors import UsageError
from optimizer.economic_order_quantity import (
    eoq,
    eoq_all_units,
    eoq_incremental,
    eoq_with_backorders,
)

SEVERAL = [
    (200, 0.20, 1000, [0, 200, 500], [500, 475, 450]),
    (150, 0.25, 2400, [0, 300, 600], [100, 90, 80]),
    (8, 0.3, 1300, [0, 400, 800], [0.75, 0.72, 0.68]),
]


@pytest.mark.parametrize(("fixed", "holding", "rate"), [(8, 0.225, 1300), (100, 2, 52), (0.5, 0.01, 3)])
def test_the_plain_quantity_agrees_with_the_textbook(fixed, holding, rate):
    assert eoq(fixed, holding, rate) == pytest.approx(textbook.economic_order_quantity(fixed, holding, rate), abs=1e-6)


def test_the_quantity_with_waiting_demand_agrees_with_the_textbook():
    expected = textbook.economic_order_quantity_with_backorders(8, 0.225, 5, 1300)
    assert eoq_with_backorders(8, 0.225, 5, 1300) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("fixed", "share", "rate", "least", "costs"), SEVERAL)
def test_both_discounts_agree_with_the_textbook(fixed, share, rate, least, costs):
    breaks = list(zip(least, costs, strict=True))
    for ours, theirs in (
        (eoq_all_units, textbook.economic_order_quantity_with_all_units_discounts),
        (eoq_incremental, textbook.economic_order_quantity_with_incremental_discounts),
    ):
        quantity, unit_cost, cost = ours(fixed, share, rate, breaks)
        expected, region, expected_cost = theirs(fixed, share, rate, least, costs)
        assert quantity == pytest.approx(expected, abs=1e-6)
        assert unit_cost == costs[region]
        assert cost == pytest.approx(expected_cost, abs=1e-6)


@settings(max_examples=25)
@given(
    fixed=st.floats(1, 300),
    rate=st.floats(10, 3000),
    first=st.integers(5, 400),
    second=st.integers(5, 400),
    cut=st.floats(0.7, 0.99),
)
def test_no_quantity_is_cheaper_than_the_best_one(fixed, rate, first, second, cut):
    """Brute force over quantities, with the price of each order added up unit by unit or all at once."""
    breaks = [(0.0, 10.0), (float(first), 10.0 * cut), (float(first + second), 10.0 * cut * cut)]
    share = 0.25
    best, _, all_units = eoq_all_units(fixed, share, rate, breaks)
    tried = np.unique(np.concatenate([np.geomspace(1, 5000, 400), [best, first, first + second]]))
    price = np.select([tried >= first + second, tried >= first], [10 * cut * cut, 10 * cut], 10.0)
    costs = price * rate + fixed * rate / tried + share * price * tried / 2
    assert all_units == pytest.approx(costs.min(), rel=1e-9)
    _, _, incremental = eoq_incremental(fixed, share, rate, breaks)
    levels = np.array([10.0, 10 * cut, 10 * cut * cut])
    edges = np.array([0.0, first, first + second, np.inf])
    bought = sum(np.clip(tried - edges[k], 0, edges[k + 1] - edges[k]) * levels[k] for k in range(3))
    costs = bought / tried * rate + fixed * rate / tried + share * bought / tried * tried / 2
    assert incremental <= costs.min() + 1e-6 * costs.min()


@pytest.mark.parametrize("breaks", [[], [(5.0, 2.0)], [(0.0, 2.0), (0.0, 1.0)], [(0.0, 0.0)]])
def test_price_breaks_that_make_no_sense_are_refused(breaks):
    with pytest.raises(UsageError):
        eoq_all_units(10, 0.2, 100, breaks)


def test_goods_that_cost_nothing_to_hold_have_no_economic_quantity():
    with pytest.raises(UsageError, match="above 0"):
        eoq(10, 0.0, 100)
