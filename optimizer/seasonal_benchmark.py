"""The published benchmark of the VN2 challenge: order up to a seasonal moving average of the next weeks.

Periods out of stock are masked; demand is divided by a simple seasonal index over all series, the mean of the last 13
weeks is taken, and the target is the sum of the next periods' index times that mean.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import FloatArray
from optimizer.policies import Knowledge, StockState, allowed_quantity

__all__ = ["SeasonalBenchmark", "seasonal_index", "seasonal_place"]

WINDOW_DAYS = 91


def seasonal_place(dates: npt.NDArray[np.datetime64], frequency: Frequency) -> npt.NDArray[np.int64]:
    """Return the place of each date in the season: the week of the year 0 … 52, or the day of the week 0 … 6."""
    calendar = pd.DatetimeIndex(dates)
    if frequency is Frequency.DAILY:
        return calendar.day_of_week.to_numpy(dtype=np.int64)
    return calendar.isocalendar()["week"].to_numpy(dtype=np.int64) - 1


def seasonal_index(units: FloatArray, dates: npt.NDArray[np.datetime64], frequency: Frequency) -> FloatArray:
    """Return the mean demand of each place in the season over the mean of all places, all series together.

    units: (n, T), NaN where unknown. A place never seen counts as 1.
    """
    seen = ~np.isnan(units)
    count = seen.sum(axis=0)
    mean = np.divide(np.where(seen, units, 0.0).sum(axis=0), count, out=np.full(len(dates), np.nan), where=count > 0)
    known, place = ~np.isnan(mean), seasonal_place(dates, frequency)
    places = 7 if frequency is Frequency.DAILY else 53
    times = np.bincount(place[known], minlength=places)
    total = np.bincount(place[known], weights=mean[known], minlength=places)
    index = np.divide(total, times, out=np.full(places, np.nan), where=times > 0)
    overall = index[times > 0].mean() if times.any() else 0.0
    return np.where((times > 0) & (overall > 0), index / max(overall, 1e-12), 1.0)


@dataclass(frozen=True, slots=True)
class SeasonalBenchmark:
    """Order up to the seasonal moving average of the next `coverage` periods (None: lead time and two reviews)."""

    coverage: float | None = None
    name: str = "benchmark"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return the target minus on hand and in transit, rounded to whole units."""
        target = self.target(knowledge)
        wanted = np.maximum(np.round(target[:, None] - state.inventory_position), 0.0)
        return allowed_quantity(wanted, knowledge.terms)

    def target(self, knowledge: Knowledge) -> FloatArray:
        """Return (n,) the forecast sum of the covered periods, the last one in part."""
        frequency, dates = knowledge.frequency, knowledge.dates
        index = np.maximum(seasonal_index(knowledge.units, dates, frequency), 1e-9)
        window = frequency.periods(WINDOW_DAYS)
        recent = knowledge.units[:, -window:] / index[seasonal_place(dates[-window:], frequency)]
        seen = ~np.isnan(recent)
        level = np.where(seen, recent, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
        if self.coverage is None:
            cover = knowledge.first + 2.0 * knowledge.review
        else:
            cover = np.full(len(level), self.coverage)
        horizon = int(np.ceil(cover.max(initial=0.0)))
        ahead = frequency.dates(np.datetime64(knowledge.as_of, "D"), horizon)
        share = np.clip(cover[:, None] - np.arange(horizon), 0.0, 1.0)
        covered: FloatArray = level * (share * index[seasonal_place(ahead, frequency)]).sum(axis=1)
        return covered
