"""A forecast before anyone asks for a level: a distribution for each series and period, and how they hang together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from core.frequency import Frequency
from core.types import DemandForecast, FloatArray, check_levels
from training import count_distribution
from training.calibration import Calibration
from training.dependence import Dependence

__all__ = ["DemandDistribution"]


@dataclass(frozen=True, slots=True)
class DemandDistribution:
    """Mean μ and variance ratio φ (variance ÷ mean) of n series over H periods, calibrated and joined on demand.

    series: n rows `sku, location, fallback_reason`; dates: (H,) first days; mean, ratio: (n, H).
    """

    series: pd.DataFrame
    frequency: Frequency
    dates: npt.NDArray[np.datetime64]
    mean: FloatArray
    ratio: FloatArray
    integer_valued: bool
    calibration: Calibration
    dependence: Dependence
    model: str

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the distribution of some series only, in the order of `rows`."""
        series = self.series.iloc[rows].reset_index(drop=True)
        return replace(self, series=series, mean=self.mean[rows], ratio=self.ratio[rows])

    def first(self, horizon: int) -> Self:
        """Return the first `horizon` periods only."""
        window = slice(0, horizon)
        return replace(self, dates=self.dates[window], mean=self.mean[:, window], ratio=self.ratio[:, window])

    def quantiles(self, levels: Sequence[float]) -> FloatArray:
        """Return (n, H, L) units, non-decreasing along the levels, whole numbers where the history's units are."""
        count, horizon = self.mean.shape
        wanted = np.asarray(levels, dtype=np.float64)
        stated = np.stack([self.calibration.adjust(wanted, ahead) for ahead in range(horizon)])
        table = count_distribution.quantiles(
            np.tile(stated, (count, 1)), self.mean.ravel(), self.ratio.ravel(), self.integer_valued
        )
        return table.reshape(count, horizon, len(wanted))

    def paths(self, count: int, seed: int) -> npt.NDArray[np.float32]:
        """Return (n, count, H) equally likely joint futures in units, drawn in mirrored pairs.

        A series' paths depend on the seed and its own name only: alone or among thousands, they are the same.
        """
        series, horizon = self.mean.shape
        factor = self.dependence.factor(horizon)
        result = np.empty((series, count, horizon), dtype=np.float32)
        names = zip(self.series["sku"], self.series["location"], strict=True)
        for row, (sku, location) in enumerate(names):
            digest = hashlib.blake2b(f"{seed}\x1f{sku}\x1f{location}".encode(), digest_size=16).digest()
            draw = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "big")))
            half = draw.standard_normal(((count + 1) // 2, horizon)) @ factor.T
            share = special.ndtr(np.concatenate([half, -half])[:count])
            stated = np.column_stack([self.calibration.adjust(share[:, h], h) for h in range(horizon)])
            result[row] = count_distribution.quantiles(
                np.ascontiguousarray(stated.T), self.mean[row], self.ratio[row], self.integer_valued
            ).T
        return result

    def forecast(self, levels: Sequence[float], paths: int, seed: int) -> DemandForecast:
        """Return the forecast at `levels` with `paths` joint sample paths; raises UsageError for an odd level."""
        checked = check_levels(tuple(levels))
        return DemandForecast(
            series=self.series,
            as_of=self.dates[0].astype("datetime64[D]").astype(object),
            frequency=self.frequency,
            dates=self.dates,
            levels=checked,
            mean=self.mean,
            quantiles=self.quantiles(checked),
            paths=self.paths(paths, seed),
            model=self.model,
            seed=seed,
        )
