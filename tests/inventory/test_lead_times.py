from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.lead_times import learned_ways, observed_lead_days, shrunk_lead_days

AS_OF = date(2024, 7, 1)


def receipts(days, supplier="mill", mode="sea", until="2024-06-01"):
    received = pd.date_range(end=until, periods=len(days), freq="7D")
    return pd.DataFrame(
        {
            "order_id": [f"{supplier}{mode}{place}" for place in range(len(days))],
            "sku": "a",
            "location": "main",
            "supplier": supplier,
            "mode": mode,
            "placed_on": received - pd.to_timedelta(days, unit="D"),
            "received_on": received,
            "quantity": 5.0,
        }
    )


def ways():
    return pd.DataFrame(
        {
            "supplier": ["mill", "mill", "forge"],
            "mode": ["sea", "air", "sea"],
            "lead_time_days": [30.0, 6.0, 14.0],
            "lead_time_sd_days": [0.0, 1.0, 0.0],
            "assumed": ["", "", "case_pack 1 by default"],
        }
    )


def test_only_what_was_received_before_as_of_and_says_when_it_was_ordered_counts():
    told = receipts([40, 41, 42, 43])
    told.loc[0, "placed_on"] = pd.NaT
    late = receipts([99], until="2024-07-01").assign(order_id="late")
    seen = observed_lead_days(pd.concat([told, late], ignore_index=True), AS_OF)
    assert {key: days.tolist() for key, days in seen.items()} == {("mill", "sea"): [43.0, 42.0, 41.0]}


def test_an_order_of_many_skus_that_came_on_one_day_is_one_receipt():
    told = receipts([40, 42])
    both = pd.concat([told, told.assign(sku="b")], ignore_index=True)
    assert len(observed_lead_days(both, AS_OF)[("mill", "sea")]) == 2


def test_few_receipts_move_the_promise_a_little_and_many_replace_it():
    few = learned_ways(ways(), receipts([40] * 5), AS_OF)
    many = learned_ways(ways(), receipts([38, 42] * 100), AS_OF)
    assert few["lead_time_days"].tolist() == [35.0, 6.0, 14.0]
    assert many["lead_time_days"][0] == pytest.approx(40.0, abs=0.3)
    assert many["lead_time_sd_days"][0] == pytest.approx(2.0, abs=0.1)
    assert few["assumed"][0] == "lead_time_days 35.0 ± 0.0 from 5 receipts and a promise of 30"
    assert few["assumed"][2] == "case_pack 1 by default"


def test_receipts_without_a_mode_teach_a_supplier_that_has_one_only():
    nameless = pd.concat([receipts([24] * 5, "forge"), receipts([50] * 5, "mill")], ignore_index=True).assign(
        mode=pd.Series([None] * 10, dtype="str")
    )
    assert learned_ways(ways(), nameless, AS_OF)["lead_time_days"].tolist() == [30.0, 6.0, 19.0]


def test_without_receipts_nothing_changes():
    assert learned_ways(ways(), receipts([]), AS_OF).equals(ways())


@given(
    st.lists(st.integers(0, 120), min_size=1, max_size=30),
    st.floats(0, 120),
    st.floats(0, 20),
)
def test_learned_lead_times_lie_between_what_was_seen_and_the_promise(days, promised, sd):
    observed = np.array(days, dtype=float)
    learned = shrunk_lead_days(observed, promised, sd)
    assert (learned >= 0).all()
    # Cutting at 0 can only raise the mean.
    assert learned.mean() >= min(observed.mean(), promised) - 1e-6
    if (learned > 0).all():
        assert learned.mean() <= max(observed.mean(), promised) + 1e-6
