"""Monthly storage, the storage utilisation surcharge on it, and overage above the capacity limit (C01, C03, C11)."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from inventory.fees.charge import Charge
from inventory.fees.rate_card import RateCard
from inventory.fees.stored_item import StoredItem

__all__ = [
    "SellerAccount",
    "days_in_month",
    "monthly_storage",
    "overage",
    "storage_utilisation",
    "utilisation_weeks",
]


@dataclass(frozen=True, slots=True)
class SellerAccount:
    """What of a seller's account decides about fees.

    first_received_on: when the first shipment came in (None: long ago). cubic_feet: daily average volume of all its
    stock of a storage class, None unknown (then no least volume exempts it). auto_replenished_share: of units that the
    marketplace's own warehousing sends on.
    """

    professional: bool = True
    first_received_on: date | None = None
    cubic_feet: Decimal | None = None
    auto_replenished_share: Decimal = Decimal(0)

    def older_than(self, days: int, day: date) -> bool:
        """Return whether the first shipment came in more than `days` days before `day`."""
        return self.first_received_on is None or day - self.first_received_on > timedelta(days=days)


def days_in_month(day: date) -> int:
    """Return the days of the month that `day` lies in."""
    return calendar.monthrange(day.year, day.month)[1]


def monthly_storage(card: RateCard, item: StoredItem, month: date, average_units: Decimal) -> Charge | None:
    """Return the storage fee of one month: daily average volume in cubic feet × rate of the season and size.

    month: any day of it; average_units: the mean over all days of the month. None where no rate is stated. Raises
    FeeUnknownError where no table is in force in that month.
    """
    first = month.replace(day=1)
    table = card.on(first)
    rate = table.find(item.storage_class, Decimal(month.month))
    if rate is None:
        return None
    return Charge.of(item.sku, first, average_units * item.cubic_feet, "cubic feet", rate, table, item.storage_class)


def utilisation_weeks(average_units_stored: Decimal, average_units_shipped_a_day: Decimal) -> Decimal | None:
    """Return the storage utilisation ratio in weeks: daily average stored ÷ daily average shipped ÷ 7, over 13 weeks.

    For one item volumes cancel; for a storage class give cubic feet in place of units. None where nothing shipped:
    the ratio then is beyond any band.
    """
    if average_units_shipped_a_day <= 0:
        return None
    return average_units_stored / average_units_shipped_a_day / 7


def storage_utilisation(
    card: RateCard,
    item: StoredItem,
    month: date,
    average_units_over_30_days: Decimal,
    weeks: Decimal | None,
    account: SellerAccount,
) -> Charge | None:
    """Return the surcharge of one month, None where none is due.

    average_units_over_30_days: daily average of units older than the rules' excluded age. weeks: see
    `utilisation_weeks`; it is the account's in that storage class (the item's own is an approximation). Exempt: an
    individual seller, a first shipment of the last 365 days, less than 25 cubic feet a day on average.
    """
    first = month.replace(day=1)
    last = first.replace(day=days_in_month(first))
    table = card.known(first)
    if table is None or average_units_over_30_days <= 0:
        return None
    small = account.cubic_feet is not None and account.cubic_feet < Decimal(str(table.rule("least_cubic_feet")))
    young = not account.older_than(int(table.rule("first_days_free")), last)
    if small or young or (table.rule("professional_only") and not account.professional):
        return None
    ratio = weeks if weeks is not None else Decimal(10**6)
    rate = table.find(item.storage_class, ratio)
    if rate is None:
        return None
    note = "nothing shipped" if weeks is None else f"{weeks:.1f} weeks"
    volume = average_units_over_30_days * item.cubic_feet
    return Charge.of(item.sku, first, volume, "cubic feet", rate, table, note)


def overage(card: RateCard, storage_class: str, month: date, used: Decimal, limit: Decimal) -> Charge | None:
    """Return the fee of a month on the cubic feet used above the capacity limit, None where there are none."""
    table = card.known(month.replace(day=1))
    above = max(used - limit, Decimal(0))
    rate = None if table is None else table.find(storage_class, above)
    if table is None or rate is None:
        return None
    return Charge.of("", month.replace(day=1), above, "cubic feet", rate, table, f"above {limit:f} of {storage_class}")
