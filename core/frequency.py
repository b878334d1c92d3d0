"""Periods: days (`D`) and weeks named by their Monday (`W-MON`), as integer arithmetic on numpy dates."""

import math
from enum import StrEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from core.errors import ConfigurationError

__all__ = ["Frequency"]


class Frequency(StrEnum):
    """A dataset's period: its length, its season and its boundaries."""

    DAILY = "D"
    WEEKLY = "W-MON"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the frequency called `text`; raises ConfigurationError for any other word."""
        try:
            return cls(text)
        except ValueError:
            known = ", ".join(f'"{member}"' for member in cls)
            raise ConfigurationError(f"frequency {text!r} is not known; use one of {known}") from None

    @property
    def period_days(self) -> int:
        """Days in a period."""
        return 1 if self is Frequency.DAILY else 7

    @property
    def season_length(self) -> int:
        """Periods in the season that a seasonal-naive forecast repeats: a week of days, a year of weeks."""
        return 7 if self is Frequency.DAILY else 52

    @property
    def default_horizon(self) -> int:
        """Periods forecast when nobody says otherwise."""
        return 28 if self is Frequency.DAILY else 8

    def floor(self, dates: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
        """Return the first day of the period that each date lies in."""
        days = np.asarray(dates, dtype="datetime64[D]")
        if self is Frequency.DAILY:
            return days
        weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        return days - weekday.astype("timedelta64[D]")

    def first_day(self, day: np.datetime64) -> np.datetime64:
        """Return the first day of the period that one day lies in."""
        first: np.datetime64 = self.floor(np.array([day]))[0]
        return first

    def index(  # type: ignore[override]  # of str, which nobody asks a frequency for
        self, dates: npt.ArrayLike, origin: np.datetime64
    ) -> npt.NDArray[np.int64]:
        """Return how many whole periods each date lies after `origin` (negative before it)."""
        days = self.floor(dates) - self.floor(origin)
        return days.astype("timedelta64[D]").astype(np.int64) // self.period_days

    def dates(self, first: np.datetime64, count: int) -> npt.NDArray[np.datetime64]:
        """Return the first days of `count` periods, the first one being `first`'s."""
        start = self.floor(first)
        return start + np.arange(count) * np.timedelta64(self.period_days, "D")

    def periods(self, days: float) -> int:
        """Return the whole periods that `days` spans, rounded up: goods that come mid-period count from the next."""
        return math.ceil(days / self.period_days - 1e-9)
