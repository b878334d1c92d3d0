"""Use cases of money, suppliers and returns: from a dataset to the tables that commands print."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from core.errors import UnknownSkuError, UsageError
from inventory.dataset import Dataset
from inventory.fees.handling import placement_fee, removal_fee
from inventory.fees.lots import FifoLots
from inventory.fees.projection import ProjectedFees, StockPath, fees_by_stock_level, project_fees
from inventory.fees.rate_card import RateCard, read_rate_cards
from inventory.fees.stock_paths import StockFacts, daily_units, in_year, stock_paths
from inventory.fees.stored_item import StoredItem, stored_items
from inventory.profit.landed_cost import landed_costs
from inventory.profit.markdown import MarkdownSettings, best_rung, markdown_ladder
from inventory.profit.profit_table import ProfitFacts, units_of
from inventory.profit.storage_monitor import idle_stock, storage_priority
from inventory.returned_goods.resale import ResaleSettings, resale_shares
from inventory.supply import supply_ways
from optimizer.marketplace_storage import MarketplaceStorage
from serving.champion import Tell
from serving.facts import check_as_of, default_as_of
from serving.told_files import read_told

__all__ = [
    "FEES",
    "FEE_COLUMNS",
    "Books",
    "FeeOptions",
    "day_of",
    "fee_curve",
    "fee_table",
    "ladder_table",
    "open_books",
    "plan_storage",
    "priority_table",
    "profit_facts",
    "stock_facts",
]

Key = tuple[str, str]
FEES = ("monthly_storage", "storage_utilisation", "aged_inventory", "low_inventory")
FEE_COLUMNS = (
    *("sku", "location", "on_hand", "days_of_supply", *FEES, "total", "sold", "left", "idle_units", "idle_fees"),
    *("unknown_age", "removal", "assumed"),
)
CURVE_STEPS = 8
AGED = "aged"


@dataclass(frozen=True, slots=True)
class FeeOptions:
    """What a projection of fees may be told.

    days: how far ahead. forecast: a forecast table or its file (None: the mean of the last 28 days goes on). tables: a
    folder of own rate tables. year: whose rates count, in place of the dataset's own. skus: only these (None: all).
    """

    days: int = 90
    forecast: Path | pd.DataFrame | None = None
    tables: Path | None = None
    year: int | None = None
    skus: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """A dataset's stock with what it will cost in fees; rates_on is the day whose rates count."""

    dataset: Dataset
    as_of: date
    rates_on: date
    cards: Mapping[str, RateCard]
    items: Mapping[str, StoredItem]
    paths: Mapping[Key, StockPath]
    runs: Mapping[Key, ProjectedFees]
    daily: Mapping[Key, float]


def day_of(dataset: Dataset, as_of: date | None) -> date:
    """Return the day asked about; raises UsageError for one that makes no sense."""
    if as_of is None:
        return default_as_of(dataset)
    return check_as_of(dataset, as_of, dataset.config.frequency.default_horizon)


def open_books(dataset: Dataset, as_of: date | None, options: FeeOptions, tell: Tell) -> Books:
    """Return the projected fees of all stock at the marketplace's places (those of the kind `fba`, or all if no
    location has a kind).

    Raises UsageError for options that make no sense, FeeUnknownError where a day has no storage rate.
    """
    if not 1 <= options.days <= 730:
        raise UsageError(f"--days {options.days} is outside 1 … 730")
    day, config = day_of(dataset, as_of), dataset.config
    cards = read_rate_cards(options.tables)
    items = stored_items(dataset.table("products"), config.fees.volume_unit, config.fees.weight_unit)
    facts = stock_facts(dataset, options.forecast)
    if options.skus is not None:
        facts = _only(facts, options.skus)
    paths = {key: path for key, path in stock_paths(facts, day, options.days).items() if _charged(dataset, key[1])}
    rates_on = day
    if options.year is not None:
        paths = {key: in_year(path, options.year) for key, path in paths.items()}
        rates_on = next((path.start for path in paths.values()), day.replace(year=options.year, day=min(day.day, 28)))
    runs = {key: _run(cards, items[key[0]], path, key[1]) for key, path in paths.items() if key[0] in items}
    if len(runs) < len(paths):
        tell(f"{len(paths) - len(runs):,} of {len(paths):,} items have no volume in products: no storage fee is told")
    return Books(dataset, day, rates_on, cards, items, paths, runs, daily_units(facts, day))


def stock_facts(dataset: Dataset, forecast: Path | pd.DataFrame | None) -> StockFacts:
    """Return the tables that stock paths are made of."""
    return StockFacts(
        sales=dataset.table("sales"),
        stock=dataset.table("stock"),
        receipts=dataset.table("receipts"),
        open_orders=dataset.table("open_orders"),
        frequency=dataset.config.frequency,
        forecast=_forecast(forecast),
    )


