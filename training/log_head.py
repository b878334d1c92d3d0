"""A head for demand that price and promotion drive: log demand = response + shrunk correction + σ · shape.

The response is `features.promotion_response`; a LightGBM mean of what it leaves over is believed by half, since the
shocks of a promoted week hit all places at once and leave few independent observations. A second booster states the
spread σ, and the shape of the standardised errors is taken as it was, on weeks that the mean was not fitted on.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import lightgbm
import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from features.build import FeatureMatrix
from features.promotion_response import log_offset
from training.distribution_head import BINNING, train_quickly
from training.marginals import GRID_LEVELS

__all__ = ["LogHead", "LogHeadSettings", "fit_log_head", "suits_log_head"]

RESPONSE = "response_demand"

MOST_ZEROS = 0.2
"""Share of periods without a sale up to which demand is told by its logarithm."""

LEAST_ROWS = 2000
"""Rows below which no second head is worth its while."""

MEMORISED = ("group_", "event", "year_", "month")
"""Columns that let few promoted weeks be learned by heart: codes, and the place in the year."""


@dataclass(frozen=True, slots=True)
class LogHeadSettings:
    """How the head is grown. believed: share of the boosted correction that is believed; folds: of whole fortnights."""

    rounds: int = 150
    learning_rate: float = 0.06
    leaves: int = 31
    believed: float = 0.5
    spread_rounds: int = 100
    half_life_years: float = 1.0
    trusted_share: float = 0.99
    folds: int = 4


@dataclass(frozen=True, slots=True)
class LogHead:
    """The fitted boosters, the shape of the errors (G,) at GRID_LEVELS, and the columns that they read."""

    mean_booster: lightgbm.Booster
    spread_booster: lightgbm.Booster
    shape: FloatArray
    columns: tuple[str, ...]
    settings: LogHeadSettings
    integer_valued: bool

    def predict(self, matrix: FeatureMatrix, threads: int) -> tuple[FloatArray, npt.NDArray[np.float32]]:
        """Return mean units (R,) and quantiles (R, G) at GRID_LEVELS of each row."""
        values = _chosen(matrix, self.columns)
        scale = matrix.scale.astype(np.float64)
        centre = _response(matrix) + self.settings.believed * np.asarray(
            self.mean_booster.predict(values, num_threads=threads)
        )
        spread = np.sqrt(np.maximum(np.asarray(self.spread_booster.predict(values, num_threads=threads)), 1e-6))
        logs = centre[:, None] + np.log(scale)[:, None] + spread[:, None] * self.shape
        table = np.maximum(np.exp(np.minimum(logs, 30.0)) - log_offset(scale, self.integer_valued)[:, None], 0.0)
        width = np.diff(np.concatenate([[0.0], (GRID_LEVELS[1:] + GRID_LEVELS[:-1]) / 2, [1.0]]))
        return table @ width, table.astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write the boosters and what they need into `folder`."""
        self.mean_booster.save_model(str(folder / "log_mean.txt"))
        self.spread_booster.save_model(str(folder / "log_spread.txt"))
        facts = {
            "shape": self.shape.tolist(),
            "columns": self.columns,
            "settings": asdict(self.settings),
            "integer_valued": self.integer_valued,
        }
        (folder / "log_head.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the head that `save` wrote; raises OSError, ValueError, KeyError or TypeError where it cannot."""
        facts = json.loads((folder / "log_head.json").read_text(encoding="utf-8"))
        mean, spread = (
            lightgbm.Booster(model_str=(folder / name).read_text(encoding="utf-8"))
            for name in ("log_mean.txt", "log_spread.txt")
        )
        return cls(
            mean,
            spread,
            np.asarray(facts["shape"], dtype=np.float64),
            tuple(facts["columns"]),
            LogHeadSettings(**facts["settings"]),
            facts["integer_valued"],
        )


def suits_log_head(matrix: FeatureMatrix, units: npt.NDArray[np.float32]) -> bool:
    """Return whether demand has a response to what is planned and is hardly ever zero, so that logarithms tell it."""
    if RESPONSE not in matrix.names:
        return False
    known = np.isfinite(matrix.values[:, matrix.names.index(RESPONSE)])
    return int(known.sum()) >= LEAST_ROWS and float((units[known] <= 0).mean()) <= MOST_ZEROS


def fit_log_head(
    matrix: FeatureMatrix,
    units: npt.NDArray[np.float32],
    age_periods: npt.NDArray[np.int64],
    settings: LogHeadSettings,
    year: int,
    integer_valued: bool,
    threads: int,
    seed: int,
) -> LogHead:
    """Return the head fitted to demand `units` (R,); rows whose response is unknown are left out.

    age_periods: (R,) periods from each target to the end of the history: newer rows weigh more.
    """
    known = np.isfinite(matrix.values[:, matrix.names.index(RESPONSE)])
    columns = tuple(name for name in matrix.names if not name.startswith(MEMORISED))
    values = _chosen(matrix, columns)[known]
    scale = matrix.scale.astype(np.float64)
    offset = log_offset(scale, integer_valued)
    left_over = (np.log(units + offset) - np.log(scale) - _response(matrix))[known]
    age = age_periods[known]
    weight = 0.5 ** (age / year / settings.half_life_years)
    parameters = _parameters(settings, threads, seed)
    data = _dataset(values, left_over, weight, parameters).construct()
    fold = (age // max(year // 13, 1)) % settings.folds
    held_out = np.zeros(len(left_over))
    for part in range(settings.folds):
        learn = fold != part
        if learn.all() or not learn.any():
            continue
        booster = train_quickly(data, learn, parameters, settings.rounds)
        held_out[~learn] = np.asarray(booster.predict(values[~learn], num_threads=threads))
    mean_booster = lightgbm.train(parameters, data, settings.rounds)
    error = left_over - settings.believed * held_out
    square = np.minimum(error**2, np.quantile(error**2, settings.trusted_share)) + 1e-4
    data.set_label(square)
    spread = {**parameters, "objective": "gamma", "num_leaves": 15}
    spread_booster = lightgbm.train(spread, data, settings.spread_rounds)
    standard = error / np.sqrt(np.maximum(np.asarray(spread_booster.predict(values, num_threads=threads)), 1e-6))
    shape = np.quantile(standard, GRID_LEVELS)
    return LogHead(mean_booster, spread_booster, shape, columns, settings, integer_valued)


def _chosen(matrix: FeatureMatrix, columns: tuple[str, ...]) -> npt.NDArray[np.float32]:
    return matrix.values[:, [matrix.names.index(name) for name in columns]]


def _response(matrix: FeatureMatrix) -> FloatArray:
    """Return log expected demand ÷ scale; where a series has no response yet, its level."""
    return np.nan_to_num(matrix.values[:, matrix.names.index(RESPONSE)].astype(np.float64))


def _parameters(settings: LogHeadSettings, threads: int, seed: int) -> dict[str, Any]:
    return {
        "objective": "regression",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": 100,
        "feature_fraction": 0.6,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }


def _dataset(
    values: npt.NDArray[np.float32], target: FloatArray, weight: FloatArray, parameters: dict[str, Any]
) -> lightgbm.Dataset:
    """Return the rows, binned once for all boosters that learn from them or from a part of them."""
    return lightgbm.Dataset(
        values, label=target, weight=weight, params={name: parameters[name] for name in BINNING if name in parameters}
    )
