"""Quantiles learned directly: one LightGBM booster a level on rows binned once, sorted where they cross."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from core.types import FloatArray
from features.build import FeatureMatrix
from features.panel import Panel
from training.table_forecaster import QuantileTableForecaster, TableSettings
from training.training_table import TrainingTable

__all__ = ["QuantileTreesForecaster", "QuantileTreesSettings", "fit_quantile_trees"]


@dataclass(frozen=True, slots=True)
class QuantileTreesSettings(TableSettings):
    """How the boosters are grown. levels: quantiles that are learned."""

    levels: tuple[float, ...] = (0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
    rounds: int = 90
    learning_rate: float = 0.08
    leaves: int = 31
    least_rows: int = 100
    column_share: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileTreesForecaster(QuantileTableForecaster):
    """The fitted boosters, one a level."""

    boosters: tuple[lightgbm.Booster, ...]
    name: str = "lightgbm_quantiles"

    def stated(self, matrix: FeatureMatrix) -> FloatArray:
        """Return (R, L) the quantiles of demand ÷ scale as the trees state them."""
        found = [np.asarray(item.predict(matrix.values, num_threads=self.threads)) for item in self.boosters]
        return np.stack(found, axis=1)

    def write(self, folder: Path) -> dict[str, Any]:
        """Write one text file a level."""
        for place, booster in enumerate(self.boosters):
            booster.save_model(str(folder / f"quantile_{place}.txt"))
        return {"levels": self.levels}

    @classmethod
    def read(cls, folder: Path, facts: Mapping[str, Any], threads: int) -> dict[str, Any]:
        """Return the boosters and their levels."""
        texts = [(folder / f"quantile_{place}.txt").read_text("utf-8") for place in range(len(facts["levels"]))]
        return {
            "boosters": tuple(lightgbm.Booster(model_str=text) for text in texts),
            "levels": tuple(facts["levels"]),
        }


def fit_quantile_trees(
    panel: Panel, horizon: int, settings: QuantileTreesSettings, threads: int, seed: int
) -> QuantileTreesForecaster:
    """Return the model fitted to the whole panel; raises InsufficientHistoryError where it is too short."""
    table = settings.table(panel, horizon, seed)
    return QuantileTreesForecaster(
        boosters=_grow(table, settings, threads, seed),
        levels=settings.levels,
        specification=table.specification,
        integer_valued=panel.integer_valued,
        horizon=horizon,
        as_of=panel.as_of,
        threads=threads,
    )


def _grow(
    table: TrainingTable, settings: QuantileTreesSettings, threads: int, seed: int
) -> tuple[lightgbm.Booster, ...]:
    parameters = {
        "objective": "quantile",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.least_rows,
        "feature_fraction": settings.column_share,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "cat_smooth": 50,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    names = table.matrix.names
    data = lightgbm.Dataset(
        table.matrix.values,
        label=table.target,
        weight=table.weight,
        feature_name=[str(place) for place in range(len(names))],
        categorical_feature=[names.index(name) for name in table.matrix.categorical],
        params=parameters,
    )
    return tuple(
        lightgbm.train({**parameters, "alpha": level}, data, num_boost_round=settings.rounds)
        for level in settings.levels
    )
