"""From quantiles at a few levels to the whole grid of a forecast's marginals, tails included."""

import numpy as np

from core.types import FloatArray
from training.marginals import GRID_LEVELS, GridMarginals

__all__ = ["grid_marginals"]


def grid_marginals(
    levels: FloatArray, values: FloatArray, shape: tuple[int, int], integer_valued: bool
) -> GridMarginals:
    """Return the marginals of quantiles `values` (n·H, L), in units, at rising `levels` (L,), row by row of `shape`.

    Rows that cross are sorted (Chernozhukov, Fernández-Val & Galichon 2010, Econometrica 78: never a worse quantile
    loss) and cut at zero. Between the levels: straight lines. Above the highest one: an exponential tail through the
    last two, q(τ) = q_b + (q_b − q_a) · log((1 − b) / (1 − τ)) ÷ log((1 − a) / (1 − b)). Below the lowest one: straight
    to zero at level 0. The mean is the integral of the quantiles over the level.
    """
    ordered = np.maximum(np.sort(values, axis=1), 0.0)
    grid = np.empty((len(ordered), len(GRID_LEVELS)))
    place = np.clip(np.searchsorted(levels, GRID_LEVELS), 1, len(levels) - 1)
    low, high = levels[place - 1], levels[place]
    share = np.clip((GRID_LEVELS - low) / (high - low), 0.0, 1.0)
    grid[:] = ordered[:, place - 1] + share * (ordered[:, place] - ordered[:, place - 1])
    below, above = levels[0] > GRID_LEVELS, levels[-1] < GRID_LEVELS
    grid[:, below] = ordered[:, :1] * (GRID_LEVELS[below] / levels[0])
    stretch = np.log((1 - levels[-1]) / (1 - GRID_LEVELS[above])) / np.log((1 - levels[-2]) / (1 - levels[-1]))
    grid[:, above] = ordered[:, -1:] + (ordered[:, -1:] - ordered[:, -2:-1]) * stretch
    edges = np.r_[0.0, (GRID_LEVELS[1:] + GRID_LEVELS[:-1]) / 2, 1.0]
    mean = grid @ np.diff(edges)
    return GridMarginals(mean.reshape(shape), grid.astype(np.float32).reshape(*shape, len(GRID_LEVELS)), integer_valued)
