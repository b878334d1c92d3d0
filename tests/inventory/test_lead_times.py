from datetime import date

import pandas as pd
import pytest

from inventory.lead_times import learned_ways
from inventory.receipts import Promise, learned_lead_times

AS_OF = date(2024, 7, 1)


def receipts(days, supplier="mill", mode="sea", until="2024-06-01"):
    received = pd.date_range(end=until, periods=len(days), freq="2D")
    table = pd.DataFrame({"order_id": [f"{supplier}{place}" for place in range(len(days))], "sku": "a"})
    table["supplier"], table["mode"] = supplier, pd.Series([mode] * len(days), dtype="str")
    table["placed_on"], table["promised_on"] = received - pd.to_timedelta(days, unit="D"), pd.NaT
    return table.assign(location="main", received_on=received, quantity=5.0)


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


def test_few_receipts_move_the_promise_a_little_and_many_replace_it():
    few = learned_ways(ways(), receipts([40] * 5), AS_OF)
    many = learned_ways(ways(), receipts([38, 42] * 100), AS_OF)
    assert few["lead_time_days"].tolist() == [35.0, 6.0, 14.0]
    assert many["lead_time_days"][0] == pytest.approx(40.0, abs=0.4)
    assert few["assumed"].tolist() == [
        "lead_time_days 35.0 ± 5.0 from 5 receipts and a promise of 30",
        "",
        "case_pack 1 by default",
    ]


def test_what_a_plan_takes_is_what_the_suppliers_report_tells():
    seen = receipts([33, 41, 38, 52, 35, 44])
    told = learned_lead_times(seen, {("mill", "sea"): Promise(30.0, 4.0)}, AS_OF).iloc[0]
    mine = learned_ways(ways().assign(lead_time_sd_days=[4.0, 1.0, 0.0]), seen, AS_OF).iloc[0]
    assert mine["lead_time_days"] == pytest.approx(told["learned_days"], abs=0.2)
    assert mine["lead_time_sd_days"] == pytest.approx(told["learned_sd_days"], abs=0.3)


def test_receipts_without_a_mode_teach_a_supplier_that_has_one_only():
    nameless = pd.concat([receipts([24] * 5, "forge", None), receipts([50] * 5, "mill", None)], ignore_index=True)
    assert learned_ways(ways(), nameless, AS_OF)["lead_time_days"].tolist() == [30.0, 6.0, 19.0]


def test_what_was_received_on_as_of_or_later_teaches_nothing():
    late = receipts([40], until="2024-07-01")
    assert learned_ways(ways(), late, AS_OF).equals(ways())
    assert learned_ways(ways(), receipts([]), AS_OF).equals(ways())
