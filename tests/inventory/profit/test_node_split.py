"""O37: part of the peak's stock by sea to a third party's warehouse, the rest to the marketplace, by cost and time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.profit.node_split import NodeCosts, split_nodes

SEA = NodeCosts(direct_storage=0.10, warehouse_storage=0.02, transfer_cost=2.0, transfer_days=10.0)


def split(units: float, daily: list[float], costs: NodeCosts = SEA, room: float | None = None):
    return split_nodes(np.array([units]), np.array([daily]), costs, None if room is None else np.array([room]))


def test_o37_units_that_wait_longer_than_the_break_even_go_to_the_warehouse() -> None:
    found = split(600.0, [10.0] * 60)
    assert SEA.break_even_days == pytest.approx(35.0)
    assert (found.direct[0], found.warehouse[0]) == (350.0, 250.0)
    assert found.cost[0] < found.cost_direct[0]


def test_o37_what_the_marketplace_has_no_room_for_waits_outside_whatever_it_costs() -> None:
    found = split(600.0, [10.0] * 60, room=100.0)
    assert (found.direct[0], found.warehouse[0]) == (100.0, 500.0)
    assert np.isnan(found.cost_direct[0])


def test_o37_a_warehouse_that_is_no_cheaper_gets_nothing() -> None:
    dear = NodeCosts(0.02, 0.10, 2.0)
    assert split(600.0, [10.0] * 60, dear).warehouse[0] == 0
    assert dear.break_even_days == np.inf


def test_o37_cheaper_freight_by_sea_to_the_warehouse_moves_the_break_even() -> None:
    assert NodeCosts(0.10, 0.02, 2.0, 3.0, 1.8, 10.0).break_even_days == pytest.approx(10 + (2.0 - 1.2) / 0.08)
    assert NodeCosts(0.10, 0.02, 2.0, 9.0, 1.0, 10.0).break_even_days == 10.0, "never within the transfer's own days"


@given(
    st.integers(0, 60),
    st.lists(st.integers(0, 5), min_size=1, max_size=25),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.floats(0, 5),
    st.integers(0, 10),
)
def test_no_other_split_of_whole_units_costs_less(units, daily, direct, warehouse, transfer, days) -> None:
    costs = NodeCosts(direct, warehouse, transfer, transfer_days=float(days))
    found = split(float(units), [float(each) for each in daily], costs)
    waits = np.repeat([*range(len(daily)), len(daily)], [*daily, max(units - sum(daily), 0)])[:units].astype(float)
    stay = direct * waits
    way = np.minimum(waits, days)
    moved = transfer + warehouse * (waits - way) + direct * way
    best = min(stay[:cut].sum() + moved[cut:].sum() for cut in range(units + 1))
    assert found.direct[0] + found.warehouse[0] == units
    assert found.cost[0] == pytest.approx(best)
