"""What travels between rooms: the demand forecast that training makes and the optimizer reads."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import UsageError
from core.frequency import Frequency

__all__ = ["DemandForecast", "FloatArray", "check_levels", "quantile_column"]

FloatArray = npt.NDArray[np.float64]


def quantile_column(level: float) -> str:
    """Return the column name of a quantile level: 0.05 → `q0.05`."""
    return f"q{level:.6f}".rstrip("0")


def check_levels(levels: tuple[float, ...]) -> tuple[float, ...]:
    """Return the levels in rising order without repeats, to six digits as their columns are named.

    Raises UsageError for one outside 0.001 … 0.999.
    """
    for level in levels:
        if not 0.001 <= level <= 0.999:
            raise UsageError(f"quantile level {level} is outside 0.001 … 0.999; give levels like 0.05,0.5,0.95")
    return tuple(sorted({round(level, 6) for level in levels}))


@dataclass(frozen=True, slots=True)
class DemandForecast:
    """Quantiles, means and joint sample paths of demand for n series over H periods from `as_of` on.

    series: frame of n rows with `sku`, `location` (text) and `fallback_reason` (text, empty where the named model
        itself made the forecast).
    dates: the H periods' first days, datetime64[D], the first one being the period of `as_of`.
    levels: L rising quantile levels.
    mean: (n, H) expected units a period.
    quantiles: (n, H, L) units, non-decreasing along L, never negative.
    paths: (n, P, H) equally likely joint futures in units; P may be 0 where nobody asked for paths.
    model: name and version of what made it; seed: of the paths.
    """

    series: pd.DataFrame
    as_of: date
    frequency: Frequency
    dates: npt.NDArray[np.datetime64]
    levels: tuple[float, ...]
    mean: FloatArray
    quantiles: FloatArray
    paths: npt.NDArray[np.float32]
    model: str
    seed: int

    def __post_init__(self) -> None:
        """Refuse arrays whose shapes disagree: a silent broadcast would order the wrong goods."""
        count, horizon = len(self.series), len(self.dates)
        if self.mean.shape != (count, horizon) or self.quantiles.shape != (count, horizon, len(self.levels)):
            raise ValueError(
                f"forecast arrays do not fit {count} series × {horizon} periods × {len(self.levels)} levels"
            )
        if self.paths.shape[0] != count or self.paths.shape[2] != horizon:
            raise ValueError(f"paths of shape {self.paths.shape} do not fit {count} series × {horizon} periods")

    @property
    def horizon(self) -> int:
        """Periods forecast."""
        return len(self.dates)

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the forecast of some series only, in the order of `rows`."""
        return replace(
            self,
            series=self.series.iloc[rows].reset_index(drop=True),
            mean=self.mean[rows],
            quantiles=self.quantiles[rows],
            paths=self.paths[rows],
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the forecast table: `sku, location, date, mean, q…`, one row a series and period."""
        count, horizon = self.mean.shape
        table = {
            "sku": np.repeat(self.series["sku"].to_numpy(), horizon),
            "location": np.repeat(self.series["location"].to_numpy(), horizon),
            "date": np.tile(self.dates.astype("datetime64[s]"), count),
            "mean": self.mean.ravel(),
        }
        for position, level in enumerate(self.levels):
            table[quantile_column(level)] = self.quantiles[:, :, position].ravel()
        return pd.DataFrame(table)

    def paths_frame(self) -> pd.DataFrame:
        """Return the sample paths: `sku, location, path, date, units`, one row a series, path (from 1) and period."""
        _, paths, horizon = self.paths.shape
        each = paths * horizon
        return pd.DataFrame(
            {
                "sku": np.repeat(self.series["sku"].to_numpy(), each),
                "location": np.repeat(self.series["location"].to_numpy(), each),
                "path": np.tile(np.repeat(np.arange(1, paths + 1, dtype=np.int32), horizon), len(self.series)),
                "date": np.tile(self.dates.astype("datetime64[s]"), len(self.series) * paths),
                "units": self.paths.ravel(),
            }
        )
