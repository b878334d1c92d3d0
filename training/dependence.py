"""How the periods of one future hang together: a Gaussian copula over the horizon, learned from past surprises."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import special

from core.types import FloatArray

__all__ = ["Dependence", "fit_dependence", "normal_score"]


@dataclass(frozen=True, slots=True)
class Dependence:
    """Correlation of the normal scores of periods k apart: common + (1 − common)·fading^k, for k > 0.

    common: the share that lasts (the level was misjudged); fading: the lag-one correlation of what passes.
    """

    common: float
    fading: float

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


def _correlation(score: FloatArray, lag: int) -> float:
    left, right = score[:, :-lag].ravel(), score[:, lag:].ravel()
    both = np.isfinite(left) & np.isfinite(right)
    if both.sum() < 50:
        return 0.0
    return float(np.corrcoef(left[both], right[both])[0, 1])


def normal_score(below: FloatArray, upto: FloatArray) -> FloatArray:
    """Return Φ⁻¹ of the middle of each transform interval: what was surprising, in standard deviations."""
    return special.ndtri(np.clip((below + upto) / 2, 1e-4, 1 - 1e-4))
