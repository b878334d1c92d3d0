"""Cover, risk, excess, reorder point and capacity of small shops whose answers are known by hand."""

import numpy as np
import pytest
from scipy import stats

from monitoring.fact import CAP_DAYS
from monitoring.stock_facts import location_facts, stock_facts
from tests.monitoring.views import day, make_view, table


def steady(pace: float, horizon: int = 60, paths: int = 2) -> np.ndarray:
    return np.full((1, paths, horizon), pace, dtype=np.float32)


def test_cover_is_stock_over_the_forecasts_pace_and_dsi_over_past_sales() -> None:
    facts = stock_facts(make_view(np.full(120, 5.0), on_hand=100.0, paths=steady(4.0)))
    assert facts["cover_days"][0] == pytest.approx(25.0)
    assert facts["dsi_days"][0] == pytest.approx(20.0)


def test_what_nobody_buys_lasts_ten_years_and_nothing_lasts_no_day() -> None:
    assert stock_facts(make_view(np.zeros(120), on_hand=9.0))["dsi_days"][0] == CAP_DAYS
    assert stock_facts(make_view(np.full(120, 5.0), on_hand=0.0))["cover_days"][0] == 0.0


def test_o32_e05_the_reorder_point_is_lead_time_demand_and_safety() -> None:
    paths = np.random.default_rng(1).poisson(50.0, (1, 20_000, 30)).astype(np.float32)
    facts = stock_facts(make_view(np.full(120, 50.0), on_hand=750.0, lead=15.0, paths=paths))
    assert facts["reorder_point"][0] == pytest.approx(stats.poisson(50 * (15 + 7)).ppf(0.95), rel=0.01)
    assert facts["reorder_point"][0] > 750  # 50 × 15 is lead-time demand alone
    assert facts["position_over_reorder"][0] < 1


def test_m10_e24_a_share_of_stock_has_the_reorder_point_for_its_base() -> None:
    facts = stock_facts(make_view(np.full(120, 5.0), on_hand=21.0, lead=14.0, paths=steady(5.0)))
    assert facts["stock_share"][0] == pytest.approx(21 / (5 * (14 + 7)))


def test_units_beyond_the_healthy_cover_are_excess_at_cost() -> None:
    facts = stock_facts(make_view(np.full(120, 2.0), on_hand=100.0, unit_cost=8.0, lead=14.0, paths=steady(2.0)))
    assert facts["excess_units"][0] == pytest.approx(100 - 2 * 45)
    assert facts["excess_value"][0] == pytest.approx(80.0)
    slow = stock_facts(make_view(np.full(120, 2.0), on_hand=100.0, lead=60.0, paths=steady(2.0, 90)))
    assert slow["excess_units"][0] == 0.0  # a lead time of 60 days needs more than 45 days of cover


def test_e12_an_air_order_counts_only_if_it_comes_before_the_stock_ends() -> None:
    def flag(due: int, mode: str) -> float:
        orders = table("open_orders", order_id=["P"], sku=["S0"], quantity=[50.0], expected_on=[day(-due)], mode=[mode])
        return stock_facts(make_view(np.full(120, 5.0), on_hand=50.0, paths=steady(5.0), open_orders=orders))[
            "air_on_the_way"
        ][0]

    assert (flag(9, "air"), flag(10, "air"), flag(3, "sea")) == (1.0, 0.0, 0.0)


def test_m25_clearing_within_30_days_is_feasible_or_not() -> None:
    view = make_view(np.full(120, 5.0), on_hand=150.0, paths=steady(5.0))
    assert stock_facts(view)["fill_feasible_30d"][0] == 1.0
    view = make_view(np.full(120, 5.0), on_hand=151.0, paths=steady(5.0))
    assert stock_facts(view)["fill_feasible_30d"][0] == 0.0


def test_stock_that_is_not_known_says_nothing() -> None:
    facts = stock_facts(make_view(np.full(120, 5.0), on_hand=np.nan, paths=steady(5.0)))
    assert facts[["cover_days", "stockout_probability", "excess_units", "dsi_days"]].isna().all(axis=None)


def test_m02_a_locations_volume_over_its_capacity() -> None:
    products = table("products", sku=["S0"], price=[20.0], unit_cost=[8.0], volume=[0.5])
    places = table("locations", location=["main"], capacity=[100.0])
    view = make_view(np.full(120, 1.0), on_hand=180.0, products=products, locations=places, paths=steady(1.0))
    facts = location_facts(view)
    assert facts["volume_share"].tolist() == [pytest.approx(0.9)]
    assert facts["volume_share_expected"].tolist() == [pytest.approx((180 - 28) * 0.5 / 100)]
