"""Demand of one period as a distribution: negative binomial for counts, gamma for amounts that are not whole.

Both are given by their mean μ and variance ratio φ = variance ÷ mean. Negative binomial: size r = μ ÷ (φ − 1),
Poisson as φ → 1 (Hilbe 2011, Negative Binomial Regression, ch. 8). Gamma: shape μ ÷ φ, scale φ.
"""

import numba
import numpy as np
import numpy.typing as npt
from scipy import special

from core.types import FloatArray

__all__ = ["LEAST_RATIO", "amount_quantiles", "cumulative", "quantiles"]

LEAST_RATIO = 1.02
"""Least variance ratio of counts: the Poisson limit and a little."""

LEAST_SPREAD = 1e-3
"""Least variance ratio of amounts: what never varied is taken to vary a little."""

LARGEST_COUNTED = 150.0
"""Means above this are rounded from the gamma distribution of the same mean and variance (error below one unit)."""

LEAST_MEAN = 1e-4

MANY = 20_000
"""Cells from which on quantiles of amounts come from a table: off by less than 1e-4 of the mean where shape > 0.05."""

SHAPE_STEP = 1 / 128
"""Step of that table, in the logarithm of the shape."""

GUIDES = 64
"""Levels at which a search for quantiles of counts may begin; a power of two, so that a level's place is exact."""


def cumulative(units: FloatArray, mean: FloatArray, ratio: FloatArray, integer_valued: bool) -> FloatArray:
    """Return P(demand ≤ units), element by element; units below zero have none.

    integer_valued: negative binomial, else gamma.
    """
    mean = np.maximum(mean, LEAST_MEAN)
    if not integer_valued:
        ratio = np.maximum(ratio, LEAST_SPREAD)
        return np.where(units > 0, special.gammainc(mean / ratio, np.maximum(units, 0) / ratio), 0.0)
    ratio = np.maximum(ratio, LEAST_RATIO)
    counted = np.floor(units)
    share = special.betainc(mean / (ratio - 1), np.maximum(counted, 0) + 1, 1 / ratio)
    return np.where(counted >= 0, share, 0.0)


def quantiles(levels: FloatArray, mean: FloatArray, ratio: FloatArray, integer_valued: bool) -> FloatArray:
    """Return the least demand whose cumulative probability reaches each level.

    levels: (R, L) in (0, 1); mean, ratio: (R,). Returns (R, L) units.
    """
    mean = np.maximum(mean, LEAST_MEAN)
    if not integer_valued:
        ratio = np.maximum(ratio, LEAST_SPREAD)
        return special.gammaincinv((mean / ratio)[:, None], levels) * ratio[:, None]
    ratio = np.maximum(ratio, LEAST_RATIO)
    result = np.empty(levels.shape)
    small = mean <= LARGEST_COUNTED
    result[small] = _counted_quantiles(levels[small], mean[small], ratio[small])
    shape = (mean[~small] / ratio[~small])[:, None]
    result[~small] = np.rint(special.gammaincinv(shape, levels[~small]) * ratio[~small][:, None])
    return result


def amount_quantiles(levels: FloatArray, mean: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return quantiles of amounts (R, L) where all cells are asked for the same `levels` (L,), from a table if many.

    log quantile ÷ scale is a smooth function of log shape, so that straight lines between close points tell it.
    """
    if mean.size < MANY:
        return quantiles(np.broadcast_to(levels, (mean.size, levels.size)), mean, ratio, integer_valued=False)
    ratio = np.maximum(ratio, LEAST_SPREAD)
    log_shape = np.log(np.maximum(mean, LEAST_MEAN) / ratio)
    grid = np.arange(log_shape.min(), log_shape.max() + 2 * SHAPE_STEP, SHAPE_STEP)
    result = np.empty((mean.size, levels.size))
    with np.errstate(divide="ignore"):
        for place, level in enumerate(levels.tolist()):
            known = np.maximum(np.log(special.gammaincinv(np.exp(grid), level)), -700.0)
            result[:, place] = np.exp(np.interp(log_shape, grid, known)) * ratio
    return result


@numba.njit(cache=True, nogil=True)
def _counted_quantiles(
    levels: npt.NDArray[np.float64], mean: npt.NDArray[np.float64], ratio: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Walk up the probabilities p(k+1) = p(k)·(r + k)/(k + 1)·(1 − 1/φ) of each row, once, then look its levels up."""
    result = np.empty(levels.shape)
    reached = np.empty(256)
    guide = np.empty(GUIDES + 1, dtype=np.int64)
    for row in range(levels.shape[0]):
        size = mean[row] / (ratio[row] - 1.0)
        growth = 1.0 - 1.0 / ratio[row]
        largest = levels[row].max()
        limit = 50 + int(mean[row] + 60.0 * np.sqrt(mean[row] * ratio[row]) + 40.0 * ratio[row])
        probability = np.exp(-size * np.log(ratio[row]))
        reached[0] = probability
        count = 0
        while reached[count] < largest and count < limit:
            if count + 1 == reached.size:
                reached = np.append(reached, np.empty(reached.size))
            probability *= growth * (size + count) / (count + 1)
            reached[count + 1] = reached[count] + probability
            count += 1
        _guide(reached, count, guide)
        for place in range(levels.shape[1]):
            found = guide[min(max(int(levels[row, place] * GUIDES), 0), GUIDES)]
            while found < count and reached[found] < levels[row, place]:
                found += 1
            result[row, place] = found
    return result


@numba.njit(cache=True, nogil=True)
def _guide(reached: npt.NDArray[np.float64], last: int, guide: npt.NDArray[np.int64]) -> None:
    """Fill guide[g] with the first count ≤ `last` that reaches g / GUIDES: where the search for a level begins
    (Chen and Asau 1974, On generating random variates from an empirical distribution).
    """
    count = 0
    for place in range(guide.size):
        while count < last and reached[count] < place / GUIDES:
            count += 1
        guide[place] = count
