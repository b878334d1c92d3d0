"""Quantiles learned directly: one XGBoost model for all levels, sorted where they cross."""

import json
import logging
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import numpy as np
import xgboost

from core.errors import StorageError, UsageError
from core.types import FloatArray
from features.build import build_features
from features.panel import Panel
from features.rows import forecast_rows
from features.specification import FeatureSpecification
from training.baselines import marginal_forecast
from training.distribution import DemandDistribution
from training.forecaster import check_horizon
from training.quantile_grid import crossing_rate, grid_marginals
from training.training_table import build_training_table, read_specification

__all__ = ["QuantileBoostingForecaster", "QuantileBoostingSettings", "fit_quantile_boosting"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QuantileBoostingSettings:
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
    history_years: float = 3.0
    most_rows: int = 100_000
    features_off: tuple[str, ...] = ()
    features_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuantileBoostingForecaster:
    """The fitted booster. as_of: end of the history that it learned from; it must not be used for an earlier one."""

    booster: xgboost.Booster
    specification: FeatureSpecification
    levels: tuple[float, ...]
    integer_valued: bool
    horizon: int
    as_of: date
    threads: int = 1
    name: str = "xgboost_quantiles"

    def raw_quantiles(self, panel: Panel, horizon: int) -> FloatArray:
        """Return (n·H, L) units at the learned levels as the trees state them: they may cross and be negative."""
        rows = forecast_rows(len(panel.series), panel.periods, horizon)
        matrix = build_features(panel, self.specification, rows)
        self.booster.set_param({"nthread": self.threads})
        stated = self.booster.inplace_predict(matrix.values)
        return np.asarray(stated, dtype=np.float64).reshape(len(rows), -1) * matrix.scale[:, None]

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the distribution of the `horizon` periods from the panel's end on; logs how many rows crossed.

        Raises UsageError for a horizon longer than trained, or a panel that ends before the training history did.
        """
        check_horizon(self.name, self.horizon, horizon)
        if panel.as_of < self.as_of:
            raise UsageError(f"the model has seen facts up to {self.as_of} and cannot forecast as of {panel.as_of}")
        stated = self.raw_quantiles(panel, horizon)
        logger.info("%s: %.1f %% of rows crossed before sorting", self.name, 100 * crossing_rate(stated))
        shape = (len(panel.series), horizon)
        marginals = grid_marginals(np.asarray(self.levels), stated, shape, self.integer_valued)
        return marginal_forecast(self.name, panel, marginals, [""] * len(panel.series))

    def save(self, folder: Path) -> None:
        """Write the model as two JSON files into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.booster.save_model(folder / "trees.json")
        facts = {
            "specification": asdict(self.specification),
            "levels": self.levels,
            "integer_valued": self.integer_valued,
            "horizon": self.horizon,
            "as_of": self.as_of.isoformat(),
        }
        (folder / "model.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Return the model that `save` wrote; raises StorageError where a file is missing or unreadable."""
        try:
            facts: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            booster = xgboost.Booster(params={"nthread": threads}, model_file=folder / "trees.json")
            return cls(
                booster,
                read_specification(facts["specification"]),
                tuple(facts["levels"]),
                facts["integer_valued"],
                facts["horizon"],
                date.fromisoformat(facts["as_of"]),
                threads,
            )
        except (OSError, ValueError, TypeError, KeyError, xgboost.core.XGBoostError) as error:
            raise StorageError(f"the model in {folder} cannot be read ({error}); train it again") from error


def fit_quantile_boosting(
    panel: Panel, horizon: int, settings: QuantileBoostingSettings, threads: int, seed: int
) -> QuantileBoostingForecaster:
    """Return the model fitted to the whole panel; raises InsufficientHistoryError where it is too short."""
    table = build_training_table(
        panel,
        horizon,
        history_years=settings.history_years,
        most_rows=settings.most_rows,
        seed=seed,
        features_off=settings.features_off,
        features_on=settings.features_on,
    )
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
        booster, table.specification, settings.levels, panel.integer_valued, horizon, panel.as_of, threads
    )
