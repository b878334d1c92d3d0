import numpy as np
import pytest
from scipy.special import ndtri

from optimizer.safety_stock import (
    DisruptionFloor,
    SafetyStock,
    recent_demand,
    reorder_point,
    safety_stock,
)
from tests.optimizer.reviews import knowledge_of, state_of


def test_the_published_safety_stock_of_92_is_87_3():
    """O07, E01: 1.65 · 20 · √7."""
    assert safety_stock(1.65, 20, 7) == pytest.approx(87.3, abs=0.01)
    assert np.ceil(safety_stock(1.65, 20, 7)) == 88
    assert safety_stock(float(ndtri(0.95)), 20, 7) == pytest.approx(87.0, abs=0.05)


def test_the_square_root_of_the_lead_time_counts_once():
    """E02: σ is of one day's demand; what is already the lead time's deviation takes no root."""
    assert safety_stock(1.65, 20 * np.sqrt(7), 1) == pytest.approx(87.3, abs=0.01)
    assert safety_stock(1.65, 20, 1) == pytest.approx(33.0)


def test_a_lead_time_that_varies_adds_its_own_variance():
    """E02, O53: Z · √(L σ² + d̄² σ_L²), as sea freight needs."""
    assert safety_stock(1.65, 20, 7, demand_mean=50, lead_time_sd=2) == pytest.approx(
        1.65 * np.sqrt(7 * 400 + 2500 * 4)
    )


def test_a_reorder_point_has_a_safety_stock_on_top_of_lead_time_demand():
    """O32, E05: 50 a day for 15 days make 750, and that alone is no reorder point."""
    assert reorder_point(50, 15, safety_stock(1.65, 20, 15)) == pytest.approx(750 + 1.65 * 20 * np.sqrt(15))


def test_the_policy_orders_up_to_the_formula():
    known = knowledge_of(count=3)
    mean, sd = recent_demand(known, 13)
    level = np.ceil(mean * 3 + ndtri(0.95) * sd * np.sqrt(3))
    assert np.array_equal(SafetyStock(0.95).order(state_of(np.ones(3)), known)[:, 0], level - 1)
    assert mean[1] == pytest.approx(known.units[1, -13:].mean())
    assert sd[1] == pytest.approx(known.units[1, -13:].std(ddof=1))


def test_a_varying_lead_time_raises_the_policys_level():
    sure, varying = knowledge_of(count=3), knowledge_of(count=3, lead_time_sd_days=14.0)
    assert (SafetyStock().level(varying) > SafetyStock().level(sure)).all()


def test_the_floor_is_the_larger_of_the_two_buffers_and_not_their_sum():
    known = knowledge_of(count=3)
    mean, safety = SafetyStock().parts(known)
    level = np.ceil(mean * 3 + np.maximum(safety, 21 / 7 * mean))
    found = DisruptionFloor(longest_delay_days=28, delay_in_lead_time_days=7).order(state_of(np.zeros(3)), known)
    assert np.array_equal(found[:, 0], level)
    short = DisruptionFloor(longest_delay_days=1).order(state_of(np.zeros(3)), known)
    assert np.array_equal(short, SafetyStock().order(state_of(np.zeros(3)), known))


def test_a_series_that_was_never_in_stock_has_no_known_demand():
    known = knowledge_of(count=2)
    known.units[0] = np.nan
    mean, sd = recent_demand(known, 13)
    assert mean[0] == sd[0] == 0
