"""A review for policy tests: what is known, and a state of stock, of a few random SKUs."""

from datetime import date

import numpy as np

from core.frequency import Frequency
from optimizer.planning import PlanningOptions
from optimizer.policies import Knowledge, StockState
from tests.optimizer.conftest import AS_OF, forecast_of, random_paths, terms_of

PAST = 60
HORIZON = 12


def knowledge_of(count=6, seed=0, frequency=Frequency.WEEKLY, planning=None, horizon=HORIZON, mean=5.0, **terms):
    """Return what is known about `count` SKUs: 60 past periods, a forecast of 12, two weeks of lead time."""
    paths = random_paths(count, paths=80, horizon=horizon, mean=mean, seed=seed)
    whole = forecast_of(paths, frequency)

    def forecast(periods):
        return forecast_of(paths[:, :, :periods], frequency)

    past = random_paths(count, paths=1, horizon=PAST, mean=mean, seed=seed + 1)[:, 0].astype(np.float64)
    past[0, :20] = np.nan
    first = np.datetime64(AS_OF) - PAST * np.timedelta64(frequency.period_days, "D")
    return Knowledge(
        as_of=date.fromisoformat(str(AS_OF)),
        frequency=frequency,
        terms=terms_of(whole, **terms),
        planning=planning or PlanningOptions(),
        units=past,
        dates=frequency.dates(first, PAST),
        forecast=forecast,
    )


def state_of(on_hand, promised=None, backlog=None):
    """Return a state with (n, P) on hand, and nothing promised or waiting unless told."""
    stock = np.asarray(on_hand, dtype=np.float64)
    stock = stock[:, None] if stock.ndim == 1 else stock
    coming = np.zeros((*stock.shape, 1)) if promised is None else np.asarray(promised, dtype=np.float64)
    return StockState(stock, np.zeros_like(stock) if backlog is None else backlog, coming)
