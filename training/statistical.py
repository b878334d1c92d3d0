"""Classical models of one series at a time, by `statsforecast`: exponential smoothing, ARIMA, Theta, TSB and Croston.

Each series is fitted anew whenever a forecast is asked for, so nothing is learned beforehand and nothing is kept.
Periods of censored demand are filled from the past (`training.past_demand`). A model's mean and the spread of its
errors h periods ahead become a negative binomial or gamma distribution (`training.marginals.CountMarginals`).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import joblib
import numpy as np

from core.errors import UsageError
from core.frequency import Frequency
from core.types import FloatArray
from features.panel import Panel
from training.baselines import MovingAverage, marginal_forecast
from training.count_distribution import LEAST_MEAN
from training.distribution import DemandDistribution
from training.forecaster import check_horizon
from training.marginals import CountMarginals
from training.past_demand import filled_demand

__all__ = ["METHODS", "Method", "StatisticalForecaster"]

SMOOTHING = (0.05, 0.1, 0.2, 0.3)
"""Smoothing weights that TSB is tried with; the pair of least squared one-step error in the history is kept."""

ASKED_COVERAGE = 50
"""Per cent of the central interval from whose half-width a normal model's standard deviation is read."""

HALF_WIDTH = 0.6744897501960817
"""Half-width of that interval in standard deviations: Φ⁻¹(0.75)."""

LARGEST_GROWTH = 2.0
"""A mean above this multiple of the largest demand seen is a trend run away: it is cut off there."""

SERIES_AT_ONCE = 16
"""Series in one parallel task."""

Ahead = tuple[FloatArray, FloatArray]
"""Mean and variance, (H,) each."""


@dataclass(frozen=True, slots=True)
class Method:
    """One classical model.

    season_daily, season_weekly: its season in periods, used by a series with two of them. ETS and ARIMA of weekly
    demand have none: 52 states a series take minutes, and two years of history tell little about each. longest_days:
    history read at most: cost grows with it, and the states of older periods have faded. least: filled periods below
    which the moving average answers for a series. seconds: rough cost of a series on one core, from which the
    largest number of series follows.
    """

    name: str
    forecast: Callable[[FloatArray, int, int], Ahead]
    season_daily: int
    season_weekly: int
    longest_days: int
    least: int
    seconds: float

    def season(self, frequency: Frequency) -> int:
        """Return the season in periods."""
        return self.season_daily if frequency is Frequency.DAILY else self.season_weekly


@dataclass(frozen=True, slots=True)
class StatisticalForecaster:
    """A classical model, fitted to each series of the panel that is to be forecast.

    budget_seconds: series whose rough cost adds up to more are refused rather than forecast in part: a clock that
    decides which series get the model would give other bytes on another machine. threads: processes at work at once.
    """

    method: Method
    horizon: int
    threads: int = 1
    budget_seconds: float = 1800.0

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.method.name

    @property
    def most_series(self) -> int:
        """Series that fit into the budget."""
        return int(self.budget_seconds / self.method.seconds)

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the distribution of each series; a moving average where its history is too short or defeats the model.

        Raises UsageError for a horizon beyond the model's own, or for more series than its budget allows.
        """
        check_horizon(self.name, self.horizon, horizon)
        if len(panel.series) > self.most_series:
            raise UsageError(
                f"{self.name} fits every series by itself and is given {self.budget_seconds:.0f} s: "
                f"{len(panel.series)} series are more than {self.most_series}; choose one that learns from all at once"
            )
        demand = filled_demand(panel, self.method.longest_days // panel.frequency.period_days)
        found = _forecast_all(self.method, panel.frequency, demand, horizon, self.threads)
        plain = MovingAverage().distribution(panel, horizon).marginals
        mean, ratio = plain.mean.copy(), plain.ratio.copy()
        reasons = []
        for row, (answer, history) in enumerate(zip(found, demand, strict=True)):
            if isinstance(answer, str):
                reasons.append(f"{answer}: moving average")
            else:
                mean[row], ratio[row] = _bounded(answer, history)
                reasons.append("")
        marginals = CountMarginals(mean, ratio, panel.integer_valued)
        return marginal_forecast(self.name, panel, marginals, reasons)


def _bounded(ahead: Ahead, history: FloatArray) -> Ahead:
    """Return mean and variance ratio: neither negative nor run away, and no variance below a tenth of the mean."""
    level = max(float(history.mean()), LEAST_MEAN)
    mean = np.clip(ahead[0], LEAST_MEAN, max(LARGEST_GROWTH * float(history.max()), LEAST_MEAN))
    variance = np.maximum.accumulate(np.maximum(ahead[1], 0.1 * mean))
    return mean, variance / np.maximum(mean, 0.05 * level)


def _forecast_all(
    method: Method, frequency: Frequency, demand: list[FloatArray], horizon: int, threads: int
) -> list[Ahead | str]:
    parts = [demand[first : first + SERIES_AT_ONCE] for first in range(0, len(demand), SERIES_AT_ONCE)]
    season = method.season(frequency)
    worth_it = threads > 1 and method.seconds * len(demand) > 10
    if not worth_it:
        return [answer for part in parts for answer in _forecast_part(method.name, season, part, horizon)]
    tasks = (joblib.delayed(_forecast_part)(method.name, season, part, horizon) for part in parts)
    return [answer for part in joblib.Parallel(n_jobs=threads)(tasks) for answer in part]


def _forecast_part(name: str, season: int, demand: list[FloatArray], horizon: int) -> list[Ahead | str]:
    return [_forecast_one(METHODS[name], season, history, horizon) for history in demand]


def _forecast_one(method: Method, season: int, history: FloatArray, horizon: int) -> Ahead | str:
    """Return mean and variance ahead, or in words why the model has none to give."""
    if len(history) < method.least:
        return f"{len(history)} periods of history are too few for {method.name} (at least {method.least})"
    if not history.any():
        return "no sales yet"
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            mean, variance = method.forecast(history, horizon, season if len(history) >= 2 * season else 1)
    except Exception:  # statsforecast raises bare Exception, and whatever its optimisers raise, where no model fits
        return f"{method.name} found no model for this history"
    if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
        return f"{method.name} found no finite forecast for this history"
    return mean, variance


def _normal(model: Any, history: FloatArray, horizon: int) -> Ahead:
    """Return a normal model's mean and variance, read from its central interval."""
    answer = model.forecast(y=history, h=horizon, level=[ASKED_COVERAGE])
    mean = np.asarray(answer["mean"], dtype=np.float64)
    half = (np.asarray(answer[f"hi-{ASKED_COVERAGE}"]) - np.asarray(answer[f"lo-{ASKED_COVERAGE}"])) / 2
    return mean, (half / HALF_WIDTH) ** 2


