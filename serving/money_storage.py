"""What money commands say of storage beside the projected fees: overage, wrong bills, where a peak should lie."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import UsageError
from core.types import FloatArray
from inventory.fees.projection import StockPath
from inventory.fees.storage import days_in_month, monthly_storage, overage
from inventory.profit.node_split import NodeCosts, split_nodes
from inventory.profit.reimbursement import fee_differences
from inventory.supply import TRANSFER, supply_ways
from optimizer.marketplace_storage import MarketplaceStorage
from serving.champion import Tell
from serving.money import Books
from serving.told_files import read_told

__all__ = ["NODE_COLUMNS", "OVERAGE_COLUMNS", "billed_table", "node_table", "overage_table"]

OVERAGE_COLUMNS = ("month", "used", "limit", "above", "rate", "fee")
NODE_COLUMNS = (
    *("sku", "location", "warehouse", "to_buy", "break_even_days", "direct", "by_warehouse", "cost", "cost_direct"),
    "saving",
)
BILLED = "monthly_storage"
DAYS_A_MONTH = 365.2425 / 12
Key = tuple[str, str]


def overage_table(books: Books) -> pd.DataFrame:
    """Return the months in which projected stock is beyond `[fees] storage_limit`, with OVERAGE_COLUMNS (C03).

    used: cubic feet of all stock, the mean over the month's days within the horizon. The limit is one for all storage
    classes; the fee is that of the dearest. Empty without a limit.
    """
    limit = books.dataset.config.fees.storage_limit
    used: dict[date, Decimal] = defaultdict(Decimal)
    days: dict[date, set[date]] = defaultdict(set)
    for key, run in books.runs.items():
        start = books.paths[key].start
        for place, units in enumerate(run.stock):
            day = start + timedelta(days=place)
            used[day.replace(day=1)] += units * run.item.cubic_feet
            days[day.replace(day=1)].add(day)
    classes = sorted({run.item.storage_class for run in books.runs.values()})
    rows = []
    for month in sorted(used) if limit > 0 else []:
        mean = used[month] / len(days[month])
        found = [overage(books.cards["overage"], name, month, mean, Decimal(repr(limit))) for name in classes]
        known = [charge for charge in found if charge is not None]
        dearest = max(known, key=lambda charge: charge.rate, default=None)
        if dearest is not None and dearest.amount > 0:
            above, rate, fee = float(dearest.basis), float(dearest.rate), float(dearest.amount)
            rows.append((pd.Timestamp(month), float(mean), limit, above, rate, fee))
    return pd.DataFrame(rows, columns=list(OVERAGE_COLUMNS))


def billed_table(books: Books, charges: Path, tell: Tell) -> pd.DataFrame:
    """Return the months' storage that was billed otherwise than the tables say of the stock that was there (R07).

    charges: sku, fee, month, amount, such as the table that `fillrate import storage-fees` makes. Compared are the fee
    `monthly_storage`, whole months of the 91 days before the books' day, and skus whose fees are told; `tell` hears of
    how many rows that leaves out.
    """
    told = read_told(charges, "--billed", ("sku", "fee", "month", "amount"))
    rows = []
    for key, path in books.paths.items():
        for month, average in _past_months(path) if key in books.runs else []:
            one = monthly_storage(books.cards[BILLED], books.items[key[0]], month, average)
            if one is not None and one.amount > 0:
                rows.append((key[0], BILLED, pd.Timestamp(month), float(one.amount)))
    expected = pd.DataFrame(rows, columns=["sku", "fee", "month", "amount"])
    months, skus = set(expected["month"]), {key[0] for key in books.runs}
    first = told["month"].dt.to_period("M").dt.to_timestamp()
    mine = told["fee"].eq(BILLED) & first.isin(months) & told["sku"].isin(skus)
    if not mine.all():
        tell(f"{int((~mine).sum()):,} of {len(told):,} charges are of other fees, months or skus and are not compared")
    billed = told[mine].assign(month=first[mine].astype("datetime64[s]"))
    return fee_differences(billed, expected.astype({"month": "datetime64[s]"}))


def _past_months(path: StockPath) -> list[tuple[date, Decimal]]:
    """Return the whole months of the past stock with the mean of their days' stock."""
    begin = path.start - timedelta(days=len(path.past_stock))
    by_month: dict[date, list[Decimal]] = defaultdict(list)
    for place, units in enumerate(path.past_stock):
        by_month[(begin + timedelta(days=place)).replace(day=1)].append(units)
    whole = ((month, units) for month, units in by_month.items() if len(units) == days_in_month(month))
    return [(month, sum(units, Decimal(0)) / len(units)) for month, units in whole]


