"""Deliveries without a name: the oldest open order first, never more than is open, never before it was placed."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from monitoring.closed_loop import followed, summarise
from monitoring.receipt_matching import MATCHED, match_first_in_first_out

START = date(2024, 5, 1)


def orders(*rows: tuple) -> pd.DataFrame:
    """Return orders of `(order_id, quantity, placed after so many days, supplier)`."""
    made = [(name, "S0", "main", supplier, units, START + timedelta(days)) for name, units, days, supplier in rows]
    return pd.DataFrame(made, columns=["order_id", "sku", "location", "supplier", "quantity", "placed_on"])


def unnamed(*rows: tuple) -> pd.DataFrame:
    """Return deliveries of `(units, after so many days, supplier)`."""
    made = [("S0", "main", supplier, START + timedelta(days), units) for units, days, supplier in rows]
    return pd.DataFrame(made, columns=["sku", "location", "supplier", "received_on", "quantity"])


NONE = pd.DataFrame({"order_id": [], "received_on": [], "quantity": []})


def told(found: pd.DataFrame) -> list[tuple]:
    return [(row.order_id, row.quantity, row.assumed) for row in found.itertuples()]


def test_o19_a_delivery_fills_the_oldest_order_and_then_the_next() -> None:
    both = orders(("b", 10, 3, "Acme"), ("a", 10, 0, "Acme"))
    assert told(match_first_in_first_out(both, NONE, unnamed((14, 9, "Acme")))) == [("a", 10, True), ("b", 4, True)]


def test_what_names_its_order_comes_first_and_leaves_less_to_assume() -> None:
    named = pd.DataFrame({"order_id": ["a"], "received_on": [START + timedelta(8)], "quantity": [7.0]})
    both = orders(("a", 10, 0, "Acme"), ("b", 10, 3, "Acme"))
    found = match_first_in_first_out(both, named, unnamed((5, 6, "Acme")))
    assert told(found) == [("a", 7, False), ("a", 3, True), ("b", 2, True)]


def test_another_supplier_another_product_and_an_earlier_day_are_no_match() -> None:
    one = orders(("a", 10, 5, "Acme"))
    assert told(match_first_in_first_out(one, NONE, unnamed((5, 9, "Rival"), (5, 4, "Acme")))) == []
    assert told(match_first_in_first_out(one, NONE, unnamed((5, 9, "Acme")).assign(sku="S1"))) == []
    assert told(match_first_in_first_out(one, NONE, unnamed((5, 9, "Acme")).assign(location="north"))) == []
    assert told(match_first_in_first_out(one, NONE, unnamed((5, 5, None), (4, 9, "Acme")))) == [
        ("a", 5, True),
        ("a", 4, True),
    ]


def test_o19_the_summary_says_how_much_rests_on_the_assumption() -> None:
    suggestions = pd.DataFrame(
        {
            "proposal_id": ["p"],
            "quantity": [10.0],
            "order_by": [START],
            "arrive_on": [START + timedelta(20)],
            "unit_cost": [2.0],
        }
    )
    one = orders(("a", 10, 0, "Acme")).assign(proposal_id="p", unit_cost=2.0)
    named = pd.DataFrame({"order_id": ["a"], "received_on": [START + timedelta(8)], "quantity": [6.0]})
    table = followed(suggestions, one, match_first_in_first_out(one, named, unnamed((2, 9, None))))
    assert table[["received", "assumed"]].to_numpy().tolist() == [[8.0, 2.0]]
    assert (summarise(table).received_share, summarise(table).assumed_share) == (0.8, 0.25)


SUPPLIER = st.sampled_from(["Acme", "Rival", None])


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 30), SUPPLIER), max_size=8),
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 30), SUPPLIER), max_size=8),
)
def test_no_order_gets_more_than_it_asked_for_and_no_unit_comes_twice(placed, came) -> None:
    asked = orders(*((f"o{place}", *one) for place, one in enumerate(placed)))
    found = match_first_in_first_out(asked, NONE, unnamed(*came))
    assert list(found.columns) == list(MATCHED)
    open_units = asked.set_index("order_id")["quantity"]
    taken = found.groupby("order_id")["quantity"].sum()
    assert (taken <= open_units.reindex(taken.index)).all()
    assert found["quantity"].sum() <= sum(units for units, _, _ in came)
    day = asked.set_index("order_id")["placed_on"]
    assert all(row.received_on >= day[row.order_id] for row in found.itertuples())
    anybody = [units for units, days, supplier in came if supplier is None and days == 30]
    first = sum(units for units, days, _ in came if days < 30)
    if placed and anybody and first == 0:
        assert found["quantity"].sum() >= min(sum(anybody), int(open_units.sum()))
