"""Projected fees: one item's stock run forward, oldest units sold first, and what each day costs (C01, C11, C13)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from inventory.fees.aged_inventory import aged_surcharge, snapshot_days
from inventory.fees.charge import Charge
from inventory.fees.lots import FifoLots, Lot
from inventory.fees.low_inventory import SupplyHistory, days_of_supply, low_inventory_rate
from inventory.fees.rate_card import RateCard
from inventory.fees.storage import (
    SellerAccount,
    days_in_month,
    monthly_storage,
    storage_utilisation,
    utilisation_weeks,
)
from inventory.fees.stored_item import StoredItem

__all__ = ["ProjectedFees", "StockPath", "fees_by_stock_level", "project_fees"]

ZERO = Decimal(0)
WEEK, UTILISATION_DAYS = 7, 91
SHORT_WINDOW, LONG_WINDOW = 30, 90


@dataclass(frozen=True, slots=True)
class StockPath:
    """One item's stock and demand from `start` on.

    lots: at the start of `start`. demand: units wanted on each day from then on; the horizon is its length. arrivals:
    units by the day from which they can be sold; earlier days count as `start`. past_stock, past_shipped: units on
    hand at the end of, and shipped on, the days before `start`, oldest first; days that are not given are not averaged.
    """

    start: date
    lots: tuple[Lot, ...]
    demand: Sequence[Decimal]
    arrivals: Mapping[date, Decimal] = field(default_factory=dict)
    past_stock: Sequence[Decimal] = ()
    past_shipped: Sequence[Decimal] = ()

    @property
    def last(self) -> date:
        """The last day of the horizon."""
        return self.start + timedelta(days=len(self.demand) - 1)


@dataclass(slots=True)
class ProjectedFees:
    """What a stock path costs.

    charges: in order of day. stock: units at each day's end; old: of these those older than 30 days. sold, lost:
    units. left: the lots after the last day. unknown_age: units at the start whose day of receipt is not known; they
    are taken for no younger than any other and no aged surcharge is charged for them.
    """

    item: StoredItem
    charges: list[Charge]
    stock: list[Decimal]
    old: list[Decimal]
    sold: list[Decimal]
    lost: Decimal = ZERO
    left: tuple[Lot, ...] = ()
    unknown_age: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All charges, not rounded."""
        return sum((charge.amount for charge in self.charges), ZERO)

    def by_fee(self) -> dict[str, Decimal]:
        """Return the charges summed by fee."""
        sums: dict[str, Decimal] = {}
        for charge in self.charges:
            sums[charge.fee] = sums.get(charge.fee, ZERO) + charge.amount
        return sums


def project_fees(
    cards: Mapping[str, RateCard],
    item: StoredItem,
    path: StockPath,
    account: SellerAccount | None = None,
    weeks: Decimal | None = None,
) -> ProjectedFees:
    """Return all storage fees of an item over the horizon of its stock path.

    Each day: arrivals come in, the snapshot of the day is taken, demand is served from the oldest lots. Monthly storage
    is charged on the daily average of the days of the month within the horizon (a part month costs its part); the
    utilisation surcharge likewise, by the item's own ratio over 13 weeks unless the account's `weeks` are given; the
    low-inventory-level fee by days of supply taken once a week. Raises FeeUnknownError where a day has no storage
    rate.
    """
    account = account or SellerAccount()
    run = ProjectedFees(item, [], [], [], [])
    run.unknown_age = sum((lot.units for lot in path.lots if lot.received_on is None), ZERO)
    lots, arrivals = FifoLots(path.lots), _from_start(path)
    snapshots = set(snapshot_days(cards["aged_inventory"], path.start, path.last))
    for place, wanted in enumerate(path.demand):
        day = path.start + timedelta(days=place)
        lots.receive(day, arrivals.get(day, ZERO))
        if day in snapshots:
            run.charges += aged_surcharge(cards["aged_inventory"], item, day, lots.lots)
        taken = lots.take(wanted)
        run.sold.append(taken)
        run.lost += wanted - taken
        run.stock.append(lots.units)
        run.old.append(lots.older_than(30, day))
    run.left = lots.lots
    run.charges += _low_inventory(cards["low_inventory"], item, path, run, account)
    run.charges += _monthly(cards, item, path, run, account, weeks)
    run.charges.sort(key=lambda charge: (charge.date, charge.fee))
    return run