def _only(facts: StockFacts, skus: tuple[str, ...]) -> StockFacts:
    """Return the facts of some SKUs."""
    names = ("sales", "stock", "receipts", "open_orders", "forecast")
    tables = {name: table for name in names if (table := getattr(facts, name)) is not None}
    kept = {name: table[table["sku"].isin(skus).to_numpy()] for name, table in tables.items()}
    return replace(facts, **kept)


def plan_storage(dataset: Dataset, as_of: date) -> MarketplaceStorage | None:
    """Return the fee tables as the planner's storage cost, None where `[fees] in_plan` does not ask for them.

    Raises UsageError where no product has a volume: the fees would silently be nothing.
    """
    config = dataset.config.fees
    if not config.in_plan:
        return None
    items = stored_items(dataset.table("products"), config.volume_unit, config.weight_unit)
    if not items:
        raise UsageError("fees.in_plan is true and no product has a volume; add the column volume to products")
    places = set(dataset.table("sales")["location"]) | set(dataset.table("stock")["location"])
    charged = frozenset(place for place in places if _charged(dataset, place))
    return MarketplaceStorage(read_rate_cards(), items, charged, daily_units(stock_facts(dataset, None), as_of))


def fee_table(books: Books) -> pd.DataFrame:
    """Return one row an item with FEE_COLUMNS, the dearest first; money over the horizon, removal a unit."""
    costs = books.dataset.table("products").drop_duplicates("sku").set_index("sku")["unit_cost"]
    rows = []
    for key, run in books.runs.items():
        at_start = sum((lot.units for lot in books.paths[key].lots), Decimal(0))
        cost = costs.get(key[0])
        idle = idle_stock(
            run, at_start, Decimal(repr(float(cost))) if cost is not None and cost == cost else Decimal(0)
        )
        fees, a_day = run.by_fee(), books.daily.get(key, 0.0)
        removal = _removal(books, run.item)
        rows.append(
            (
                *(*key, float(at_start), float(at_start) / a_day if a_day > 0 else float("nan")),
                *(float(fees.get(fee, Decimal(0))) for fee in FEES),
                *(float(run.total), float(sum(run.sold, Decimal(0))), float(run.stock[-1])),
                *(float(idle.idle_units), float(idle.idle_fees), float(run.unknown_age)),
                *(float("nan") if removal is None else float(removal), "; ".join(run.item.assumed)),
            )
        )
    table = pd.DataFrame(rows, columns=list(FEE_COLUMNS))
    return table.sort_values(["total", "sku", "location"], ascending=[False, True, True]).reset_index(drop=True)


def fee_curve(books: Books, sku: str) -> pd.DataFrame:
    """Return what levels of stock of one sku would cost in fees (C13): `location, units, …, total, a_unit`.

    Raises UnknownSkuError for a sku whose fees are not told.
    """
    rows = []
    for key in _keys(books, sku):
        path = books.paths[key]
        most = max(2 * sum(path.demand, Decimal(0)), sum((lot.units for lot in path.lots), Decimal(0)), Decimal(8))
        levels = [(most * step / CURVE_STEPS).to_integral_value() for step in range(1, CURVE_STEPS + 1)]
        for level, run in fees_by_stock_level(books.cards, books.items[sku], path, levels):
            fees = run.by_fee()
            amounts = (float(fees.get(fee, Decimal(0))) for fee in FEES)
            rows.append((key[1], float(level), *amounts, float(run.total), float(run.total / level)))
    return pd.DataFrame(rows, columns=["location", "units", *FEES, "total", "a_unit"])


def profit_facts(books: Books) -> ProfitFacts:
    """Return what the profit table is made of: landed costs by the cheapest way, projected storage, returns."""
    dataset, config = books.dataset, books.dataset.config
    sales, returns = dataset.table("sales"), dataset.table("returns")
    before = pd.Timestamp(books.as_of)
    series = pd.DataFrame(sorted({*books.paths, *_pairs(sales[sales["date"] < before])}), columns=["sku", "location"])
    products = dataset.table("products")
    ways = supply_ways(products, dataset.table("supply"), series.astype("str"), config)
    placement = {sku: fee for sku, item in books.items.items() if (fee := _placement(books, item)) is not None}
    settings = ResaleSettings(dict.fromkeys(config.fees.resale_grades, 1.0))
    return ProfitFacts(
        sales=sales,
        products=products,
        landed=landed_costs(ways, config.planning.capital_rate, placement),
        runs=books.runs,
        paths=books.paths,
        resale=resale_shares(sales[sales["date"] < before], returns[returns["date"] < before], settings),
        cards=books.cards,
        as_of=books.as_of,
        rates_on=books.rates_on,
        holding_rate=config.defaults.holding_rate,
    )


