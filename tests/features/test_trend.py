"""F22, F34, O29: slope, velocity, streaks and recovery against scipy and pandas."""

import numpy as np
import pytest
from scipy.stats import linregress

from features.build import build_features
from features.panel import Panel
from features.specification import specify_features
from tests.features.facts import daily_panel, series_rows

ORIGINS = [5, 14, 40, 89, 90, 91, 130, 160]


def columns(panel: Panel, origins: list[int]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    spec = specify_features(panel, 1, also=["trend"])
    matrix = build_features(panel, spec, series_rows(0, origins))
    return {name: matrix.values[:, place] for place, name in enumerate(spec.names)}, matrix.scale


def noisy() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(5)
    units = draw.poisson(np.linspace(2, 9, 160)).astype(float)[None, :]
    stocked = np.ones((1, 160))
    stocked[0, 100:104] = 0
    stocked[0, 130] = 0.5
    return units, stocked


def test_the_slope_of_a_quarter_is_the_least_squares_line_of_observed_days() -> None:
    units, stocked = noisy()
    found, scale = columns(daily_panel(units, in_stock=stocked), ORIGINS)

    def slope(start: int, stop: int) -> float:
        days = np.arange(start, stop)[stocked[0, start:stop] == 1] if start >= 0 else np.array([])
        return linregress(days, units[0, days]).slope if len(days) else np.nan

    for place, origin in enumerate(ORIGINS):
        whole = slope(origin - 90, origin) * 90 / scale[place]
        change = (slope(origin - 45, origin) - slope(origin - 90, origin - 45)) * 90 / scale[place]
        assert found["slope"][place] == pytest.approx(whole, rel=1e-3, abs=1e-4, nan_ok=True)
        assert found["acceleration"][place] == pytest.approx(change, rel=1e-3, abs=1e-4, nan_ok=True)


def test_velocity_is_a_week_against_a_month() -> None:
    units, _ = noisy()
    found, _ = columns(daily_panel(units), ORIGINS)
    expected = [units[0, max(o - 7, 0) : o].mean() / units[0, max(o - 30, 0) : o].mean() for o in ORIGINS]
    assert found["velocity"] == pytest.approx(expected, rel=1e-4)


def test_a_streak_counts_the_days_whose_week_is_a_fifth_above_the_week_before() -> None:
    units = np.full((1, 60), 10.0)
    units[0, 40:] = 20.0
    found, _ = columns(daily_panel(units), [40, 41, 42, 44, 47, 51, 52])
    # The week's mean first is 20 % above on the second day at 20 (10 + 10 · 2/7), and no more once both weeks are.
    assert found["growth_streak"].tolist() == [0, 0, 1, 3, 6, 10, 0]


def test_recovery_is_told_from_the_stock_out_on_until_it_is_long_ago() -> None:
    units = np.full((1, 160), 4.0)
    stocked = np.ones((1, 160))
    stocked[0, 50:53] = 0
    units[0, 50:53] = 0
    units[0, 53:] = 2.0
    found, _ = columns(daily_panel(units, in_stock=stocked), [50, 53, 54, 60, 120])
    assert found["since_stock_out"].tolist() == [60, 0, 1, 7, 60]
    np.testing.assert_allclose(found["recovery"], [np.nan, np.nan, 0.5, 0.5, np.nan], rtol=1e-3)
