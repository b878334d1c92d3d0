"""Work in pieces gives what one process gives: on this machine's cores and on a Dask cluster."""

from datetime import date

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from core.errors import UsageError
from core.frequency import Frequency
from core.parallel import SERIAL, Workers
from features.panel import build_panel
from tests.simulated import simulated_tables
from training.backtest import backtest
from training.baselines import MovingAverage, SeasonalNaive
from training.split_work import backtest_by_origin, forecast_by_series

ORIGINS = (150, 160, 170)


def moving_average(panel, horizon):
    return MovingAverage()


def seasonal_naive(panel, horizon):
    return SeasonalNaive()


@pytest.fixture(scope="module")
def panel():
    return build_panel(simulated_tables(8, 180, 1), Frequency.DAILY, date(2023, 7, 1))


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=40
    ) as running:
        yield Workers.of(1, address=running.scheduler_address)


def check_backtest(panel, workers) -> None:
    fits = (moving_average, seasonal_naive)
    alone = backtest(panel, 7, ORIGINS, fits)
    together = backtest_by_origin(panel, 7, ORIGINS, fits, workers=workers)
    assert [(item.model, item.origin) for item in alone] == [(item.model, item.origin) for item in together]
    for one, other in zip(alone, together, strict=True):
        assert one.quantiles.tobytes() == other.quantiles.tobytes()
        assert one.below.tobytes() == other.below.tobytes()


@pytest.mark.parametrize("workers", [SERIAL, Workers.of(2)], ids=["here", "processes"])
def test_a_backtest_by_origin_is_the_backtest(panel, workers) -> None:
    check_backtest(panel, workers)


def test_a_backtest_on_a_cluster_is_the_backtest(panel, cluster) -> None:
    check_backtest(panel, cluster)


@pytest.mark.parametrize("workers", [SERIAL, Workers.of(2)], ids=["here", "processes"])
@pytest.mark.parametrize("piece", [3, 100])
def test_a_forecast_in_pieces_of_series_is_the_forecast(panel, workers, piece) -> None:
    distribution = MovingAverage().distribution(panel, 7)
    whole = distribution.forecast((0.1, 0.9), 20, 5)
    pieced = forecast_by_series(distribution, (0.1, 0.9), 20, 5, workers, piece)
    assert_frame_equal(whole.to_frame(), pieced.to_frame())
    assert np.array_equal(whole.paths, pieced.paths)
    assert (whole.levels, whole.as_of, whole.model, whole.seed) == (
        pieced.levels,
        pieced.as_of,
        pieced.model,
        pieced.seed,
    )


def test_an_odd_level_is_refused_in_pieces_too(panel) -> None:
    with pytest.raises(UsageError, match="outside"):
        forecast_by_series(MovingAverage().distribution(panel, 7), (1.5,), 2, 1, piece=3)
