"""Simulated: a market's facts as the tables of the dataset contract, as a seller would have recorded them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.market_demand import PLANNED_DAYS, Forces, MarketSettings
from benchmarks.market_stock import LEAD_DAYS, StockHistory
from inventory.schema import TABLES

__all__ = ["market_tables"]

Array = npt.NDArray[np.float64]

RANK_EXPONENT = 0.87
"""Sales ∝ rank^−0.87: the published power law of best-seller ranks (E08)."""

RANK_SMOOTHING = 0.35
"""Weight of the newest day in the smoothed sales that a rank follows."""

ANNOUNCED_DAYS = 30
"""Days before its start on which a promotion is put on record."""


def market_tables(
    settings: MarketSettings, forces: Forces, stock: StockHistory, returns: Array, draw: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return sales, products, signals, keywords, promotions, events, returns, stock, open_orders and supply.

    Signals of uninformative settings are those of the next sku or keyword: the same numbers in the wrong place.
    """
    skus = np.array([f"SKU-{place:05d}" for place in range(settings.series)])
    keywords = np.array([f"keyword {place:04d}" for place in range(len(forces.volume))])
    dates = settings.first_day + np.arange(settings.days + PLANNED_DAYS)
    tables = {
        "sales": _sales(skus, dates, forces, stock),
        "products": _products(skus, dates, forces),
        "signals": _signals(settings, skus, keywords, dates, forces, draw),
        "keywords": _keywords(skus, keywords, forces),
        "promotions": _promotions(skus, dates, forces.discount),
        "events": pd.DataFrame({"date": _seconds(dates[forces.events]), "name": "sale days", "kind": "deal"}),
        "returns": _returns(skus, dates, returns),
        "stock": pd.DataFrame({"sku": skus, "date": _seconds(dates[[settings.days]])[0], "on_hand": stock.on_hand}),
        "open_orders": _open_orders(skus, dates, settings.days, stock),
        "supply": _supply(skus, forces),
    }
    return {name: _in_contract(name, table) for name, table in tables.items()}


