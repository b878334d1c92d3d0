"""Forecasts that any model has to beat: the same season again, and the moving average."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import FloatArray
from features.panel import Panel
from training.calibration import Calibration
from training.count_distribution import LEAST_MEAN
from training.dependence import Dependence
from training.distribution import DemandDistribution
from training.forecaster import check_horizon
from training.marginals import CountMarginals, Marginals

__all__ = ["MovingAverage", "SeasonalNaive", "marginal_forecast"]

LEAST_VARIANCE_RATIO = 0.2


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """The last season again: the newest observed period of the same place in the season.

    Spread: the mean squared change of units over one season, in the series' own history.
    """

    horizon: int = 10**6
    name: str = "seasonal_naive"

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return last season's demand with the spread of its own past errors."""
        check_horizon(self.name, self.horizon, horizon)
        units, seen = _observed(panel)
        season = panel.frequency.season_length
        if panel.periods <= season:
            season = 1
        cycles = -(-panel.periods // season)
        padded = np.full((len(units), cycles * season), np.nan)
        padded[:, cycles * season - panel.periods :] = np.where(seen, units, np.nan)
        newest = _last_number(padded.reshape(len(units), cycles, season))
        level = np.where(seen, units, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
        newest = np.where(np.isnan(newest), level[:, None], newest)
        mean = np.maximum(newest[:, np.arange(horizon) % season], LEAST_MEAN)
        pairs = seen[:, season:] & seen[:, :-season]
        change = np.where(pairs, units[:, season:] - units[:, :-season], 0.0)
        variance = (change**2).sum(axis=1) / np.maximum(pairs.sum(axis=1), 1)
        variance = np.where(pairs.any(axis=1), variance, level)
        ratio = np.maximum(variance[:, None], level[:, None]) / np.maximum(mean, 0.1)
        marginals = CountMarginals(mean, ratio, panel.integer_valued)
        return marginal_forecast(self.name, panel, marginals, [""] * len(panel.series))


@dataclass(frozen=True, slots=True)
class MovingAverage:
    """The mean of the last periods (28 days or 13 weeks), times the weekday's index, with the series' own spread.

    reason: why it stands in where a trained model was to be used; shown with every forecast.
    """

    horizon: int = 10**6
    name: str = "moving_average"
    reason: str = ""

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the moving average for every period ahead."""
        check_horizon(self.name, self.horizon, horizon)
        return marginal_forecast(self.name, panel, self.marginals(panel, horizon), [self.reason] * len(panel.series))

    def marginals(self, panel: Panel, horizon: int) -> CountMarginals:
        """Return the marginals of all the panel's series over the periods from its end on."""
        units, seen = _observed(panel)
        daily = panel.frequency is Frequency.DAILY
        level = _recent_mean(units, seen, 28 if daily else 13)
        index = _weekday_index(units, seen, horizon) if daily else np.ones((len(units), horizon))
        variance = _recent_mean((units - level[:, None]) ** 2, seen, 112 if daily else 52)
        ratio = np.maximum(variance / np.maximum(level, 0.02), LEAST_VARIANCE_RATIO)
        mean = np.maximum(level[:, None] * index, LEAST_MEAN)
        return CountMarginals(mean, np.repeat(ratio[:, None], horizon, axis=1), panel.integer_valued)


def _observed(panel: Panel) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    return panel.history.units.astype(np.float64), panel.history.observed > 0


def _last_number(cycles: FloatArray) -> FloatArray:
    """Return (n, season) the newest number of each place in the season; NaN where there is none."""
    count, depth, season = cycles.shape
    newest = np.full((count, season), np.nan)
    for back in range(depth - 1, -1, -1):
        newest = np.where(np.isnan(newest), cycles[:, back], newest)
    return newest


def _recent_mean(values: FloatArray, seen: npt.NDArray[np.bool_], window: int) -> FloatArray:
    """Return each row's mean over the last `window` periods; over all where none of them was observed; else 0."""
    recent = seen[:, -window:]
    near = np.where(recent, values[:, -window:], 0).sum(axis=1) / np.maximum(recent.sum(axis=1), 1)
    all_time = np.where(seen, values, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return np.where(recent.any(axis=1), near, all_time)


def _weekday_index(units: FloatArray, seen: npt.NDArray[np.bool_], horizon: int) -> FloatArray:
    """Return (n, H) the weekday's share of the mean over 16 weeks, drawn to 1 by two weeks' worth of mean demand."""
    window = min(112, units.shape[1])
    recent = np.where(seen, units, 0)[:, -window:]
    overall = recent.sum(axis=1) / np.maximum(seen[:, -window:].sum(axis=1), 1)
    index = np.empty((len(units), 7))
    for day in range(7):
        days = np.arange(window - 7 + day, -1, -7)
        total = recent[:, days].sum(axis=1) + 2 * overall
        index[:, day] = total / (seen[:, -window:][:, days].sum(axis=1) + 2) / np.maximum(overall, 1e-9)
    index[overall <= 0] = 1.0
    return index[:, np.arange(horizon) % 7]


def marginal_forecast(name: str, panel: Panel, marginals: Marginals, reasons: Sequence[str]) -> DemandDistribution:
    """Return the distribution of a model without calibration or dependence of its own.

    marginals: of the panel's series over the periods from its end on; reasons: each series' `fallback_reason`.
    """
    return DemandDistribution(
        series=panel.series.assign(fallback_reason=pd.Series(list(reasons), dtype="str", index=panel.series.index)),
        frequency=panel.frequency,
        dates=panel.dates(panel.periods, marginals.mean.shape[1]),
        marginals=marginals,
        calibration=Calibration.identity(),
        segment=np.zeros(len(panel.series), dtype=np.int64),
        dependence=Dependence.independent(),
        model=name,
    )
