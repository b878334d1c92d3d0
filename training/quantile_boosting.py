"""Quantiles learned directly: one XGBoost model for all levels, sorted where they cross."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from core.types import FloatArray
from features.build import FeatureMatrix
from features.panel import Panel
from training.table_forecaster import QuantileTableForecaster, TableSettings

__all__ = ["QuantileBoostingForecaster", "QuantileBoostingSettings", "fit_quantile_boosting"]


@dataclass(frozen=True, slots=True)
class QuantileBoostingSettings(TableSettings):
    """How the trees are grown: each level has trees of its own.

    Trees with a leaf value for every level crossed half as often, and lost far more (docs/decisions/0011). levels:
    quantiles that are learned; row_share, column_share: drawn for each tree.
    """

    levels: tuple[float, ...] = (0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
    rounds: int = 80
    learning_rate: float = 0.1
    depth: int = 6
    least_weight: float = 20.0
    row_share: float = 0.7
    column_share: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileBoostingForecaster(QuantileTableForecaster):
    """The fitted booster of all levels."""

    booster: xgboost.Booster
    name: str = "xgboost_quantiles"

    def stated(self, matrix: FeatureMatrix) -> FloatArray:
        """Return (R, L) the quantiles of demand ÷ scale as the trees state them."""
        self.booster.set_param({"nthread": self.threads})
        found = np.asarray(self.booster.inplace_predict(matrix.values), dtype=np.float64)
        return found.reshape(len(matrix.scale), -1)

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the trees as JSON."""
        self.booster.save_model(folder / "trees.json")
        return {"levels": self.levels}

    @classmethod
    def read(cls, folder: Path, facts: Mapping[str, Any], threads: int) -> dict[str, Any]:
        """Return the booster and its levels."""
        booster = xgboost.Booster(params={"nthread": threads}, model_file=folder / "trees.json")
        return {"booster": booster, "levels": tuple(facts["levels"])}


def fit_quantile_boosting(
    panel: Panel, horizon: int, settings: QuantileBoostingSettings, threads: int, seed: int
) -> QuantileBoostingForecaster:
    """Return the model fitted to the whole panel; raises InsufficientHistoryError where it is too short."""
    table = settings.table(panel, horizon, seed)
    data = xgboost.QuantileDMatrix(
        table.matrix.values, label=table.target, weight=table.weight, max_bin=127, nthread=threads
    )
    parameters = {
        "objective": "reg:quantileerror",
        "quantile_alpha": list(settings.levels),
        "tree_method": "hist",
        "multi_strategy": "one_output_per_tree",
        "max_bin": 127,
        "learning_rate": settings.learning_rate,
        "max_depth": settings.depth,
        "min_child_weight": settings.least_weight,
        "subsample": settings.row_share,
        "colsample_bytree": settings.column_share,
        "nthread": threads,
        "seed": seed,
    }
    booster = xgboost.train(parameters, data, num_boost_round=settings.rounds)
    return QuantileBoostingForecaster(
        booster=booster,
        levels=settings.levels,
        specification=table.specification,
        integer_valued=panel.integer_valued,
        horizon=horizon,
        as_of=panel.as_of,
        threads=threads,
    )
