"""The aged-inventory surcharge: what units older than 180 days cost on the monthly snapshot, by lot (C11, M30, E15)."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from inventory.fees.charge import Charge
from inventory.fees.lots import Lot
from inventory.fees.rate_card import Rate, RateCard, RateTable
from inventory.fees.stored_item import StoredItem

__all__ = ["aged_surcharge", "snapshot_days", "surcharge_a_unit"]


def snapshot_days(card: RateCard, first: date, last: date) -> list[date]:
    """Return the snapshot days from `first` to `last`, both included; only months that have a table."""
    found = []
    for table in card.tables:
        day, until = max(first, table.effective_from), min(last, table.effective_to or last)
        while day <= until:
            if day.day == int(table.rule("snapshot_day")):
                found.append(day)
            day += timedelta(days=1)
    return found


def aged_surcharge(card: RateCard, item: StoredItem, snapshot: date, lots: Iterable[Lot]) -> list[Charge]:
    """Return one charge an age band that holds units on `snapshot`; lots of unknown age are not charged.

    The whole network's units, first in, first out; age is in days since receipt. Where a band has a least charge a
    unit, the greater of both counts. Some categories are exempt below 271 days.
    """
    table = card.on(snapshot)
    units: dict[int, Decimal] = {}
    for lot in lots:
        age = lot.age_days(snapshot)
        place = None if age is None else _band(table, item, age)
        if place is not None:
            units[place] = units.get(place, Decimal(0)) + lot.units
    return [_charge(table, table.rates[place], item, snapshot, units[place]) for place in sorted(units)]


def surcharge_a_unit(table: RateTable, item: StoredItem, age_days: int) -> Decimal:
    """Return what one unit of that age costs on one snapshot, in money; 0 where nothing is due."""
    place = _band(table, item, age_days)
    return Decimal(0) if place is None else _a_unit(table.rates[place], item)


def _band(table: RateTable, item: StoredItem, age: int) -> int | None:
    if age < int(table.rule("exempt_below_days")) and item.exempt(table.rule("exempt_categories")):
        return None
    return next((place for place, rate in enumerate(table.rates) if rate.holds(Decimal(age))), None)


def _a_unit(rate: Rate, item: StoredItem) -> Decimal:
    return max(rate.rate * item.cubic_feet, rate.per_unit)


def _charge(table: RateTable, rate: Rate, item: StoredItem, snapshot: date, units: Decimal) -> Charge:
    ages = f"aged {rate.low} days or more" if rate.high is None else f"aged {rate.low}-{rate.high - 1} days"
    if rate.per_unit > rate.rate * item.cubic_feet:
        amount = units * rate.per_unit
        return Charge(
            item.sku, table.fee, snapshot, units, "units", rate.per_unit, amount, ages, rate.confidence, table.source
        )
    return Charge.of(item.sku, snapshot, units * item.cubic_feet, "cubic feet", rate, table, ages)
