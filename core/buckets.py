"""Calendar buckets: weeks, months, and the 4-4-5 periods of a fiscal year, as integer arithmetic on numpy dates."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

__all__ = ["WEEKDAYS", "BucketKind", "Buckets", "Days"]

Days = npt.NDArray[np.datetime64]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK = 7
WEEKS_OF_A_YEAR = 52


class BucketKind(StrEnum):
    """What a bucket is; the last three say how many weeks each period of a quarter has."""

    WEEK = "week"
    MONTH = "month"
    P445 = "4-4-5"
    P454 = "4-5-4"
    P544 = "5-4-4"

    @property
    def weeks(self) -> tuple[int, ...]:
        """Weeks of each period of a quarter; empty for weeks and months."""
        return tuple(int(part) for part in self.split("-")) if "-" in self else ()


@dataclass(frozen=True, slots=True)
class Buckets:
    """A calendar of buckets.

    A fiscal year begins on the `week_start` (0: Monday) nearest to the day `year_start` (month, day), so that it has 52
    or 53 weeks; a 53rd week belongs to the last period. By Monday and 1 January these are the ISO weeks; by Sunday and
    1 February the retail calendar of the National Retail Federation, which counts 4-5-4.
    """

    kind: BucketKind
    week_start: int = 0
    year_start: tuple[int, int] = (1, 1)

    def spans(self, days: Days) -> tuple[Days, Days]:
        """Return the first and the last day of the bucket that each day (n,) lies in."""
        if self.kind is BucketKind.MONTH:
            month = days.astype("datetime64[M]")
            return month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]") - 1
        first, length = self._weeks(days)
        begins, ends = self._period((days - first).astype(np.int64) // WEEK, length)
        return _add(first, WEEK * begins, 0), _add(first, WEEK * ends, -1)

    def names(self, starts: Days) -> list[str]:
        """Return what buckets are called by their first days (n,): 2024-W07, 2024-02, 2024-P02."""
        if self.kind is BucketKind.MONTH:
            return [str(month) for month in starts.astype("datetime64[M]")]
        first = self._weeks(starts)[0]
        week = (starts - first).astype(np.int64) // WEEK
        if self.kind is BucketKind.WEEK:
            letter, number = "W", week + 1
        else:
            letter, number = "P", np.searchsorted(self._edges(), np.minimum(week, WEEKS_OF_A_YEAR - 1), side="right")
        years = self._year(starts)
        return [f"{year}-{letter}{count:02d}" for year, count in zip(years.tolist(), number.tolist(), strict=True)]

    def _edges(self) -> npt.NDArray[np.int64]:
        """Return the first week, from 0, of each of the twelve periods."""
        return np.concatenate([[0], np.cumsum(self.kind.weeks * 4)[:-1]])

    def _period(
        self, week: npt.NDArray[np.int64], length: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the weeks of the year at which the bucket of each week begins and ends."""
        if self.kind is BucketKind.WEEK:
            return week, week + 1
        edges = self._edges()
        place = np.searchsorted(edges, np.minimum(week, WEEKS_OF_A_YEAR - 1), side="right") - 1
        return edges[place], np.where(place == len(edges) - 1, length, np.append(edges, 0)[place + 1])

    def _weeks(self, days: Days) -> tuple[Days, npt.NDArray[np.int64]]:
        """Return the first day and the number of weeks of the fiscal year that each day lies in."""
        year = self._year(days)
        first = self._begin(year)
        return first, (self._begin(year + 1) - first).astype(np.int64) // WEEK

    def _year(self, days: Days) -> npt.NDArray[np.int64]:
        """Return the fiscal year of each day: that of the calendar in which `year_start` lies."""
        latest = days.astype("datetime64[Y]").astype(np.int64) + 1971
        return latest - sum((days < self._begin(latest - back)).astype(np.int64) for back in range(3))

    def _begin(self, year: npt.NDArray[np.int64]) -> Days:
        """Return the first day of fiscal years: the `week_start` nearest to `year_start`."""
        month, day = self.year_start
        january: Days = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]")
        anchor: Days = (january + np.timedelta64(month - 1, "M")).astype("datetime64[D]")
        late = anchor + np.timedelta64(day - 1 + 3, "D")  # at most 3 days after the anchor
        weekday: npt.NDArray[np.int64] = (late.astype(np.int64) + 3) % WEEK  # 1970-01-01 was a Thursday
        return _add(late, -((weekday - self.week_start) % WEEK), 0)


def _add(days: Days, number: npt.NDArray[np.int64], more: int) -> Days:
    return days + (number + more).astype("timedelta64[D]")
