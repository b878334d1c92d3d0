"""Exact decimals against Python's fractions."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inventory.money import ExactNumbers

decimals = st.decimals(-(10**12), 10**12, allow_nan=False, places=4).map(lambda number: format(number, "f"))


@given(pairs=st.lists(st.tuples(decimals, decimals, st.integers(0, 3)), min_size=1, max_size=20))
def test_products_and_sums_equal_those_of_fractions(pairs):
    left, right = (ExactNumbers.parse([pair[side] for pair in pairs]) for side in (0, 1))
    products = left.times(right)
    expected = [Fraction(first) * Fraction(second) for first, second, _ in pairs]
    assert Fraction(products.total()) == sum(expected)
    groups = np.array([group for _, _, group in pairs])
    sums = products.sums(groups, 4)
    for group in range(4):
        wanted = sum((value for value, where in zip(expected, groups, strict=True) if where == group), Fraction(0))
        assert Fraction(sums.take(np.array([group])).total()) == wanted
        assert sums.floats[group] == float(wanted)


def test_a_penny_is_not_lost_among_millions():
    numbers = ExactNumbers.parse(["0.01"]).take(np.zeros(1_000_000, np.int64))
    assert numbers.total() == 10_000
