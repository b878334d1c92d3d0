"""What the models that learn from a training table share: their rows, how they are asked, saved and read again."""

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import lightgbm
import numpy as np

from core.errors import StorageError, UsageError
from core.types import FloatArray
from features.build import FeatureMatrix, build_features
from features.panel import Panel
from features.rows import forecast_rows
from features.specification import FeatureSpecification
from training.baselines import marginal_forecast
from training.distribution import DemandDistribution
from training.forecaster import check_horizon
from training.marginals import Marginals
from training.metrics import crossing_rate
from training.quantile_grid import grid_marginals
from training.training_table import TrainingTable, build_training_table, read_specification

__all__ = ["QuantileTableForecaster", "TableForecaster", "TableSettings"]

logger = logging.getLogger(__name__)

OF_ALL = ("integer_valued", "horizon")
"""Facts of every model that JSON keeps as they are."""


@dataclass(frozen=True, slots=True)
class TableSettings:
    """Which rows are learned from. features_off, features_on: blocks of features switched off, or on."""

    history_years: float = 3.0
    most_rows: int = 100_000
    features_off: tuple[str, ...] = ()
    features_on: tuple[str, ...] = ()

    def table(self, panel: Panel, horizon: int, seed: int) -> TrainingTable:
        """Return the rows of the whole panel; raises InsufficientHistoryError where it is too short."""
        return build_training_table(
            panel,
            horizon,
            history_years=self.history_years,
            most_rows=self.most_rows,
            seed=seed,
            features_off=self.features_off,
            features_on=self.features_on,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TableForecaster(ABC):
    """A model of all series. as_of: end of the history that it learned from; it must not be used for an earlier one.

    A kind of model says what it states of rows of features, and which files hold what only it knows.
    """

    name: str
    specification: FeatureSpecification
    integer_valued: bool
    horizon: int
    as_of: date
    threads: int = 1

    @abstractmethod
    def marginals(self, matrix: FeatureMatrix, shape: tuple[int, int]) -> Marginals:
        """Return the distribution of each row of features, row by row of `shape` (n, H)."""

    @abstractmethod
    def write(self, folder: Path) -> dict[str, Any]:
        """Write the files of this kind into `folder`; return the facts of its own, plain enough for JSON."""

    @classmethod
    @abstractmethod
    def read(cls, folder: Path, facts: Mapping[str, Any], threads: int) -> dict[str, Any]:
        """Return the fields of this kind from what `write` wrote and returned."""

    def matrix(self, panel: Panel, horizon: int) -> FeatureMatrix:
        """Return the rows of features of the `horizon` periods from the panel's end on, (n·H, F).

        Raises UsageError for a horizon longer than trained, or a panel that ends before the training history did.
        """
        check_horizon(self.name, self.horizon, horizon)
        if panel.as_of < self.as_of:
            raise UsageError(f"the model has seen facts up to {self.as_of} and cannot forecast as of {panel.as_of}")
        return build_features(panel, self.specification, forecast_rows(len(panel.series), panel.periods, horizon))

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the distribution of the `horizon` periods from the panel's end on; raises as `matrix` does."""
        marginals = self.marginals(self.matrix(panel, horizon), (len(panel.series), horizon))
        return marginal_forecast(self.name, panel, marginals, [""] * len(panel.series))

    def save(self, folder: Path) -> None:
        """Write the model into `folder`: its own files, and one of JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {
            **self.write(folder),
            **{name: getattr(self, name) for name in OF_ALL},
            "specification": asdict(self.specification),
            "as_of": self.as_of.isoformat(),
        }
        (folder / "model.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Return the model that `save` wrote; raises StorageError where a file is missing or unreadable."""
        try:
            facts: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            return cls(
                specification=read_specification(facts["specification"]),
                as_of=date.fromisoformat(facts["as_of"]),
                threads=threads,
                **{name: facts[name] for name in OF_ALL},
                **cls.read(folder, facts, threads),
            )
        except (OSError, ValueError, TypeError, KeyError, EOFError, lightgbm.basic.LightGBMError) as error:
            raise StorageError(f"the model in {folder} cannot be read ({error}); train it again") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileTableForecaster(TableForecaster):
    """A model whose trees state quantiles at `levels`, which may cross before they are sorted."""

    levels: tuple[float, ...]

    @abstractmethod
    def stated(self, matrix: FeatureMatrix) -> FloatArray:
        """Return (R, L) the quantiles of demand ÷ scale as the trees state them: they may cross and be negative."""

    def marginals(self, matrix: FeatureMatrix, shape: tuple[int, int]) -> Marginals:
        """Return the sorted quantiles as a distribution; logs how many rows crossed."""
        units = self.stated(matrix) * matrix.scale[:, None].astype(np.float64)
        logger.info("%s: %.1f %% of rows crossed before sorting", self.name, 100 * crossing_rate(units))
        return grid_marginals(np.asarray(self.levels), units, shape, self.integer_valued)
