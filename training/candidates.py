"""The models that a backtest, a gate or a choice by segment is asked to fit, by the names of the catalogue."""

from collections.abc import Callable, Mapping, Sequence

from core.errors import UsageError
from features.panel import Panel
from training.boosted import TrainingSettings
from training.forecaster import Forecaster
from training.model_catalogue import MODELS, FitModel

__all__ = ["CANDIDATES", "DEFAULT_CANDIDATES", "named_fits"]

CANDIDATES: Mapping[str, FitModel] = MODELS
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


def _filled(fit: FitModel, settings: TrainingSettings) -> Callable[[Panel, int], Forecaster]:
    return lambda panel, horizon: fit(panel, horizon, settings)
