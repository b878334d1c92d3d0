"""F16, F33: the seasonal index of three years and where its season starts."""

import numpy as np
import pytest

from features.season_start import PARTS, RISE, season_profile, season_starts


def sums(units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.r_[0.0, np.cumsum(units)], np.arange(len(units) + 1.0)


def test_a_christmas_season_of_three_years_starts_in_october() -> None:
    day = np.arange(3 * 364)
    units = np.where(day % 364 >= 280, 30.0, 10.0)  # from the 41st of 52 weeks on
    profile = season_profile(*sums(units), 3 * 364, 364)
    assert profile[3:37].max() < RISE < profile[42:50].min()
    assert np.flatnonzero(season_starts(profile) == 0).tolist() == [39]  # the smoothed profile rises a little earlier
    assert season_starts(profile)[20] == 19


def test_the_profile_is_period_mean_over_whole_mean_and_averages_one() -> None:
    draw = np.random.default_rng(3)
    units = draw.gamma(3, 2, 2 * 364 + 50)
    profile = season_profile(*sums(units), len(units), 364)
    years = units[-2 * 364 :].reshape(2, 364)
    raw = (years / years.mean(axis=1, keepdims=True)).mean(axis=0).reshape(PARTS, 7).mean(axis=1)
    smooth = np.mean([np.roll(raw, shift) for shift in range(-2, 3)], axis=0)
    np.testing.assert_allclose(profile, smooth, rtol=1e-9)
    assert profile.mean() == pytest.approx(1)


def test_a_steady_year_has_no_season_and_a_short_history_no_profile() -> None:
    assert np.isnan(season_starts(season_profile(*sums(np.full(800, 5.0)), 800, 364))).all()
    assert np.isnan(season_profile(*sums(np.full(700, 5.0)), 700, 364)).all()
