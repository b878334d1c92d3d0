"""Refunded and never returned: the window of days 60 to 120 after the refund (R07)."""

from datetime import date

import pandas as pd

from inventory.returned_goods.missing_credit import missing_credits
from tests.inventory.fees.items import CARDS

AS_OF = date(2026, 9, 1)


def facts(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["order_id", "sku", "date", "units"])


def test_r07_only_what_neither_came_back_nor_was_paid_is_missing_and_each_has_its_window():
    refunds = facts(
        ("1", "A", "2026-07-03", 1),  # 60 days ago: claim from today on
        ("2", "A", "2026-07-04", 1),  # 59 days ago: wait
        ("3", "A", "2026-05-04", 1),  # 120 days ago: the last day
        ("4", "A", "2026-05-03", 1),  # 121 days ago: too late
        ("5", "A", "2026-06-01", 2),
        ("6", "A", "2024-10-01", 1),
        ("7", "A", "2026-06-01", 1),
        ("8", "A", "2026-09-01", 1),  # refunded today: not known yet
    )
    returns = facts(("5", "A", "2026-06-20", 1), ("7", "B", "2026-06-20", 1))
    paid = facts(("5", "A", "2026-07-20", 1))
    found = missing_credits(refunds, returns, paid, AS_OF, CARDS["reimbursement"]).set_index("order_id")
    assert found["status"].to_dict() == {
        **{"1": "claim", "2": "wait", "3": "claim", "4": "expired"},
        **{"6": "no rule", "7": "claim"},
    }
    assert found["status"].iloc[0] == "claim"
    assert found.loc["1", "claim_until"] == pd.Timestamp("2026-10-31")
    assert found.loc["7", "missing"] == 1  # another sku came back


def test_nothing_refunded_is_nothing_missing():
    nothing = facts()
    assert len(missing_credits(nothing, nothing, nothing, AS_OF, CARDS["reimbursement"])) == 0
