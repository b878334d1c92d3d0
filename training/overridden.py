"""Demand where a planner knows better: the cells of a distribution that a forecast override replaces or multiplies.

A replaced cell has the mean that the planner says and the variance ratio that the model found there: who knows the
level better does not know the scatter better. A multiplied cell is the model's own, stretched. Other cells stay what
they were, to the bit.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from training import count_distribution
from training.marginals import GRID_LEVELS, Marginals

__all__ = ["OverriddenMarginals", "overridden"]

LEAST_MEAN = 1e-9
"""Below it a cell's own variance ratio says nothing: a Poisson's is taken."""


@dataclass(frozen=True, slots=True)
class OverriddenMarginals:
    """Marginals with some cells changed.

    factor: (n, H) that demand is multiplied by, 1 where it is not. level: (n, H) mean that replaces the model's, NaN
    where it does not. ratio: (n, H) variance ratio of replaced cells.
    """

    base: Marginals
    factor: FloatArray
    level: FloatArray
    ratio: FloatArray

    @property
    def mean(self) -> FloatArray:
        """Expected units, (n, H)."""
        return np.where(np.isnan(self.level), self.base.mean, self.level) * self.factor

    @property
    def integer_valued(self) -> bool:
        """Whether demand is whole."""
        return self.base.integer_valued

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the marginals of some series."""
        return type(self)(self.base.take(rows), self.factor[rows], self.level[rows], self.ratio[rows])

    def periods(self, places: npt.NDArray[np.int64]) -> Self:
        """Return the marginals of some periods."""
        parts = (array[:, places] for array in (self.factor, self.level, self.ratio))
        return type(self)(self.base.periods(places), *parts)

    def scaled(self, factor: float) -> Self:
        """Return the marginals of demand times a factor."""
        return type(self)(self.base, self.factor * factor, self.level, self.ratio)

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Return (n, H, L) units."""
        found = np.array(self.base.quantiles(levels))
        stated = np.broadcast_to(levels, found.shape)
        told = ~np.isnan(self.level)
        if told.any():
            asked = np.ascontiguousarray(stated[told])
            found[told] = count_distribution.quantiles(asked, self.level[told], self.ratio[told], self.integer_valued)
            found[told & (self.level <= 0)] = 0.0
        stretched = self.factor != 1.0
        if stretched.any():
            more = found[stretched] * self.factor[stretched][:, None]
            found[stretched] = np.rint(more) if self.integer_valued else more
        return found

    def cumulative(self, units: FloatArray) -> FloatArray:
        """Return (n, H) P(demand ≤ units)."""
        asked = np.where(self.factor > 0, np.asarray(units) / np.where(self.factor > 0, self.factor, 1.0), np.inf)
        own = np.where(np.isinf(asked), 1.0, self.base.cumulative(np.where(np.isinf(asked), 0.0, asked)))
        level = np.where(np.isnan(self.level), 1.0, self.level)
        said = count_distribution.cumulative(asked, level, self.ratio, self.integer_valued)
        said = np.where(level <= 0, 1.0, said)
        return np.where(np.asarray(units) < 0, 0.0, np.where(np.isnan(self.level), own, said))


def overridden(base: Marginals, factor: FloatArray, level: FloatArray) -> OverriddenMarginals:
    """Return `base` with its cells multiplied by `factor` (n, H) and its means replaced by `level` (n, H), NaN: not.

    The variance ratio of a replaced cell is the model's own, read from its quantiles.
    """
    ratio = np.ones(level.shape)
    told = ~np.isnan(level)
    rows = np.flatnonzero(told.any(axis=1))
    if len(rows):
        ratio[rows] = _variance_ratio(base.take(rows))
    return OverriddenMarginals(base, factor, level, ratio)


def _variance_ratio(marginals: Marginals) -> FloatArray:
    """Return (n, H) variance ÷ mean, from the quantiles at GRID_LEVELS joined by straight lines."""
    table = marginals.quantiles(np.tile(GRID_LEVELS, (marginals.mean.shape[1], 1)))
    share = np.diff(GRID_LEVELS)
    low, high = table[..., :-1], table[..., 1:]
    first = ((low + high) / 2 * share).sum(axis=-1)
    second = ((low**2 + low * high + high**2) / 3 * share).sum(axis=-1)
    variance = np.maximum(second - first**2, 0.0)
    return np.where(first > LEAST_MEAN, variance / np.maximum(first, LEAST_MEAN), 1.0)
