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


SEGMENT_SHARE = 0.5
"""Share of the way from the map of all series to that of a segment's own: it has fewer observations."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising map from wanted to stated level for each band of horizons and each segment of series.

    paces: (S − 1,) rising; a series whose recent units a period reach the first k of them is of segment k.
    edges: (B,) first horizon (from 0) of each band; stated: (S, B, G) the level to ask for at each GRID level.
    """

    edges: npt.NDArray[np.int64]
    stated: FloatArray
    paces: FloatArray

    @classmethod
    def identity(cls) -> Self:
        """Return the map that changes nothing."""
        return cls(np.zeros(1, dtype=np.int64), GRID[None, None, :].copy(), np.empty(0))

    def segment(self, pace: FloatArray) -> npt.NDArray[np.int64]:
        """Return the segment of each series, from 0, by its recent units a period (`training.segments.recent_pace`)."""
        return np.searchsorted(self.paces, pace, side="right").astype(np.int64)

    def adjust(self, levels: FloatArray, horizon: int, segment: int = 0) -> FloatArray:
        """Return the levels to ask the model for, so that `levels` are met at `horizon` (from 0) in a segment."""
        return np.clip(np.interp(levels, GRID, self.stated[segment, self._band(horizon)]), 1e-4, 1 - 1e-4)

    def adjust_paths(self, levels: FloatArray, segment: npt.NDArray[np.int64]) -> FloatArray:
        """Return (n, H, P) the levels to ask the model for of n series' P paths (n, P, H): `adjust` of each period."""
        bands = np.searchsorted(self.edges, np.arange(levels.shape[2]), side="right") - 1
        return _adjusted(levels, segment, bands, self.stated, np.diff(self.stated, axis=2) / np.diff(GRID))

    def reached(self, stated: FloatArray, horizon: int, segment: int = 0) -> FloatArray:
        """Return the calibrated probability of what the model states as `stated`: the inverse of `adjust`."""
        return np.interp(stated, self.stated[segment, self._band(horizon)] + np.arange(len(GRID)) * 1e-12, GRID)

    def _band(self, horizon: int) -> int:
        return int(np.searchsorted(self.edges, horizon, side="right")) - 1


@numba.njit(cache=True, nogil=True)
def _adjusted(
    levels: FloatArray,
    segment: npt.NDArray[np.int64],
    bands: npt.NDArray[np.int64],
    stated: FloatArray,
    slopes: FloatArray,
) -> FloatArray:
    """Return what `numpy.interp` on GRID returns to the last bit: the same line, found from the level's hundredth."""
    series, paths, horizon = levels.shape
    result = np.empty((series, horizon, paths))
    last = GRID.size - 1
    for i in range(series):
        for h in range(horizon):
            line, slope = stated[segment[i], bands[h]], slopes[segment[i], bands[h]]
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
    pace: FloatArray | None = None,
    segments: int = 1,
) -> Calibration:
    """Return the calibration learned from past forecasts.

    below, upto: (R,) the model's P(demand < y) and P(demand ≤ y) of what then happened; equal for continuous demand.
    horizons: (R,) from 0. strength: 0 … 1, how far to move from the stated levels to the empirical ones.
    pace: (R,) the series' recent units a period, by which the rows are parted into so many `segments` of equal size;
    a segment's map lies half-way between its own and that of all.
    The empirical distribution of the transform for counts follows Czado, Gneiting & Held 2009 (Biometrics 65), eq. 3.
    """
    edges = _bands(horizons, horizon, bands)
    band = np.searchsorted(edges, horizons, side="right") - 1
    shared = np.stack([_inverse(below[band == b], upto[band == b], strength) for b in range(len(edges))])
    if pace is None or segments == 1 or not len(pace):
        return Calibration(edges, shared[None], np.empty(0))
    paces = np.unique(np.quantile(pace, np.arange(1, segments) / segments))
    segment = np.searchsorted(paces, pace, side="right")
    stated = np.broadcast_to(shared, (len(paces) + 1, *shared.shape)).copy()
    for s, b in np.ndindex(stated.shape[:2]):
        mine = (segment == s) & (band == b)
        if mine.sum() >= LEAST_ROWS:
            stated[s, b] += SEGMENT_SHARE * (_inverse(below[mine], upto[mine], strength) - shared[b])
    return Calibration(edges, stated, paces)


def _bands(horizons: npt.NDArray[np.int32], horizon: int, bands: int) -> npt.NDArray[np.int64]:
    """Return the first horizon of each band: of equal length, joined where one would have too few rows."""
    edges = [0]
    size = max(horizon // bands, 1)
    for start in range(size, horizon, size):
        enough = (horizons[horizons >= edges[-1]] < start).sum() >= LEAST_ROWS and (
            horizons >= start
        ).sum() >= LEAST_ROWS
        if enough and len(edges) < bands:
            edges.append(start)
    return np.asarray(edges, dtype=np.int64)


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
