"""Simulated: products that do not sell, each for one known reason, beside healthy ones; sales are Poisson."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.frequency import Frequency
from features.panel import build_panel
from inventory.configuration import DatasetConfig
from inventory.schema import TABLES
from inventory.supply import supply_terms
from monitoring.association import out_of_stock_partners, pairs_bought_together
from monitoring.view import View

__all__ = ["CAUSES", "SlowMarket", "contract", "slow_market"]

CAUSES = (
    "partner_out_of_stock",
    "minimum_order",
    "execution",
    "over_forecast",
    "market_decline",
    "own_decline",
    "healthy",
)
DAYS = 400
AS_OF = np.datetime64("2024-07-01")


@dataclass(frozen=True, slots=True)
class SlowMarket:
    """The view, the true cause of each sku, and the partners that are found from the order lines."""

    view: View
    causes: pd.Series
    partners: dict[str, str]


def slow_market(per_cause: int, seed: int) -> SlowMarket:
    """Return `per_cause` products of each cause, with partners that are out of stock for those that wait for one.

    Paces are 0.5 … 12 a day; falls of 30 … 75 % begin 30 … 60 days ago, against a drift of ±15 % of everything.
    Purchases are 100 … 400 days of sales where too much was bought, 30 … 130 where not; bad deliveries are 20 … 80 days
    late, others up to 10. Own falls are in a category that only drifts, market falls in one that falls as a whole.
    """
    draw = np.random.default_rng(seed)
    causes = np.repeat(CAUSES, per_cause)
    count = len(causes)
    skus = np.array([f"{cause[:4]}-{place:04d}" for place, cause in enumerate(causes)])
    pace = draw.uniform(0.5, 12.0, count)
    mean = np.repeat(pace[:, None], DAYS, axis=1)
    mean[:, DAYS - 45 :] *= draw.uniform(0.85, 1.15, count)[:, None]
    falls = np.isin(causes, ("partner_out_of_stock", "market_decline", "own_decline"))
    for row in np.flatnonzero(falls):
        mean[row, DAYS - draw.integers(30, 61) :] *= 1 - draw.uniform(0.3, 0.75)
    partners = np.flatnonzero(causes == "partner_out_of_stock")
    mates = np.array([f"mate-{place:04d}" for place in range(len(partners))])
    units = draw.poisson(mean).astype(np.float64)
    mate_units = draw.poisson(np.repeat(pace[partners][:, None] * 1.2, DAYS, axis=1)).astype(np.float64)
    stocked = np.ones((len(mates), DAYS))
    stocked[:, -30:], mate_units[:, -30:] = 0.0, 0.0
    names = np.concatenate([skus, mates])
    category = np.where(causes == "market_decline", "falling", "steady")
    tables = _tables(
        names, np.vstack([units, mate_units]), np.vstack([np.ones_like(units), stocked]), category, len(mates)
    )
    receipts, supply, held = _purchases(skus, causes, pace, units, draw)
    tables |= {"receipts": receipts, "supply": supply}
    panel = build_panel(tables, Frequency.DAILY, AS_OF.astype(object))
    stock = pd.Series(np.concatenate([held, np.zeros(len(mates))]), index=names)
    on_hand = stock.reindex(panel.series["sku"]).to_numpy()
    terms = supply_terms(tables["products"], supply, panel.series, DatasetConfig())
    view = View(panel, terms, on_hand, np.zeros((len(on_hand), 28)), tables)
    truth = pd.Series(np.concatenate([causes, ["healthy"] * len(mates)]), index=names)
    pairs = pairs_bought_together(_order_lines(skus, units, mates, mate_units, partners, draw))
    out = dict(zip(names, np.r_[np.zeros(count), np.ones(len(mates))], strict=True))
    return SlowMarket(view, truth[truth.index.isin(skus)], out_of_stock_partners(pairs, out))


def _tables(
    names: np.ndarray, units: np.ndarray, stocked: np.ndarray, category: np.ndarray, mates: int
) -> dict[str, pd.DataFrame]:
    count = len(names)
    dates = (AS_OF - DAYS + np.arange(DAYS)).astype("datetime64[s]")
    sales = pd.DataFrame(
        {
            "sku": np.repeat(names, DAYS),
            "location": "main",
            "date": np.tile(dates, count),
            "units": units.ravel(),
            "price": 20.0,
            "in_stock": stocked.ravel(),
        }
    ).astype({"sku": "str", "location": "str"})
    products = contract("products", sku=names, category=[*category, *["mates"] * mates], price=20.0, unit_cost=8.0)
    return {"sales": sales, "products": products}


def _purchases(
    skus: np.ndarray, causes: np.ndarray, pace: np.ndarray, units: np.ndarray, draw: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Return receipts, supply and what is left of the last purchase."""
    count = len(skus)
    too_much = np.isin(causes, ("minimum_order", "over_forecast"))
    lasts = np.where(too_much, draw.uniform(100, 400, count), draw.uniform(30, 130, count))
    quantity = np.ceil(pace * lasts)
    ago = draw.integers(20, 40, count)
    late = np.where(causes == "execution", draw.integers(20, 81, count), draw.integers(-3, 11, count))
    left = quantity - np.array([row[DAYS - back :].sum() for row, back in zip(units, ago, strict=True)])
    # Slow for another reason: what is left lasts long at today's pace whatever was bought.
    slow = np.where(causes == "healthy", pace * 30, np.maximum(left, pace * draw.uniform(100, 160, count)))
    receipts = contract(
        "receipts",
        order_id=[f"R{place}" for place in range(count)],
        sku=skus,
        supplier="s",
        placed_on=AS_OF - ago - 30 - np.maximum(late, 0),
        promised_on=AS_OF - ago - late,
        received_on=AS_OF - ago,
        quantity=quantity,
    )
    minimum = np.where(causes == "minimum_order", quantity, np.maximum(np.floor(quantity / 4), 1))
    supply = contract("supply", sku=skus, supplier="s", lead_time_days=30.0, minimum_order_quantity=minimum)
    return receipts, supply, np.ceil(slow)


