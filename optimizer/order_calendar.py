"""Order calendars: the days on which a supplier takes orders and a warehouse takes goods, and when they are closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from core.errors import UsageError

__all__ = ["EVERY_DAY", "OrderCalendar", "weekmask"]

EVERY_DAY = "1111111"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Days = npt.NDArray[np.int64]


def weekmask(text: str) -> str:
    """Return seven marks, Monday first, of `mon,thu` or `Monday Thursday`; empty text means every day.

    Raises UsageError for a word that is no weekday.

    >>> weekmask("Mon, thursday")
    '1001000'
    """
    words = text.replace(",", " ").replace(";", " ").casefold().split()
    unknown = [word for word in words if word[:3] not in WEEKDAYS]
    if unknown:
        raise UsageError(f"order days {text!r} name {unknown[0]!r}, which is no weekday; write days like mon,thu")
    open_days = {word[:3] for word in words} or set(WEEKDAYS)
    return "".join("1" if day in open_days else "0" for day in WEEKDAYS)


@dataclass(frozen=True, slots=True)
class OrderCalendar:
    """When suppliers and warehouses are closed.

    closures: days by the name of a supplier or location. receiving: weekdays, as for `weekmask`, by location.
    """

    closures: Mapping[str, Sequence[date]] = field(default_factory=dict)
    receiving: Mapping[str, str] = field(default_factory=dict)

    def order_days(self, as_of: date, wanted: Days, supplier: str, weekdays: str) -> Days:
        """Return the first days not before `wanted` (days after `as_of`) on which the supplier takes orders."""
        return _next_open(as_of, wanted, weekmask(weekdays), self.closures.get(supplier, ()))

    def arrival_days(self, as_of: date, wanted: Days, location: str) -> Days:
        """Return the first days not before `wanted` (days after `as_of`, any shape) on which the location receives."""
        weekdays = weekmask(self.receiving.get(location, ""))
        return _next_open(as_of, wanted, weekdays, self.closures.get(location, ()))

    @property
    def always_open(self) -> bool:
        """Whether nobody is ever closed."""
        return not self.closures and not self.receiving


def _next_open(as_of: date, wanted: Days, weekdays: str, closed: Sequence[date]) -> Days:
    if weekdays == EVERY_DAY and not closed:
        return wanted
    start = np.datetime64(as_of, "D")
    days = start + wanted.astype("timedelta64[D]")
    found = np.busday_offset(days, 0, roll="forward", weekmask=weekdays, holidays=list(closed))
    return (found - start).astype(np.int64)