def _auto_ets(history: FloatArray, horizon: int, season: int) -> Ahead:
    from statsforecast.models import AutoETS  # seconds to import: only where it is used

    return _normal(AutoETS(season_length=season), history, horizon)


def _auto_arima(history: FloatArray, horizon: int, season: int) -> Ahead:
    from statsforecast.models import AutoARIMA

    model = AutoARIMA(season_length=season, max_p=3, max_q=3, max_P=1, max_Q=1, nmodels=20, approximation=True)
    return _normal(model, history, horizon)


def _auto_theta(history: FloatArray, horizon: int, season: int) -> Ahead:
    from statsforecast.models import AutoTheta

    return _normal(AutoTheta(season_length=season, decomposition_type="additive"), history, horizon)


def _croston(history: FloatArray, horizon: int, season: int) -> Ahead:
    from statsforecast.models import CrostonSBA

    return _level(CrostonSBA(), history, horizon)


def _tsb(history: FloatArray, horizon: int, season: int) -> Ahead:
    from statsforecast.models import TSB

    tried = [TSB(alpha_d=chance, alpha_p=size) for chance, size in product(SMOOTHING, repeat=2)]
    errors = [_squared_errors(model, history) for model in tried]
    return _level(tried[int(np.argmin(errors))], history, horizon)


def _squared_errors(model: Any, history: FloatArray) -> float:
    fitted = np.asarray(model.forecast(y=history, h=1, fitted=True)["fitted"])
    return float(np.nanmean((history - fitted) ** 2))


def _level(model: Any, history: FloatArray, horizon: int) -> Ahead:
    """Return a flat model's mean, and the mean squared error h periods ahead of its past forecasts, never falling."""
    answer = model.forecast(y=history, h=horizon, fitted=True)
    fitted = np.asarray(answer["fitted"], dtype=np.float64)
    farthest = max(len(history) // 3, 1)
    variance = np.empty(horizon)
    for ahead in range(horizon):
        step = min(ahead, farthest)
        variance[ahead] = np.nanmean((history[step:] - fitted[: len(fitted) - step]) ** 2)
    return np.asarray(answer["mean"], dtype=np.float64), variance


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("auto_ets", _auto_ets, 7, 1, longest_days=728, least=8, seconds=0.15),
        Method("auto_arima", _auto_arima, 7, 1, longest_days=728, least=16, seconds=0.5),
        Method("auto_theta", _auto_theta, 7, 52, longest_days=1092, least=8, seconds=0.15),
        Method("tsb", _tsb, 1, 1, longest_days=728, least=8, seconds=0.002),
        Method("croston", _croston, 1, 1, longest_days=728, least=8, seconds=0.0005),
    )
}
"""The classical models by name. `longest_days` and `seconds` were measured on one core."""
