"""Worked examples of fees (C01, C11, C12, C13): each answer was worked out by hand from the dated tables.

The tables are quoted in the comments; no example takes its answer from the code.
"""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.fees.aged_inventory import aged_surcharge
from inventory.fees.handling import fulfilment_surcharge, placement_fee, referral_fee, removal_fee
from inventory.fees.lots import Lot
from inventory.fees.low_inventory import SupplyHistory, days_of_supply, low_inventory_rate
from inventory.fees.storage import SellerAccount, monthly_storage, overage, storage_utilisation, utilisation_weeks
from tests.inventory.fees.items import CARDS, day, item

STANDARD = "large_standard"

# month, tier, cubic feet a unit, average units → money
STORAGE = [
    # 2024-04 on: standard 0.78 / 2.40, oversize 0.56 / 1.40; before: 0.87 / 2.40, 0.56 / 1.40.
    ("2024-03-31", STANDARD, "0.5", "100", "43.50"),  # 50 ft³ × 0.87
    ("2024-04-01", STANDARD, "0.5", "100", "39.00"),  # 50 ft³ × 0.78
    ("2026-09-30", STANDARD, "0.5", "100", "39.00"),  # the last day of the cheap season
    ("2026-10-01", STANDARD, "0.5", "100", "120.00"),  # October 1st: 50 × 2.40
    ("2026-12-31", STANDARD, "0.5", "100", "120.00"),
    ("2027-01-01", STANDARD, "0.5", "100", "39.00"),
    ("2026-09-15", "large_bulky", "3", "10", "16.80"),  # 30 × 0.56
    ("2026-10-15", "large_bulky", "3", "10", "42.00"),  # 30 × 1.40
    ("2026-11-15", "extra_large", "20", "2", "56.00"),  # 40 × 1.40
    ("2026-05-01", "small_standard", "0.05", "100", "3.90"),  # the marketplace's own example: 5 × 0.78
    ("2024-02-29", STANDARD, "1", "1", "0.87"),  # a leap day is in February's table
]


@pytest.mark.parametrize(("month", "tier", "volume", "units", "wanted"), STORAGE)
def test_monthly_storage(month, tier, volume, units, wanted):
    charge = monthly_storage(CARDS["monthly_storage"], item(tier, volume), day(month), Decimal(units))
    assert charge.amount == Decimal(wanted)


# snapshot, received, tier, cubic feet, units, category → money (None: nothing is charged)
AGED = [
    # 181-210 0.50, -240 1.00, -270 1.50, -300 5.45, -330 5.70, -365 5.90; 2026: -455 6.90 or 0.30, 456+ 7.90 or 0.35.
    ("2026-07-15", 180, "0.5", "10", "", None),  # day 180 is free
    ("2026-07-15", 181, "0.5", "10", "", "2.50"),  # 5 ft³ × 0.50
    ("2026-07-15", 210, "0.5", "10", "", "2.50"),
    ("2026-07-15", 211, "0.5", "10", "", "5.00"),
    ("2026-07-15", 240, "0.5", "10", "", "5.00"),
    ("2026-07-15", 241, "0.5", "10", "", "7.50"),
    ("2026-07-15", 270, "0.5", "10", "", "7.50"),
    ("2026-07-15", 271, "0.5", "10", "", "27.25"),  # 5 × 5.45
    ("2026-07-15", 300, "0.5", "10", "", "27.25"),
    ("2026-07-15", 301, "0.5", "10", "", "28.50"),
    ("2026-07-15", 331, "0.5", "10", "", "29.50"),
    ("2026-07-15", 365, "0.5", "10", "", "29.50"),  # day 365 is still in the band that ends a year
    ("2026-07-15", 366, "0.5", "10", "", "34.50"),  # 5 × 6.90
    ("2026-07-15", 455, "0.5", "10", "", "34.50"),
    ("2026-07-15", 456, "0.5", "10", "", "39.50"),  # 5 × 7.90
    ("2026-07-15", 456, "0.01", "10", "", "3.50"),  # 0.1 ft³ × 7.90 = 0.79 < 10 × 0.35
    ("2026-07-15", 366, "0.04", "10", "", "3.00"),  # 0.4 × 6.90 = 2.76 < 10 × 0.30
    ("2025-07-15", 366, "0.04", "10", "", "2.76"),  # 2025: 0.15 a unit = 1.50 < 2.76
    ("2025-07-15", 366, "0.01", "10", "", "1.50"),  # 0.69 < 10 × 0.15
    ("2025-07-15", 600, "0.5", "10", "", "34.50"),  # before 2026 one band for all above a year
    ("2025-12-15", 400, "0.01", "10", "", "1.50"),
    ("2026-01-15", 400, "0.01", "10", "", "3.00"),  # the first snapshot of the new table
    ("2023-07-15", 290, "0.5", "10", "", "19.00"),  # 2023: 5 × 3.80
    ("2023-07-15", 340, "0.5", "10", "", "21.00"),  # 5 × 4.20
    ("2026-07-15", 200, "0.5", "10", "Shoes", None),  # clothing and the like are exempt up to day 270 …
    ("2026-07-15", 271, "0.5", "10", "Shoes", "27.25"),  # … and not from day 271
]


