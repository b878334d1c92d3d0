"""The models that a backtest compares, by the names of the catalogue."""

from collections.abc import Callable, Mapping, Sequence

from features.panel import Panel
from training.boosted import TrainingSettings
from training.forecaster import Forecaster
from training.model_catalogue import FitModel, find_model

__all__ = ["DEFAULT_CANDIDATES", "named_fits"]

DEFAULT_CANDIDATES = ("lightgbm_distribution", "seasonal_naive", "moving_average")
"""Models that a backtest compares where nobody names any."""


def named_fits(names: Sequence[str], settings: TrainingSettings) -> Mapping[str, Callable[[Panel, int], Forecaster]]:
    """Return the fits called `names` with `settings` filled in; raises UsageError for a name that none has."""
    return {name: _filled(find_model(name), settings) for name in dict.fromkeys(names)}


def _filled(fit: FitModel, settings: TrainingSettings) -> Callable[[Panel, int], Forecaster]:
    return lambda panel, horizon: fit(panel, horizon, settings)
