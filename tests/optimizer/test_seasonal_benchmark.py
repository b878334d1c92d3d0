import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from optimizer.seasonal_benchmark import SeasonalBenchmark, seasonal_index, seasonal_place
from tests.optimizer.reviews import knowledge_of, state_of


def test_the_index_is_each_weeks_mean_over_the_mean_of_all():
    """Against a plain pandas group-by."""
    dates = Frequency.WEEKLY.dates(np.datetime64("2021-04-12"), 157)
    units = np.random.default_rng(1).poisson(4.0, (5, 157)).astype(float)
    units[2, 30:60] = np.nan
    week = pd.DatetimeIndex(dates).isocalendar()["week"].to_numpy()
    by_week = pd.Series(np.nanmean(units, axis=0)).groupby(week).mean()
    expected = (by_week / by_week.mean()).reindex(range(1, 54)).fillna(1.0)
    assert seasonal_index(units, dates, Frequency.WEEKLY) == pytest.approx(expected.to_numpy())


def test_a_season_of_days_is_the_week():
    dates = Frequency.DAILY.dates(np.datetime64("2024-01-01"), 14)
    assert seasonal_place(dates, Frequency.DAILY).tolist() == [*range(7), *range(7)]


def test_the_order_is_the_target_less_the_position_rounded():
    known = knowledge_of()
    target = SeasonalBenchmark(4).target(known)
    state = state_of(np.full(6, 3.0), promised=np.ones((6, 1, 2)))
    expected = np.maximum(np.round(target - 5.0), 0.0)
    assert np.array_equal(SeasonalBenchmark(4).order(state, known)[:, 0], expected)


def test_by_default_it_covers_the_lead_time_and_two_reviews():
    known = knowledge_of()
    assert SeasonalBenchmark().target(known) == pytest.approx(SeasonalBenchmark(4).target(known))


def test_half_a_period_of_coverage_counts_half():
    known = knowledge_of()
    halves = (SeasonalBenchmark(2).target(known) + SeasonalBenchmark(3).target(known)) / 2
    assert SeasonalBenchmark(2.5).target(known) == pytest.approx(halves)


def test_weeks_out_of_stock_do_not_count():
    known = knowledge_of(count=2)
    known.units[1, -8:] = np.nan
    before = SeasonalBenchmark(4).target(known)
    known.units[1, -8:] = np.nan
    assert np.isfinite(before).all()
    known.units[0] = np.nan
    assert SeasonalBenchmark(4).target(known)[0] == 0
