"""Projected fees against a plain model that follows every single unit (C01, C11, C13)."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import FeeUnknownError
from inventory.fees.lots import Lot
from inventory.fees.projection import StockPath, fees_by_stock_level, project_fees
from inventory.fees.storage import SellerAccount
from tests.inventory.fees.items import CARDS, day, item

START = day("2026-08-20")
MONTH_DAYS = {8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
BANDS = [
    (456, "7.90"),
    (366, "6.90"),
    (331, "5.90"),
    (301, "5.70"),
    (271, "5.45"),
    (241, "1.50"),
    (211, "1.00"),
    (181, "0.50"),
]


def by_single_units(volume: Fraction, lots: list[tuple[date, int]], arrivals: dict[date, int], demand: list[int]):
    """Storage and aged surcharge (cubic-foot rates only) of units that are followed one by one."""
    units = sorted(received for received, count in lots for _ in range(count))
    storage = aged = Fraction(0)
    for place, wanted in enumerate(demand):
        today = START + timedelta(days=place)
        units += [today] * arrivals.get(today, 0)
        if today.day == 15:
            for received in units:
                rate = next((rate for least, rate in BANDS if (today - received).days >= least), "0")
                aged += Fraction(rate) * volume
        units = units[wanted:]
        storage += len(units) * volume * Fraction("2.40" if today.month > 9 else "0.78") / MONTH_DAYS[today.month]
    return storage, aged, len(units)


@settings(max_examples=40)
@given(
    lots=st.lists(st.tuples(st.integers(1, 500), st.integers(1, 5)), max_size=6),
    arrivals=st.dictionaries(st.integers(0, 99), st.integers(1, 8), max_size=4),
    demand=st.lists(st.integers(0, 2), min_size=1, max_size=100),
)
def test_storage_and_age_cost_what_they_cost_unit_by_unit(lots, arrivals, demand):
    known = [(START - timedelta(days=age), count) for age, count in lots]
    coming = {START + timedelta(days=at): count for at, count in arrivals.items()}
    path = StockPath(
        START,
        tuple(Lot(received, Decimal(count)) for received, count in known),
        [Decimal(units) for units in demand],
        {at: Decimal(count) for at, count in coming.items()},
    )
    run = project_fees(CARDS, item(cubic_feet="0.25"), path, SellerAccount(professional=False))
    storage, aged, left = by_single_units(Fraction("0.25"), known, coming, demand)
    fees = run.by_fee()
    assert float(fees.get("monthly_storage", 0)) == pytest.approx(float(storage), abs=1e-9)
    assert float(fees.get("aged_inventory", 0)) == pytest.approx(float(aged), abs=1e-9)
    assert run.stock[-1] == left
    assert sum(lot.units for lot in run.left) == left
    assert sum(run.sold) + run.lost == sum(demand)


def test_each_month_is_charged_for_its_own_days_and_october_at_the_peak_rate():
    # 62 units of 0.5 ft³, none sold, from September 30th to October 1st: one day of each month.
    path = StockPath(day("2026-09-30"), (Lot(day("2026-09-30"), Decimal(62)),), [Decimal(0)] * 2)
    charges = project_fees(CARDS, item(), path, SellerAccount(professional=False)).charges
    assert [(str(c.date), c.amount) for c in charges] == [
        ("2026-09-01", Decimal(62) / 30 * Decimal("0.5") * Decimal("0.78")),
        ("2026-10-01", Decimal("2.40")),  # 62 / 31 × 0.5 × 2.40
    ]


def test_low_stock_costs_a_fee_on_what_is_shipped_and_ample_stock_does_not():
    def low(on_hand: int):
        past = [Decimal(on_hand)] * 90, [Decimal(10)] * 90
        path = StockPath(day("2026-06-01"), (Lot(None, Decimal(on_hand)),), [Decimal(10)] * 7, {}, *past)
        return project_fees(CARDS, item(), path).by_fee().get("low_inventory", Decimal(0))

    assert low(130) == Decimal("67.90")  # 13 days of supply: 70 units × 0.97
    assert low(200) == Decimal("49.00")  # 20 days: × 0.70
    assert low(280) == 0
    # The same in a slow week: 2 a day are 14 in the last seven days, fewer than 20.
    slow = [Decimal(20)] * 90, [Decimal(2)] * 90
    path = StockPath(day("2026-06-01"), (Lot(None, Decimal(20)),), [Decimal(2)] * 7, {}, *slow)
    assert "low_inventory" not in project_fees(CARDS, item(), path).by_fee()


def test_too_much_stock_for_its_sales_pays_the_utilisation_surcharge_on_units_older_than_30_days():
    # 1,736 units on hand, one sold a day since long: more than 52 weeks. All of August: 31 days, age 31 on the first.
    stock = [Decimal(1736)] * 91
    path = StockPath(
        day("2026-08-01"), (Lot(day("2026-07-01"), Decimal(1736)),), [Decimal(0)] * 31, {}, stock, [Decimal(1)] * 91
    )
    fees = project_fees(CARDS, item(cubic_feet="1"), path).by_fee()
    assert fees["storage_utilisation"] == 1736 * Decimal("1.88")
    fewer = project_fees(CARDS, item(cubic_feet="1"), path, weeks=Decimal(20)).by_fee()
    assert "storage_utilisation" not in fewer


def test_new_sellers_and_small_stores_pay_no_utilisation_surcharge():
    path = StockPath(day("2026-08-01"), (Lot(day("2026-01-01"), Decimal(100)),), [Decimal(0)] * 31)
    for account in (
        SellerAccount(professional=False),
        SellerAccount(first_received_on=day("2025-09-01")),
        SellerAccount(cubic_feet=Decimal("24.9")),
    ):
        assert "storage_utilisation" not in project_fees(CARDS, item(), path, account).by_fee()
    large = SellerAccount(cubic_feet=Decimal(25), first_received_on=day("2025-08-30"))
    assert "storage_utilisation" in project_fees(CARDS, item(), path, large).by_fee()


def test_units_of_unknown_age_are_told_and_sold_first():
    path = StockPath(START, (Lot(None, Decimal(4)), Lot(START, Decimal(4))), [Decimal(3), Decimal(3)])
    run = project_fees(CARDS, item(), path)
    assert run.unknown_age == 4
    assert [(lot.received_on, lot.units) for lot in run.left] == [(START, Decimal(2))]


def test_a_curve_of_fees_by_stock_level_rises():
    path = StockPath(START, (), [Decimal(1)] * 120)
    curve = fees_by_stock_level(CARDS, item(), path, [Decimal(level) for level in (0, 50, 100, 400)])
    totals = [run.total for _, run in curve]
    assert totals == sorted(totals)
    assert totals[0] == 0


def test_a_day_without_a_storage_rate_is_refused_by_name():
    path = StockPath(day("2019-08-01"), (Lot(None, Decimal(4)),), [Decimal(0)] * 3)
    with pytest.raises(FeeUnknownError, match=r"monthly_storage is not known on 2019-08-01; known: 2023-02-01"):
        project_fees(CARDS, item(), path)
