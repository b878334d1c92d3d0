"""Scores of quantile forecasts: pinball loss in its several scales, CRPS, coverage, RMSSE, WAPE, bias, stability."""

import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = [
    "bias",
    "coverage",
    "crossing_rate",
    "even_levels",
    "instability",
    "pinball",
    "quantile_crps",
    "randomised_coverage",
    "root_mean_squared_scaled_error",
    "scaled_pinball",
    "transform_histogram",
    "wape",
    "weighted_quantile_loss",
    "weighted_scaled_pinball",
]


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


def weighted_scaled_pinball(
    actual: FloatArray,
    quantiles: FloatArray,
    levels: tuple[float, ...],
    scale: FloatArray,
    who: npt.NDArray[np.int64],
    weight: FloatArray,
) -> float:
    """Return Σ w·SPL ÷ Σ w over the series: the WSPL form of the M5 uncertainty competition.

    who: (R,) the series of each row; weight: (R,) that series' sales in money. SPL of a series is the mean of its rows.
    Formula: M5 competitors' guide, "WSPL". NaN where no series has a weight.
    """
    error = actual[:, None] - quantiles
    tau = np.asarray(levels)
    loss = np.where(error >= 0, tau * error, (tau - 1) * error).mean(axis=1) / scale
    known = np.isfinite(weight)
    series, place = np.unique(who[known], return_inverse=True)
    rows = np.maximum(np.bincount(place, minlength=len(series)), 1)
    by_series = np.bincount(place, weights=loss[known], minlength=len(series)) / rows
    share = np.bincount(place, weights=weight[known], minlength=len(series)) / rows
    return float((by_series * share).sum() / share.sum()) if share.sum() > 0 else float("nan")


def even_levels(count: int) -> tuple[float, ...]:
    """Return the middles of `count` equal parts of (0, 1): the levels at which `quantile_crps` is exact in the limit.

    >>> even_levels(4)
    (0.125, 0.375, 0.625, 0.875)
    """
    return tuple(((np.arange(count) + 0.5) / count).tolist())


def quantile_crps(actual: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Return (R,) the continuous ranked probability score [units] from quantiles (R, K) at `even_levels(K)`.

    Formula: CRPS = 2 ∫ pinball(τ) dτ (Laio & Tamea 2007, Hydrol. Earth Syst. Sci. 11), by the midpoint rule.

    >>> quantile_crps(np.array([2.0]), np.array([[2.0, 2.0]]))
    array([0.])
    """
    tau = np.asarray(even_levels(quantiles.shape[1]))
    error = actual[:, None] - quantiles
    score: FloatArray = 2 * np.where(error >= 0, tau * error, (tau - 1) * error).mean(axis=1)
    return score


def root_mean_squared_scaled_error(
    actual: FloatArray, predicted: FloatArray, who: npt.NDArray[np.int64], squared_scale: FloatArray
) -> float:
    """Return the mean over series of RMSSE: √(mean squared error ÷ mean squared one-step change in history).

    who: (R,) the series of each row; squared_scale: (R,) the same for all rows of a series. Source: Hyndman & Koehler
    2006, Int. J. Forecasting 22, in the squared form of the M5 accuracy competition.
    """
    series, place = np.unique(who, return_inverse=True)
    if len(series) == 0:
        return float("nan")
    ratio = (actual - predicted) ** 2 / squared_scale
    by_series = np.bincount(place, weights=ratio) / np.bincount(place)
    return float(np.sqrt(by_series).mean())


def crossing_rate(quantiles: FloatArray) -> float:
    """Return the share of rows (R, L) in which a quantile is below that of a lower level."""
    return float((np.diff(quantiles, axis=1) < 0).any(axis=1).mean()) if len(quantiles) else 0.0


def instability(earlier: FloatArray, later: FloatArray) -> float:
    """Return Σ |later − earlier| ÷ Σ mean level of two forecasts of the same periods, made one origin apart.

    0: nobody's plan changed. Symmetric in the two, so that a fall and a rise of the same size weigh the same; NaN where
    nothing is forecast.

    >>> instability(np.array([4.0, 6.0]), np.array([6.0, 4.0]))
    0.4
    """
    level = float((np.abs(earlier) + np.abs(later)).sum() / 2)
    return float(np.abs(later - earlier).sum() / level) if level > 0 else float("nan")


def transform_histogram(below: FloatArray, upto: FloatArray, bins: int) -> FloatArray:
    """Return (bins,) the share of demand in each equal part of the stated distribution; calibrated: 1 ÷ bins each.

    below, upto: as in `randomised_coverage`, whose steps these are: the non-randomised PIT histogram for counts.
    """
    edges = tuple(np.linspace(0, 1, bins + 1).tolist())
    return np.diff(randomised_coverage(below, upto, edges))


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