@pytest.mark.parametrize(("snapshot", "age", "volume", "units", "category", "wanted"), AGED)
def test_aged_inventory_surcharge(snapshot, age, volume, units, category, wanted):
    lot = Lot(day(snapshot) - timedelta(days=age), Decimal(units))
    charges = aged_surcharge(CARDS["aged_inventory"], item(cubic_feet=volume, category=category), day(snapshot), [lot])
    assert [charge.amount for charge in charges] == ([] if wanted is None else [Decimal(wanted)])


def test_a_leap_year_makes_a_unit_of_the_same_calendar_day_a_day_older():
    # From June 15th to June 15th: 2024-02-29 lies between in the first case only. 366 days → 6.90, 365 → 5.90 a ft³.
    leap = aged_surcharge(
        CARDS["aged_inventory"], item(cubic_feet="1"), day("2024-06-15"), [Lot(day("2023-06-15"), Decimal(1))]
    )
    plain = aged_surcharge(
        CARDS["aged_inventory"], item(cubic_feet="1"), day("2025-06-15"), [Lot(day("2024-06-15"), Decimal(1))]
    )
    assert (leap[0].amount, plain[0].amount) == (Decimal("6.90"), Decimal("5.90"))


# day, tier, pounds, average units, shipped a day (both windows) → money a unit shipped
LOW = [
    # below 14 / 21 / 28 days: small 0.89 0.63 0.32, large to 3 lb 0.97 0.70 0.36, to 20 lb 1.11 0.87 0.47.
    ("2026-06-01", "small_standard", "0.5", "278", "20", "0.89"),  # 13.9 days
    ("2026-06-01", "small_standard", "0.5", "280", "20", "0.63"),  # 14 days
    ("2026-06-01", "small_standard", "0.5", "419", "20", "0.63"),  # 20.95 days
    ("2026-06-01", "small_standard", "0.5", "420", "20", "0.32"),  # 21 days
    ("2026-06-01", "small_standard", "0.5", "559", "20", "0.32"),  # 27.95 days
    ("2026-06-01", "small_standard", "0.5", "560", "20", None),  # 28 days
    ("2026-06-01", "large_standard", "3", "100", "20", "0.97"),  # three pounds are the lighter row
    ("2026-06-01", "large_standard", "3.01", "100", "20", "1.11"),
    ("2026-06-01", "small_bulky", "12", "100", "20", "1.85"),  # bulky since 2026-01-15
    ("2026-06-01", "large_bulky", "30", "300", "20", "1.15"),  # 15 days
    ("2026-01-14", "large_bulky", "30", "300", "20", None),
    ("2024-03-31", "small_standard", "0.5", "100", "20", None),  # the day before the fee began
    ("2024-04-01", "small_standard", "0.5", "100", "20", "0.89"),
    ("2026-06-01", "extra_large", "80", "100", "20", None),  # no source gives a row
]


@pytest.mark.parametrize(("at", "tier", "pounds", "units", "shipped", "wanted"), LOW)
def test_low_inventory_level_fee(at, tier, pounds, units, shipped, wanted):
    days = days_of_supply(Decimal(units), Decimal(shipped))
    history = SupplyHistory(days, days, Decimal(140))
    charge = low_inventory_rate(CARDS["low_inventory"], item(tier, pounds=pounds), day(at), history, SellerAccount())
    assert (charge and charge.amount) == (None if wanted is None else Decimal(wanted))


# weeks, tier, average units older than 30 days of 0.5 ft³ → money
UTILISATION = [
    # standard: to 28 weeks 0.44, 36 0.76, 44 1.16, 52 1.58, above 1.88.
    ("22", STANDARD, "100", None),
    ("22.01", STANDARD, "100", "22.00"),  # 50 × 0.44
    ("28", STANDARD, "100", "22.00"),
    ("30", STANDARD, "100", "38.00"),
    ("40", STANDARD, "100", "58.00"),
    ("52", STANDARD, "100", "79.00"),
    ("53", STANDARD, "100", "94.00"),
    ("53", "large_bulky", "100", "63.00"),  # 50 × 1.26
]


