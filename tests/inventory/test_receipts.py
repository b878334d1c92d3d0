"""Lead times learned from receipts (O20): against the mixture drawn at random and against hand-made cases."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.receipts import (
    LeadTimeLearning,
    Promise,
    lead_time_distributions,
    lead_time_samples,
    learned_lead_times,
    promised_lead_times,
)

AS_OF = date(2024, 7, 1)
ACME_SEA = ("Acme", "sea")


def receipts(*rows: tuple[str, str, str, str | None, str]) -> pd.DataFrame:
    """order, supplier, placed, promised, received."""
    columns = ["order_id", "supplier", "placed_on", "promised_on", "received_on"]
    table = pd.DataFrame(list(rows), columns=columns)
    for name in columns[2:]:
        table[name] = pd.to_datetime(table[name])
    return table.assign(sku="A", location="main", mode="sea", quantity=10.0, defective=0.0)


def seen(*days: float) -> pd.DataFrame:
    placed = [pd.Timestamp("2024-01-01") + pd.Timedelta(days=number) for number in range(len(days))]
    rows = [(f"PO-{i}", "Acme", str(day.date()), None, None) for i, day in enumerate(placed)]
    table = receipts(*rows)
    table["received_on"] = [day + pd.Timedelta(days=took) for day, took in zip(placed, days, strict=True)]
    return table


def test_the_lines_of_one_order_that_come_on_one_day_are_one_observation():
    one = ("PO-1", "Acme", "2024-05-01", "2024-05-20", "2024-05-25")
    late_rest = ("PO-1", "Acme", "2024-05-01", "2024-05-20", "2024-05-30")
    samples = lead_time_samples(receipts(one, one, one, late_rest), AS_OF)
    assert samples["days"].tolist() == [24.0, 29.0]
    assert samples["late_days"].tolist() == [5.0, 10.0]


def test_receipts_of_the_as_of_day_or_of_long_ago_or_without_an_order_day_are_not_known():
    table = receipts(
        ("PO-1", "Acme", "2024-06-01", None, "2024-07-01"),
        ("PO-2", "Acme", "2020-06-01", None, "2020-07-01"),
        ("PO-3", "Acme", None, None, "2024-05-01"),
        ("PO-4", "Acme", "2024-06-01", None, "2024-06-30"),
    )
    assert lead_time_samples(table, AS_OF)["days"].tolist() == [29.0]
    assert len(lead_time_samples(table, AS_OF, LeadTimeLearning(window_days=0))) == 2


def test_without_receipts_the_promise_stands_and_no_distribution_replaces_it():
    promised = {ACME_SEA: Promise(30.0, 4.0)}
    learned = learned_lead_times(seen(), promised, AS_OF).iloc[0]
    assert (learned["orders"], learned["learned_days"], learned["learned_sd_days"]) == (0, 30.0, 4.0)
    assert lead_time_distributions(seen(), promised, AS_OF) == {}


def test_few_orders_move_the_promise_a_little_and_many_replace_it():
    # Five orders' worth of "30 days" and five of 40: halfway. Variance (5·0 + 0 + 25/10·10²)/10 = 25.
    promised = {ACME_SEA: Promise(30.0, 0.0)}
    half = learned_lead_times(seen(*[40.0] * 5), promised, AS_OF).iloc[0]
    assert half["learned_days"] == 35.0
    assert half["learned_sd_days"] == 5.0
    many = learned_lead_times(seen(*[40.0] * 95), promised, AS_OF).iloc[0]
    assert many["learned_days"] == pytest.approx(39.5)


def test_o20_a_supplier_that_is_often_late_gets_a_longer_and_wider_lead_time():
    promised = {ACME_SEA: Promise(30.0, 2.0)}
    on_time = learned_lead_times(seen(29, 30, 31, 30, 30, 31, 29, 30), promised, AS_OF).iloc[0]
    late = learned_lead_times(seen(29, 38, 44, 30, 41, 52, 30, 40), promised, AS_OF).iloc[0]
    assert late["learned_days"] > on_time["learned_days"]
    assert late["learned_sd_days"] > on_time["learned_sd_days"]
    assert late["q0.95"] > on_time["q0.95"]
    assert late["late_share"] == 5 / 8
    assert late["longest_delay_days"] == 22.0


@settings(max_examples=30)
@given(
    whole=st.lists(st.integers(1, 90), min_size=1, max_size=20),
    promise=st.integers(5, 60),
    sd=st.sampled_from([0.0, 1e-300, 0.5, 4.0, 10.0]),
    k=st.sampled_from([0.5, 5.0, 20.0]),
)
def test_mean_and_spread_are_those_of_the_mixture(whole, promise, sd, k):
    # Oracle: the moments of a two-part mixture, E X = Σ w m and E X² = Σ w (s² + m²).
    learning = LeadTimeLearning(prior_orders=k)
    learned = learned_lead_times(seen(*whole), {ACME_SEA: Promise(promise, sd)}, date(2025, 1, 1), learning).iloc[0]
    weight = k / (k + len(whole))
    mean = weight * promise + (1 - weight) * np.mean(whole)
    square = weight * (sd**2 + promise**2) + (1 - weight) * np.mean(np.square(whole))
    assert learned["learned_days"] == pytest.approx(mean)
    assert learned["learned_sd_days"] == pytest.approx(np.sqrt(max(square - mean**2, 0)), abs=1e-4)


def test_the_sample_that_a_plan_draws_from_has_the_moments_of_the_learned_lead_time():
    promised = {ACME_SEA: Promise(30.0, 4.0)}
    table = seen(28, 33, 35, 47, 31, 30, 52)
    learned = learned_lead_times(table, promised, AS_OF).iloc[0]
    drawn = lead_time_distributions(table, promised, AS_OF)[ACME_SEA]
    assert len(drawn) == 400
    assert drawn.mean() == pytest.approx(learned["learned_days"], rel=0.005)
    assert drawn.std() == pytest.approx(learned["learned_sd_days"], rel=0.03)
    assert np.quantile(drawn, 0.9, method="inverted_cdf") == learned["q0.9"]


def test_a_supplier_that_nobody_promised_for_is_known_by_what_it_did():
    learned = learned_lead_times(seen(20, 24), {}, AS_OF).iloc[0]
    assert learned["learned_days"] == 22.0
    assert np.isnan(learned["promised_days"])
    assert np.isnan(learned["late_share"])
    drawn = lead_time_distributions(seen(20, 24), {}, AS_OF)[ACME_SEA]
    assert set(drawn.tolist()) == {20.0, 24.0}


def test_promises_are_the_medians_of_a_lane_and_silent_rows_promise_the_default():
    supply = pd.DataFrame(
        {
            "supplier": ["Acme", "Acme", "Acme", None],
            "mode": ["sea", "sea", "sea", None],
            "lead_time_days": [30.0, 40.0, np.nan, np.nan],
            "lead_time_sd_days": [2.0, np.nan, 4.0, np.nan],
        }
    )
    promised = promised_lead_times(supply, 14.0)
    assert promised == {ACME_SEA: Promise(30.0, 2.0), ("", ""): Promise(14.0, 0.0)}
