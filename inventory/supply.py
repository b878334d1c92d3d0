"""The terms on which each series can be bought: its supply rows, its costs, what had to be assumed."""

from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from inventory.configuration import DatasetConfig
from inventory.profit.holding import HoldingRates, ShortageRates, shortage_cost

__all__ = ["TERM_COLUMNS", "TRANSFER", "supply_terms", "supply_ways", "ways_of"]

DAYS_A_YEAR = 365.0
ASSUMED_MARGIN = 0.5
"""Share of the price that is margin where a price is known and a unit cost is not."""

PRODUCT_FACTS = (
    "price",
    "volume",
    "holding_cost",
    "stockout_cost",
    "shelf_life_days",
    "salvage_value",
    "cycle_service_floor",
    "fill_rate_floor",
)
SUPPLY_EXTRAS = ("duty_rate", "minimum_order_value", "order_days")
"""Columns of `supply` that are there only where a dataset has them."""

TRANSFER = "transfer"
"""Mode of a supply row that moves goods we own from another location, its supplier, and buys nothing."""

Rows = npt.NDArray[np.int64]

TERM_COLUMNS = (
    "sku",
    "location",
    "supplier",
    "mode",
    "lead_time_days",
    "lead_time_sd_days",
    "unit_cost",
    "planning_unit_cost",
    "order_cost",
    "freight_cost",
    "minimum_order_quantity",
    "case_pack",
    "price_breaks",
    "capacity",
    "holding_cost",
    "stockout_cost",
    "price",
    "volume",
    "assumed",
    "duty_rate",
    "minimum_order_value",
    "order_days",
    "capital_cost",
    "shelf_life_days",
    "salvage_value",
    "cycle_service_floor",
    "fill_rate_floor",
)


def supply_terms(
    products: pd.DataFrame,
    supply: pd.DataFrame,
    series: pd.DataFrame,
    config: DatasetConfig,
    latest_price: FloatArray | None = None,
) -> pd.DataFrame:
    """Return one row of terms a series, aligned to `series`, with the columns `TERM_COLUMNS`.

    latest_price: (n,) what each series last sold for, NaN unknown; it counts where `products` has no price.

    Which supply row: only available ones; the most specific (sku and location, then sku, then `*` with
    location, then `*`); of those the least landed unit cost (unit_cost + freight_cost, unknown last), then
    the shorter lead time, then supplier and mode by name. A series whose own rows are all unavailable and
    that no other row covers gets capacity 0.

    Costs (money a unit; `holding_cost` a unit and *period*): the product's, else `[defaults]`, else derived:
        holding  h = unit cost × holding_rate × period_days / 365, or by the parts of `[costs]`
                 (and, on top of any of these, unit cost × capital_rate × period_days / 365)
        stockout b = price − unit cost − duty − freight, the margin of a lost sale; where `[costs]` says what else a
                 shortage costs, `inventory.profit.holding.shortage_cost` of it; where it is unknown, the penalty
                 whose critical ratio b / (b + h·r) is `cycle_service_level`: b = h·r·CSL / (1 − CSL), with r
                 periods a review.
    An unknown `unit_cost` stays missing; `planning_unit_cost` then is half the price, or 1 where there is no
    price either (a budget then counts units). `assumed` names, in words, every term that is not the seller's.
    """
    ways = supply_ways(products, supply, series, config, latest_price)
    terms = ways[ways["rank"] == 0].sort_values("series", kind="stable").reset_index(drop=True)
    return terms[list(TERM_COLUMNS)]


def supply_ways(
    products: pd.DataFrame,
    supply: pd.DataFrame,
    series: pd.DataFrame,
    config: DatasetConfig,
    latest_price: FloatArray | None = None,
) -> pd.DataFrame:
    """Return every available way to buy each series: `TERM_COLUMNS`, `series` and `rank`.

    series: the row of the series. rank: 0 is the row that `supply_terms` returns, then in the same order of
    preference; only rows as specific as that one compete, and transfers (mode `transfer`) with those of their
    own kind, after all purchases. What stock and shortage cost a series does not
    depend on how it is bought, so all its ways carry the holding and stock-out cost of rank 0.
    """
    ways = _competing_rows(supply, series)
    ways = _with_product(ways, products)
    if latest_price is not None:
        ways["price"] = ways["price"].fillna(pd.Series(latest_price[ways["series"].to_numpy()], index=ways.index))
    notes = _fill_defaults(ways, config)
    _derive_costs(ways, config, notes)
    for name in ("holding_cost", "stockout_cost"):
        ways[name] = ways.groupby("series", sort=False)[name].transform("first")
    ways["assumed"] = ["; ".join(words) for words in notes]
    return ways[[*TERM_COLUMNS, "series", "rank"]].reset_index(drop=True)


