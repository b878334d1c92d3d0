"""Profit by sku and location: price, landed cost, fees, margin, break-even, what stock earned (C02, C09, C14, E22)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from inventory.fees.handling import fulfilment_surcharge
from inventory.fees.projection import ProjectedFees, StockPath
from inventory.fees.rate_card import RateCard
from inventory.profit.stock_return import stock_returns
from inventory.profit.storage_monitor import idle_stock
from inventory.profit.unit_economics import UnitEconomics

__all__ = ["PROFIT_COLUMNS", "ProfitFacts", "profit_table", "units_of"]

Key = tuple[str, str]
PROFIT_COLUMNS = (
    *("sku", "location", "category", "units", "price", "landed_cost", "mode", "referral", "fulfilment", "storage"),
    *("returns", "advertising", "margin", "margin_share", "break_even", "floor_price", "average_units", "roi", "gmroi"),
    *("turnover", "assumed"),
)
ROW_COLUMNS = (
    *("sku", "location", "category", "mode", "units", "price", "landed_cost", "referral", "fulfilment", "storage"),
    *("returns", "advertising", "margin", "margin_share", "break_even", "floor_price", "average_units", "assumed"),
)
NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class ProfitFacts:
    """What a profit table is made of.

    sales: the table `sales`. products: the table `products`. landed: of `inventory.profit.landed_cost.landed_costs`.
    runs: projected fees by sku and location; paths: the stock paths under them. resale: of
    `inventory.returned_goods.resale.resale_shares`. rates_on: the day whose rates count. days: of the window before
    `as_of` that returns on stock are taken over. holding_rate: of the unit cost, a year. margin_floor: the least share
    of the price that a floor price leaves (O41).
    """

    sales: pd.DataFrame
    products: pd.DataFrame
    landed: pd.DataFrame
    runs: Mapping[Key, ProjectedFees]
    paths: Mapping[Key, StockPath]
    resale: pd.DataFrame
    cards: Mapping[str, RateCard]
    as_of: date
    rates_on: date
    days: int = 90
    holding_rate: float = 0.25
    margin_floor: Decimal = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class _Lookup:
    """The facts by key, so that a thousand skus are not searched a thousand times."""

    products: Mapping[str, Mapping[str, Any]]
    landed: Mapping[Key, tuple[float, str]]
    last_price: Mapping[Key, float]
    lost_share: Mapping[str, float]


def profit_table(facts: ProfitFacts) -> pd.DataFrame:
    """Return one row a sku and location that was sold or has stock, and has a price, with PROFIT_COLUMNS.

    Money a unit, but for ratios; storage is what units that are sold pay, and ROI counts what idle ones pay too. A
    margin whose landed cost is unknown is missing. `assumed` names what is not the seller's own. Raises
    FeeUnknownError where the day has no referral fee.
    """
    look, sold = _lookup(facts), _sold(facts)
    rows, ledger = [], []
    for key, (unit, notes) in units_of(facts).items():
        units, revenue = sold.get(key, (0.0, 0.0))
        mean, landed = _average_units(facts, key), look.landed.get(key, (0.0, ""))[0]
        held = mean * landed * facts.holding_rate * facts.days / 365 + _all_fees(facts, key)
        selling = float(unit.referral + unit.fulfilment + unit.returns + unit.advertising) * units
        ledger.append((*key, units, revenue, landed * units, selling, held, mean * landed))
        rows.append((*_named(look, key), units, *_numbers(unit, facts.margin_floor), mean, "; ".join(notes)))
    money = ["units", "revenue", "goods_cost", "selling_costs", "inventory_cost", "average_inventory"]
    ratios = stock_returns(pd.DataFrame(ledger, columns=["sku", "location", *money]), ["sku", "location"], facts.days)
    table = pd.DataFrame(rows, columns=list(ROW_COLUMNS))
    for name in ("roi", "gmroi", "turnover"):
        table[name] = np.where(table["margin"].notna(), ratios[name], np.nan)
    return table[list(PROFIT_COLUMNS)]


def units_of(facts: ProfitFacts) -> dict[Key, tuple[UnitEconomics, list[str]]]:
    """Return the unit economics of each sku and location, rising, and in words what of them was assumed.

    The price is the latest that units were sold at, else the listed one; without either a sku is left out. A landed
    cost that is not known is Decimal("NaN").
    """
    look = _lookup(facts)
    usual = facts.cards["referral"].on(facts.rates_on).rates[0]
    found = {}
    for key in sorted({*_sold(facts), *facts.paths}):
        product = look.products.get(key[0], {})
        price = look.last_price.get(key, product.get("price"))
        if price is None or not price > 0:
            continue
        notes: list[str] = []
        goods = _exact(look.landed[key][0]) if key in look.landed else Decimal("nan")
        fulfilment = _exact(_told(product, "fulfilment_fee", 0.0, "fulfilment_fee unknown, 0 taken", notes))
        if goods.is_nan():
            notes.append("unit_cost unknown")
        surcharge = fulfilment_surcharge(facts.cards["fulfilment_surcharge"], fulfilment, facts.rates_on)
        share = _told(
            product, "referral_rate", float(usual.rate), f"referral of most categories, {usual.rate:%}", notes
        )
        unit = UnitEconomics(
            price=_exact(price),
            landed_cost=goods,
            referral_rate=_exact(share),
            referral_least=usual.per_unit,
            fulfilment=fulfilment + surcharge,
            storage=_storage(facts, key, notes),
            returns=NONE if goods.is_nan() else _exact(look.lost_share.get(key[0], 0.0)) * goods,
            advertising=_exact(_told(product, "advertising_cost", 0.0, "", notes)),
        )
        found[key] = unit, notes
    return found


def _exact(value: float) -> Decimal:
    return Decimal(repr(round(float(value), 9)))


def _lookup(facts: ProfitFacts) -> _Lookup:
    products = facts.products.drop_duplicates("sku").set_index("sku").to_dict("index")
    best = facts.landed.drop_duplicates(["sku", "location"])
    known = facts.sales[(facts.sales["date"] < pd.Timestamp(facts.as_of)) & (facts.sales["price"] > 0)]
    last = known.sort_values("date", kind="stable").drop_duplicates(["sku", "location"], keep="last")
    lost = 1.0 - facts.resale["net_sales_factor"]
    return _Lookup(
        {str(sku): facts_of for sku, facts_of in products.items()},
        {(str(r.sku), str(r.location)): (float(r.landed_cost), str(r.mode)) for r in best.itertuples()},
        {(str(r.sku), str(r.location)): float(r.price) for r in last.itertuples()},
        dict(zip(facts.resale["sku"].astype(str), lost.astype(float), strict=True)),
    )


def _sold(facts: ProfitFacts) -> dict[Key, tuple[float, float]]:
    """Return units and revenue of the window."""
    begin = facts.as_of - timedelta(days=facts.days)
    rows = facts.sales[(facts.sales["date"] >= pd.Timestamp(begin)) & (facts.sales["date"] < pd.Timestamp(facts.as_of))]
    listed = rows["sku"].map(facts.products.drop_duplicates("sku").set_index("sku")["price"])
    revenue = rows["units"] * rows["price"].fillna(listed.astype(float))
    totals = rows.assign(revenue=revenue).groupby(["sku", "location"])[["units", "revenue"]].sum()
    return {
        (str(row.Index[0]), str(row.Index[1])): (float(row.units), float(row.revenue)) for row in totals.itertuples()
    }


def _told(product: Mapping[str, Any], name: str, default: float, words: str, notes: list[str]) -> float:
    value = product.get(name)
    if value is not None and not pd.isna(value):
        return float(value)
    if words:
        notes.append(words)
    return default


def _storage(facts: ProfitFacts, key: Key, notes: list[str]) -> Decimal:
    """Return projected storage fees a unit sold, without what is paid for units that nobody buys."""
    run = facts.runs.get(key)
    if run is None:
        notes.append("storage unknown, 0 taken")
        return NONE
    sold = sum(run.sold, NONE)
    at_start = sum((lot.units for lot in facts.paths[key].lots), NONE)
    moving = run.total - idle_stock(run, at_start, NONE).idle_fees
    return (moving / sold).quantize(Decimal("0.000001")) if sold > 0 else NONE


def _all_fees(facts: ProfitFacts, key: Key) -> float:
    """Return all projected storage fees, idle stock's too, for as many days as the window has."""
    run = facts.runs.get(key)
    return 0.0 if run is None else float(run.total) * facts.days / len(run.stock)


def _average_units(facts: ProfitFacts, key: Key) -> float:
    path = facts.paths.get(key)
    past = [] if path is None else list(path.past_stock)[-facts.days :]
    return float(sum(past, NONE)) / len(past) if past else 0.0


def _named(look: _Lookup, key: Key) -> tuple[str, str, str, str]:
    category = look.products.get(key[0], {}).get("category")
    return (*key, category if isinstance(category, str) else "", look.landed.get(key, (0.0, ""))[1])


def _numbers(unit: UnitEconomics, floor: Decimal) -> tuple[float, ...]:
    costs = (unit.price, unit.landed_cost, unit.referral, unit.fulfilment, unit.storage, unit.returns, unit.advertising)
    derived = [np.nan] * 4
    if not unit.landed_cost.is_nan():
        lowest = float(unit.floor_price(floor)) if unit.referral_rate + floor < 1 else np.nan
        derived = [float(unit.margin), float(unit.margin_share), float(unit.break_even), lowest]
    return (*(float(cost) for cost in costs), *derived)