def _order_lines(
    skus: np.ndarray,
    units: np.ndarray,
    mates: np.ndarray,
    mate_units: np.ndarray,
    partners: np.ndarray,
    draw: np.random.Generator,
) -> pd.DataFrame:
    """Return a year's order lines: 20 … 60 % of what waits for a partner is bought with it, the rest at random."""
    rows: list[tuple[str, str]] = []
    number = 0
    for place, row in enumerate(partners):
        together = int(min(units[row].sum(), mate_units[place].sum()) * draw.uniform(0.2, 0.6))
        for _ in range(together):
            rows += [(f"O{number}", str(skus[row])), (f"O{number}", str(mates[place]))]
            number += 1
    for row, sku in enumerate(skus):
        for _ in range(int(units[row].sum() / 20)):
            other = skus[draw.integers(len(skus))]
            rows += [(f"O{number}", str(sku)), (f"O{number}", str(other))]
            number += 1
    return pd.DataFrame(rows, columns=["order_id", "sku"])


def contract(name: str, **columns: object) -> pd.DataFrame:
    """Return a table of the contract with the columns given and the rest empty."""
    given = pd.DataFrame(columns)
    made = {}
    for column in TABLES[name].columns:
        if column.name in given:
            values = given[column.name]
            made[column.name] = values.astype("datetime64[s]" if column.kind == "date" else column.kind.dtype)
        elif not column.only_if_present:
            filler = pd.NaT if column.kind == "date" else np.nan if column.default is None else column.default
            kind = "datetime64[s]" if column.kind == "date" else column.kind.dtype
            made[column.name] = pd.Series([filler] * len(given), index=given.index).astype(kind)
    return pd.DataFrame(made)