def fees_by_stock_level(
    cards: Mapping[str, RateCard],
    item: StoredItem,
    path: StockPath,
    levels: Iterable[Decimal],
    account: SellerAccount | None = None,
) -> list[tuple[Decimal, ProjectedFees]]:
    """Return what each level of stock, received on the first day, would cost in fees over the horizon (C13)."""
    found = []
    for level in levels:
        started = replace(path, lots=(Lot(path.start, level),))
        found.append((level, project_fees(cards, item, started, account)))
    return found


def _from_start(path: StockPath) -> dict[date, Decimal]:
    arrivals: dict[date, Decimal] = {}
    for day, units in path.arrivals.items():
        at = max(day, path.start)
        arrivals[at] = arrivals.get(at, ZERO) + units
    return arrivals


def _monthly(
    cards: Mapping[str, RateCard],
    item: StoredItem,
    path: StockPath,
    run: ProjectedFees,
    account: SellerAccount,
    weeks: Decimal | None,
) -> list[Charge]:
    charges: list[Charge | None] = []
    stock, shipped = [*path.past_stock, *run.stock], [*path.past_shipped, *run.sold]
    for first, begin, end in _months(path):
        days = days_in_month(first)
        average = sum(run.stock[begin:end], ZERO) / days
        charges.append(monthly_storage(cards["monthly_storage"], item, first, average))
        old = sum(run.old[begin:end], ZERO) / days
        ratio = weeks
        if ratio is None:
            until = _trailing(stock, len(path.past_stock) + end, UTILISATION_DAYS)
            gone = _trailing(shipped, len(path.past_shipped) + end, UTILISATION_DAYS)
            ratio = utilisation_weeks(until, gone)
        charges.append(storage_utilisation(cards["storage_utilisation"], item, first, old, ratio, account))
    return [charge for charge in charges if charge is not None and charge.amount > 0]


def _months(path: StockPath) -> list[tuple[date, int, int]]:
    """Return (first day, begin, end) of each month in the horizon; begin … end are places of days of the horizon."""
    found: list[tuple[date, int, int]] = []
    begin = 0
    for place in range(1, len(path.demand) + 1):
        day = path.start + timedelta(days=place)
        if day.day == 1 or place == len(path.demand):
            found.append(((day - timedelta(days=1)).replace(day=1), begin, place))
            begin = place
    return found


def _trailing(values: Sequence[Decimal], end: int, length: int) -> Decimal:
    """Return the mean of the last `length` values before `end`, of as many as there are."""
    window = values[max(end - length, 0) : end]
    return sum(window, ZERO) / len(window) if window else ZERO


def _low_inventory(
    card: RateCard, item: StoredItem, path: StockPath, run: ProjectedFees, account: SellerAccount
) -> list[Charge]:
    charges = []
    stock, shipped = [*path.past_stock, *run.stock], [*path.past_shipped, *run.sold]
    for begin in range(0, len(path.demand), WEEK):
        week = run.sold[begin : begin + WEEK]
        units = sum(week, ZERO)
        at, gone = len(path.past_stock) + begin, len(path.past_shipped) + begin
        supply = [
            days_of_supply(_trailing(stock, at, length), _trailing(shipped, gone, length))
            for length in (SHORT_WINDOW, LONG_WINDOW)
        ]
        history = SupplyHistory(supply[0], supply[1], sum(shipped[max(gone - WEEK, 0) : gone], ZERO))
        day = path.start + timedelta(days=begin)
        one = low_inventory_rate(card, item, day, history, account)
        if one is not None and units > 0:
            charges.append(replace(one, basis=units, amount=units * one.rate))
    return charges