def ladder_table(books: Books, facts: ProfitFacts, sku: str) -> pd.DataFrame:
    """Return the markdown ladder of one sku, or with `aged` of all that have units older than 120 days (M35).

    Raises UnknownSkuError for a sku without stock, volume or price.
    """
    units, rows = units_of(facts), []
    for key in _aged(books) if sku == AGED else _keys(books, sku):
        if key not in units:
            raise UnknownSkuError(f"{key[0]} at {key[1]} has no price; give one in products or sales")
        run, item = books.runs[key], books.items[key[0]]
        stock = sum((lot.units for lot in books.paths[key].lots), Decimal(0))
        lying = sum(run.stock, Decimal(0))
        removal = _removal(books, item)
        unit = units[key][0]
        ladder = markdown_ladder(
            replace(unit, storage=Decimal(0)),
            stock,
            Decimal(repr(round(books.daily.get(key, 0.0), 6))),
            run.total / lying if lying else Decimal(0),
            removal or Decimal(0),
        )
        best = best_rung(ladder)
        for rung in ladder:
            numbers = (
                rung.price,
                rung.discount,
                rung.margin,
                rung.contribution,
                rung.daily_units,
                rung.sold,
                rung.cash,
            )
            days = float("nan") if rung.clear_days is None else float(rung.clear_days)
            rows.append((*key, *(float(n) for n in numbers), days, rung.above_break_even, rung == best))
    names = [
        "sku",
        "location",
        "price",
        "discount",
        "margin",
        "contribution",
        "daily_units",
        "sold",
        "cash",
        "clear_days",
    ]
    return pd.DataFrame(rows, columns=[*names, "above_break_even", "best"])


def priority_table(books: Books, facts: ProfitFacts) -> pd.DataFrame:
    """Return the skus by what they earn a cubic foot, the storage limit of `[fees]` filled in that order (C03)."""
    margins = {key[0]: unit.margin for key, (unit, _) in units_of(facts).items() if not unit.margin.is_nan()}
    stock: dict[str, Decimal] = {}
    daily: dict[str, Decimal] = {}
    for key in books.runs:
        stock[key[0]] = stock.get(key[0], Decimal(0)) + sum((lot.units for lot in books.paths[key].lots), Decimal(0))
        daily[key[0]] = daily.get(key[0], Decimal(0)) + Decimal(repr(round(books.daily.get(key, 0.0), 6)))
    volumes = {sku: books.items[sku].cubic_feet for sku in stock}
    limit = books.dataset.config.fees.storage_limit
    return storage_priority(margins, daily, volumes, stock, Decimal(repr(limit)) if limit > 0 else None)


def _run(cards: Mapping[str, RateCard], item: StoredItem, path: StockPath, location: str) -> ProjectedFees:
    run = project_fees(cards, item, path)
    run.charges = [replace(charge, location=location) for charge in run.charges]
    return run


def _charged(dataset: Dataset, location: str) -> bool:
    kinds = dataset.table("locations")
    known = kinds["kind"].dropna()
    return not len(known) or location in set(kinds[kinds["kind"].str.casefold() == "fba"]["location"])


def _forecast(path: Path | pd.DataFrame | None) -> pd.DataFrame | None:
    if path is None or isinstance(path, pd.DataFrame):
        return path
    return read_told(path, "--forecast", ("sku", "location", "date", "mean"))


def _aged(books: Books) -> list[Key]:
    """Return the items with units older than the markdown's age."""
    limit = MarkdownSettings().aged_days
    paths = ((key, books.paths[key]) for key in books.runs)
    return [key for key, path in paths if FifoLots(path.lots).older_than(limit, path.start) > 0]


def _keys(books: Books, sku: str) -> list[Key]:
    found = [key for key in books.runs if key[0] == sku]
    if not found:
        raise UnknownSkuError(f"no fees are told of {sku!r}: it needs a row in stock and a volume in products")
    return found


def _pairs(table: pd.DataFrame) -> set[Key]:
    pairs = table[["sku", "location"]].drop_duplicates()
    return set(zip(pairs["sku"].astype(str), pairs["location"].astype(str), strict=True))


def _removal(books: Books, item: StoredItem) -> Decimal | None:
    card = books.cards["removal"]
    found = removal_fee(card, item, books.rates_on) if card.known(books.rates_on) is not None else None
    return None if found is None else found.amount


def _placement(books: Books, item: StoredItem) -> float | None:
    card, config = books.cards["inbound_placement"], books.dataset.config.fees
    if card.known(books.rates_on) is None:
        return None
    fee = placement_fee(card, item, books.rates_on, config.split, Decimal(repr(config.location_factor)))
    return None if fee is None else float(fee.amount)
