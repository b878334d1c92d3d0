"""Phases by age and growth test (E18), segments and their presets, seasons and the days by which to order (E16)."""

import numpy as np
import pytest

from monitoring.fact import Scope
from monitoring.facts import facts_of
from monitoring.phase import phase_table
from monitoring.season import order_by_days, season_table
from monitoring.segments import policy_of, restock_priority, segment_table
from tests.monitoring.views import day, make_view, table


def phase(units: np.ndarray, launched_ago: int | None = None) -> tuple[str, float]:
    launched = None if launched_ago is None else [day(launched_ago)]
    products = table(
        "products", sku=["S0"], price=[20.0], unit_cost=[8.0], **({"launched_on": launched} if launched else {})
    )
    found = phase_table(make_view(units, products=products)).iloc[0]
    return found["phase"], found["probability"]


def quarters(*paces: float) -> np.ndarray:
    return np.repeat(np.array(paces), 91)


def test_e18_two_months_of_age_are_an_introduction_whatever_the_sales() -> None:
    assert phase(np.full(60, 50.0), 60)[0] == "introduction"


def test_e18_half_a_year_is_growth_only_if_it_grew() -> None:
    assert phase(quarters(5.0, 9.0, 14.0), 250)[0] == "growth"
    assert phase(quarters(10.0, 10.0, 10.0), 250)[0] != "growth"
    assert phase(quarters(14.0, 9.0, 5.0), 250)[0] == "decline"


def test_e18_an_old_product_is_mature_and_declines_only_if_it_fell() -> None:
    assert phase(quarters(*[10.0] * 5), 900)[0] == "maturity"
    assert phase(quarters(10.0, 10.0, 10.0, 10.0, 5.0), 900)[0] == "decline"


def test_few_sales_prove_no_growth_so_age_decides() -> None:
    thin = np.zeros(250)
    thin[::40] = 1.0
    found = phase_table(make_view(thin)).iloc[0]
    assert np.isnan(found["growth_z"])
    assert "age decides" in found["evidence"]


def test_the_probabilities_of_a_phase_are_probabilities() -> None:
    name, probability = phase(quarters(5.0, 9.0, 14.0), 250)
    assert name == "growth"
    assert 0.5 < probability <= 1.0


def test_o46_o47_o52_segments_have_presets_that_quote_their_rows() -> None:
    units = np.vstack([np.full(400, 50.0), np.full(400, 0.2)])
    found = segment_table(make_view(units)).set_index("sku")
    assert found["abc"].tolist() == ["A", "C"]
    assert found["segment"].tolist() == ["core", "long tail"]
    assert "45 days" in found["preset"]["S0"]
    assert "O52" in found["rows"]["S0"]
    assert policy_of("introduction", "A") == "introduction"


def test_o50_o51_presets_carry_the_trades_numbers_under_one_cap_e17() -> None:
    from monitoring.segments import POLICIES

    assert "1.5 ×" in POLICIES["introduction"][1]
    assert "+50%" in POLICIES["growth"][1]
    assert "at most 1.5 ×" in POLICIES["growth"][1]


def test_o31_o34_restocks_are_ranked_by_what_money_earns_and_cut_at_the_budget() -> None:
    draw = np.random.default_rng(1).poisson(5.0, (2, 200, 30)).astype(np.float32)
    products = table("products", sku=["S0", "S1"], price=[20.0, 10.0], unit_cost=[8.0, 8.0])
    view = make_view(np.full((2, 200), 5.0), on_hand=10.0, paths=draw, products=products, price=20.0)
    series = facts_of(view)[Scope.SERIES].assign(unit_margin=[12.0, 2.0])
    ranked = restock_priority(series)
    assert ranked["sku"].tolist() == ["S0", "S1"]
    assert ranked["return_on_spend"].tolist() == pytest.approx([1.5, 0.25])
    assert restock_priority(series, budget=float(ranked["spend"].iloc[0]))["funded"].tolist() == [True, False]


def test_e16_the_order_day_follows_the_lead_time_and_not_the_calendar() -> None:
    assert order_by_days(60.0, 45.0) == 8.0  # O36's three to four weeks would order 32 … 39 days from now: too late
    assert order_by_days(60.0, 5.0) == 48.0
    assert order_by_days(30.0, 45.0) < 0


def test_f33_o21_a_season_of_two_years_is_found_with_its_order_and_talk_days() -> None:
    days = np.arange(3 * 364)
    in_season = (days % 364 >= 250) & (days % 364 < 320)
    units = np.where(in_season, 30.0, 10.0)
    products = table("products", sku=["S0"], category=["toys"], price=[20.0], unit_cost=[8.0])
    view = make_view(units[: 3 * 364 - 200], products=products, lead=30.0)
    found = season_table(view, np.array([30.0])).iloc[0]
    starts = 250 - (3 * 364 - 200) % 364
    assert found["starts_in_days"] == pytest.approx(starts, abs=14)
    assert found["order_in_days"] == pytest.approx(found["starts_in_days"] - 37)
    assert found["talk_in_days"] == pytest.approx(found["order_in_days"] - 60)


def test_without_two_years_no_season_is_told() -> None:
    products = table("products", sku=["S0"], category=["toys"], price=[20.0], unit_cost=[8.0])
    assert season_table(make_view(np.full(500, 5.0), products=products), np.array([30.0])).empty
