"""The accounting export balances to the cent, whatever is entered (C15)."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from inventory.fees.charge import to_cents
from inventory.fees.storage import monthly_storage
from inventory.profit.accounting import PAIRS, Account, StockMove, journal, journal_csv, stock_value
from tests.inventory.fees.items import CARDS, day, item

moves = st.lists(
    st.builds(
        StockMove,
        st.dates(date(2026, 1, 1), date(2026, 3, 31)),
        st.sampled_from(sorted(PAIRS)),
        st.sampled_from(["A", "B"]),
        st.integers(1, 50).map(Decimal),
        st.decimals("0.01", "99.9999", places=4),
    ),
    max_size=20,
)
INTO_STOCK = {"receipt": 1, "return": 1, "found": 1, "sale": -1, "write_off": -1}


@given(moves)
def test_debits_equal_credits_in_every_entry_and_stock_is_the_sum_of_its_moves(entered):
    lines = journal(entered)
    for entry in {line.entry for line in lines}:
        own = [line for line in lines if line.entry == entry]
        assert sum(line.debit for line in own) == sum(line.credit for line in own) > 0
        assert len(own) == 2
    wanted = sum(INTO_STOCK[move.kind] * to_cents(move.units * move.unit_cost) for move in entered)
    assert stock_value(entered) == wanted


def test_the_file_has_exact_amounts_and_the_sellers_own_account_numbers():
    sale = StockMove(date(2026, 3, 2), "sale", "A", Decimal(3), Decimal("0.335"), "SO-7")
    fee = monthly_storage(CARDS["monthly_storage"], item(), day("2026-03-01"), Decimal(10))
    text = journal_csv(journal([sale], [fee], {"goods_sold": Account("4711", "Wareneinsatz")}), "EUR")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["date"], row["account"], row["debit"], row["credit"]) for row in rows] == [
        ("2026-03-01", "6100", "3.90", ""),
        ("2026-03-01", "2100", "", "3.90"),
        ("2026-03-02", "4711", "1.01", ""),  # 3 × 0.335 = 1.005, half up
        ("2026-03-02", "1400", "", "1.01"),
    ]
    assert rows[2]["text"] == "sale of 3 at 0.335, SO-7"
    assert rows[2]["account_name"] == "Wareneinsatz"


def test_an_unknown_kind_of_move_is_refused():
    with pytest.raises(UsageError, match="'gift' have no accounts; use one of receipt"):
        journal([StockMove(date(2026, 1, 1), "gift", "A", Decimal(1), Decimal(1))])
