"""Is one model really better than another? The difference of their losses with an interval by series blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.types import FloatArray
from training.backtest import Outcome, Trial

__all__ = ["Difference", "bootstrap_difference", "cost_by_series", "pinball_by_series"]

DRAWS_AT_ONCE = 5_000_000
"""Drawn series held at once."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger one total loss is than another, as a share of the other: −0.02 is 2 % better.

    low, high: the bootstrap interval; series: blocks that it was drawn from.
    """

    share: float
    low: float
    high: float
    series: int


def bootstrap_difference(
    loss: FloatArray, other: FloatArray, *, confidence: float = 0.9, draws: int = 1000, seed: int = 0
) -> Difference:
    """Return Σ loss ÷ Σ other − 1 with its percentile interval over series drawn with replacement.

    loss, other: (n,) total loss of each series; series where either is NaN are left out. A series with all its origins
    and periods is one block, because its errors hang together (block bootstrap: Efron & Tibshirani 1993, ch. 8). NaN
    where nothing is left or the other's loss is 0.
    """
    known = np.isfinite(loss) & np.isfinite(other)
    mine, theirs = loss[known], other[known]
    count = len(mine)
    if count == 0 or theirs.sum() <= 0:
        return Difference(float("nan"), float("nan"), float("nan"), count)
    random = np.random.default_rng(seed)
    shares: list[FloatArray] = []
    left = draws
    while left > 0:
        now = min(left, max(DRAWS_AT_ONCE // count, 1))
        drawn = random.integers(0, count, size=(now, count))
        below = theirs[drawn].sum(axis=1)
        shares.append(np.where(below > 0, mine[drawn].sum(axis=1) / np.maximum(below, 1e-300) - 1, np.nan))
        left -= now
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(np.concatenate(shares), [tail, 1 - tail])
    return Difference(float(mine.sum() / theirs.sum() - 1), float(low), float(high), count)


def pinball_by_series(outcomes: Sequence[Outcome], levels: Sequence[float], count: int) -> FloatArray:
    """Return (count,) each series' pinball loss, meaned over levels and summed over periods and origins; NaN: none."""
    total, rows = np.zeros(count), np.zeros(count)
    tau = np.asarray(levels)
    for item in outcomes:
        error = item.actual[:, None] - item.quantiles
        loss = np.where(error >= 0, tau * error, (tau - 1) * error).mean(axis=1)
        total += np.bincount(item.who, weights=loss, minlength=count)
        rows += np.bincount(item.who, minlength=count)
    return np.where(rows > 0, total, np.nan)


def cost_by_series(trials: Sequence[Trial]) -> FloatArray:
    """Return (n,) each series' simulated cost over the origins where it is known; NaN where it never is."""
    costs = np.stack([item.cost for item in trials])
    known = np.isfinite(costs)
    return np.where(known.any(axis=0), np.where(known, costs, 0.0).sum(axis=0), np.nan)