def ways_of(ways: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """Return the ways of some series only, `series` counting in the order of `rows`."""
    place = pd.Series(np.arange(len(rows)), index=rows)
    kept = ways[ways["series"].isin(rows)]
    kept = kept.assign(series=place.loc[kept["series"]].to_numpy())
    return kept.sort_values(["series", "rank"], kind="stable").reset_index(drop=True)


def _competing_rows(supply: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `supply` that compete for each series, best first; a missing one where none fits."""
    keyed = series[["sku", "location"]].reset_index(drop=True)
    keyed["row"] = np.arange(len(keyed))
    fits = _fitting_rows(supply, keyed)
    available = fits["available"].astype(bool)
    barred = np.setdiff1d(fits.loc[~available, "row"], fits.loc[available, "row"])
    fits = fits[available]
    fits["landed"] = fits["unit_cost"] * (1.0 + fits["duty_rate"].fillna(0.0)) + fits["freight_cost"].fillna(0.0)
    fits["moves"] = fits["mode"].eq(TRANSFER)
    fits = fits.sort_values(
        ["row", "moves", "specific", "landed", "lead_time_days", "supplier", "mode"],
        ascending=[True, True, False, True, True, True, True],
        na_position="last",
        kind="stable",
    )
    fits = fits[fits["specific"] == fits.groupby(["row", "moves"])["specific"].transform("first")]
    ways = keyed.merge(fits.drop(columns=["sku", "location"]), on="row", how="left", sort=True)
    ways = ways.rename(columns={"row": "series"})
    ways["rank"] = ways.groupby("series").cumcount()
    ways["barred"] = ways["series"].isin(barred)
    ways.loc[ways["barred"], "capacity"] = 0.0
    return ways


def _fitting_rows(supply: pd.DataFrame, keyed: pd.DataFrame) -> pd.DataFrame:
    """Return every (series, supply row) pair that fits, with how specific the row is."""
    every_sku = supply["sku"] == "*"
    rows = supply.rename(columns={"location": "at"})
    for name in SUPPLY_EXTRAS:
        if name not in rows:
            rows[name] = np.nan
    own = keyed.merge(rows[~every_sku], on="sku", how="inner")
    wild = keyed.merge(rows[every_sku].drop(columns="sku"), how="cross")
    own["specific"], wild["specific"] = 2, 0
    fits = pd.concat([part for part in (own, wild) if len(part)] or [own], ignore_index=True)
    somewhere = fits["at"].isna()
    fits = fits[somewhere | (fits["at"] == fits["location"])].copy()
    fits["specific"] += fits["at"].notna().astype(int)
    return fits


def _with_product(terms: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    facts = products.drop_duplicates("sku").set_index("sku")
    for name in PRODUCT_FACTS:
        known = facts[name] if name in facts else pd.Series(dtype=float)
        terms[name] = terms["sku"].map(known).astype(float)
    terms["unit_cost"] = terms["unit_cost"].astype(float).fillna(terms["sku"].map(facts["unit_cost"]).astype(float))
    return terms


def _fill_defaults(terms: pd.DataFrame, config: DatasetConfig) -> list[list[str]]:
    """Fill what the supply rows left open, in place; return a list of notes a series."""
    notes: list[list[str]] = [[] for _ in range(len(terms))]
    defaults = config.defaults
    _note(notes, terms["barred"], "no supplier is available")
    for name, value in (
        ("lead_time_days", float(defaults.lead_time_days)),
        ("minimum_order_quantity", float(defaults.minimum_order_quantity)),
        ("case_pack", float(defaults.case_pack)),
    ):
        missing = terms[name].isna()
        terms[name] = terms[name].astype(float).fillna(value)
        _note(notes, missing, f"{name} {value:g} by default")
    for name in ("lead_time_sd_days", "order_cost", "freight_cost", "duty_rate", "minimum_order_value"):
        terms[name] = terms[name].astype(float).fillna(0.0)
    for name, floor in (
        ("cycle_service_floor", config.planning.cycle_service_floor),
        ("fill_rate_floor", config.planning.fill_rate_floor),
    ):
        terms[name] = terms[name].fillna(floor)
    for name in ("supplier", "mode", "price_breaks", "order_days"):
        terms[name] = terms[name].astype(object).where(terms[name].notna(), "").astype("str")
    terms["capacity"] = terms["capacity"].astype(float).fillna(np.inf)
    return notes


def _derive_costs(terms: pd.DataFrame, config: DatasetConfig, notes: list[list[str]]) -> None:
    """Fill `planning_unit_cost`, `holding_cost` and `stockout_cost` in place and note what was derived."""
    defaults = config.defaults
    halved = terms["price"] * (1.0 - ASSUMED_MARGIN)
    terms["planning_unit_cost"] = terms["unit_cost"].fillna(halved).fillna(1.0)
    guessed = terms["unit_cost"].isna()
    _note(notes, guessed & terms["price"].notna(), "unit_cost unknown, half the price is taken")
    _note(notes, guessed & terms["price"].isna(), "unit_cost unknown, a budget counts 1 a unit")

    open_holding = ~(terms["holding_cost"] > 0)
    rates = config.costs.holding or HoldingRates.whole(Decimal(repr(defaults.holding_rate)))
    a_period = float(rates.share) * config.frequency.period_days / DAYS_A_YEAR
    by_parts = terms["planning_unit_cost"] * a_period + float(rates.rent) * config.frequency.period_days
    derived = by_parts if not defaults.holding_cost > 0 else defaults.holding_cost
    terms["holding_cost"] = terms["holding_cost"].where(~open_holding, derived)
    capital = config.planning.capital_rate * config.frequency.period_days / DAYS_A_YEAR
    terms["capital_cost"] = terms["planning_unit_cost"] * capital
    terms["holding_cost"] += terms["capital_cost"]
    words = "by default" if defaults.holding_cost > 0 else f"from unit cost × {float(rates.share):g} a year"
    _note(notes, open_holding, f"holding_cost {words}")
    _derive_stockout(terms, config, notes)


def _derive_stockout(terms: pd.DataFrame, config: DatasetConfig, notes: list[list[str]]) -> None:
    still_open = ~(terms["stockout_cost"] > 0)
    if config.defaults.stockout_cost > 0:
        terms["stockout_cost"] = terms["stockout_cost"].where(~still_open, config.defaults.stockout_cost)
        _note(notes, still_open, "stockout_cost by default")
        return
    margin = terms["price"] - terms["unit_cost"] * (1.0 + terms["duty_rate"]) - terms["freight_cost"]
    by_margin = still_open & (margin > 0)
    level = config.planning.cycle_service_level
    review = max(config.frequency.periods(config.planning.review_period_days), 1)
    penalty = terms["holding_cost"] * review * level / (1.0 - level)
    rates = config.costs.shortage
    short = margin if rates is None else _shortage(margin, terms["price"] - margin, by_margin, rates)
    derived = short.where(by_margin, penalty)
    terms["stockout_cost"] = terms["stockout_cost"].where(~still_open, derived)
    words = "is the margin of a lost sale" if rates is None else "from margin, haste and lost customers"
    _note(notes, by_margin, f"stockout_cost {words}")
    _note(notes, still_open & ~by_margin, f"stockout_cost for a cycle service level of {level:.0%}")


def _shortage(margin: pd.Series, landed: pd.Series, known: pd.Series, rates: ShortageRates) -> pd.Series:
    """Return what a unit short costs where the margin is known, NaN elsewhere."""
    exact = [Decimal(repr(float(number))) for number in np.r_[margin[known], landed[known]]]
    costs = [shortage_cost(*pair, rates) for pair in zip(exact[: known.sum()], exact[known.sum() :], strict=True)]
    return pd.Series([float(cost) for cost in costs], index=margin.index[known], dtype=float).reindex(margin.index)


def _note(notes: list[list[str]], where: pd.Series, words: str) -> None:
    for row in np.flatnonzero(where.to_numpy()):
        notes[row].append(words)
