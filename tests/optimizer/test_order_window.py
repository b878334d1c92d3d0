"""The sliding-window order step against plain enumeration."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizer.order_window import Options, cheapest_raise, order_price

SIZE = 14


@st.composite
def options(draw):
    count = draw(st.integers(1, 3))
    stride = [draw(st.integers(1, 4)) for _ in range(count)]
    least = [draw(st.integers(1, 3)) * width for width in stride]
    return Options(
        premium=np.array([draw(st.sampled_from([-0.5, 0.0, 1.0])) for _ in range(count)]),
        fixed=np.array([draw(st.sampled_from([0.0, 2.0, 5.0])) for _ in range(count)]),
        least=np.array(least),
        most=np.array([draw(st.sampled_from([low - 1, low, low + 5, 1 << 40])) for low in least]),
        stride=np.array(stride),
        open=np.array([[draw(st.booleans()) for _ in range(count)]]),
    )


def allowed(o, quantity, found):
    return (
        found.open[0, o]
        and found.least[o] <= quantity <= found.most[o]
        and quantity > 0
        and quantity % found.stride[o] == 0
    )


@given(arrays(np.float64, SIZE, elements=st.integers(0, 30).map(float)), options(), st.sampled_from([1.0, 6.0]))
def test_the_cheapest_order_from_each_level_is_that_of_an_enumeration(value, found, step):
    onward, raised, by = np.empty(SIZE), np.empty(SIZE, dtype=np.int64), np.empty(SIZE, dtype=np.int64)
    cheapest_raise(value, 0, found, step, onward, raised, by)
    for level in range(SIZE):
        costs = [
            found.fixed[o] + found.premium[o] * step * (to - level) + value[to]
            for to in range(level + 1, SIZE)
            for o in range(len(found.fixed))
            if allowed(o, to - level, found)
        ]
        assert np.isclose(onward[level], min(costs, default=np.inf))
        if by[level] >= 0:
            quantity = raised[level] - level
            assert allowed(by[level], quantity, found)
            paid = found.fixed[by[level]] + found.premium[by[level]] * step * quantity
            assert np.isclose(paid + value[raised[level]], onward[level])


@given(options(), st.integers(1, SIZE))
def test_the_price_of_an_order_is_that_of_its_cheapest_option(found, quantity):
    prices = [
        found.fixed[o] + found.premium[o] * 2.0 * quantity
        for o in range(len(found.fixed))
        if allowed(o, quantity, found)
    ]
    assert order_price(found, 0, quantity, 2.0) == min(prices, default=np.inf)
