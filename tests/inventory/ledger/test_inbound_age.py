"""Units on their way by stage and age: first in, first out, and they add up to the position."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from inventory.ledger.inbound_age import INBOUND, inbound_ages

DAY = date(2026, 8, 15)


def moved(*rows: tuple) -> pd.DataFrame:
    """Return movements of S at main: `(days before DAY, leaves, enters, units)`."""
    made = [("S", "main", "main", DAY - timedelta(days), leaves, enters, units) for days, leaves, enters, units in rows]
    return pd.DataFrame(made, columns=["sku", "location", "to_location", "date", "leaves", "enters", "units"])


def test_m43_units_leave_a_stage_in_the_order_in_which_they_came() -> None:
    found = inbound_ages(
        moved(
            (40, "outside", "inbound_working", 30),
            (30, "inbound_working", "inbound_shipped", 20),
            (20, "inbound_working", "inbound_shipped", 5),
            (9, "inbound_shipped", "inbound_receiving", 22),
            (3, "inbound_receiving", "available", 10),
        ),
        DAY,
    )
    rows = {row.stage: (row.units, row.age_days, row.since) for row in found.itertuples()}
    assert rows == {
        "inbound_working": (5, 40, DAY - timedelta(40)),
        "inbound_shipped": (3, 20, DAY - timedelta(20)),
        "inbound_receiving": (12, 9, DAY - timedelta(9)),
    }


def test_what_is_on_the_shelf_is_on_no_way() -> None:
    assert inbound_ages(moved((3, "outside", "available", 10)), DAY).empty
    assert inbound_ages(moved(), DAY).empty


@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(INBOUND), st.integers(1, 9), st.booleans()), max_size=12))
def test_the_ages_of_a_stage_add_up_to_its_units(moves) -> None:
    there = dict.fromkeys(INBOUND, 0)
    rows = []
    for days, stage, units, comes in sorted(moves, reverse=True):
        count = units if comes else min(units, there[stage])
        if count:
            there[stage] += count if comes else -count
            rows.append((days, "outside", stage, count) if comes else (days, stage, "available", count))
    found = inbound_ages(moved(*rows), DAY)
    assert found.groupby("stage")["units"].sum().to_dict() == {stage: units for stage, units in there.items() if units}
    assert (found["units"] > 0).all()
    assert all(part["since"].is_monotonic_increasing for _, part in found.groupby("stage"))
