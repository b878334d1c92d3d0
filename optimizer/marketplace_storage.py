"""A marketplace's fee tables as the planner's storage cost: what each unit in stock, and each old one, costs (C13).

What a plan needs is linear in its stock; the tables are not. Taken over exactly: monthly storage, day by day.
Approximated: an age band's charge falls once, in the middle of its first month, times the snapshots that the band
holds on average; the low-inventory-level fee is the line through 28 days of supply that fits its three bands best
(least squares), f(S) ≈ s·(28 − S/d) for each of the d units shipped a day, as if the averages of 30 and 90 days that
it really goes by followed stock at once. Left out: the utilisation surcharge, which
falls on an account's whole stock of a size at once and on no single order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from inventory.fees.aged_inventory import surcharge_a_unit
from inventory.fees.low_inventory import low_inventory_tier
from inventory.fees.rate_card import RateCard, RateTable
from inventory.fees.storage import days_in_month
from inventory.fees.stored_item import StoredItem
from optimizer.storage_cost import StorageFees

__all__ = ["MarketplaceStorage", "low_supply_slope"]

DAYS_A_MONTH = 365.2425 / 12
FULL_SUPPLY_DAYS = 28.0
BANDS = (7.0, 14.0, 28.0)
"""Days below full supply at which the bands of the low-inventory-level fee end: 21, 14 and 0 days of supply."""


@dataclass(frozen=True, slots=True)
class MarketplaceStorage:
    """`StorageCost` by dated fee tables.

    items: by sku; an item that is not there costs nothing. places: locations that are the marketplace's (None: all).
    daily_units: units shipped a day by (sku, location): where given, the low-inventory-level fee counts too.
    oldest_days: ages up to which surcharges are told.
    """

    cards: Mapping[str, RateCard]
    items: Mapping[str, StoredItem]
    places: frozenset[str] | None = None
    daily_units: Mapping[tuple[str, str], float] = field(default_factory=dict)
    oldest_days: int = 730

    def fees(self, sku: str, location: str, dates: npt.NDArray[np.datetime64]) -> StorageFees:
        """Return the fees of a SKU at a location for the periods that begin on `dates` (H,)."""
        item = self.items.get(sku)
        if item is None or (self.places is not None and location not in self.places):
            return StorageFees.of(np.zeros(len(dates)))
        days = [date.fromisoformat(str(day)) for day in dates.astype("datetime64[D]")]
        length = (days[1] - days[0]).days if len(days) > 1 else 1
        low = self._low(item, (sku, location), days[0], length)
        return StorageFees.of(self._monthly(item, days, length), aged=self._aged(item, days[0], length), low=low)

    def _monthly(self, item: StoredItem, days: list[date], length: int) -> FloatArray:
        """Return (H,) what a unit that is left at a period's end costs for the period's days."""
        return np.array([sum(self._a_day(item, day + timedelta(days=i)) for i in range(length)) for day in days])

    def _a_day(self, item: StoredItem, day: date) -> float:
        rate = self.cards["monthly_storage"].on(day).find(item.storage_class, Decimal(day.month))
        return 0.0 if rate is None else float(rate.rate * item.cubic_feet) / days_in_month(day)

    def _aged(self, item: StoredItem, day: date, length: int) -> list[tuple[int, float]]:
        """Return (age in periods, charge) for each month or band of age that a unit can reach."""
        table = self.cards["aged_inventory"].known(day)
        found: dict[int, float] = {}
        for begin, end in _months_of_age(table, self.oldest_days) if table is not None else []:
            charge = float(surcharge_a_unit(table, item, begin)) if table is not None else 0.0
            if charge > 0:
                age = round((begin + (end - begin) / 2) / length)
                found[age] = found.get(age, 0.0) + charge * (end - begin) / DAYS_A_MONTH
        return sorted(found.items())

    def _low(self, item: StoredItem, key: tuple[str, str], day: date, length: int) -> list[tuple[float, float]]:
        table, a_day = self.cards["low_inventory"].known(day), self.daily_units.get(key, 0.0)
        if table is None or a_day * 7 < float(table.rule("least_units_a_week")):
            return []
        if item.exempt(table.rule("exempt_categories")):
            return []
        slope = low_supply_slope(table, item)
        return [(FULL_SUPPLY_DAYS * a_day, slope * length)] if slope > 0 else []


def low_supply_slope(table: RateTable, item: StoredItem) -> float:
    """Return s, money a unit shipped for each day of supply below 28: ∫ f·u du ÷ ∫ u² du over u = 0 … 28 days."""
    tier = low_inventory_tier(table, item)
    product, begin = 0.0, 0.0
    for end in BANDS:
        rate = table.find(tier, Decimal(repr(FULL_SUPPLY_DAYS - (begin + end) / 2)))
        product += (0.0 if rate is None else float(rate.rate)) * (end**2 - begin**2) / 2
        begin = end
    return product / (FULL_SUPPLY_DAYS**3 / 3)


def _months_of_age(table: RateTable, oldest: int) -> list[tuple[int, int]]:
    """Return the bands of age as (first day, day after the last), longer ones cut into pieces of 30 days."""
    found = []
    for rate in table.rates:
        begin, end = int(rate.low), oldest if rate.high is None else min(int(rate.high), oldest)
        while begin < end:
            found.append((begin, min(begin + 30, end)))
            begin += 30
    return found
