"""Reimbursement candidates against a model that follows every unit, and the claim window (C12, E28, R07)."""

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from inventory.profit.reimbursement import fee_differences, loss_claims
from tests.inventory.fees.items import CARDS

CARD = CARDS["reimbursement"]
AS_OF = date(2026, 9, 1)
VALUES = {"A": (Decimal("4.10"), Decimal("19.99"))}
NOTHING_PAID = pd.DataFrame({"sku": [], "date": [], "units": []})


def moves(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["sku", "date", "kind", "units"])


def paid(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["sku", "date", "units"])


def test_e28_a_claim_is_open_for_60_days_and_valued_at_what_the_unit_cost():
    table = moves(("A", "2026-07-03", "lost", 5), ("A", "2026-07-02", "damaged", 2))
    found = loss_claims(table, NOTHING_PAID, VALUES, AS_OF, CARD)
    assert found["status"].tolist() == ["claim", "expired"]
    assert found["days_left"].tolist() == [0, -1]  # July 3rd + 60 days is September 1st
    assert found["value"].tolist() == pytest.approx([20.5, 8.2])


def test_before_march_31_2025_a_unit_was_valued_at_its_price_and_before_october_2024_no_rule_is_known():
    table = moves(("A", "2025-03-30", "lost", 1), ("A", "2024-10-22", "lost", 1))
    found = loss_claims(table, NOTHING_PAID, VALUES, date(2025, 4, 1), CARD).set_index("status")
    assert found.loc["claim", "value"] == pytest.approx(19.99)
    assert pd.isna(found.loc["no rule", "value"])


def test_what_was_found_or_paid_settles_the_oldest_loss_and_never_a_later_one():
    table = moves(
        ("A", "2026-08-01", "found", 9),  # before any loss: settles nothing
        ("A", "2026-08-02", "lost", 3),
        ("A", "2026-08-02", "found", 1),
        ("A", "2026-08-10", "lost", 4),
        ("B", "2026-08-10", "lost", 1),
    )
    found = loss_claims(table, paid(("A", "2026-08-20", 3)), VALUES, AS_OF, CARD).set_index("sku")
    assert found.loc["A", "units"] == 4
    assert found.loc["A", "open_units"] == 3
    assert pd.isna(found.loc["B", "value"])  # nobody told what a unit of B cost


events = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["lost", "damaged", "found", "paid"]), st.integers(1, 4)), max_size=20
)


@given(events)
def test_open_units_are_those_that_a_queue_of_single_units_leaves(facts):
    start = date(2026, 7, 10)
    queue: list[date] = []
    for at, kind, units in sorted(facts, key=lambda fact: (fact[0], fact[1] not in ("lost", "damaged"))):
        day = start + timedelta(days=at)
        queue = queue + [day] * units if kind in ("lost", "damaged") else queue[units:]
    told = [("A", str(start + timedelta(days=at)), kind, units) for at, kind, units in facts if kind != "paid"]
    settled = [("A", str(start + timedelta(days=at)), units) for at, kind, units in facts if kind == "paid"]
    found = loss_claims(moves(*told), paid(*settled), VALUES, AS_OF, CARD)
    by_day = found.groupby("date")["open_units"].sum()
    assert {day.date(): units for day, units in by_day.items()} == {day: queue.count(day) for day in set(queue)}


def test_facts_of_the_as_of_day_are_not_known_yet():
    assert len(loss_claims(moves(("A", "2026-09-01", "lost", 5)), NOTHING_PAID, VALUES, AS_OF, CARD)) == 0


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="movements: column 'kind': required column is missing"):
        loss_claims(moves().drop(columns="kind"), NOTHING_PAID, VALUES, AS_OF, CARD)


def test_r07_a_storage_fee_that_was_billed_too_high_is_found_and_cents_are_forgiven():
    columns = ["sku", "fee", "month", "amount"]
    charged = [
        ("A", "storage", "2026-06-01", 12.0),
        ("B", "storage", "2026-06-01", 5.2),
        ("C", "storage", "2026-06-01", 1.0),
    ]
    expected = [
        ("A", "storage", "2026-06-01", 9.0),
        ("B", "storage", "2026-06-01", 5.0),
        ("D", "storage", "2026-06-01", 2.0),
    ]
    found = fee_differences(pd.DataFrame(charged, columns=columns), pd.DataFrame(expected, columns=columns))
    assert dict(zip(found["sku"], found["difference"], strict=True)) == {"A": 3.0, "C": 1.0, "D": -2.0}
