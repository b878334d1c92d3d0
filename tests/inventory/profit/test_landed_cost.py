"""Landed cost by way and by batch, worked by hand (C02, O35, O37, O48)."""

from decimal import Decimal

import pandas as pd
import pytest

from inventory.profit.landed_cost import LandedCost, batch_costs, landed_costs

WAYS = pd.DataFrame(
    {
        "sku": ["A"] * 4,
        "location": ["main"] * 4,
        "supplier": ["Acme", "Acme", "Near", "Ghost"],
        "mode": ["sea", "air", "truck", "sea"],
        "lead_time_days": [73.0, 7.3, 10.0, 5.0],
        "unit_cost": [10.0, 10.0, 11.5, float("nan")],
        "freight_cost": [0.5, 3.0, 0.2, 0.0],
        "duty_rate": [0.05, 0.05, 0.0, 0.0],
        "order_cost": [50.0, 50.0, 0.0, 0.0],
        "minimum_order_quantity": [100.0, 20.0, 1.0, 1.0],
        "capacity": [float("inf")] * 4,
        "assumed": [""] * 4,
    }
)


def test_o48_every_way_is_priced_to_the_shelf_and_the_cheapest_comes_first():
    table = landed_costs(WAYS, capital_rate=0.10, placement={"A": 0.3})
    # sea: 10 + 0.5 + 0.5 duty + 0.3 + 10.5 × 10 % × 0.2 years = 0.21 + 50/100 = 0.5 → 12.01
    # truck: 11.5 + 0.2 + 0.3 + 11.7 × 10 % × 10/365; air: 10 + 3 + 0.5 + 0.3 + 13 × 10 % × 0.02 + 2.5 = 16.326
    assert table["mode"].tolist() == ["sea", "truck", "air"]
    assert table["landed_cost"].tolist() == pytest.approx([12.01, 12.0 + 1.17 * 10 / 365, 16.326])
    assert table["place"].tolist() == [1, 2, 3]
    assert table["extra"].tolist()[2] == pytest.approx(16.326 - 12.01)


def test_c02_air_pays_only_where_time_is_dear():
    cheap_money = landed_costs(WAYS.iloc[:2], capital_rate=0.0)
    dear_money = landed_costs(WAYS.iloc[:2].assign(order_cost=0.0), capital_rate=3.0)
    assert cheap_money["mode"].tolist() == ["sea", "air"]
    assert dear_money["mode"].tolist() == ["air", "sea"]  # 13.5 + 0.78 < 11 + 6.3


def test_parts_add_up_in_exact_decimals():
    cost = LandedCost.of(
        Decimal("4.10"),
        Decimal("0.35"),
        Decimal("0.025"),
        Decimal("0.30"),
        order_cost=Decimal(60),
        quantity=Decimal(240),
    )
    assert cost.total == Decimal("4.10") + Decimal("0.35") + Decimal("0.1025") + Decimal("0.30") + Decimal("0.25")


def test_o35_a_larger_batch_pays_while_its_price_saves_more_than_its_days_in_stock_cost():
    breaks = [(100, Decimal("4.50")), (500, Decimal("4.10"))]
    found = batch_costs([50, 100, 500, 5000], breaks, Decimal(5), Decimal(0), Decimal(10), Decimal("0.01"))
    assert [batch.unit_cost for batch in found] == [Decimal(5), Decimal("4.50"), Decimal("4.10"), Decimal("4.10")]
    assert [batch.days_of_supply for batch in found] == [5, 10, 50, 500]
    assert [batch.holding for batch in found] == [Decimal("0.025"), Decimal("0.05"), Decimal("0.25"), Decimal("2.5")]
    best = max(found, key=lambda batch: batch.saving - batch.holding)
    assert best.quantity == 500  # saves 0.90 for 0.25
    assert best.spend == 2050
