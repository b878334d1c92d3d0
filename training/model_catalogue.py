"""Every model by name: what it is, what it costs, what it needs, and how to fit it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.util import find_spec

from core.errors import ConfigurationError, UsageError
from features.panel import Panel
from training.baselines import MovingAverage, SeasonalNaive
from training.boosted import TrainingSettings
from training.forecaster import Forecaster

__all__ = ["MODELS", "Cost", "FitModel", "ModelEntry", "find_model"]

FitModel = Callable[[Panel, int, TrainingSettings], Forecaster]
"""Fits a model to a panel, so that it reaches a horizon, with the settings' threads and seed."""


class Cost(StrEnum):
    """Rough cost of fitting and forecasting 500 series on two cores."""

    INSTANT = "instant"
    SECONDS = "seconds"
    MINUTES = "minutes"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model that can be asked for by name.

    sentence: what it is, for users; fitting: how it is fitted; extra: the optional part of Fillrate that it needs, with
    `module` as the proof that it is installed; by_series: it fits every series by itself, so its cost grows with them.
    """

    name: str
    sentence: str
    cost: Cost
    fitting: FitModel
    extra: str = ""
    module: str = ""
    by_series: bool = False

    @property
    def installed(self) -> bool:
        """Whether all that the model needs is there."""
        return not self.module or find_spec(self.module) is not None

    def __call__(self, panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
        """Return the model fitted to `panel` for `horizon` periods ahead.

        Raises ConfigurationError where its extra is not installed, InsufficientHistoryError where history is too short.
        """
        if not self.installed:
            raise ConfigurationError(
                f"model {self.name} needs an optional part of Fillrate; run: pip install fillrate[{self.extra}]"
            )
        return self.fitting(panel, horizon, settings)


def find_model(name: str) -> ModelEntry:
    """Return the model called `name`; raises UsageError that lists the names where there is none."""
    try:
        return MODELS[name]
    except KeyError:
        raise UsageError(f"model {name!r} is not known; choose one of {', '.join(sorted(MODELS))}") from None


def _lightgbm(panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    from training.pipeline import train

    return train(panel, horizon, settings).model


def _xgboost(panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    from training.quantile_boosting import QuantileBoostingSettings, fit_quantile_boosting

    how = QuantileBoostingSettings(features_off=settings.features_off, features_on=settings.features_on)
    return fit_quantile_boosting(panel, horizon, how, settings.threads, settings.seed)


def _lightgbm_quantiles(panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    from training.quantile_trees import QuantileTreesSettings, fit_quantile_trees

    how = QuantileTreesSettings(features_off=settings.features_off, features_on=settings.features_on)
    return fit_quantile_trees(panel, horizon, how, settings.threads, settings.seed)


def _forest(panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    from training.random_forest import RandomForestSettings, fit_random_forest

    how = RandomForestSettings(features_off=settings.features_off, features_on=settings.features_on)
    return fit_random_forest(panel, horizon, how, settings.threads, settings.seed)


def _lstm(panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    from training.neural import NeuralSettings, fit_neural

    return fit_neural(panel, horizon, NeuralSettings(), settings.threads, settings.seed)


def _statistical(name: str, panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    from training.statistical import METHODS, StatisticalForecaster

    return StatisticalForecaster(METHODS[name], horizon, settings.threads)


def _seasonal_naive(panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    return SeasonalNaive(horizon)


def _moving_average(panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    return MovingAverage(horizon)


MODELS: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            "lightgbm_distribution",
            "LightGBM mean and variance ratio on pooled features, calibrated: the default.",
            Cost.SECONDS,
            _lightgbm,
        ),
        ModelEntry(
            "seasonal_naive",
            "The last season again, with the spread of its own past errors.",
            Cost.INSTANT,
            _seasonal_naive,
        ),
        ModelEntry(
            "moving_average",
            "The mean of the last 28 days or 13 weeks, by weekday.",
            Cost.INSTANT,
            _moving_average,
        ),
        ModelEntry(
            "auto_ets",
            "Exponential smoothing chosen by information criterion, series by series.",
            Cost.MINUTES,
            partial(_statistical, "auto_ets"),
            by_series=True,
        ),
        ModelEntry(
            "auto_arima",
            "ARIMA chosen by information criterion, series by series.",
            Cost.MINUTES,
            partial(_statistical, "auto_arima"),
            by_series=True,
        ),
        ModelEntry(
            "auto_theta",
            "The Theta method, series by series.",
            Cost.MINUTES,
            partial(_statistical, "auto_theta"),
            by_series=True,
        ),
        ModelEntry(
            "tsb",
            "Chance of a sale times its size, both smoothed, for intermittent demand that may die out.",
            Cost.SECONDS,
            partial(_statistical, "tsb"),
            by_series=True,
        ),
        ModelEntry(
            "croston",
            "Size of a sale by the interval between sales, bias corrected, for intermittent demand.",
            Cost.INSTANT,
            partial(_statistical, "croston"),
            by_series=True,
        ),
        ModelEntry(
            "lightgbm_quantiles",
            "LightGBM quantiles, one booster a level on pooled features, sorted.",
            Cost.MINUTES,
            _lightgbm_quantiles,
        ),
        ModelEntry(
            "xgboost_quantiles",
            "XGBoost quantiles at several levels on pooled features, sorted.",
            Cost.MINUTES,
            _xgboost,
        ),
        ModelEntry(
            "random_forest",
            "Quantile regression forest on pooled features.",
            Cost.SECONDS,
            _forest,
        ),
        ModelEntry(
            "lstm",
            "A recurrent network over all series, trained on quantile losses.",
            Cost.MINUTES,
            _lstm,
            extra="neural",
            module="neuralforecast",
        ),
    )
}
"""The models by name."""
