import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsforecast.models import TSB, AutoETS, CrostonSBA

from core.errors import UsageError
from core.frequency import Frequency
from features.panel import Panel, build_panel
from tests.training.test_baselines import panel_of
from training.statistical import METHODS, SMOOTHING, StatisticalForecaster


def season_of(weeks: int, seed: int) -> list[float]:
    random = np.random.default_rng(seed)
    return [float(value) for value in random.poisson(np.tile([9.0, 4, 4, 5, 6, 12, 15], weeks))]


def sparse(periods: int, seed: int) -> list[float]:
    random = np.random.default_rng(seed)
    return [float(value) for value in random.poisson(3.0, periods) * (random.random(periods) < 0.3)]


def several(count: int, periods: int) -> Panel:
    dates = pd.date_range("2024-01-01", periods=periods, freq="D", unit="s")
    frames = [
        pd.DataFrame({"sku": f"s{place}", "location": "main", "date": dates, "units": sparse(periods, place)})
        for place in range(count)
    ]
    sales = pd.concat(frames, ignore_index=True).assign(price=np.nan, in_stock=1.0)
    as_of = (dates[-1] + pd.Timedelta(days=1)).date()
    return build_panel({"sales": sales.astype({"sku": "str", "location": "str"})}, Frequency.DAILY, as_of)


def test_the_mean_and_spread_of_exponential_smoothing_are_statsforecasts_own() -> None:
    units = season_of(20, seed=2)
    found = StatisticalForecaster(METHODS["auto_ets"], 14).distribution(panel_of(units), 14)
    theirs = AutoETS(season_length=7).forecast(y=np.array(units), h=14, level=[80])
    np.testing.assert_allclose(found.mean[0], theirs["mean"], rtol=1e-5)
    spread = (theirs["hi-80"] - theirs["lo-80"]) / 2 / stats.norm.ppf(0.9)
    np.testing.assert_allclose(found.marginals.ratio[0] * found.mean[0], np.maximum.accumulate(spread**2), rtol=1e-4)


def test_croston_is_statsforecasts_with_the_bias_correction() -> None:
    units = sparse(200, seed=3)
    found = StatisticalForecaster(METHODS["croston"], 5).distribution(panel_of(units), 5)
    np.testing.assert_allclose(found.mean[0], CrostonSBA().forecast(y=np.array(units), h=5)["mean"], rtol=1e-5)


def test_tsb_keeps_the_smoothing_that_erred_least_in_the_history() -> None:
    units = np.array(sparse(200, seed=4))
    best, least = None, np.inf
    for chance in SMOOTHING:
        for size in SMOOTHING:
            answer = TSB(chance, size).forecast(y=units, h=3, fitted=True)
            error = np.nanmean((units - answer["fitted"]) ** 2)
            if error < least:
                best, least = answer["mean"], error
    found = StatisticalForecaster(METHODS["tsb"], 3).distribution(panel_of(units.tolist()), 3)
    np.testing.assert_allclose(found.mean[0], best, rtol=1e-5)


def test_a_level_that_wanders_is_less_sure_further_ahead() -> None:
    steps = np.random.default_rng(5).normal(0, 2, 300).cumsum()
    units = np.rint(60 + steps - steps.min()).tolist()
    found = StatisticalForecaster(METHODS["tsb"], 20).distribution(panel_of(units), 20)
    spread = found.marginals.ratio[0]
    assert (np.diff(spread) >= 0).all()
    assert spread[-1] > 2 * spread[0]


@pytest.mark.parametrize("name", METHODS)
def test_a_series_of_three_periods_gets_the_moving_average_and_is_told_so(name: str) -> None:
    found = StatisticalForecaster(METHODS[name], 3).distribution(panel_of([4.0, 5.0, 6.0]), 3)
    assert found.series["fallback_reason"][0].startswith(f"3 periods of history are too few for {name}")
    np.testing.assert_allclose(found.mean[0], found.mean[0, 0])
    assert 3 < found.mean[0, 0] < 7


def test_weekly_theta_knows_the_year_only_from_two_of_them_on() -> None:
    year = np.where(np.arange(52) % 52 < 4, 80.0, 20.0)
    for years, seasonal in ((1, False), (3, True)):
        units = np.rint(np.tile(year, years)).tolist()
        found = StatisticalForecaster(METHODS["auto_theta"], 26).distribution(panel_of(units, Frequency.WEEKLY), 26)
        assert (np.ptp(found.mean[0]) > 20) == seasonal


def test_a_stock_out_does_not_pull_the_level_down() -> None:
    units = [10.0] * 60 + [0.0] * 20
    out = [1.0] * 60 + [0.0] * 20
    found = StatisticalForecaster(METHODS["tsb"], 7).distribution(panel_of(units, in_stock=out), 7)
    np.testing.assert_allclose(found.mean[0], 10, rtol=0.02)


def test_a_steep_trend_is_cut_off_at_twice_the_largest_demand_seen() -> None:
    units = np.rint(np.exp(np.arange(40) / 8)).tolist()
    found = StatisticalForecaster(METHODS["auto_ets"], 60).distribution(panel_of(units), 60)
    assert found.mean.max() <= 2 * max(units)


def test_more_series_than_the_budget_allows_are_refused_with_a_reason() -> None:
    model = StatisticalForecaster(METHODS["auto_arima"], 3, budget_seconds=1.0)
    with pytest.raises(UsageError, match="3 series are more than 2"):
        model.distribution(several(3, 30), 3)


def test_two_processes_forecast_the_same_bytes_as_one() -> None:
    panel = several(20, 40)
    slow = METHODS["croston"].__class__("croston", METHODS["croston"].forecast, 1, 1, 728, 8, seconds=1.0)
    one, two = (StatisticalForecaster(slow, 3, threads).distribution(panel, 3) for threads in (1, 2))
    assert one.mean.tobytes() == two.mean.tobytes()
    assert one.marginals.ratio.tobytes() == two.marginals.ratio.tobytes()
