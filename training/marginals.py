"""The distribution of each cell of a forecast: from two parameters (`CountMarginals`) or from a grid of quantiles.

Both answer the same four questions (quantiles, cumulative probability, a part of the cells, the mean), so that a
forecast does not care which model made it.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from training import count_distribution

__all__ = ["GRID_LEVELS", "CountMarginals", "GridMarginals", "Marginals", "blended"]

GRID_LEVELS: FloatArray = np.array(
    [1e-4, 1e-3, 5e-3, 0.01, 0.025, *np.arange(1, 20) / 20, 0.975, 0.99, 0.995, 0.999, 1 - 1e-4]
)
"""Levels at which a grid of quantiles is kept: closer together in the tails."""


class Marginals(Protocol):
    """The distribution of demand of n series over H periods, cell by cell.

    mean: (n, H) units; integer_valued: whether demand is whole.
    """

    @property
    def mean(self) -> FloatArray:
        """Expected units, (n, H)."""
        ...

    @property
    def integer_valued(self) -> bool:
        """Whether demand is whole."""
        ...

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the marginals of some series."""
        ...

    def periods(self, places: npt.NDArray[np.int64]) -> Self:
        """Return the marginals of some periods, in the order of `places`."""
        ...

    def scaled(self, factor: float) -> Self:
        """Return the marginals of demand times a factor."""
        ...

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Return (n, H, L) units at `levels`, (H, L) or (n, H, L); non-decreasing along L where the levels are."""
        ...

    def cumulative(self, units: FloatArray) -> FloatArray:
        """Return (n, H) P(demand ≤ units)."""
        ...


@dataclass(frozen=True, slots=True)
class CountMarginals:
    """Negative binomial (gamma where units are not whole) of mean μ and variance ratio φ = variance ÷ mean, (n, H)."""

    mean: FloatArray
    ratio: FloatArray
    integer_valued: bool

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the marginals of some series."""
        return type(self)(self.mean[rows], self.ratio[rows], self.integer_valued)

    def periods(self, places: npt.NDArray[np.int64]) -> Self:
        """Return the marginals of some periods."""
        return type(self)(self.mean[:, places], self.ratio[:, places], self.integer_valued)

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Return (n, H, L) units."""
        if levels.ndim == 2 and not self.integer_valued:
            columns = zip(levels, self.mean.T, self.ratio.T, strict=True)
            return np.stack([count_distribution.amount_quantiles(*column) for column in columns], axis=1)
        wanted = np.broadcast_to(levels, (*self.mean.shape, levels.shape[-1]))
        flat = np.ascontiguousarray(wanted).reshape(self.mean.size, levels.shape[-1])
        table = count_distribution.quantiles(flat, self.mean.ravel(), self.ratio.ravel(), self.integer_valued)
        return table.reshape(wanted.shape)

    def scaled(self, factor: float) -> Self:
        """Return the marginals of demand times a factor: the mean is, the variance ratio stays."""
        return type(self)(self.mean * factor, self.ratio, self.integer_valued)

    def cumulative(self, units: FloatArray) -> FloatArray:
        """Return (n, H) P(demand ≤ units)."""
        return count_distribution.cumulative(units, self.mean, self.ratio, self.integer_valued)


@dataclass(frozen=True, slots=True)
class GridMarginals:
    """Quantiles (n, H, G) at GRID_LEVELS, joined by straight lines; rounded where demand is whole.

    mean: (n, H), as the model states it. values are non-decreasing along G.
    """

    mean: FloatArray
    values: npt.NDArray[np.float32]
    integer_valued: bool

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the marginals of some series."""
        return type(self)(self.mean[rows], self.values[rows], self.integer_valued)

    def periods(self, places: npt.NDArray[np.int64]) -> Self:
        """Return the marginals of some periods."""
        return type(self)(self.mean[:, places], self.values[:, places], self.integer_valued)

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Return (n, H, L) units."""
        wanted = np.broadcast_to(levels, (*self.mean.shape, levels.shape[-1]))
        flat = self.values.reshape(self.mean.size, self.values.shape[-1])
        table = _at_levels(GRID_LEVELS, flat, wanted.reshape(self.mean.size, levels.shape[-1]))
        return (np.rint(table) if self.integer_valued else table).reshape(wanted.shape)

    def scaled(self, factor: float) -> Self:
        """Return the marginals of demand times a factor."""
        return type(self)(self.mean * factor, self.values * np.float32(factor), self.integer_valued)

    def cumulative(self, units: FloatArray) -> FloatArray:
        """Return (n, H) P(demand ≤ units)."""
        bar = np.floor(units) + 0.5 if self.integer_valued else np.asarray(units)
        flat = self.values.reshape(self.mean.size, self.values.shape[-1])
        reached = _reached(GRID_LEVELS, flat, np.ascontiguousarray(bar, dtype=np.float64).ravel())
        return np.where(units < 0, 0.0, reached.reshape(self.mean.shape))


def blended(parts: list[Marginals], weights: FloatArray) -> GridMarginals:
    """Return the marginals whose quantiles (and mean) are the weighted means of the parts' (Vincent 1912).

    weights: one a part, summing to 1.
    """
    mean = np.zeros(parts[0].mean.shape)
    values = np.zeros((*mean.shape, len(GRID_LEVELS)), dtype=np.float32)
    for part, weight in zip(parts, weights.tolist(), strict=True):
        mean += weight * part.mean
        values += np.float32(weight) * _grid_of(part)
    return GridMarginals(mean, values, parts[0].integer_valued)


def _grid_of(part: Marginals) -> npt.NDArray[np.float32]:
    if isinstance(part, GridMarginals):
        return part.values
    return part.quantiles(np.tile(GRID_LEVELS, (part.mean.shape[1], 1))).astype(np.float32)


@numba.njit(cache=True)
def _at_levels(grid: FloatArray, values: npt.NDArray[np.float32], levels: FloatArray) -> FloatArray:
    """Return (R, L): each row of `values` (R, G) interpolated at its row of `levels` (R, L)."""
    result = np.empty(levels.shape)
    last = grid.size - 1
    for row in range(levels.shape[0]):
        for column in range(levels.shape[1]):
            level = levels[row, column]
            place = min(max(np.searchsorted(grid, level), 1), last)
            share = (level - grid[place - 1]) / (grid[place] - grid[place - 1])
            share = min(max(share, 0.0), 1.0)
            low, high = values[row, place - 1], values[row, place]
            result[row, column] = low + share * (high - low)
    return result


@numba.njit(cache=True)
def _reached(grid: FloatArray, values: npt.NDArray[np.float32], bar: FloatArray) -> FloatArray:
    """Return (R,): the largest level whose value is at most the row's bar, by straight lines."""
    result = np.empty(bar.size)
    for row in range(bar.size):
        place = np.searchsorted(values[row], bar[row], side="right")
        if place == 0:
            result[row] = 0.0
        elif place == grid.size:
            result[row] = 1.0
        else:
            low, high = values[row, place - 1], values[row, place]
            share = (bar[row] - low) / (high - low)
            result[row] = grid[place - 1] + share * (grid[place] - grid[place - 1])
    return result
