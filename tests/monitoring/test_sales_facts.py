"""What a series sells and how that changes: the trade's numbers on histories made to meet them."""

import numpy as np
import pytest

from monitoring.alerts import raise_alerts
from monitoring.fact import Scope
from monitoring.facts import facts_of
from monitoring.sales_facts import sales_facts
from monitoring.view import Feeds
from tests.monitoring.views import RULES, forecast_of, make_view


def blocks(*paces: float, days: int = 30) -> np.ndarray:
    """Return 30 days at each pace, the oldest first."""
    return np.repeat(np.array(paces, dtype=np.float64), days)


def fires(rule: str, view) -> bool:
    raised = raise_alerts([RULES[rule]], {Scope.SERIES: facts_of(view)[Scope.SERIES]})
    return bool(raised["fires"].any())


@pytest.mark.parametrize(
    ("paces", "fired"),
    [
        ((100, 69, 47), True),  # 31 % and 31.9 %
        ((100, 70, 48), False),  # exactly 30 %, then 31 %
        ((1000, 690, 483), False),  # 31 %, then exactly 30 %
        ((100, 71, 40), False),  # one period only
        ((100, 60, 60), False),
    ],
)
def test_m13_two_periods_in_a_row_must_each_fall_by_more_than_30_percent(paces, fired) -> None:
    assert fires("velocity-decay", make_view(blocks(*paces))) == fired


@pytest.mark.parametrize(("newest", "fired"), [(59.0, True), (60.0, True), (61.0, False)])
def test_m25_a_month_40_percent_below_the_month_before(newest, fired) -> None:
    assert fires("monthly-drop", make_view(blocks(100, 100, newest))) == fired


@pytest.mark.parametrize(("week", "fired"), [(131.0, True), (130.0, True), (129.0, False)])
def test_f34_a_week_30_percent_above_the_month_before(week, fired) -> None:
    view = make_view(np.r_[np.full(100, 100.0), np.full(7, week)])
    assert sales_facts(view)["velocity_change"][0] == pytest.approx(week / 100 - 1)
    assert fires("velocity-up", view) == fired


@pytest.mark.parametrize(("days", "factor", "counted"), [(7, 1.2, 7), (6, 1.2, 6), (7, 1.19, 0)])
def test_o29_seven_days_in_a_row_at_least_20_percent_above_a_week_before(days, factor, counted) -> None:
    units = np.r_[np.full(60, 100.0), np.full(days, 100.0 * factor)]
    view = make_view(units)
    assert sales_facts(view)["growth_days"][0] == counted
    assert fires("growth-week", view) == (counted >= 7)


def test_a_stock_out_is_no_decline() -> None:
    units = blocks(10, 10, 10)
    there = np.ones(90)
    units[-20:], there[-20:] = 0.0, 0.0
    facts = sales_facts(make_view(units, in_stock=there))
    assert facts["decline_30d"][0] == pytest.approx(0.0)
    assert facts["censored_days_30d"][0] == 20


def test_f22_a_straight_line_has_its_slope() -> None:
    facts = sales_facts(make_view(np.linspace(50, 150, 90)))
    assert facts["slope_90d"][0] == pytest.approx(90 / 89 * 1.0, rel=1e-6)  # 100 more over 89 days, over a mean of 100


def test_f31_the_next_quarter_against_the_last() -> None:
    def change(pace: float) -> float:
        paths = np.full((1, 2, 91), pace, dtype=np.float32)
        return sales_facts(make_view(np.full(120, 10.0), paths=paths))["forecast_quarter_change"][0]

    assert change(8.5) == pytest.approx(-0.15)
    assert change(12.0) == pytest.approx(0.2)


def test_o05_sales_against_an_earlier_forecast_in_its_own_spreads() -> None:
    units = np.r_[np.full(60, 10.0), np.full(14, 16.0)]
    whole = make_view(units)
    past = whole.panel.before(whole.panel.periods - 14)
    paths = np.random.default_rng(1).poisson(10.0, (1, 400, 14)).astype(np.float32)
    facts = sales_facts(make_view(units, feeds=Feeds(issued=forecast_of(past, paths))))
    assert facts["forecast_deviation"][0] == pytest.approx(0.6, abs=0.02)
    assert facts["forecast_surprise"][0] == pytest.approx(84 / np.sqrt(140), rel=0.1)


def test_too_little_history_is_not_known() -> None:
    facts = sales_facts(make_view(np.full(20, 3.0)))
    assert np.isnan(facts["decline_30d"][0])
    assert np.isnan(facts["slope_90d"][0])


def test_what_never_sells_has_no_pace_to_fall_from() -> None:
    facts = sales_facts(make_view(np.zeros(100)))
    assert facts["daily_90d"][0] == 0.0
    assert np.isnan(facts["velocity_change"][0])
    assert facts["days_since_sale"][0] >= 99
