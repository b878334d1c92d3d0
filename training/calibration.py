"""The conformal step: past probability-integral transforms say which stated level to ask for to get the wanted one."""

from dataclasses import dataclass
from typing import Self

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = ["GRID", "Calibration", "fit_calibration"]

GRID = np.concatenate([[0.0, 0.001, 0.005], np.arange(0.01, 1.0, 0.01), [0.995, 0.999, 1.0]])
"""Levels between whose stated levels straight lines are drawn: every hundredth, and closer together in the tails."""

LEAST_ROWS = 400
"""Rows a horizon band needs; bands with fewer join the next one."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising map from wanted to stated level for each band of horizons.

    edges: (B,) first horizon (from 0) of each band; stated: (B, G) the level to ask for at each GRID level.
    """

    edges: npt.NDArray[np.int64]
    stated: FloatArray

    @classmethod
    def identity(cls) -> Self:
        """Return the map that changes nothing."""
        return cls(np.zeros(1, dtype=np.int64), GRID[None, :].copy())

    def adjust(self, levels: FloatArray, horizon: int) -> FloatArray:
        """Return the levels to ask the model for, so that `levels` are met at `horizon` (from 0)."""
        band = int(np.searchsorted(self.edges, horizon, side="right")) - 1
        return np.clip(np.interp(levels, GRID, self.stated[band]), 1e-4, 1 - 1e-4)

    def adjust_paths(self, levels: FloatArray) -> FloatArray:
        """Return (n, H, P) the levels to ask the model for of n series' P paths (n, P, H): `adjust` of each period."""
        bands = np.searchsorted(self.edges, np.arange(levels.shape[2]), side="right") - 1
        return _adjusted(levels, bands, self.stated, np.diff(self.stated, axis=1) / np.diff(GRID))

    def reached(self, stated: FloatArray, horizon: int) -> FloatArray:
        """Return the calibrated probability of what the model states as `stated`: the inverse of `adjust`."""
        band = int(np.searchsorted(self.edges, horizon, side="right")) - 1
        return np.interp(stated, self.stated[band] + np.arange(len(GRID)) * 1e-12, GRID)


@numba.njit(cache=True, nogil=True)
def _adjusted(levels: FloatArray, bands: npt.NDArray[np.int64], stated: FloatArray, slopes: FloatArray) -> FloatArray:
    """Return what `numpy.interp` on GRID returns to the last bit: the same line, found from the level's hundredth."""
    series, paths, horizon = levels.shape
    result = np.empty((series, horizon, paths))
    last = GRID.size - 1
    for i in range(series):
        for h in range(horizon):
            line, slope = stated[bands[h]], slopes[bands[h]]
            for p in range(paths):
                level = levels[i, p, h]
                at = min(max(int(level * 100.0) + 1, 0), last - 1)
                while at > 0 and GRID[at] > level:
                    at -= 1
                while at < last - 1 and GRID[at + 1] <= level:
                    at += 1
                found = slope[at] * (level - GRID[at]) + line[at] if level < 1.0 else line[last]
                result[i, h, p] = min(max(found, 1e-4), 1 - 1e-4)
    return result


def fit_calibration(
    below: FloatArray,
    upto: FloatArray,
    horizons: npt.NDArray[np.int32],
    horizon: int,
    bands: int,
    strength: float,
) -> Calibration:
    """Return the calibration learned from past forecasts.

    below, upto: (R,) the model's P(demand < y) and P(demand ≤ y) of what then happened; equal for continuous demand.
    horizons: (R,) from 0. strength: 0 … 1, how far to move from the stated levels to the empirical ones.
    The empirical distribution of the transform for counts follows Czado, Gneiting & Held 2009 (Biometrics 65), eq. 3.
    """
    edges = [0]
    size = max(horizon // bands, 1)
    for start in range(size, horizon, size):
        enough = (horizons[horizons >= edges[-1]] < start).sum() >= LEAST_ROWS and (
            horizons >= start
        ).sum() >= LEAST_ROWS
        if enough and len(edges) < bands:
            edges.append(start)
    stated = []
    for place, first in enumerate(edges):
        last = edges[place + 1] if place + 1 < len(edges) else horizon
        chosen = (horizons >= first) & (horizons < last)
        stated.append(_inverse(below[chosen], upto[chosen], strength))
    return Calibration(np.asarray(edges, dtype=np.int64), np.stack(stated))


def _inverse(below: FloatArray, upto: FloatArray, strength: float) -> FloatArray:
    """Return, for each GRID level, the stated level that was really reached that often."""
    if len(below) < LEAST_ROWS:
        return GRID.copy()
    width = np.maximum(upto - below, 1e-9)
    reached = np.array([np.clip((level - below) / width, 0.0, 1.0).mean() for level in GRID])
    reached[0], reached[-1] = 0.0, 1.0
    reached = np.maximum.accumulate(reached) + np.arange(len(GRID)) * 1e-12
    found = np.interp(GRID, reached, GRID)
    return GRID + strength * (found - GRID)
