import numpy as np
import pytest

from optimizer.buying import Buying
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions
from optimizer.storage_cost import StorageFees

FREE = PlanningOptions()


class Table:
    """A fee table that asks the same for every SKU."""

    def __init__(self, **fees):
        self.given = fees
        self.asked = []

    def fees(self, sku, location, dates):
        self.asked.append((sku, location, len(dates)))
        given = dict(self.given)
        return StorageFees.of(np.zeros(len(dates)) + given.pop("a_unit", 0.0), **given)


def quantities(case, **fees):
    return plan_orders(*case, FREE, buying=Buying(storage=Table(**fees))).lines["quantity"].to_numpy()


def test_a_fee_a_unit_is_a_holding_cost(shop):
    forecast, terms, on_hand, inbound = shop()
    dearer = plan_orders(forecast, terms.assign(holding_cost=0.5), on_hand, inbound, FREE)
    assert quantities((forecast, terms, on_hand, inbound), a_unit=0.3).tolist() == dearer.lines["quantity"].tolist()


def test_no_fees_change_nothing_and_the_table_is_asked_for_each_period(shop):
    case = shop(count=2)
    table = Table()
    plan = plan_orders(*case, FREE, buying=Buying(storage=table))
    assert plan.lines["quantity"].tolist() == plan_orders(*case, FREE).lines["quantity"].tolist()
    assert table.asked == [("s0", "main", 7), ("s1", "main", 7)]


@pytest.mark.parametrize(
    ("fees", "lower"),
    [
        ({"above": [(3.0, np.full(7, 2.0))]}, True),
        ({"aged": [(1, 3.0)]}, True),
        ({"low": [(30.0, 0.15)]}, False),
    ],
)
def test_a_fee_on_high_or_old_stock_lowers_orders_and_one_on_low_stock_raises_them(shop, fees, lower):
    case = shop(stock_weeks=0.0, mean=8.0)
    plain, charged = quantities(case), quantities(case, **fees)
    assert (charged <= plain).all() if lower else (charged >= plain).all()
    assert (charged != plain).any()


def test_goods_that_spoil_are_ordered_less_and_a_salvage_value_softens_it(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0, mean=2.0, order_cost=6.0)
    orders = [
        plan_orders(forecast, terms.assign(**facts), on_hand, inbound, FREE).lines["quantity"].sum()
        for facts in (
            {},
            {"shelf_life_days": 14.0, "salvage_value": 1.5},
            {"shelf_life_days": 14.0, "salvage_value": 0.0},
        )
    ]
    assert orders[0] > orders[1] >= orders[2]
