"""Returns on stock: ROI on what stock costs (C09), GMROI on what stock is worth (E22), and turnover (C10)."""

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

__all__ = ["RETURN_COLUMNS", "gmroi", "roi", "stock_returns", "turnover"]

RETURN_COLUMNS = (
    *("units", "revenue", "gross_profit", "inventory_cost", "average_inventory", "roi", "gmroi", "turnover"),
    "days_of_inventory",
)


def roi(gross_profit: Decimal, inventory_cost: Decimal) -> Decimal | None:
    """Return (gross profit − total inventory cost) ÷ total inventory cost (C09); None where stock cost nothing.

    inventory_cost: all that keeping stock cost in the period (holding, fees, write-offs), not the goods themselves:
    those are in gross profit already.

    >>> roi(Decimal(300), Decimal(120))
    Decimal('1.5')
    """
    return None if inventory_cost <= 0 else (gross_profit - inventory_cost) / inventory_cost


def gmroi(gross_profit: Decimal, average_inventory: Decimal) -> Decimal | None:
    """Return gross profit ÷ average inventory at cost (E22), for the same period; None without inventory.

    >>> gmroi(Decimal(300), Decimal(200))
    Decimal('1.5')
    """
    return None if average_inventory <= 0 else gross_profit / average_inventory


def turnover(goods_sold_at_cost: Decimal, average_inventory: Decimal) -> Decimal | None:
    """Return how often stock is sold in the period; None without inventory.

    Cutting stock by 40 % at constant sales takes 3 turns to 5, not 6 (E09):

    >>> turnover(Decimal(300), Decimal(100)), turnover(Decimal(300), Decimal(60))
    (Decimal('3'), Decimal('5'))
    """
    return None if average_inventory <= 0 else goods_sold_at_cost / average_inventory


def stock_returns(table: pd.DataFrame, keys: Sequence[str], days: int) -> pd.DataFrame:
    """Return one row a group of `keys` with `RETURN_COLUMNS`, such as a category (C09) or a size of seller.

    table: one row a sku and location with the keys and `units, revenue, goods_cost, selling_costs, inventory_cost,
    average_inventory` (money over the same `days`). Gross profit is revenue − goods − selling costs. Ratios are over
    the period, turnover is a year's; NaN where there is no stock to divide by.
    """
    names = ["units", "revenue", "goods_cost", "selling_costs", "inventory_cost", "average_inventory"]
    sums = table.groupby(list(keys), sort=True, dropna=False)[names].sum().reset_index()
    sums["gross_profit"] = sums["revenue"] - sums["goods_cost"] - sums["selling_costs"]
    cost = sums["inventory_cost"].where(sums["inventory_cost"] > 0)
    worth = sums["average_inventory"].where(sums["average_inventory"] > 0)
    sums["roi"] = (sums["gross_profit"] - cost) / cost
    sums["gmroi"] = sums["gross_profit"] / worth
    sums["turnover"] = sums["goods_cost"] / worth * 365 / days
    sold = sums["goods_cost"].where(sums["goods_cost"] > 0)
    sums["days_of_inventory"] = worth / sold * days
    return sums[[*keys, *RETURN_COLUMNS]]
