import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.price_breaks import price_bands, purchase_cost


def unit_by_unit(breaks, unit_cost, quantity):
    """Return an incremental discount's cost, each unit at the price of the break that it has reached."""
    total = 0.0
    for unit in range(1, quantity + 1):
        reached = [cost for least, cost in breaks if least <= unit]
        total += reached[-1] if reached else unit_cost
    return total


BREAKS = st.lists(st.integers(2, 30), min_size=1, max_size=3, unique=True).map(sorted)


@given(BREAKS, st.integers(1, 60))
def test_an_incremental_discount_is_the_sum_over_its_units(quantities, quantity):
    breaks = [(least, 5.0 - place - 1) for place, least in enumerate(quantities)]
    text = "+" + ";".join(f"{least}:{cost}" for least, cost in breaks)
    assert purchase_cost(price_bands(text, 5.0), quantity) == pytest.approx(unit_by_unit(breaks, 5.0, quantity))


@given(BREAKS, st.integers(1, 60))
def test_an_all_units_discount_holds_for_every_unit(quantities, quantity):
    text = ";".join(f"{least}:{4.0 - place}" for place, least in enumerate(quantities))
    reached = sum(least <= quantity for least in quantities)
    assert purchase_cost(price_bands(text, 5.0), quantity) == (5.0 - reached) * quantity


def test_a_first_break_at_one_unit_replaces_the_unit_cost():
    bands = price_bands("1:4;10:3;", 99.0)
    assert [(band.least, band.most, band.unit_cost) for band in bands] == [(1, 9, 4), (10, math.inf, 3)]
    assert purchase_cost(bands, 0) == 0.0