def node_table(books: Books) -> pd.DataFrame:
    """Return what the demand of the horizon still asks for, split between marketplace and warehouse (O37).

    to_buy: demand of the horizon beyond what is on hand and under way. Those units are on the shelf from the first day
    on; direct ones at the marketplace, by_warehouse ones at the warehouse from which `supply` has a row of the mode
    `transfer`, which also tells freight and days of the move. Storage: the fee tables there, `[fees] warehouse_rate`
    here. Freight of the first leg: of each place's cheapest way to buy. NODE_COLUMNS, the largest saving first. Raises
    UsageError where no rate or no transfer says what a warehouse would cost.
    """
    rate = books.dataset.config.fees.warehouse_rate
    moves = _moves(books)
    if rate <= 0 or moves.empty:
        raise UsageError(
            "--nodes needs a warehouse: set [fees] warehouse_rate (money a cubic foot and month) in dataset.toml, and "
            "give `supply` a row of the mode transfer from the warehouse to the marketplace's place"
        )
    storage, rows = MarketplaceStorage(books.cards, books.items), []
    for move in moves.itertuples():
        key = str(move.sku), str(move.location)
        path, item = books.paths[key], books.items[key[0]]
        dates = np.datetime64(path.start.isoformat()) + np.arange(len(path.demand))
        wanted = _unserved(path)
        units = wanted.sum()
        costs = NodeCosts(
            direct_storage=float(storage.fees(*key, dates).a_unit.mean()),
            warehouse_storage=rate * float(item.cubic_feet) / DAYS_A_MONTH,
            transfer_cost=float(move.freight_cost),
            direct_freight=_first_leg(books, key),
            warehouse_freight=_first_leg(books, (key[0], str(move.supplier))),
            transfer_days=float(move.lead_time_days),
        )
        split = split_nodes(np.array([units]), wanted[None, :], costs)
        cost, direct = float(split.cost[0]), float(split.cost_direct[0])
        parts = float(units), costs.break_even_days, float(split.direct[0]), float(split.warehouse[0])
        rows.append((*key, str(move.supplier), *parts, cost, direct, direct - cost))
    table = pd.DataFrame(rows, columns=list(NODE_COLUMNS))
    return table.sort_values(["saving", "sku", "location"], ascending=[False, True, True], ignore_index=True)


def _moves(books: Books) -> pd.DataFrame:
    """Return the transfers to the marketplace's places of items whose fees are told, one an item."""
    series = pd.DataFrame(sorted(books.runs), columns=["sku", "location"]).astype("str")
    ways = supply_ways(books.dataset.table("products"), books.dataset.table("supply"), series, books.dataset.config)
    return ways[ways["mode"] == TRANSFER].drop_duplicates(["sku", "location"])


def _first_leg(books: Books, key: Key) -> float:
    """Return the freight of a unit by the cheapest way to buy it there, 0 where nobody tells."""
    series = pd.DataFrame([key], columns=["sku", "location"]).astype("str")
    ways = supply_ways(books.dataset.table("products"), books.dataset.table("supply"), series, books.dataset.config)
    bought = ways[(ways["mode"] != TRANSFER) & ways["supplier"].ne("")].reset_index(drop=True)
    landed = bought["unit_cost"].fillna(0.0) * (1.0 + bought["duty_rate"]) + bought["freight_cost"]
    return float(bought["freight_cost"].iat[int(landed.idxmin())]) if len(bought) else 0.0


def _unserved(path: StockPath) -> FloatArray:
    """Return (D,) the demand of each day that stock and open orders do not serve, oldest demand served first."""
    there = float(sum((lot.units for lot in path.lots), Decimal(0)))
    left = []
    for place, demand in enumerate(path.demand):
        day = path.start + timedelta(days=place)
        there += float(sum((units for at, units in path.arrivals.items() if max(at, path.start) == day), Decimal(0)))
        served = min(there, float(demand))
        there -= served
        left.append(float(demand) - served)
    return np.array(left)
