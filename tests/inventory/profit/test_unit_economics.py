"""Unit economics: the break-even price leaves nothing, whatever the costs (C02, C14, O41)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from inventory.profit.unit_economics import UnitEconomics

money = st.decimals("0", "500", places=2)


def test_an_example_worked_by_hand():
    # 39.99 − 5.9985 referral − 4.75 fulfilment − 0.40 storage − 1.10 returns − 3.00 ads − 12.00 landed = 12.7415
    unit = UnitEconomics(
        *(Decimal(number) for number in ("39.99", "12", "0.15", "0.30", "4.75", "0.40", "1.10", "3.00"))
    )
    assert unit.margin == Decimal("12.7415")
    assert round(unit.margin_share, 4) == Decimal("0.3186")
    assert unit.break_even == Decimal("25")  # 21.25 ÷ 0.85
    assert round(unit.clearance_floor, 4) == round(Decimal("9.25") / Decimal("0.85"), 4)
    # O41: 25 % must be left: 21.25 ÷ (1 − 0.15 − 0.25)
    assert round(unit.floor_price(Decimal("0.25")), 4) == round(Decimal("21.25") / Decimal("0.60"), 4)


@given(landed=money, fulfilment=money, rate=st.decimals("0", "0.45", places=2), share=st.decimals("0", "0.5", places=2))
def test_the_floor_price_leaves_exactly_the_share_that_was_asked_for(landed, fulfilment, rate, share):
    unit = UnitEconomics(Decimal(1), landed, rate, Decimal("0.30"), fulfilment)
    at = unit.at(unit.floor_price(share))
    assert float(at.margin) == pytest.approx(float(share * at.price), abs=1e-9)
    below = unit.at(at.price - Decimal("0.01"))
    assert below.margin < share * below.price + Decimal("1e-9")


def test_a_cheap_item_pays_the_least_referral_fee():
    unit = UnitEconomics(Decimal("1.50"), Decimal("0.50"))
    assert unit.referral == Decimal("0.30")
    assert unit.break_even == Decimal("0.80")


def test_what_cannot_be_is_refused():
    with pytest.raises(UsageError, match="referral rate 15 is no share below 1"):
        UnitEconomics(Decimal(10), Decimal(5), Decimal(15))
    with pytest.raises(UsageError, match="cannot be had"):
        UnitEconomics(Decimal(10), Decimal(5)).floor_price(Decimal("0.90"))