@pytest.mark.parametrize(("weeks", "tier", "units", "wanted"), UTILISATION)
def test_storage_utilisation_surcharge(weeks, tier, units, wanted):
    charge = storage_utilisation(
        CARDS["storage_utilisation"], item(tier), day("2026-06-30"), Decimal(units), Decimal(weeks), SellerAccount()
    )
    assert (charge and charge.amount) == (None if wanted is None else Decimal(wanted))


def test_the_ratio_of_utilisation_is_in_weeks():
    # 3,080 units lie on average and 20 are shipped a day: 154 days, 22 weeks.
    assert utilisation_weeks(Decimal(3080), Decimal(20)) == 22


# order day, tier, pounds → money a unit
REMOVAL = [
    ("2026-02-01", STANDARD, "0.5", "0.84"),
    ("2026-01-14", STANDARD, "0.5", "1.04"),  # by the day of the order
    ("2026-02-01", STANDARD, "0.51", "1.53"),  # rounded up to 0.6 lb
    ("2026-02-01", STANDARD, "1.0", "1.53"),
    ("2026-02-01", STANDARD, "1.1", "2.27"),  # rounded up to 2 lb
    ("2026-02-01", STANDARD, "2.5", "3.95"),  # 3 lb: 2.89 + 1.06
    ("2026-02-01", "large_bulky", "9.2", "10.04"),  # 10 lb
    ("2026-02-01", "large_bulky", "12", "16.44"),  # 14.32 + 2 × 1.06
    ("2022-06-01", STANDARD, "5", "3.40"),  # 1.51 + 3 × 0.63
    ("2023-06-01", STANDARD, "0.4", "0.97"),
]


@pytest.mark.parametrize(("ordered", "tier", "pounds", "wanted"), REMOVAL)
def test_removal_and_disposal(ordered, tier, pounds, wanted):
    assert removal_fee(CARDS["removal"], item(tier, pounds=pounds), day(ordered)).amount == Decimal(wanted)


# day, tier, pounds, split, where in the range → money a unit
PLACEMENT = [
    ("2025-02-19", STANDARD, "1.5", "minimal", "0", "0.22"),
    ("2025-02-19", STANDARD, "1.5", "minimal", "1", "0.41"),
    ("2025-02-19", STANDARD, "1.51", "minimal", "0", "0.27"),
    ("2025-02-19", STANDARD, "0.75", "minimal", "0.5", "0.26"),  # twelve ounces: halfway from 0.18 to 0.34
    ("2025-02-19", STANDARD, "2", "partial", "0", "0.17"),
    ("2025-02-20", STANDARD, "2", "partial", "0", None),  # partial splits ended for standard sizes
    ("2025-06-01", STANDARD, "2", "optimised", "1", "0"),
    ("2026-02-01", "small_standard", "0.5", "minimal", "1", "0.35"),
    ("2025-06-01", "large_bulky", "30", "partial", "1", "2.83"),
]


@pytest.mark.parametrize(("at", "tier", "pounds", "split", "factor", "wanted"), PLACEMENT)
def test_inbound_placement(at, tier, pounds, split, factor, wanted):
    charge = placement_fee(CARDS["inbound_placement"], item(tier, pounds=pounds), day(at), split, Decimal(factor))
    assert (charge and charge.amount) == (None if wanted is None else Decimal(wanted))


def test_overage_costs_ten_dollars_a_cubic_foot_above_the_limit():
    over = overage(CARDS["overage"], "standard", day("2026-06-10"), Decimal("112.5"), Decimal(100))
    assert over.amount == Decimal("125.00")
    assert overage(CARDS["overage"], "standard", day("2026-06-10"), Decimal(100), Decimal(100)) is None


def test_referral_is_a_share_of_the_price_but_at_least_thirty_cents():
    card, at = CARDS["referral"], day("2026-06-01")
    assert referral_fee(card, Decimal("39.99"), at) == Decimal("5.9985")
    assert referral_fee(card, Decimal("1.50"), at) == Decimal("0.30")
    assert referral_fee(card, Decimal("100"), at, Decimal("0.08")) == Decimal("8.00")


def test_the_surcharge_on_fulfilment_began_on_april_17_2026():
    card = CARDS["fulfilment_surcharge"]
    assert fulfilment_surcharge(card, Decimal("4.00"), day("2026-04-16")) == 0
    assert fulfilment_surcharge(card, Decimal("4.00"), day("2026-04-17")) == Decimal("0.14")
