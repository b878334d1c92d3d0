from dataclasses import replace

import numpy as np
import pytest

from core.frequency import Frequency
from optimizer.base_stock import BaseStock, path_quantile, review_ratio
from optimizer.staged_orders import SeasonRamp, StagedLaunch, ramp_share
from tests.optimizer.conftest import forecast_of
from tests.optimizer.reviews import knowledge_of, state_of

HORIZON = 20


def expecting(demand, count=1, **terms):
    """Return what is known where each path's demand is exactly `demand`, (H,) units a week."""
    paths = np.tile(np.asarray(demand, dtype=np.float64), (count, 50, 1))
    known = knowledge_of(count=count, **terms)
    return replace(known, forecast=lambda periods: forecast_of(paths[:, :, :periods], Frequency.WEEKLY))


def season_in(weeks, usual=4.0, peak=10.0):
    """Return demand that rises from `usual` to `peak` after so many weeks."""
    demand = np.full(HORIZON, usual)
    demand[weeks:] = peak
    return demand


def test_a_season_is_bought_in_steps_from_three_months_before_and_not_at_once():
    """O23: the level rises at every review, and by equal parts where the forecast does not change."""
    levels = [float(SeasonRamp().level(expecting(season_in(weeks)))[0]) for weeks in range(13, -1, -1)]
    steps = np.diff(levels)
    assert levels[0] < levels[-1] / 2
    assert (steps >= 0).all()
    assert steps.max() < (levels[-1] - levels[0]) / 2
    assert levels[-1] == 30.0


def test_a_season_beyond_the_ramp_is_not_bought_for_yet():
    far = expecting(season_in(17))
    assert SeasonRamp(ramp_days=28).level(far)[0] == 12.0
    assert SeasonRamp(ramp_days=119).level(far)[0] > 12.0


def test_a_weak_season_takes_nothing_from_what_is_needed_now():
    known = expecting(season_in(4, usual=9.0, peak=2.0))
    state = state_of(np.array([5.0]))
    assert np.array_equal(SeasonRamp().order(state, known), BaseStock().order(state, known))


def test_the_level_ahead_is_the_quantile_of_each_later_protection_interval():
    """Every start of an interval summed by itself, path by path."""
    known = knowledge_of(count=4, stockout_cost=9.0)
    paths = known.forecast(12).paths
    spans = known.first + known.review
    ratio = review_ratio(known)
    reach = int(spans.max())
    levels = np.array(
        [
            [
                path_quantile(paths[i : i + 1, :, s : s + spans[i]].sum(axis=2), ratio[i : i + 1])[0]
                for s in range(13 - reach)
            ]
            for i in range(4)
        ]
    )
    rise = levels.max(axis=1) - levels[:, 0]
    expected = levels[:, 0] + np.ceil(rise / (levels.argmax(axis=1) + 1))
    assert SeasonRamp(ramp_days=7.0 * (12 - reach)).level(known).tolist() == expected.tolist()


def test_reviews_left_share_what_is_missing():
    assert ramp_share(np.array([0, 1, 2, 5]), review=2).tolist() == [1.0, 1.0, 0.5, pytest.approx(1 / 3)]


def seen(weeks, sold):
    row = np.full(60, np.nan)
    row[60 - weeks :] = sold
    return row


def test_a_new_product_is_tried_then_follows_its_sales_then_its_forecast():
    """O26: half the mean of the interval; at most 1.5 times what the test sold; then base stock."""
    known = expecting(np.full(HORIZON, 8.0), count=4)
    known = replace(known, units=np.stack([seen(2, 8.0), seen(6, 1.0), seen(6, 8.0), seen(20, 1.0)]))
    assert StagedLaunch().level(known).tolist() == [12.0, 5.0, 24.0, 24.0]


def test_a_trial_is_never_more_than_base_stock():
    known = knowledge_of(count=5, stockout_cost=0.01)
    young = replace(known, units=np.full_like(known.units, np.nan))
    assert (StagedLaunch(trial_share=3.0).level(young) <= StagedLaunch(trial_days=0.0).level(young)).all()
