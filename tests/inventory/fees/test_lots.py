"""FIFO lots against a plain list of single units."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from inventory.fees.lots import FifoLots, Lot

FIRST = date(2026, 1, 1)
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 3)), max_size=40)


@given(steps)
def test_what_is_left_is_what_a_list_of_units_would_hold(moves):
    lots, units, day = FifoLots(), [], FIRST
    for receives, count, later in moves:
        day += timedelta(days=later)
        if receives:
            lots.receive(day, Decimal(count))
            units += [day] * count
        else:
            assert lots.take(Decimal(count)) == len(units[:count])
            units = units[count:]
        assert lots.units == len(units)
        assert [received for lot in lots.lots for received in [lot.received_on] * int(lot.units)] == units
        assert lots.older_than(5, day) == sum((day - received).days > 5 for received in units)


def test_stock_on_hand_is_made_of_the_newest_receipts_and_the_rest_is_older_than_all_of_them():
    receipts = [Lot(FIRST + timedelta(days=at), Decimal(10)) for at in (0, 30, 60)]
    few = FifoLots.of_receipts(Decimal(15), receipts).lots
    assert [(lot.received_on, lot.units) for lot in few] == [
        (FIRST + timedelta(days=30), Decimal(5)),
        (FIRST + timedelta(days=60), Decimal(10)),
    ]
    many = FifoLots.of_receipts(Decimal(35), receipts)
    assert many.lots[0] == Lot(None, Decimal(5))
    assert many.older_than(10_000, FIRST) == 5
    assert FifoLots.of_receipts(Decimal(0), receipts).lots == ()


def test_receiving_out_of_order_is_refused():
    lots = FifoLots([Lot(FIRST, Decimal(1))])
    with pytest.raises(UsageError, match="in order of days"):
        lots.receive(FIRST - timedelta(days=1), Decimal(1))
