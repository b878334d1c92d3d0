from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from core.types import DemandForecast

AS_OF = date(2024, 4, 15)


def forecast_of(paths, frequency=Frequency.WEEKLY, names=None):
    paths = np.asarray(paths, dtype=np.float32)
    count, _, horizon = paths.shape
    return DemandForecast(
        series=pd.DataFrame({"sku": names or [f"s{i}" for i in range(count)], "location": "main"}),
        as_of=AS_OF,
        frequency=frequency,
        dates=frequency.dates(np.datetime64(AS_OF), horizon),
        levels=(0.5,),
        mean=paths.mean(axis=1).astype(np.float64) if paths.shape[1] else np.zeros((count, horizon)),
        quantiles=np.zeros((count, horizon, 1)),
        paths=paths,
        model="test",
        seed=0,
    )


def terms_of(forecast, **changes):
    values = {
        "supplier": "mill",
        "mode": "sea",
        "lead_time_days": 14.0,
        "lead_time_sd_days": 0.0,
        "unit_cost": 2.0,
        "planning_unit_cost": 2.0,
        "order_cost": 0.0,
        "freight_cost": 0.0,
        "minimum_order_quantity": 1.0,
        "case_pack": 1.0,
        "price_breaks": "",
        "capacity": np.inf,
        "holding_cost": 0.2,
        "stockout_cost": 1.0,
        "price": 3.0,
        "volume": 0.1,
        "assumed": "",
    }
    return forecast.series[["sku", "location"]].assign(**{**values, **changes})


def random_paths(count=6, paths=60, horizon=7, mean=5.0, seed=0):
    random = np.random.default_rng(seed)
    level = random.gamma(2.0, mean / 2.0, count)[:, None, None]
    return random.poisson(random.gamma(2.0, level / 2.0, (count, paths, horizon))).astype(np.float32)


@pytest.fixture
def shop():
    """Return a function that makes (forecast, terms, on_hand, inbound) of some random SKUs."""

    def make(count=6, seed=0, horizon=7, mean=5.0, stock_weeks=1.5, **changes):
        forecast = forecast_of(random_paths(count, horizon=horizon, mean=mean, seed=seed))
        on_hand = np.floor(forecast.mean.mean(axis=1) * stock_weeks)
        return forecast, terms_of(forecast, **changes), on_hand, np.zeros((count, horizon))

    return make
