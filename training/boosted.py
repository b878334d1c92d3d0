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
from training.log_head import LogHead, LogHeadSettings, fit_log_head, suits_log_head
from training.marginals import CountMarginals, GridMarginals, Marginals, blended
from training.segments import recent_pace

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
    log_head: LogHeadSettings = field(default_factory=LogHeadSettings)
    threads: int = 2
    seed: int = 20240415
    features_off: tuple[str, ...] = ()
    features_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoostedForecaster:
    """LightGBM heads with everything needed to forecast again from a newer panel.

    log_head: the head for demand that promotions drive, where there is one; log_share: its weight in the blend.
    level: what forecasts are multiplied by, for a level that was steadily misjudged.
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
    log_head: LogHead | None = None
    log_share: float = 0.0
    level: float = 1.0

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
        return self.assembled(panel, self.parts(panel, horizon))

    def assembled(self, panel: Panel, parts: list[Marginals]) -> DemandDistribution:
        """Return the distribution of the periods from the panel's end on whose `parts` the heads have stated."""
        log_share = self.log_share if len(parts) > 1 else 0.0
        shares = np.array([1 - log_share, log_share])[: len(parts)]
        used = [place for place, share in enumerate(shares) if share > 0]
        marginals = parts[used[0]] if len(used) == 1 else blended(parts, shares)
        return DemandDistribution(
            series=panel.series.assign(fallback_reason=""),
            frequency=panel.frequency,
            dates=panel.dates(panel.periods, parts[0].mean.shape[1]),
            marginals=marginals.scaled(self.level) if self.level != 1.0 else marginals,
            calibration=self.calibration,
            segment=self.calibration.segment(recent_pace(panel)),
            dependence=self.dependence,
            model=self.name,
        )

    def parts(self, panel: Panel, horizon: int) -> list[Marginals]:
        """Return what each head says of the `horizon` periods from the panel's end on, before they are blended."""
        rows = forecast_rows(len(panel.series), panel.periods, horizon)
        matrix = build_features(panel, self.specification, rows)
        shape = (len(panel.series), horizon)
        whole = self.head.integer_valued
        mean, ratio = self.head.predict(matrix, self.threads)
        parts: list[Marginals] = [CountMarginals(mean.reshape(shape), ratio.reshape(shape), whole)]
        if self.log_head is not None:
            centre, table = self.log_head.predict(matrix, self.threads)
            parts.append(GridMarginals(centre.reshape(shape), table.reshape((*shape, -1)), whole))
        return parts

    def predict_frame(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return `mean` [units] and `variance_ratio` of rows of features (the specification's columns and `scale`)."""
        names = self.specification.names
        values = features[list(names)].to_numpy(dtype=np.float32)
        matrix = FeatureMatrix(
            values, features["scale"].to_numpy(dtype=np.float32), names, self.specification.categorical
        )
        mean, ratio = self.head.predict(matrix, self.threads)
        if self.log_head is not None and self.log_share > 0:
            mean = (1 - self.log_share) * mean + self.log_share * self.log_head.predict(matrix, self.threads)[0]
        return pd.DataFrame({"mean": mean * self.level, "variance_ratio": ratio})

    def save(self, folder: Path) -> None:
        """Write the model as text files (boosters and JSON) into `folder`."""
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
                "paces": self.calibration.paces.tolist(),
            },
            "dependence": asdict(self.dependence),
            "horizon": self.horizon,
            "as_of": self.as_of.isoformat(),
            "log_share": self.log_share,
            "level": self.level,
        }
        if self.log_head is not None and self.log_share > 0:
            self.log_head.save(folder)
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
            calibration=_calibration(facts["calibration"]),
            dependence=Dependence(**facts["dependence"]),
            horizon=facts["horizon"],
            as_of=date.fromisoformat(facts["as_of"]),
            threads=threads,
            log_head=LogHead.load(folder) if facts.get("log_share", 0.0) > 0 else None,
            log_share=facts.get("log_share", 0.0),
            level=facts.get("level", 1.0),
        )


def _calibration(facts: dict[str, Any]) -> Calibration:
    """Return the calibration; one that was saved before there were segments has none."""
    edges, stated = np.asarray(facts["edges"], dtype=np.int64), np.asarray(facts["stated"], dtype=np.float64)
    return Calibration(
        edges, stated.reshape(-1, *stated.shape[-2:]), np.asarray(facts.get("paces", ()), dtype=np.float64)
    )


def _specification(facts: dict[str, Any]) -> FeatureSpecification:
    lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
    return FeatureSpecification(**{**facts, **lists, "frequency": Frequency(facts["frequency"])})


def fit_boosted(
    panel: Panel, horizon: int, settings: TrainingSettings, known: tuple[str, ...] | None = None
) -> BoostedForecaster:
    """Return the model fitted to the whole panel, not yet calibrated.

    known: covariates known ahead that may be used; None: all that the panel tells for the coming periods.

    Raises InsufficientHistoryError where the panel has fewer than LEAST_TARGETS observed series-periods.
    """
    specification = specify_features(panel, horizon, settings.features_off, settings.features_on)
    if known is not None:
        specification = replace(specification, known=tuple(name for name in specification.known if name in known))
    history = int(settings.history_years * specification.year)
    rows = training_rows(panel, horizon, settings.most_rows, history, settings.seed)
    seen = len(np.unique(rows.who * panel.periods + rows.target))
    if seen < LEAST_TARGETS:
        raise InsufficientHistoryError(
            f"{seen} observed series-periods before {panel.as_of} are too few to train on (at least {LEAST_TARGETS})"
        )
    matrix = build_features(panel, specification, rows)
    units, age = panel.history.units[rows.who, rows.target], panel.periods - 1 - rows.target
    how = (specification.year, panel.integer_valued, settings.threads, settings.seed)
    head = fit_head(matrix, units, age, settings.head, *how)
    log_head = fit_log_head(matrix, units, age, settings.log_head, *how) if suits_log_head(matrix, units) else None
    return BoostedForecaster(
        specification,
        head,
        Calibration.identity(),
        Dependence.independent(),
        horizon,
        panel.as_of,
        threads=settings.threads,
        log_head=log_head,
    )


def calibrated(model: BoostedForecaster, calibration: Calibration, dependence: Dependence) -> BoostedForecaster:
    """Return the model with another conformal step and another dependence over the horizon."""
    return replace(model, calibration=calibration, dependence=dependence)
