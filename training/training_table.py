"""What a model that learns from all series at once is fitted to: features, demand and weights of sampled rows."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InsufficientHistoryError
from core.frequency import Frequency
from core.types import FloatArray
from features.build import FeatureMatrix, build_features
from features.panel import Panel
from features.rows import training_rows
from features.specification import FeatureSpecification, specify_features

__all__ = ["LEAST_TARGETS", "TrainingTable", "build_training_table", "read_specification"]

LEAST_TARGETS = 500
"""Observed series-periods below which a model of all series has too little to learn from."""


@dataclass(frozen=True, slots=True)
class TrainingTable:
    """R rows to learn from.

    target: (R,) demand ÷ the row's scale, so that slow and fast sellers teach each other; weight: (R,), mean 1.
    """

    specification: FeatureSpecification
    matrix: FeatureMatrix
    target: FloatArray
    weight: FloatArray


def build_training_table(
    panel: Panel,
    horizon: int,
    *,
    history_years: float,
    most_rows: int,
    seed: int,
    weight_power: float = 0.4,
    half_life_years: float = 2.0,
    features_off: Collection[str] = (),
    features_on: Collection[str] = (),
) -> TrainingTable:
    """Return at most about `most_rows` rows whose demand was observed before the panel's end.

    weight_power: exponent of a row's scale in its weight: between a series a vote (0) and a unit a vote (1).
    half_life_years: age at which a row counts half. features_off, features_on: blocks of features switched off, or on
    where they are off by default.
    Raises InsufficientHistoryError where the panel has fewer than LEAST_TARGETS observed series-periods, or no sales.
    """
    specification = specify_features(panel, horizon, features_off, features_on)
    rows = training_rows(panel, horizon, most_rows, int(history_years * specification.year), seed)
    seen = len(np.unique(rows.who * panel.periods + rows.target))
    if seen < LEAST_TARGETS:
        raise InsufficientHistoryError(
            f"{seen} observed series-periods before {panel.as_of} are too few to train on (at least {LEAST_TARGETS})"
        )
    matrix = build_features(panel, specification, rows)
    units: npt.NDArray[np.float64] = panel.history.units[rows.who, rows.target].astype(np.float64)
    if not units.any():
        raise InsufficientHistoryError(f"nothing was sold before {panel.as_of}; there is no demand to learn from")
    scale = matrix.scale.astype(np.float64)
    age_years = (panel.periods - 1 - rows.target) / specification.year
    weight = scale**weight_power * 0.5 ** (age_years / half_life_years)
    return TrainingTable(specification, matrix, units / scale, weight / weight.mean())


def read_specification(facts: dict[str, Any]) -> FeatureSpecification:
    """Return the specification that `dataclasses.asdict` and JSON made plain; raises TypeError for unknown facts."""
    lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
    return FeatureSpecification(**{**facts, **lists, "frequency": Frequency(facts["frequency"])})
