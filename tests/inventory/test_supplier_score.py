"""Suppliers judged by their receipts (O20, O33, M27)."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.errors import UsageError
from inventory.receipts import Promise
from inventory.supplier_score import ScoreSettings, supplier_scores

AS_OF = date(2024, 7, 1)


def delivered(supplier: str, late: list[int], defective: float = 0.0, promised: bool = True) -> pd.DataFrame:
    """One order a day with a promise of 20 days, so many days late."""
    placed = pd.date_range("2024-01-01", periods=len(late))
    return pd.DataFrame(
        {
            "order_id": [f"{supplier}-{i}" for i in range(len(late))],
            "sku": "A",
            "supplier": supplier,
            "mode": "sea",
            "placed_on": placed,
            "promised_on": placed + pd.Timedelta(days=20) if promised else pd.NaT,
            "received_on": placed + pd.to_timedelta([20 + days for days in late], unit="D"),
            "quantity": 100.0,
            "defective": defective,
        }
    )


def test_o33_a_late_rate_above_a_fifth_asks_for_a_backup_once_it_is_proven():
    few = delivered("Few", [0, 5])
    many = delivered("Many", [0, 5] * 20)
    good = delivered("Good", [0] * 18 + [3, 4])
    found = supplier_scores(pd.concat([few, many, good]), {}, AS_OF).set_index("supplier")
    assert found["late_rate"].to_dict() == {"Few": 0.5, "Many": 0.5, "Good": 0.1}
    assert found.loc["Many", "action"] == "backup supplier or more safety stock"
    assert found.loc["Few", "action"] == "watch: late, on few orders"
    assert found.loc["Good", "action"] == ""
    # The bound is the rate at which so many late orders or more have a chance of exactly 20 %.
    low = found.loc["Many", "late_rate_low"]
    assert stats.binom.sf(19, 40, low) == pytest.approx(0.20)


def test_a_score_worked_by_hand():
    # late 2 of 4, defects 5 %, days 20, 20, 24, 28: mean 23, s = 3.83. 100 · (.5 · .5 + .3 · .5 + .2 · (1 − 3.83/23))
    found = supplier_scores(delivered("Acme", [0, 0, 4, 8], defective=5.0), {}, AS_OF).iloc[0]
    cv = np.std([20, 20, 24, 28], ddof=1) / 23
    assert found["lead_time_cv"] == pytest.approx(cv)
    assert found["score"] == pytest.approx(25 + 15 + 20 * (1 - cv))
    assert found["mean_delay_days"] == 3.0
    assert found["longest_delay_days"] == 8.0


def test_the_worst_comes_first_and_what_is_unknown_does_not_count():
    table = pd.concat([delivered("Blind", [0, 0], promised=False), delivered("Bad", [9, 9], defective=20.0)])
    found = supplier_scores(table, {}, AS_OF)
    assert found["supplier"].tolist() == ["Bad", "Blind"]
    assert np.isnan(found["late_rate"].iloc[1])
    assert found["score"].iloc[1] == pytest.approx(100.0)
    told = supplier_scores(delivered("Blind", [9, 9], promised=False), {("Blind", "sea"): Promise(20.0, 0.0)}, AS_OF)
    assert told["late_rate"].iloc[0] == 1.0


def test_receipts_from_as_of_on_are_not_known():
    assert len(supplier_scores(delivered("Acme", [0, 0]), {}, date(2024, 1, 21))) == 0


def test_weights_that_make_no_whole_are_refused():
    with pytest.raises(UsageError, match=r"add up to 1\.5"):
        ScoreSettings(punctuality=1.0)
