"""The trained default model: features, distribution head, calibration and dependence, as one forecaster."""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import lightgbm
import numpy as np
import pandas as pd

from core.errors import InsufficientHistoryError, StorageError, UsageError
from core.frequency import Frequency
from features.build import FeatureMatrix, build_features
from features.panel import Panel
from features.rows import forecast_rows, training_rows
from features.specification import FeatureSpecification, specify_features
from training.calibration import Calibration
from training.dependence import Dependence
from training.distribution import DemandDistribution
from training.distribution_head import DistributionHead, HeadSettings, fit_head
from training.marginals import CountMarginals

__all__ = ["BoostedForecaster", "TrainingSettings", "calibrated", "fit_boosted"]

LEAST_TARGETS = 500
"""Observed series-periods below which boosting has too little to learn from."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How much history and how many rows a fit sees, and how the head is grown.

    history_years: targets older than this are left out; most_rows: training rows drawn at most.
    features_off, features_on: blocks of features switched off, or on where they are off by default.
    """

    history_years: float = 3.0
    most_rows: int = 300_000
    head: HeadSettings = field(default_factory=HeadSettings)
    threads: int = 2
    seed: int = 20240415
    features_off: tuple[str, ...] = ()
    features_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoostedForecaster:
    """LightGBM mean and variance ratio with everything needed to forecast again from a newer panel.

    as_of: end of the history it learned from; it must not be used for an earlier one.
    """

    specification: FeatureSpecification
    head: DistributionHead
    calibration: Calibration
    dependence: Dependence
    horizon: int
    as_of: date
    name: str = "lightgbm_distribution"
    threads: int = 1

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the distribution of the `horizon` periods from the panel's end on.

        Raises UsageError for a horizon longer than trained, or a panel that ends before the training history did.
        """
        if horizon > self.horizon:
            raise UsageError(
                f"the model was trained for {self.horizon} periods ahead, not {horizon}; train it for more"
            )
        if panel.as_of < self.as_of:
            raise UsageError(f"the model has seen facts up to {self.as_of} and cannot forecast as of {panel.as_of}")
        rows = forecast_rows(len(panel.series), panel.periods, horizon)
        mean, ratio = self.head.predict(build_features(panel, self.specification, rows), self.threads)
        shape = (len(panel.series), horizon)
        return DemandDistribution(
            series=panel.series.assign(fallback_reason=""),
            frequency=panel.frequency,
            dates=panel.dates(panel.periods, horizon),
            marginals=CountMarginals(mean.reshape(shape), ratio.reshape(shape), self.head.integer_valued),
            calibration=self.calibration,
            dependence=self.dependence,
            model=self.name,
        )

    def predict_frame(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return `mean` [units] and `variance_ratio` of rows of features (the specification's columns and `scale`)."""
        names = self.specification.names
        values = features[list(names)].to_numpy(dtype=np.float32)
        matrix = FeatureMatrix(
            values, features["scale"].to_numpy(dtype=np.float32), names, self.specification.categorical
        )
        mean, ratio = self.head.predict(matrix, self.threads)
        return pd.DataFrame({"mean": mean, "variance_ratio": ratio})

    def save(self, folder: Path) -> None:
        """Write the model as text files (two boosters and one JSON) into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.head.mean_booster.save_model(str(folder / "mean.txt"))
        self.head.dispersion_booster.save_model(str(folder / "dispersion.txt"))
        facts = {
            "specification": asdict(self.specification),
            "head": asdict(self.head.settings),
            "integer_valued": self.head.integer_valued,
            "calibration": {
                "edges": self.calibration.edges.tolist(),
                "stated": self.calibration.stated.tolist(),
            },
            "dependence": asdict(self.dependence),
            "horizon": self.horizon,
            "as_of": self.as_of.isoformat(),
        }
        (folder / "model.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Return the model that `save` wrote, in this version or in one that saved the same facts.

        Raises StorageError where a file is missing or unreadable, or a fact is missing or unknown.
        """
        try:
            return cls._load(folder, threads)
        except (OSError, ValueError, TypeError, KeyError, lightgbm.basic.LightGBMError) as error:
            raise StorageError(f"the model in {folder} cannot be read ({error}); train it again") from error

    @classmethod
    def _load(cls, folder: Path, threads: int) -> Self:
        texts = [(folder / name).read_text(encoding="utf-8") for name in ("model.json", "mean.txt", "dispersion.txt")]
        facts = json.loads(texts[0])
        mean, dispersion = (lightgbm.Booster(model_str=text) for text in texts[1:])
        return cls(
            specification=_specification(facts["specification"]),
            head=DistributionHead(mean, dispersion, HeadSettings(**facts["head"]), facts["integer_valued"]),
            calibration=Calibration(
                np.asarray(facts["calibration"]["edges"], dtype=np.int64),
                np.asarray(facts["calibration"]["stated"]),
            ),
            dependence=Dependence(**facts["dependence"]),
            horizon=facts["horizon"],
            as_of=date.fromisoformat(facts["as_of"]),
            threads=threads,
        )


def _specification(facts: dict[str, Any]) -> FeatureSpecification:
    lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
    return FeatureSpecification(**{**facts, **lists, "frequency": Frequency(facts["frequency"])})


def fit_boosted(panel: Panel, horizon: int, settings: TrainingSettings) -> BoostedForecaster:
    """Return the model fitted to the whole panel, not yet calibrated.

    Raises InsufficientHistoryError where the panel has fewer than LEAST_TARGETS observed series-periods.
    """
    specification = specify_features(panel, horizon, settings.features_off, settings.features_on)
    history = int(settings.history_years * specification.year)
    rows = training_rows(panel, horizon, settings.most_rows, history, settings.seed)
    seen = len(np.unique(rows.who * panel.periods + rows.target))
    if seen < LEAST_TARGETS:
        raise InsufficientHistoryError(
            f"{seen} observed series-periods before {panel.as_of} are too few to train on (at least {LEAST_TARGETS})"
        )
    matrix = build_features(panel, specification, rows)
    head = fit_head(
        matrix,
        panel.history.units[rows.who, rows.target],
        panel.periods - 1 - rows.target,
        specification.year,
        settings.head,
        panel.integer_valued,
        settings.threads,
        settings.seed,
    )
    return BoostedForecaster(
        specification,
        head,
        Calibration.identity(),
        Dependence.independent(),
        horizon,
        panel.as_of,
        threads=settings.threads,
    )


def calibrated(model: BoostedForecaster, calibration: Calibration, dependence: Dependence) -> BoostedForecaster:
    """Return the model with another conformal step and another dependence over the horizon."""
    return replace(model, calibration=calibration, dependence=dependence)
