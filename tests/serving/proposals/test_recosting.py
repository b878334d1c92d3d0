"""The kept cost curve: exact where the plan looked, a straight line between, and each broken limit by its name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.price_breaks import price_bands, purchase_cost
from serving.proposals.recosting import StoredCurve, is_whole_packs, recost
from tests.serving.proposals.desk import curve

CURVE = StoredCurve((0, 10, 20, 40), (100.0, 50.0, 20.0, 30.0), (1.0, 0.5, 0.1, 0.0))


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (0, (100.0, 1.0, "exact")),
        (20, (20.0, 0.1, "exact")),
        (15, (35.0, 0.3, "interpolated")),
        (30, (25.0, 0.05, "interpolated")),
        (60, (40.0, 0.0, "extrapolated")),
    ],
)
def test_cost_and_risk_are_read_from_the_curve(quantity, expected):
    assert CURVE.at(quantity) == expected


def test_a_curve_of_one_point_knows_no_more():
    assert StoredCurve((0,), (7.0,), (0.2,)).at(5) == (7.0, 0.2, "extrapolated")


@given(quantity=st.integers(0, 500))
def test_a_risk_is_a_probability_however_far_the_quantity(quantity):
    assert 0.0 <= CURVE.at(quantity)[1] <= 1.0


@given(text=st.sampled_from(["", "50:4.00", "+50:4.00", "10:4.50;100:3.90"]), quantity=st.integers(1, 300))
def test_unit_cost_and_spend_are_the_optimizers_purchase_cost(text, quantity):
    bands = price_bands(text, 5.0) if text else price_bands("1:5.0", 5.0)
    stored = tuple(
        (band.least, None if band.most == float("inf") else band.most, band.unit_cost, band.surcharge) for band in bands
    )
    known = StoredCurve((0,), (0.0,), (0.0,), invoiced=stored, landed=stored, order_cost=9.0)
    paid = purchase_cost(bands, quantity)
    assert float(known.unit_cost(quantity)) == pytest.approx(paid / quantity, abs=5e-5)
    assert float(known.spend(quantity)) == pytest.approx(paid + 9.0, abs=5e-5)
    assert known.spend(0) == 0


def test_a_limit_that_holds_is_no_violation():
    terms = {"minimum": 12, "capacity": 36, "minimum_value": 30.0}
    for quantity in (0, 12, 24, 36):
        assert recost(curve(24, **terms), quantity).violations == ()


def test_shared_limits_are_held_against_all_orders_of_the_plan():
    found = recost(curve(24), 24, [("budget", 100.0, 40.0, 60.0), ("volume", 10.0, 8.0, 3.0)])
    assert [(item.constraint, item.limit, item.actual) for item in found.violations] == [("volume", "10.00", "11.00")]


def test_money_is_exact_at_the_edge():
    found = recost(curve(24), 18)
    assert (found.expected_cost, found.unit_cost, found.spend) == (Decimal("130.0000"), Decimal("2.5000"), 54)


@pytest.mark.parametrize(("quantity", "pack", "whole"), [(0, 6, True), (12, 6, True), (13, 6, False), (7, 1, True)])
def test_whole_packs(quantity, pack, whole):
    assert is_whole_packs(quantity, pack) is whole
