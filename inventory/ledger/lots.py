"""First in, first out: which receipts the stock of today is left from, how old it is, and what the sold units cost.

Lots follow the units: a transfer keeps the day on which they came in, damage moves them to the unsellable ones. So an
age is the true one, and any limit can be read from it (E15: a marketplace's report has fixed buckets only).
"""

from bisect import insort
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from inventory.ledger.movement import Bucket

__all__ = ["LotBook", "fold_lots"]

SHELF = "sellable"
GROUPS = {
    Bucket.AVAILABLE.value: SHELF,
    Bucket.RESERVED.value: SHELF,
    Bucket.UNSELLABLE.value: "unsellable",
    Bucket.IN_TRANSFER.value: "in_transfer",
}
"""Which buckets hold lots together: a reservation does not say which unit it holds. Goods on order are no lot yet."""

LOT_COLUMNS = ["sku", "location", "state", "received_on", "units", "unit_cost"]
USE_COLUMNS = ["movement", "sku", "location", "kind", "date", "received_on", "units", "unit_cost"]

Lot = tuple[date, Decimal | None, int]
"""The day on which its units came in, their cost, how many are left."""


@dataclass(frozen=True, slots=True)
class LotBook:
    """What a fold leaves.

    lots: `sku, location, state (sellable | unsellable | in_transfer), received_on, units, unit_cost`, oldest first.
    uses: the lots behind each unit that went outside: `movement, sku, location, kind, date, received_on, units,
        unit_cost`; its sales times cost are the cost of goods sold.
    missing: `sku, location, state, units`: units that went out and never came in.
    """

    lots: pd.DataFrame
    uses: pd.DataFrame
    missing: pd.DataFrame

    def ages(self, day: date) -> pd.DataFrame:
        """Return the lots with `age_days` on `day`: 0 on the day on which they came in."""
        received = pd.to_datetime(self.lots["received_on"])
        return self.lots.assign(age_days=(pd.Timestamp(day) - received).dt.days)


def fold_lots(movements: pd.DataFrame) -> LotBook:
    """Return the lots after all `movements` (as `positions.movements_until` orders them).

    Units that come from outside start a lot on that day, at the movement's cost (a return without one at the cost of
    the newest lot that came in); units that leave take the oldest lots first. What leaves beyond all lots is kept as
    missing and taken from the next that come in, so that the lots of a complete history sum to the position.
    """
    shelves: dict[tuple[str, str, str], deque[Lot]] = defaultdict(deque)
    missing: dict[tuple[str, str, str], int] = defaultdict(int)
    newest_cost: dict[str, Decimal | None] = {}
    uses: list[tuple[object, ...]] = []
    names = ["id", "sku", "location", "to_location", "date", "kind", "leaves", "enters", "units", "unit_cost"]
    columns = [
        movements[name].tolist() for name in names
    ]  # lists: reading Arrow strings one by one takes most of the time
    for number, sku, start, end, day, kind, leaves, enters, units, cost in zip(*columns, strict=True):
        left, entered = GROUPS.get(leaves), GROUPS.get(enters)
        if left == entered and start == end:
            continue
        if left is None:
            if cost is None:
                cost = newest_cost.get(sku)
            newest_cost[sku] = cost
            moved = [(day, cost, units)]
        else:
            key = (sku, start, left)
            moved, short = _take(shelves[key], units)
            if short:
                missing[key] += short
                moved.append((day, newest_cost.get(sku), short))
        if entered is None:
            uses.extend((number, sku, start, kind, day, received, count, paid) for received, paid, count in moved)
        else:
            key = (sku, end, entered)
            _put(shelves[key], moved, missing, key)
    return _book(shelves, missing, uses)


def _take(shelf: deque[Lot], units: int) -> tuple[list[Lot], int]:
    """Take `units` off the front of the shelf; return the lots taken and how many units were not there."""
    taken: list[Lot] = []
    while units and shelf:
        received, cost, there = shelf[0]
        count = min(there, units)
        taken.append((received, cost, count))
        units -= count
        if count == there:
            shelf.popleft()
        else:
            shelf[0] = (received, cost, there - count)
    return taken, units


def _put(
    shelf: deque[Lot], lots: list[Lot], missing: dict[tuple[str, str, str], int], key: tuple[str, str, str]
) -> None:
    """Put lots on the shelf by age, after what is missing there has been made good."""
    for received, cost, count in lots:
        owed = min(missing.get(key, 0), count)
        if owed:
            missing[key] -= owed
        if count == owed:
            continue
        lot = (received, cost, count - owed)
        if not shelf or shelf[-1][0] <= received:
            shelf.append(lot)
        else:
            insort(shelf, lot, key=lambda one: one[0])


def _book(
    shelves: dict[tuple[str, str, str], deque[Lot]],
    missing: dict[tuple[str, str, str], int],
    uses: list[tuple[object, ...]],
) -> LotBook:
    lots = [(*key, received, count, cost) for key, shelf in sorted(shelves.items()) for received, cost, count in shelf]
    short = [(*key, count) for key, count in sorted(missing.items()) if count]
    return LotBook(
        pd.DataFrame(lots, columns=LOT_COLUMNS),
        pd.DataFrame(uses, columns=USE_COLUMNS),
        pd.DataFrame(short, columns=["sku", "location", "state", "units"]),
    )
