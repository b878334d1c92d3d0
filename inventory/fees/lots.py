"""FIFO lots: units by the day they were received; what is sold is always the oldest there is."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.errors import UsageError

__all__ = ["FifoLots", "Lot"]


@dataclass(frozen=True, slots=True)
class Lot:
    """Units received on one day; None: on an unknown day, before all known ones."""

    received_on: date | None
    units: Decimal

    def age_days(self, day: date) -> int | None:
        """Return whole days since receipt on `day`, None where it is unknown.

        >>> Lot(date(2024, 1, 1), Decimal(3)).age_days(date(2024, 12, 31))
        365
        """
        return None if self.received_on is None else (day - self.received_on).days


class FifoLots:
    """A queue of lots, oldest first.

    >>> lots = FifoLots([Lot(date(2024, 1, 1), Decimal(5)), Lot(date(2024, 2, 1), Decimal(5))])
    >>> lots.take(Decimal(7))
    Decimal('7')
    >>> [str(lot.units) for lot in lots.lots]
    ['3']
    """

    def __init__(self, lots: Iterable[Lot] = ()) -> None:
        ordered = sorted((lot for lot in lots if lot.units > 0), key=lambda lot: lot.received_on or date.min)
        self._lots: deque[Lot] = deque(ordered)

    @classmethod
    def of_receipts(cls, on_hand: Decimal, receipts: Iterable[Lot]) -> "FifoLots":
        """Return the lots of the units on hand: the newest receipts, for the older ones are sold first.

        Units beyond all receipts are of an unknown, higher age.
        """
        left, kept = on_hand, []
        known = (lot for lot in receipts if lot.received_on is not None)
        for lot in sorted(known, key=lambda lot: lot.received_on or date.min, reverse=True):
            if left <= 0:
                break
            kept.append(Lot(lot.received_on, min(lot.units, left)))
            left -= kept[-1].units
        return cls([*kept, Lot(None, left)])

    @property
    def lots(self) -> tuple[Lot, ...]:
        """The lots, oldest first."""
        return tuple(self._lots)

    @property
    def units(self) -> Decimal:
        """All units."""
        return sum((lot.units for lot in self._lots), Decimal(0))

    def receive(self, day: date, units: Decimal) -> None:
        """Add units received on `day`; raises UsageError for a day before the newest lot's."""
        if units <= 0:
            return
        newest = self._lots[-1].received_on if self._lots else None
        if newest is not None and day < newest:
            raise UsageError(f"units of {day} cannot be received after those of {newest}; receive in order of days")
        if newest == day:
            units += self._lots.pop().units
        self._lots.append(Lot(day, units))

    def take(self, units: Decimal) -> Decimal:
        """Remove up to `units` of the oldest and return how many there were."""
        left = units
        while left > 0 and self._lots:
            oldest = self._lots.popleft()
            if oldest.units > left:
                self._lots.appendleft(Lot(oldest.received_on, oldest.units - left))
                return units
            left -= oldest.units
        return units - left

    def older_than(self, days: int, day: date) -> Decimal:
        """Return the units older than `days` days on `day`; those of unknown age are older than any known one."""
        ages = ((lot.units, lot.age_days(day)) for lot in self._lots)
        return sum((units for units, age in ages if age is None or age > days), Decimal(0))
