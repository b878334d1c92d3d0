"""Buffers against failing suppliers, against a simulation of the failure (O09–O11, E01, E04)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from inventory.supplier_buffer import SupplierShare, disruption_floor, dual_supplier_floors, own_buffer, with_floor


def test_o09_ten_days_at_fifty_a_day_are_500_and_e04_350_where_three_days_are_planned_already():
    assert disruption_floor(50, 10) == 500
    assert disruption_floor(50, 10, 3) == 350
    assert disruption_floor(50, 2, 3) == 0


def test_e04_the_safety_stock_of_the_formula_and_the_floor_are_not_added():
    assert with_floor(87.3, 350) == 350
    assert with_floor(400, 350) == 400


def worst_gap(daily: float, suppliers: list[tuple[float, int]], failing: set[int], days: int = 60) -> float:
    """Units that deliveries fall behind demand when some suppliers stop for their longest delay, then catch up."""
    behind, worst = 0.0, 0.0
    for day in range(days):
        for place, (share, longest) in enumerate(suppliers):
            if place in failing and day < longest:
                behind += daily * share
            elif place in failing and day == longest:
                behind -= daily * share * longest
        worst = max(worst, behind)
    return worst


@given(share=st.floats(0.05, 0.95), delays=st.tuples(st.integers(0, 40), st.integers(0, 40)), daily=st.floats(0.1, 100))
def test_o10_two_suppliers_need_the_stock_that_covers_the_worse_of_their_failures(share, delays, daily):
    pairs = [(share, delays[0]), (1 - share, delays[1])]
    told = [SupplierShare(name, part, longest) for name, (part, longest) in zip("AB", pairs, strict=True)]
    floors, item = dual_supplier_floors(daily, told)
    assert floors["A"] == pytest.approx(worst_gap(daily, pairs, {0}))
    assert item == pytest.approx(max(worst_gap(daily, pairs, {0}), worst_gap(daily, pairs, {1})))
    _, both = dual_supplier_floors(daily, told, together=True)
    assert both >= worst_gap(daily, pairs, {0, 1}) - 1e-6


def test_shares_that_make_no_whole_are_refused():
    with pytest.raises(UsageError, match=r"add up to 0\.9"):
        dual_supplier_floors(50, [SupplierShare("A", 0.9, 5)])


def test_o11_what_the_supplier_holds_under_vmi_need_not_be_held():
    assert own_buffer(350, vmi=True, held_by_supplier=500) == 0
    assert own_buffer(350, vmi=False) == 350
