"""How one future hangs together, over its periods and over series: a Gaussian copula learned from past surprises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import special

from core.types import FloatArray

__all__ = ["Dependence", "across_series", "fit_dependence", "normal_score"]

LEAST_SERIES = 20
"""Series of a period whose mean score tells something of what all share."""


@dataclass(frozen=True, slots=True)
class Dependence:
    """Correlation of the normal scores of periods k apart: common + (1 − common)·fading^k, for k > 0.

    common: the share that lasts (the level was misjudged); fading: the lag-one correlation of what passes. across: the
    correlation of two series in the same period, used only where paths of all series together are asked for.
    """

    common: float
    fading: float
    across: float = 0.0

    @classmethod
    def independent(cls) -> Self:
        """Return periods that have nothing to do with each other."""
        return cls(0.0, 0.0)

    def factor(self, horizon: int) -> FloatArray:
        """Return the lower Cholesky factor (H, H) of the correlation matrix."""
        apart = np.abs(np.subtract.outer(np.arange(horizon), np.arange(horizon)))
        correlation = self.common + (1 - self.common) * self.fading**apart
        return np.asarray(np.linalg.cholesky(correlation), dtype=np.float64)


def fit_dependence(score: npt.NDArray[np.float64]) -> Dependence:
    """Return the dependence seen in normal scores (N, H) of N past forecasts; NaN where demand was not observed."""
    horizon = score.shape[1]
    if horizon < 2 or np.isfinite(score).sum() < 200:
        return Dependence.independent()
    near = _correlation(score, 1)
    far = float(np.mean([_correlation(score, lag) for lag in range(max(horizon // 2, 1), horizon)]))
    common = float(np.clip(far, 0.0, 0.8))
    fading = float(np.clip((near - common) / (1 - common), 0.0, 0.9))
    return Dependence(round(common, 4), round(fading, 4))


def across_series(scores: Sequence[npt.NDArray[np.float64]]) -> float:
    """Return the correlation of two series in the same period, from normal scores (n, H) of each past forecast.

    One shock for all with share ρ of the variance v leaves the mean of n scores with a mean square of v·(ρ + (1 − ρ) ÷
    n) (the intraclass correlation, Fisher 1925); ρ is what the periods say together, 0 … 0.8.
    """
    means, alone, square = [], [], []
    for table in scores:
        count = np.isfinite(table).sum(axis=0)
        for period in np.flatnonzero(count >= LEAST_SERIES):
            known = table[np.isfinite(table[:, period]), period]
            means.append(known.mean() ** 2)
            alone.append(1 / len(known))
            square.append((known**2).mean())
    if not means:
        return 0.0
    variance, chance = float(np.mean(square)), float(np.mean(alone))
    return round(float(np.clip((np.mean(means) / max(variance, 1e-12) - chance) / (1 - chance), 0.0, 0.8)), 4)


def _correlation(score: FloatArray, lag: int) -> float:
    left, right = score[:, :-lag].ravel(), score[:, lag:].ravel()
    both = np.isfinite(left) & np.isfinite(right)
    if both.sum() < 50:
        return 0.0
    return float(np.corrcoef(left[both], right[both])[0, 1])


def normal_score(below: FloatArray, upto: FloatArray) -> FloatArray:
    """Return Φ⁻¹ of the middle of each transform interval: what was surprising, in standard deviations."""
    return special.ndtri(np.clip((below + upto) / 2, 1e-4, 1 - 1e-4))