def _seconds(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    return dates.astype("datetime64[s]")


def _in_contract(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with all columns of the contract in their kinds, as reading a file would give it."""
    result = {}
    for column in TABLES[name].columns:
        if column.name in table:
            result[column.name] = table[column.name].astype(column.kind.dtype)
        elif not column.only_if_present:
            filler = column.default
            if column.kind.dtype == "datetime64[s]":
                result[column.name] = pd.Series(pd.NaT, index=table.index).astype("datetime64[s]")
            else:
                value = np.nan if filler is None else filler
                result[column.name] = pd.Series([value] * len(table), index=table.index).astype(column.kind.dtype)
    return pd.DataFrame(result)


def _sales(
    skus: npt.NDArray[np.str_], dates: npt.NDArray[np.datetime64], forces: Forces, stock: StockHistory
) -> pd.DataFrame:
    days = stock.sold.shape[1]
    who, day = np.nonzero(np.arange(days)[None, :] >= forces.launched[:, None])
    price = np.round(forces.regular[:, :days] * (1 - forces.discount[:, :days]), 2)
    return pd.DataFrame(
        {
            "sku": skus[who],
            "date": _seconds(dates[day]),
            "units": stock.sold[who, day],
            "price": price[who, day],
            "in_stock": stock.in_stock[who, day],
        }
    )


def _products(skus: npt.NDArray[np.str_], dates: npt.NDArray[np.datetime64], forces: Forces) -> pd.DataFrame:
    price = forces.regular[:, 0]
    return pd.DataFrame(
        {
            "sku": skus,
            "name": [f"simulated item {sku}" for sku in skus],
            "category": [f"category {code}" for code in forces.category],
            "brand": [f"brand {code}" for code in forces.brand],
            "launched_on": _seconds(dates[forces.launched]),
            "unit_cost": np.round(0.4 * price, 2),
            "price": price,
            "volume": 0.5,
        }
    )


def _ranks(forces: Forces, draw: np.random.Generator) -> Array:
    """Return (n, D) best-seller ranks: they follow the smoothed sales of all sellers of the listing, with noise."""
    sold = draw.poisson(forces.market_mean).astype(np.float64)
    smooth = np.empty(sold.shape)
    level = sold[:, :7].mean(axis=1)
    for day in range(sold.shape[1]):
        level = level + RANK_SMOOTHING * (sold[:, day] - level)
        smooth[:, day] = level
    size = np.exp(12.0 + 0.5 * (forces.category % 3))[:, None]
    rank: Array = size * (smooth + 0.3) ** (-1 / RANK_EXPONENT) * np.exp(draw.normal(0, 0.05, sold.shape))
    return np.maximum(np.rint(rank), 1.0)


def _signals(
    settings: MarketSettings,
    skus: npt.NDArray[np.str_],
    keywords: npt.NDArray[np.str_],
    dates: npt.NDArray[np.datetime64],
    forces: Forces,
    draw: np.random.Generator,
) -> pd.DataFrame:
    """Return the long table: each value is known the day after, a keyword's volume `keyword_lag` days after."""
    volume = np.rint(forces.volume[:, None] * np.exp(forces.interest + draw.normal(0, 0.03, forces.interest.shape)))
    price = np.round(forces.regular[:, : settings.days] * forces.competitor_price, 2)
    own = [
        ("bsr", _ranks(forces, draw)),
        ("competitor_in_stock", forces.competitor_in_stock),
        ("competitor_price", price),
    ]
    parts = [_long(name, "sku", skus, dates, values, settings, 1) for name, values in own]
    parts.append(_long("keyword_volume", "keyword", keywords, dates, volume, settings, settings.keyword_lag))
    return pd.concat(parts, ignore_index=True)


def _long(
    name: str,
    key: str,
    names: npt.NDArray[np.str_],
    dates: npt.NDArray[np.datetime64],
    values: Array,
    settings: MarketSettings,
    lag: int,
) -> pd.DataFrame:
    count, days = values.shape
    owner = names if settings.signals_informative else np.roll(names, len(names) // 2)
    day = np.tile(np.arange(days), count)
    return pd.DataFrame(
        {
            key: np.repeat(owner, days),
            "date": _seconds(dates[day]),
            "name": name,
            "value": values.ravel(),
            "available_on": _seconds(dates[day] + np.timedelta64(lag, "D")),
        }
    )


def _keywords(skus: npt.NDArray[np.str_], keywords: npt.NDArray[np.str_], forces: Forces) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "keyword": keywords[forces.keyword_of].ravel(),
            "sku": np.repeat(skus, 2),
            "weight": forces.keyword_weight.ravel(),
        }
    )


def _promotions(skus: npt.NDArray[np.str_], dates: npt.NDArray[np.datetime64], discount: Array) -> pd.DataFrame:
    """Return one row a spell of one discount, planned ones included, on record from ANNOUNCED_DAYS before its start."""
    padded = np.pad(discount, ((0, 0), (1, 1)))
    begins = (padded[:, 1:-1] > 0) & (padded[:, 1:-1] != padded[:, :-2])
    ends = (padded[:, 1:-1] > 0) & (padded[:, 1:-1] != padded[:, 2:])
    who, first = np.nonzero(begins)
    last = np.nonzero(ends)[1]
    start = dates[first]
    return pd.DataFrame(
        {
            "sku": skus[who],
            "start": _seconds(start),
            "end": _seconds(dates[last]),
            "kind": "deal",
            "discount": discount[who, first],
            "known_from": _seconds(start - np.timedelta64(ANNOUNCED_DAYS, "D")),
        }
    )


def _returns(skus: npt.NDArray[np.str_], dates: npt.NDArray[np.datetime64], units: Array) -> pd.DataFrame:
    who, day = np.nonzero(units)
    grade = np.array(["resaleable", "damaged"])[(who + day) % 4 // 3]
    return pd.DataFrame({"sku": skus[who], "date": _seconds(dates[day]), "units": units[who, day], "grade": grade})


def _open_orders(
    skus: npt.NDArray[np.str_], dates: npt.NDArray[np.datetime64], days: int, stock: StockHistory
) -> pd.DataFrame:
    who, ahead = np.nonzero(stock.inbound)
    due = dates[days + ahead]
    return pd.DataFrame(
        {
            "order_id": [f"PO-{number:06d}" for number in range(len(who))],
            "sku": skus[who],
            "quantity": stock.inbound[who, ahead],
            "expected_on": _seconds(due),
            "placed_on": _seconds(due - np.timedelta64(LEAD_DAYS, "D")),
        }
    )


def _supply(skus: Sequence[str] | npt.NDArray[np.str_], forces: Forces) -> pd.DataFrame:
    cost = np.round(0.4 * forces.regular[:, 0], 2)
    return pd.DataFrame(
        {
            "sku": skus,
            "supplier": "simulated supplier",
            "mode": "sea",
            "lead_time_days": float(LEAD_DAYS),
            "lead_time_sd_days": 2.0,
            "unit_cost": cost,
            "order_cost": 25.0,
            "minimum_order_quantity": 6.0,
            "case_pack": 6.0,
        }
    )
