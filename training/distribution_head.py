"""The default model: a LightGBM mean (Tweedie) and a LightGBM variance ratio give one distribution a row.

Both learn from units ÷ scale, the series' level at the row's origin, so that slow and fast sellers teach each other.
The mean is that of several boosters, each grown without every third fortnight: what one has learned by heart of a
fortnight the others have not, and the variance ratio learns from each one's errors where it was not fitted.
"""

from dataclasses import dataclass, field
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from core.errors import InsufficientHistoryError
from core.types import FloatArray
from features.build import FeatureMatrix

__all__ = ["DistributionHead", "HeadSettings", "fit_head"]


BINNING = ("max_bin", "min_data_in_leaf", "cat_smooth", "force_row_wise", "num_threads", "seed", "verbosity")
"""Parameters that the rows are binned with: LightGBM refuses to train with others on rows that are binned already."""


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How the boosters are grown; the defaults were chosen on rolling origins of the public data sets.

    folds: boosters of the mean, each grown without the fortnights of its own fold.
    trusted_share: share of surprises taken at their word when the variance ratio is learned; larger ones are cut off
        there, so that one odd order does not widen every forecast.
    robust_share: weight of the slow exponentially weighted mean beside the boosted mean.
    own_history_share: exponent of the series' own variance ratio in the blend with the boosted one.
    """

    rounds: int = 130
    folds: int = 3
    learning_rate: float = 0.08
    leaves: int = 31
    tweedie_power: float = 1.2
    weight_power: float = 0.4
    half_life_years: float = 2.0
    dispersion_rounds: int = 80
    trusted_share: float = 0.99
    robust_share: float = 0.05
    own_history_share: float = 0.3
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DistributionHead:
    """The fitted boosters and what they need to answer."""

    mean_boosters: tuple[lightgbm.Booster, ...]
    dispersion_booster: lightgbm.Booster
    settings: HeadSettings
    integer_valued: bool

    def predict(self, matrix: FeatureMatrix, threads: int) -> tuple[FloatArray, FloatArray]:
        """Return mean units and variance ratio of each row, (R,) each."""
        scale = matrix.scale.astype(np.float64)
        mean = _blended_mean(self.mean_boosters, matrix, self.settings, threads)
        raw = self.dispersion_booster.predict(matrix.values, num_threads=threads)
        ratio = _blended_ratio(np.asarray(raw), mean * scale, matrix, self.settings)
        return mean * scale, ratio


def fit_head(
    matrix: FeatureMatrix,
    units: npt.NDArray[np.float32],
    age_periods: npt.NDArray[np.int64],
    settings: HeadSettings,
    year: int,
    integer_valued: bool,
    threads: int,
    seed: int,
) -> DistributionHead:
    """Return the head fitted to demand `units` (R,) of the rows of `matrix`.

    age_periods: (R,) periods from each target to the end of the history: newer rows weigh more.
    Raises InsufficientHistoryError where nothing sold but in the fortnights of one fold.
    """
    scale = matrix.scale.astype(np.float64)
    weight = scale**settings.weight_power * 0.5 ** (age_periods / year / settings.half_life_years)
    weight /= weight.mean()
    target = units / scale
    parameters = _parameters(settings, threads, seed)
    data = _dataset(matrix, target, weight, parameters)
    fold = age_periods // max(year // 26, 1) % settings.folds
    mean_boosters, held_out = _fit_mean(data, matrix, target, fold, settings, parameters)
    expected = np.maximum(held_out * scale, 1e-3)
    surprise = (units - expected) ** 2 / expected
    surprise = np.minimum(surprise, np.quantile(surprise, settings.trusted_share)) + 1e-3
    data.set_label(surprise)
    data.set_weight(weight * expected / scale)
    spread = {**parameters, "objective": "gamma", "num_leaves": 15}
    dispersion_booster = lightgbm.train(spread, data, settings.dispersion_rounds)
    return DistributionHead(mean_boosters, dispersion_booster, settings, integer_valued)


def _fit_mean(
    data: lightgbm.Dataset,
    matrix: FeatureMatrix,
    target: npt.NDArray[np.float64],
    fold: npt.NDArray[np.int64],
    settings: HeadSettings,
    parameters: dict[str, Any],
) -> tuple[tuple[lightgbm.Booster, ...], FloatArray]:
    """Return one booster a fold, and (R,) what each row's mean is held to be by the booster that did not see it."""
    boosters, held_out = [], np.empty(len(target))
    data.construct()
    for part in np.unique(fold).tolist():
        learn = fold != part
        if not target[learn].any():
            raise InsufficientHistoryError("sales in no more than a fortnight are too few to train on")
        grown = {**parameters, "feature_fraction_seed": parameters["seed"] + part}
        booster = lightgbm.train(grown, data.subset(np.flatnonzero(learn).tolist()), settings.rounds)
        held = FeatureMatrix(matrix.values[~learn], matrix.scale[~learn], matrix.names, matrix.categorical)
        held_out[~learn] = _blended_mean((booster,), held, settings, parameters["num_threads"])
        boosters.append(booster)
    return tuple(boosters), held_out


def _parameters(settings: HeadSettings, threads: int, seed: int) -> dict[str, Any]:
    return {
        "objective": "tweedie",
        "tweedie_variance_power": settings.tweedie_power,
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": 100,
        "feature_fraction": 0.7,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "cat_smooth": 50,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
        **settings.extra,
    }


def _dataset(
    matrix: FeatureMatrix,
    target: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    parameters: dict[str, Any],
) -> lightgbm.Dataset:
    """Return the rows, to be binned once for all boosters that learn from them or from some of them."""
    return lightgbm.Dataset(
        matrix.values,
        label=target,
        weight=weight,
        feature_name=[str(place) for place in range(len(matrix.names))],
        categorical_feature=[matrix.names.index(name) for name in matrix.categorical],
        params={name: parameters[name] for name in BINNING},
    )


def _blended_mean(
    boosters: tuple[lightgbm.Booster, ...], matrix: FeatureMatrix, settings: HeadSettings, threads: int
) -> FloatArray:
    """Return (R,) mean ÷ scale: the geometric mean of the boosters', which add up on the log scale, and a slow mean."""
    logs = [np.asarray(item.predict(matrix.values, num_threads=threads, raw_score=True)) for item in boosters]
    boosted = np.exp(np.sum(logs, axis=0) / len(logs))
    if "ewma_slow" not in matrix.names:
        return boosted
    robust = matrix.values[:, matrix.names.index("ewma_slow")].astype(np.float64)
    share = np.where(np.isfinite(robust), settings.robust_share, 0.0)
    return (1 - share) * boosted + share * np.nan_to_num(robust)


def _blended_ratio(boosted: FloatArray, mean: FloatArray, matrix: FeatureMatrix, settings: HeadSettings) -> FloatArray:
    if "variance_ratio" not in matrix.names:
        return np.maximum(boosted, 1e-3)
    own = matrix.values[:, matrix.names.index("variance_ratio")].astype(np.float64)
    own = np.where(np.isfinite(own) & (own > 0), own, boosted)
    return (
        np.maximum(boosted, 1e-3) ** (1 - settings.own_history_share)
        * np.maximum(own, 0.05 * boosted + 1e-3) ** settings.own_history_share
    )
