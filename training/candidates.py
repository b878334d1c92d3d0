"""The models that can be named: one dictionary from name to fit, for backtests, gates and choices by segment."""

from collections.abc import Callable, Mapping, Sequence

from core.errors import UsageError
from features.panel import Panel
from training.baselines import MovingAverage, SeasonalNaive
from training.boosted import TrainingSettings
from training.forecaster import Forecaster
from training.pipeline import train

__all__ = ["CANDIDATES", "DEFAULT_CANDIDATES", "Fit", "named_fits"]

Fit = Callable[[Panel, int, TrainingSettings], Forecaster]
"""Fits a model to a panel, so that it reaches a horizon, in the way that the settings say."""


def _boosted(panel: Panel, horizon: int, settings: TrainingSettings) -> Forecaster:
    return train(panel, horizon, settings).model


def _always(model: Forecaster) -> Fit:
    return lambda panel, horizon, settings: model


CANDIDATES: dict[str, Fit] = {
    "lightgbm_distribution": _boosted,
    "seasonal_naive": _always(SeasonalNaive()),
    "moving_average": _always(MovingAverage()),
}
"""Every model by the name that users give."""

DEFAULT_CANDIDATES = ("lightgbm_distribution", "seasonal_naive", "moving_average")
"""Models that a backtest compares where nobody names any."""


def named_fits(names: Sequence[str], settings: TrainingSettings) -> Mapping[str, Callable[[Panel, int], Forecaster]]:
    """Return the fits called `names` with `settings` filled in; raises UsageError for a name that none has."""
    fits = {}
    for name in dict.fromkeys(names):
        if name not in CANDIDATES:
            raise UsageError(f"--model {name!r} is not known; choose from {', '.join(CANDIDATES)}")
        fits[name] = _filled(CANDIDATES[name], settings)
    return fits


def _filled(fit: Fit, settings: TrainingSettings) -> Callable[[Panel, int], Forecaster]:
    return lambda panel, horizon: fit(panel, horizon, settings)
