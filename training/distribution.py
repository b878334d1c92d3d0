"""A forecast before anyone asks for a level: a distribution for each series and period, and how they hang together."""

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from core.frequency import Frequency
from core.parallel import chunks, in_threads
from core.types import DemandForecast, FloatArray, check_levels
from training.calibration import Calibration
from training.dependence import Dependence
from training.marginals import Marginals

__all__ = ["DemandDistribution"]

PIECE = 500
"""Series that a thread draws before it takes others."""

AT_ONCE = 16
"""Series whose paths are worked out together: with 400 paths of 49 periods 2.5 MB a step, which a cache holds."""


@dataclass(frozen=True, slots=True)
class DemandDistribution:
    """The marginal distributions of n series over H periods, calibrated and joined on demand.

    series: n rows `sku, location, fallback_reason`; dates: (H,) first days; marginals: of the (n, H) cells.
    segment: (n,) of the calibration, in which the series is.
    """

    series: pd.DataFrame
    frequency: Frequency
    dates: npt.NDArray[np.datetime64]
    marginals: Marginals
    calibration: Calibration
    segment: npt.NDArray[np.int64]
    dependence: Dependence
    model: str

    @property
    def mean(self) -> FloatArray:
        """Expected units, (n, H)."""
        return self.marginals.mean

    @property
    def integer_valued(self) -> bool:
        """Whether demand is whole."""
        return self.marginals.integer_valued

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the distribution of some series only, in the order of `rows`."""
        series = self.series.iloc[rows].reset_index(drop=True)
        return replace(self, series=series, marginals=self.marginals.take(rows), segment=self.segment[rows])

    def first(self, horizon: int) -> Self:
        """Return the first `horizon` periods only."""
        return self.periods(np.arange(min(horizon, len(self.dates))))

    def periods(self, places: npt.NDArray[np.int64]) -> Self:
        """Return the distribution of some periods, dated from the first one on."""
        dates = self.frequency.dates(self.dates[0], len(places))
        return replace(self, dates=dates, marginals=self.marginals.periods(places))

    def quantiles(self, levels: Sequence[float]) -> FloatArray:
        """Return (n, H, L) units, non-decreasing along the levels, whole numbers where the history's units are."""
        wanted = np.asarray(levels, dtype=np.float64)
        result = np.empty((*self.mean.shape, len(wanted)))
        for segment, rows in self._segments():
            stated = np.stack([self.calibration.adjust(wanted, ahead, segment) for ahead in range(len(self.dates))])
            result[rows] = self.marginals.take(rows).quantiles(stated)
        return result

    def cumulative(self, units: FloatArray) -> FloatArray:
        """Return (n, H) the calibrated P(demand ≤ units)."""
        stated = self.marginals.cumulative(units)
        for segment, rows in self._segments():
            for ahead in range(stated.shape[1]):
                stated[rows, ahead] = self.calibration.reached(stated[rows, ahead], ahead, segment)
        return stated

    def _segments(self) -> list[tuple[int, npt.NDArray[np.int64]]]:
        """Return each segment that has series, with their places."""
        return [(int(found), np.flatnonzero(self.segment == found)) for found in np.unique(self.segment)]

    def paths(self, count: int, seed: int, threads: int = 1, across: bool = False) -> npt.NDArray[np.float32]:
        """Return (n, count, H) equally likely joint futures in units, drawn in mirrored pairs.

        A series' paths depend on the seed and its own name only: alone or among thousands, they are the same. across:
        path p of one series belongs to path p of the others, by the learned correlation of series (what a total needs);
        else series are drawn independently. The marginals are the same. threads: that share the series out.
        """
        series, horizon = self.mean.shape
        result = np.empty((series, count, horizon), dtype=np.float32)
        if count:
            shared = self.dependence.across if across else 0.0
            fill = partial(self._fill, result=result, factor=self.dependence.factor(horizon), seed=seed, shared=shared)
            deque(in_threads(fill, chunks(series, PIECE), threads), maxlen=0)
        return result

    def _fill(
        self, piece: slice, result: npt.NDArray[np.float32], factor: FloatArray, seed: int, shared: float
    ) -> None:
        """Draw the paths of a piece of the series into `result`, some series at once; `shared`: share of one shock."""
        sku, location = self.series["sku"].tolist(), self.series["location"].tolist()
        count = result.shape[1]
        common = _drawn(f"{seed}", count, factor) if shared > 0 else None
        for part in chunks(piece.stop - piece.start, AT_ONCE):
            rows = np.arange(piece.start + part.start, piece.start + part.stop)
            share = np.empty((len(rows), *result.shape[1:]))
            for place, row in enumerate(rows.tolist()):
                own = _drawn(f"{seed}\x1f{sku[row]}\x1f{location[row]}", count, factor)
                share[place] = own if common is None else np.sqrt(1 - shared) * own + np.sqrt(shared) * common
            special.ndtr(share, out=share)
            drawn = self.marginals.take(rows).quantiles(self.calibration.adjust_paths(share, self.segment[rows]))
            result[rows[0] : rows[-1] + 1] = drawn.transpose(0, 2, 1)

    def forecast(
        self, levels: Sequence[float], paths: int, seed: int, threads: int = 1, across: bool = False
    ) -> DemandForecast:
        """Return the forecast at `levels` with `paths` joint sample paths, drawn by so many threads.

        across: the paths of all series hang together too, as `paths` says.

        Raises UsageError for an odd level.
        """
        checked = check_levels(tuple(levels))
        return DemandForecast(
            series=self.series,
            as_of=self.dates[0].astype("datetime64[D]").astype(object),
            frequency=self.frequency,
            dates=self.dates,
            levels=checked,
            mean=self.mean,
            quantiles=self.quantiles(checked),
            paths=self.paths(paths, seed, threads, across),
            model=self.model,
            seed=seed,
        )


def _drawn(name: str, count: int, factor: FloatArray) -> FloatArray:
    """Return (count, H) normal scores that depend on `name` only, the second half mirroring the first."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    draw = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "big")))
    half = draw.standard_normal(((count + 1) // 2, len(factor))) @ factor.T
    return np.concatenate([half, -half])[:count]
