import numpy as np
import pytest

from core.frequency import Frequency
from optimizer.lead_time import arrival_periods, latest_periods, review_periods, sampled_lead_days


def test_goods_that_arrive_mid_week_serve_the_next_week():
    assert arrival_periods([0.0, 1.0, 7.0, 8.0, 14.0], Frequency.WEEKLY).tolist() == [0, 1, 1, 2, 2]
    assert arrival_periods([0.0, 10.5], Frequency.DAILY).tolist() == [0, 11]


def test_a_review_lasts_at_least_one_period():
    assert review_periods(1, Frequency.WEEKLY) == 1
    assert review_periods(14, Frequency.WEEKLY) == 2
    assert review_periods(7, Frequency.DAILY) == 7


def test_safety_stock_under_random_lead_times_is_that_of_the_corrected_formula():
    # E02: SS = Z √(L σ_d² + d̄² σ_L²) for normal daily demand; σ_L is not multiplied by √L again (E01).
    demand, sd_demand, lead, sd_lead, z = 50.0, 10.0, 20.0, 3.0, 1.6449
    random = np.random.default_rng(7)
    days = sampled_lead_days(lead, sd_lead, (200_000,), random)
    total = random.normal(demand * days, sd_demand * np.sqrt(days))
    safety = z * total.std()
    assert safety == pytest.approx(z * np.sqrt(lead * sd_demand**2 + demand**2 * sd_lead**2), rel=0.02)


def test_without_variance_safety_stock_is_z_sigma_root_lead_time():
    # E01: 1.65 · 20 · √7 = 87.3, not 92.
    random = np.random.default_rng(7)
    total = random.normal(50.0, 20.0, (200_000, 7)).sum(axis=1)
    assert np.quantile(total, 0.95) - 350.0 == pytest.approx(1.6449 * 20 * np.sqrt(7), rel=0.02)
    assert round(1.65 * 20 * np.sqrt(7), 1) == 87.3


def test_lead_times_that_were_seen_are_drawn_as_they_were():
    seen = np.array([10.0, 12.0, 30.0])
    days = sampled_lead_days(1.0, 0.0, (3000,), np.random.default_rng(1), seen)
    assert set(days.tolist()) == {10, 12, 30}
    assert days.mean() == pytest.approx(seen.mean(), rel=0.05)


def test_a_forecast_reaches_beyond_late_orders():
    assert latest_periods([14.0, 14.0], [0.0, 4.0], Frequency.WEEKLY).tolist() == [2, 4]
    assert latest_periods([14.0], [np.nan], Frequency.DAILY).tolist() == [14]
