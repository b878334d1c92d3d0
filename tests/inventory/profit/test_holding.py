"""Holding and shortage costs by their parts (C04, C07)."""

from decimal import Decimal

import pytest

from core.errors import UsageError
from inventory.profit.holding import HoldingRates, ShortageRates, holding_cost, shortage_cost


def test_c04_holding_is_the_sum_of_capital_insurance_shrinkage_depreciation_rent_and_fees():
    rates = HoldingRates(Decimal("0.08"), Decimal("0.01"), Decimal("0.02"), Decimal("0.10"), rent=Decimal("0.003"))
    # 365 × 0.21 ÷ 365 = 0.21 a day
    assert holding_cost(Decimal(365), rates, Decimal("0.002")) == Decimal("0.215")
    assert HoldingRates().share == Decimal("0.25")


def test_c07_a_unit_short_costs_its_margin_or_the_premium_of_haste_and_part_of_the_customer():
    margin, landed = Decimal(12), Decimal(10)
    assert shortage_cost(margin, landed, ShortageRates()) == 12
    all_hasty = ShortageRates(expedited_share=Decimal(1), expedite_premium=Decimal("0.40"))
    assert shortage_cost(margin, landed, all_hasty) == 4
    customers = ShortageRates(lost_customer_share=Decimal("0.30"), later_margin=Decimal(50), brand=Decimal(1))
    assert shortage_cost(margin, landed, customers) == 28  # 12 + 0.30 × 50 + 1


def test_a_share_outside_zero_to_one_is_refused():
    with pytest.raises(UsageError, match="lost_customer_share 30 is no share"):
        ShortageRates(lost_customer_share=Decimal(30))
