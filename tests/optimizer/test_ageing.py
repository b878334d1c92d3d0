"""Ageing against a first-in-first-out simulation that keeps every lot."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizer.ageing import expected_ageing
from optimizer.cost_curve import order_curve
from optimizer.order_window import Options
from optimizer.protection_interval import Costs, run_until

HORIZON, SIZE = 6, 10
STARTS = np.array([[1, HORIZON]])


def costs_of(ages=(), charges=(), **changes):
    costs = Costs(
        np.full(HORIZON, 0.1), 1.0, 1.0, np.zeros(0), np.zeros((0, HORIZON)), np.array(ages, dtype=np.int64),
        np.array(charges, dtype=np.float64), 1.0, 1, 104.0, False,
    )  # fmt: skip
    return costs._replace(**changes)


def left_of_the_order(path, on_hand, arrivals, quantity, age):
    """Return the units of an order that arrives in period 1 that nobody has bought `age` periods later."""
    lots = [("old", on_hand)]
    for t in range(1 + age):
        if arrivals[t]:
            lots.append(("inbound", arrivals[t]))
        if t == 1:
            # What comes in with the order is sold before it.
            lots.append(("order", quantity))
        need, kept = path[t], []
        for name, units in lots:
            sold = min(units, need)
            need -= sold
            kept.append((name, units - sold))
        lots = kept
    return sum(units for name, units in lots if name == "order")


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float32, (3, HORIZON), elements=st.integers(0, 4).map(float)),
    arrays(np.float64, (1, HORIZON), elements=st.integers(0, 3).map(float)),
    st.integers(0, 6),
    st.sets(st.integers(1, 5), min_size=1, max_size=2),
)
def test_what_an_order_is_charged_for_age_is_what_its_lots_are(paths, arrivals, on_hand, ages):
    charges = [1.5 + age for age in sorted(ages)]
    costs = costs_of(sorted(ages), charges)
    net = np.empty(3)
    run_until(paths, float(on_hand), arrivals, STARTS, costs, net)
    found = expected_ageing(paths, arrivals, STARTS, 0, costs, 2.0, net, np.minimum(net, 0.0), SIZE)
    for quantity in range(SIZE):
        expected = sum(
            charge * left_of_the_order(path, on_hand, arrivals[0], quantity, age) / 3
            for path in paths
            for age, charge in zip(sorted(ages), charges, strict=True)
        )
        assert np.isclose(found[quantity] - found[0], expected)


def test_a_short_shelf_life_lowers_the_order():
    paths = np.random.default_rng(0).poisson(2.0, (300, HORIZON)).astype(np.float32)
    one = np.ones(1, dtype=np.int64)
    options = Options(np.zeros(1), np.full(1, 8.0), one, one << 40, one, np.ones((5, 1), dtype=np.bool_))
    starts = np.arange(1, HORIZON + 1)[None, :]
    best = [
        int(order_curve(paths, 0.0, np.zeros((1, HORIZON)), starts, options, costs, 40).cost.argmin())
        for costs in (costs_of(stockout=5.0), costs_of([8], [2.0], stockout=5.0), costs_of([2], [2.0], stockout=5.0))
    ]
    assert best[0] >= best[1] > best[2]
