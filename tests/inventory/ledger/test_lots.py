"""Lots: first in, first out against a model that moves one unit at a time."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from inventory.ledger.book import record
from inventory.ledger.lots import fold_lots
from inventory.ledger.movement import Movement, MovementKind
from inventory.ledger.positions import movements_until

DAY = date(2026, 3, 1)
KIND = MovementKind


def folded(database, *movements):
    with database.transaction() as connection:
        record(connection, "t", movements, datetime(2026, 4, 1, tzinfo=UTC))
    with database.reading() as connection:
        return fold_lots(movements_until(connection, "t"))


def moved(kind, units, day, reference, **more) -> Movement:
    return Movement("A", more.pop("location", "3pl"), DAY + timedelta(day), kind, units, "test", reference, **more)


def test_a_transfer_keeps_the_age_and_the_cost_of_its_lots(database) -> None:
    book = folded(
        database,
        moved(KIND.RECEIPT, 10, 0, "r1", unit_cost=Decimal("2.00")),
        moved(KIND.RECEIPT, 10, 5, "r2", unit_cost=Decimal("2.50")),
        moved(KIND.TRANSFER_SENT, 12, 6, "t1", to_location="fba"),
        moved(KIND.RECEIPT, 4, 7, "r3", location="fba", unit_cost=Decimal("3.00")),
        moved(KIND.TRANSFER_RECEIVED, 12, 9, "t2", location="fba"),
    )
    fba = book.lots[book.lots["location"] == "fba"]
    assert list(zip(fba["received_on"], fba["units"], fba["unit_cost"], strict=True)) == [
        (DAY, 10, Decimal("2.00")),
        (DAY + timedelta(5), 2, Decimal("2.50")),
        (DAY + timedelta(7), 4, Decimal("3.00")),
    ]
    assert list(book.ages(DAY + timedelta(181)).query("location == 'fba'")["age_days"]) == [181, 176, 174]


def test_sold_units_cost_what_their_lots_cost(database) -> None:
    book = folded(
        database,
        moved(KIND.RECEIPT, 3, 0, "r1", unit_cost=Decimal("2.00")),
        moved(KIND.RECEIPT, 5, 1, "r2", unit_cost=Decimal("4.00")),
        moved(KIND.SALE, 4, 2, "o1"),
    )
    assert sum(row.units * row.unit_cost for row in book.uses.itertuples()) == 3 * 2 + 1 * 4
    assert set(book.uses["kind"]) == {"sale"}


def test_a_reservation_moves_no_lot_and_damage_moves_the_oldest(database) -> None:
    book = folded(
        database,
        moved(KIND.RECEIPT, 3, 0, "r1"),
        moved(KIND.RECEIPT, 3, 9, "r2"),
        moved(KIND.RESERVED, 5, 10, "x1"),
        moved(KIND.DAMAGED, 1, 11, "d1"),
    )
    found = {(row.state, row.received_on): row.units for row in book.lots.itertuples()}
    assert found == {("sellable", DAY): 2, ("sellable", DAY + timedelta(9)): 3, ("unsellable", DAY): 1}


def test_units_that_never_came_in_are_told_and_made_good_by_the_next(database) -> None:
    early = moved(KIND.SALE, 4, 0, "o1")
    late = moved(KIND.RECEIPT, 10, 3, "r1", unit_cost=Decimal("1.00"))
    frame = folded(database, late, early)
    assert frame.missing.empty
    assert frame.lots["units"].tolist() == [6]


@given(
    st.lists(
        st.tuples(st.sampled_from(["in", "sell", "send", "arrive", "damage", "scrap"]), st.integers(1, 6)), max_size=40
    )
)
def test_lots_are_what_moving_unit_by_unit_leaves(steps) -> None:
    """The oracle keeps each unit by itself: a list of days for each place, the oldest leaves first."""
    places: dict[str, list[int]] = {"shelf": [], "way": [], "there": [], "bad": []}
    rows = []
    ways = {
        "in": (None, "shelf", ("3pl", "3pl", "receipt", "outside", "available")),
        "sell": ("shelf", None, ("3pl", "3pl", "sale", "available", "outside")),
        "send": ("shelf", "way", ("3pl", "fba", "transfer_sent", "available", "in_transfer")),
        "arrive": ("way", "there", ("fba", "fba", "transfer_received", "in_transfer", "available")),
        "damage": ("shelf", "bad", ("3pl", "3pl", "damaged", "available", "unsellable")),
        "scrap": ("bad", None, ("3pl", "3pl", "disposed", "unsellable", "outside")),
    }
    for day, (name, units) in enumerate(steps):
        start, end, (location, to, kind, leaves, enters) = ways[name]
        units = units if start is None else min(units, len(places[start]))
        if not units:
            continue
        moving = [day] * units if start is None else sorted(places[start])[:units]
        if start is not None:
            places[start] = sorted(places[start])[units:]
        if end is not None:
            places[end] += moving
        rows.append((day, "A", location, to, DAY + timedelta(day), kind, leaves, enters, units, None))
    names = ["id", "sku", "location", "to_location", "date", "kind", "leaves", "enters", "units", "unit_cost"]
    book = fold_lots(pd.DataFrame(rows, columns=names))
    states = {
        "shelf": ("3pl", "sellable"),
        "way": ("fba", "in_transfer"),
        "there": ("fba", "sellable"),
        "bad": ("3pl", "unsellable"),
    }
    for place, (location, state) in states.items():
        ours = book.lots[(book.lots["location"] == location) & (book.lots["state"] == state)]
        units = [row.received_on for row in ours.itertuples() for _ in range(row.units)]
        assert units == [DAY + timedelta(day) for day in sorted(places[place])]
