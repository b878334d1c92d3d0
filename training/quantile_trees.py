"""Quantiles learned directly: one LightGBM booster a level on rows binned once, sorted where they cross."""

import json
import logging
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import lightgbm
import numpy as np

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
from training.training_table import TrainingTable, build_training_table, read_specification

__all__ = ["QuantileTreesForecaster", "QuantileTreesSettings", "fit_quantile_trees"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QuantileTreesSettings:
    """How the boosters are grown. levels: quantiles that are learned; features_off, features_on: blocks switched."""

    levels: tuple[float, ...] = (0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
    rounds: int = 90
    learning_rate: float = 0.08
    leaves: int = 31
    least_rows: int = 100
    column_share: float = 0.7
    history_years: float = 3.0
    most_rows: int = 100_000
    features_off: tuple[str, ...] = ()
    features_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuantileTreesForecaster:
    """The fitted boosters, one a level. as_of: end of the history that they learned from, not usable for an earlier."""

    boosters: tuple[lightgbm.Booster, ...]
    specification: FeatureSpecification
    levels: tuple[float, ...]
    integer_valued: bool
    horizon: int
    as_of: date
    threads: int = 1
    name: str = "lightgbm_quantiles"

    def raw_quantiles(self, panel: Panel, horizon: int) -> FloatArray:
        """Return (n·H, L) units at the learned levels as the trees state them: they may cross and be negative."""
        rows = forecast_rows(len(panel.series), panel.periods, horizon)
        matrix = build_features(panel, self.specification, rows)
        stated = [np.asarray(item.predict(matrix.values, num_threads=self.threads)) for item in self.boosters]
        return np.stack(stated, axis=1) * matrix.scale[:, None].astype(np.float64)

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
        """Write one text file a level and one JSON file into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for place, booster in enumerate(self.boosters):
            booster.save_model(str(folder / f"quantile_{place}.txt"))
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
            texts = [(folder / f"quantile_{place}.txt").read_text("utf-8") for place in range(len(facts["levels"]))]
            return cls(
                tuple(lightgbm.Booster(model_str=text) for text in texts),
                read_specification(facts["specification"]),
                tuple(facts["levels"]),
                facts["integer_valued"],
                facts["horizon"],
                date.fromisoformat(facts["as_of"]),
                threads,
            )
        except (OSError, ValueError, TypeError, KeyError, lightgbm.basic.LightGBMError) as error:
            raise StorageError(f"the model in {folder} cannot be read ({error}); train it again") from error


def fit_quantile_trees(
    panel: Panel, horizon: int, settings: QuantileTreesSettings, threads: int, seed: int
) -> QuantileTreesForecaster:
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
    boosters = _grow(table, settings, threads, seed)
    return QuantileTreesForecaster(
        boosters, table.specification, settings.levels, panel.integer_valued, horizon, panel.as_of, threads
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
