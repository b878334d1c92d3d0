"""A level that was steadily misjudged is corrected by half, an unsteady one hardly."""

from dataclasses import replace

import numpy as np
import pytest

from features.panel import Panel
from training.backtest import Outcome, outcome
from training.baselines import MovingAverage
from training.level import level_factor, recent_level_factor, season_unknown


@pytest.fixture(scope="module")
def judged(panel: Panel) -> Outcome:
    origin = panel.periods - 14
    return outcome(MovingAverage().distribution(panel.before(origin), 14), panel, origin)


def stated(judged: Outcome, *ratios: float) -> list[Outcome]:
    return [replace(judged, mean=judged.mean * (ratio * judged.actual.sum() / judged.mean.sum())) for ratio in ratios]


def test_a_steady_error_is_corrected_by_half_its_logarithm(judged: Outcome) -> None:
    assert level_factor(stated(judged, 1.21, 1.21, 1.21, 1.21)) == pytest.approx(1 / 1.1, rel=1e-6)


def test_an_unsteady_error_is_left_alone(judged: Outcome) -> None:
    assert level_factor(stated(judged, 1.4, 1 / 1.4, 1.4, 1 / 1.4)) == pytest.approx(1.0, abs=1e-6)
    assert level_factor(stated(judged, 1.3, 0.8, 1.3, 0.9)) > level_factor(stated(judged, 1.06, 1.07, 1.06, 1.07))


def test_a_right_level_and_one_origin_alone_change_nothing(judged: Outcome) -> None:
    assert level_factor(stated(judged, 1.0, 1.0, 1.0)) == 1.0
    assert level_factor(stated(judged, 1.5)) == 1.0
    assert level_factor([]) == 1.0


def test_no_correction_runs_away(judged: Outcome) -> None:
    assert level_factor(stated(judged, 50.0, 50.0)) == pytest.approx(np.exp(-0.4))


def test_without_a_season_the_level_goes_half_way_to_that_of_the_last_four_weeks(panel: Panel) -> None:
    recent = panel.history.units[:, -28:].astype(np.float64) * panel.history.observed[:, -28:]
    level = recent.sum(axis=1) / np.maximum(panel.history.observed[:, -28:].sum(axis=1), 1)
    right = np.repeat(level[:, None], 14, axis=1)
    assert recent_level_factor(panel, right) == pytest.approx(1.0, abs=0.02)
    for ratio in (1.21, 0.64):
        assert recent_level_factor(panel, right * ratio) == pytest.approx(
            recent_level_factor(panel, right) / np.sqrt(ratio), rel=1e-9
        )
    assert recent_level_factor(panel, right * 100) == pytest.approx(np.exp(-0.4))
    assert recent_level_factor(panel, right * 0) == 1.0


def test_a_weekend_ahead_is_measured_against_weekends(panel: Panel) -> None:
    """Demand of 3 on two days a week and of 1 on the others: a right forecast of any two days is left alone."""
    weekday = np.arange(panel.periods) % 7
    units = np.broadcast_to(np.where(weekday >= 5, 3.0, 1.0), panel.history.units.shape).astype(np.float32)
    known = replace(panel, history=replace(panel.history, units=units, observed=np.ones_like(units)))
    ahead = (panel.periods + np.arange(10)) % 7
    right = np.broadcast_to(np.where(ahead >= 5, 3.0, 1.0), (len(units), 10))
    for horizon in (1, 2, 3, 5, 10):
        assert recent_level_factor(known, right[:, :horizon]) == pytest.approx(1.0)


def test_stock_outs_of_the_last_weeks_are_no_fall_of_the_level(panel: Panel) -> None:
    units = np.ones_like(panel.history.units)
    observed = np.ones_like(units)
    observed[::2, -9:] = 0
    units[::2, -9:] = 0
    sold_out = replace(panel, history=replace(panel.history, units=units, observed=observed))
    assert recent_level_factor(sold_out, np.ones((len(units), 7))) == pytest.approx(1.0)


def test_a_season_is_unknown_before_the_first_year_is_over(panel: Panel) -> None:
    assert not season_unknown(panel)  # 400 days
    assert season_unknown(panel.before(363))
    assert not season_unknown(panel.before(364))
