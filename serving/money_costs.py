"""What a unit in stock and a unit short cost (C04, C07), and what batches of an order cost (O35)."""

from decimal import Decimal
from typing import Any

import pandas as pd

from core.errors import UnknownSkuError
from inventory.configuration import DatasetConfig
from inventory.profit.holding import HoldingRates, ShortageRates, holding_cost, shortage_cost
from inventory.profit.landed_cost import BatchCost, batch_costs
from inventory.profit.profit_table import ProfitFacts, units_of
from inventory.supply import supply_ways
from optimizer.price_breaks import price_bands, purchase_cost
from serving.money import Books

__all__ = ["BATCH_COLUMNS", "COST_COLUMNS", "batch_table", "cost_table"]

COST_COLUMNS = (
    *("sku", "location", "capital", "insurance", "shrinkage", "depreciation", "rent", "fees", "holding", "margin"),
    *("shortage", "days"),
)
BATCH_COLUMNS = (
    *("location", "supplier", "mode", "units", "goods", "landed_cost", "spend", "days_of_supply", "saving", "holding"),
    *("net", "best"),
)
SHARES = ("capital", "insurance", "shrinkage", "depreciation")
DAYS_A_YEAR = Decimal(365)
MULTIPLES = (1, 2, 4, 8)
"""Batches besides those of the price breaks, in minimum orders."""
Key = tuple[str, str]


def cost_table(books: Books, facts: ProfitFacts) -> pd.DataFrame:
    """Return one row an item with COST_COLUMNS, money a unit: in stock a day by its parts, and short.

    `[costs]` gives the parts; where it gives none of them, all of holding_rate stands as capital, and a unit short
    costs its margin. fees: the projected storage fees. days: in stock until a unit has cost what a shortage costs.
    """
    rates, short = _holding(books.dataset.config), books.dataset.config.costs.shortage or ShortageRates()
    rows = []
    for key, (unit, _) in units_of(facts).items():
        if unit.landed_cost.is_nan():
            continue
        fees = _fees_a_day(books, key)
        parts = [unit.landed_cost * getattr(rates, name) / DAYS_A_YEAR for name in SHARES]
        a_day = holding_cost(unit.landed_cost, rates, fees)
        missed = shortage_cost(max(unit.margin, Decimal(0)), unit.landed_cost, short)
        days = float(missed / a_day) if a_day > 0 else float("nan")
        money = (*parts, rates.rent, fees, a_day, unit.margin, missed)
        rows.append((*key, *(float(amount) for amount in money), days))
    return pd.DataFrame(rows, columns=list(COST_COLUMNS))


def batch_table(books: Books, facts: ProfitFacts, sku: str) -> pd.DataFrame:
    """Return what batches of a sku cost by each way to buy it, with BATCH_COLUMNS; money a unit, spend an order.

    goods: by the price breaks, duty included. saving and holding: against the way's smallest batch and of a unit of the
    batch, see `inventory.profit.landed_cost.batch_costs`; net: the saving less what holding grows by. Raises
    UnknownSkuError for a sku that nobody sells or whose cost is unknown.
    """
    keys = [key for key in facts.paths if key[0] == sku]
    series = pd.DataFrame(keys or [(sku, "")], columns=["sku", "location"]).astype("str")
    config = books.dataset.config
    ways = supply_ways(books.dataset.table("products"), books.dataset.table("supply"), series, config)
    rows = []
    for way in ways[ways["unit_cost"].notna() & ways["location"].ne("")].itertuples():
        found = _batches(books, way, (sku, str(way.location)))
        nets = [batch.saving - (batch.holding - found[0].holding) for batch in found]
        for batch, net in zip(found, nets, strict=True):
            days = float("nan") if batch.days_of_supply is None else float(batch.days_of_supply)
            money = float(batch.unit_cost), float(batch.landed_cost), float(batch.spend), days
            names = way.location, way.supplier, way.mode, batch.quantity
            rows.append((*names, *money, float(batch.saving), float(batch.holding), float(net), net == max(nets)))
    if not rows:
        raise UnknownSkuError(
            f"no batch of {sku!r} can be priced: it needs stock and a unit_cost in supply or products"
        )
    return pd.DataFrame(rows, columns=list(BATCH_COLUMNS))


def _batches(books: Books, way: Any, key: Key) -> list[BatchCost]:
    least, pack = max(way.minimum_order_quantity, 1.0), max(way.case_pack, 1.0)
    bands = price_bands(way.price_breaks, float(way.unit_cost))
    sizes = {*(least * times for times in MULTIPLES), *(band.least for band in bands if band.least > least)}
    whole = sorted({int(-(-size // pack) * pack) for size in sizes})
    duty = Decimal(1) + _exact(way.duty_rate)
    goods = [(size, _exact(purchase_cost(bands, size) / size) * duty) for size in whole]
    a_day = holding_cost(goods[0][1], _holding(books.dataset.config), _fees_a_day(books, key))
    daily, order, freight = _exact(books.daily.get(key, 0.0)), _exact(way.order_cost), _exact(way.freight_cost)
    return batch_costs(whole, goods, goods[0][1], order, daily, a_day, freight)


def _holding(config: DatasetConfig) -> HoldingRates:
    return config.costs.holding or HoldingRates.whole(_exact(config.defaults.holding_rate))


def _fees_a_day(books: Books, key: Key) -> Decimal:
    """Return the projected fees a unit and day in stock, 0 where none are told."""
    run = books.runs.get(key)
    lying = sum(run.stock, Decimal(0)) if run is not None else Decimal(0)
    return run.total / lying if run is not None and lying else Decimal(0)


def _exact(value: float) -> Decimal:
    return Decimal(repr(round(float(value), 9)))
