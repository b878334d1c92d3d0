"""Scores of quantile forecasts: pinball loss, weighted quantile loss, coverage, WAPE and bias."""

import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = ["bias", "coverage", "pinball", "randomised_coverage", "scaled_pinball", "wape", "weighted_quantile_loss"]


def pinball(actual: FloatArray, quantiles: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Return the mean pinball loss of each level [units].

    actual: (R,); quantiles: (R, L). Formula: (τ − 1{y < q})·(y − q) (Koenker & Bassett 1978).

    >>> pinball(np.array([10.0]), np.array([[8.0, 12.0]]), (0.1, 0.9))
    array([0.2, 0.2])
    """
    error = actual[:, None] - quantiles
    tau = np.asarray(levels)
    return np.where(error >= 0, tau * error, (tau - 1) * error).mean(axis=0)


def weighted_quantile_loss(actual: FloatArray, quantiles: FloatArray, levels: tuple[float, ...]) -> float:
    """Return 2·Σ pinball ÷ Σ |y|, averaged over the levels (WQL, the loss of the M5 and GluonTS literature).

    NaN where all actual demand is zero.
    """
    total = float(np.abs(actual).sum())
    return float(2 * pinball(actual, quantiles, levels).mean() * len(actual) / total) if total > 0 else float("nan")


def scaled_pinball(actual: FloatArray, quantiles: FloatArray, levels: tuple[float, ...], scale: FloatArray) -> float:
    """Return the mean over rows of pinball ÷ scale, averaged over the levels (SPL of the M5 uncertainty competition).

    scale: (R,) the series' mean absolute one-step change of units in its history.
    """
    return float(pinball(actual / scale, quantiles / scale[:, None], levels).mean())


def coverage(actual: FloatArray, quantiles: FloatArray) -> npt.NDArray[np.float64]:
    """Return (L, 2): the share of actual values strictly below, and at or below, each quantile column.

    A calibrated level lies between the two; for continuous demand they are equal.
    """
    return np.column_stack([(actual[:, None] < quantiles).mean(axis=0), (actual[:, None] <= quantiles).mean(axis=0)])


def randomised_coverage(below: FloatArray, upto: FloatArray, levels: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Return (L,) how often demand lay below each level, ties of counts shared out; calibrated: the levels.

    below, upto: (R,) stated P(demand < y) and P(demand ≤ y) of what happened; equal for continuous demand. Formula:
    the mean of clip((τ − below) ÷ (upto − below), 0, 1) (Czado, Gneiting & Held 2009, Biometrics 65, eq. 2).

    >>> randomised_coverage(np.array([0.0, 0.4]), np.array([0.4, 0.8]), (0.2, 0.6))
    array([0.25, 0.75])
    """
    width = np.maximum(upto - below, 1e-12)
    return np.array([np.clip((level - below) / width, 0.0, 1.0).mean() for level in levels])


def wape(actual: FloatArray, predicted: FloatArray) -> float:
    """Return Σ |y − ŷ| ÷ Σ y; NaN where all actual demand is zero."""
    total = float(actual.sum())
    return float(np.abs(actual - predicted).sum() / total) if total > 0 else float("nan")


def bias(actual: FloatArray, predicted: FloatArray) -> float:
    """Return Σ (ŷ − y) ÷ Σ y: positive where the forecast is too high; NaN where all actual demand is zero."""
    total = float(actual.sum())
    return float((predicted - actual).sum() / total) if total > 0 else float("nan")
