from dataclasses import replace

import numpy as np
import pytest

from core.frequency import Frequency
from optimizer.life_cycle import LifeCycle, LifeCycleRules, air_emergency, growth_streak, phases
from optimizer.safety_stock import recent_demand
from tests.optimizer.reviews import AS_OF, knowledge_of, state_of


def history(units, frequency=Frequency.WEEKLY, **terms):
    units = np.asarray(units, dtype=np.float64)
    known = knowledge_of(count=len(units), frequency=frequency, **terms)
    days = np.timedelta64(frequency.period_days, "D")
    dates = frequency.dates(np.datetime64(AS_OF) - units.shape[1] * days, units.shape[1])
    return replace(known, units=units, dates=dates)


def sold(weeks, level=4.0, late=None, total=60):
    """Return `total` weeks of which the last `weeks` were in the shop; the last 13 at `late`."""
    row = np.full(total, np.nan)
    row[total - weeks :] = level
    if late is not None:
        row[-13:] = late
    return row


def test_the_phase_is_age_unless_demand_stopped_growing():
    """O50–O52, E18: months 0–3, 3–12, beyond; a flat product is not in growth."""
    known = history([sold(8), sold(30, late=6.0), sold(30), sold(60), sold(60, late=9.0)])
    assert phases(known, LifeCycleRules()).tolist() == [0, 1, 2, 2, 2]


def test_an_introduction_holds_a_day_and_a_half_and_never_more_than_its_cap():
    """O28: 1.5 days of the last 30; O50, E19: at most 1.5 times the forecast over lead time and review."""
    known = history([sold(8)])
    assert LifeCycle().level(known)[0] == pytest.approx(4.0 * 3 + 1.5 * 4.0 / 7)
    capped = LifeCycle(LifeCycleRules(base_days=90.0)).level(known)
    assert capped[0] == pytest.approx(1.5 * 12.0)


def test_growth_adds_its_shares_within_one_budget():
    """O51 with E17: 1.5 × 1.15 is capped at 1.5; a smaller increment is not."""
    known = history([sold(30, late=6.0)])
    assert LifeCycle().level(known)[0] == pytest.approx(18.0 * 1.5)
    assert LifeCycle(LifeCycleRules(growth_increment=0.1)).level(known)[0] == pytest.approx(18.0 * 1.1 * 1.15)


def test_a_mature_core_product_holds_45_days_and_the_long_tail_none():
    """O52."""
    known = history([sold(60, 40.0), sold(60, 1.0)])
    level = LifeCycle().level(known)
    assert level[0] == pytest.approx(120 + 45 * 40 / 7)
    assert level[1] == pytest.approx(3)
    assert LifeCycle().order(state_of(level), known).sum() == pytest.approx(0, abs=1)


def test_a_streak_is_seven_days_of_twenty_percent():
    """O29."""
    base = np.tile([5.0, 6, 7, 8, 9, 10, 10], 3)
    up, one_short = base.copy(), base.copy()
    up[-7:] *= 1.2
    one_short[-7:] *= 1.2
    one_short[-3] = 9.0
    assert growth_streak(history([up, one_short, base], Frequency.DAILY)).tolist() == [True, False, False]
    assert growth_streak(history([[5.0, 6.0], [5.0, 5.9], [0.0, 0.0]])).tolist() == [True, False, False]
    assert growth_streak(history([[5.0]])).tolist() == [False]


def test_a_week_of_growth_adds_its_buffer():
    rules = LifeCycleRules(growth_increment=0.1)
    row = sold(30, late=6.0)
    row[-1] = 9.0
    known = history([row])
    mean, _ = recent_demand(known, 5)
    assert LifeCycle(rules).level(known)[0] == pytest.approx(mean[0] * 3 * 1.1 * 1.15 * 1.15)


def test_goods_are_flown_in_where_cover_is_short_and_the_competitor_is_out():
    """O30: below 14 days."""
    cover, out = np.array([13.9, 14.0, 5.0]), np.array([True, True, False])
    assert air_emergency(cover, out).tolist() == [True, False, False]
