import numpy as np
import pandas as pd

from core.frequency import Frequency
from features.panel import Panel, build_panel
from training.baselines import MovingAverage, SeasonalNaive


def panel_of(units: list[float], frequency: Frequency = Frequency.DAILY, in_stock: list[float] | None = None) -> Panel:
    step = f"{frequency.period_days}D"
    dates = pd.date_range("2024-01-01", periods=len(units), freq=step, unit="s")
    sales = pd.DataFrame({"sku": "a", "location": "main", "date": dates, "units": units, "price": np.nan})
    sales["in_stock"] = 1.0 if in_stock is None else in_stock
    as_of = (dates[-1] + pd.Timedelta(days=frequency.period_days)).date()
    return build_panel({"sales": sales.astype({"sku": "str", "location": "str"})}, frequency, as_of)


def test_seasonal_naive_repeats_last_week_day_by_day() -> None:
    week = [1.0, 2, 3, 4, 5, 6, 7]
    forecast = SeasonalNaive().distribution(panel_of([9.0] * 7 + week), 10)
    np.testing.assert_array_equal(forecast.mean[0], [*week, 1, 2, 3])


def test_seasonal_naive_looks_past_a_stock_out_to_the_week_before() -> None:
    forecast = SeasonalNaive().distribution(panel_of([9.0] * 7 + [1.0] * 7, in_stock=[1.0] * 7 + [0.0] + [1.0] * 6), 7)
    np.testing.assert_array_equal(forecast.mean[0], [9, 1, 1, 1, 1, 1, 1])


def test_seasonal_naive_of_a_history_shorter_than_its_season_repeats_the_last_period() -> None:
    forecast = SeasonalNaive().distribution(panel_of([4.0, 5.0, 6.0], Frequency.WEEKLY), 3)
    np.testing.assert_array_equal(forecast.mean[0], [6, 6, 6])


def test_the_moving_average_is_the_mean_of_the_last_13_weeks() -> None:
    forecast = MovingAverage().distribution(panel_of([100.0] * 5 + [3.0] * 13, Frequency.WEEKLY), 4)
    np.testing.assert_allclose(forecast.mean[0], 3)


def test_the_moving_average_knows_the_weekday() -> None:
    forecast = MovingAverage().distribution(panel_of([10.0, 0, 0, 0, 0, 0, 0] * 20), 7)
    assert forecast.mean[0, 0] > 8
    assert forecast.mean[0, 1:].max() < 0.5


def test_a_series_that_never_sold_is_forecast_to_sell_nothing() -> None:
    for model in (SeasonalNaive(), MovingAverage()):
        forecast = model.distribution(panel_of([0.0] * 60), 7)
        assert forecast.quantiles((0.5, 0.99)).max() == 0
        assert np.isfinite(forecast.marginals.ratio).all()
