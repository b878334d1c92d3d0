"""What money commands draw from a dataset besides tables by item: journal, claims, returns on stock by group."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import UsageError
from inventory.dataset import Dataset
from inventory.fees.rate_card import RateCard
from inventory.profit.accounting import StockMove, journal, journal_csv
from inventory.profit.profit_table import ProfitFacts
from inventory.profit.reimbursement import loss_claims
from inventory.profit.stock_return import stock_returns
from serving.told_files import read_told

__all__ = ["claims", "journal_text", "returns_by"]

KINDS = (("receipts", "received_on", "quantity", "receipt"), ("sales", "date", "units", "sale"))


def journal_text(dataset: Dataset, as_of: date, days: int) -> str:
    """Return the accounting export of receipts, sales and resold returns of the `days` before `as_of`, as CSV.

    Units are valued at products.unit_cost; raises UsageError where no sku has one.
    """
    products = dataset.table("products").drop_duplicates("sku").set_index("sku")["unit_cost"].dropna()
    if not len(products):
        raise UsageError("the journal values units at products.unit_cost, and no product has one; add the column")
    costs = {str(sku): Decimal(repr(float(cost))) for sku, cost in products.items()}
    moves = [move for told in KINDS for move in _moves(dataset.table(told[0]), told, costs, as_of, days)]
    again = dataset.table("returns")
    again = again[again["grade"].isin(dataset.config.fees.resale_grades)]
    moves += _moves(again, ("returns", "date", "units", "return"), costs, as_of, days)
    return journal_csv(journal(moves), dataset.config.currency)


def claims(dataset: Dataset, as_of: date, movements: Path, reimbursements: Path | None, card: RateCard) -> pd.DataFrame:
    """Return the open losses of a file of movements, valued by the products' costs and prices (C12)."""
    told = read_told(movements, "--movements", ("sku", "date", "kind", "units"))
    columns = ("sku", "date", "units")
    paid = told.iloc[:0] if reimbursements is None else read_told(reimbursements, "--reimbursements", columns)
    products = dataset.table("products").drop_duplicates("sku")
    values = {str(row.sku): (_known(row.unit_cost), _known(row.price)) for row in products.itertuples()}
    return loss_claims(told, paid, values, as_of, card)


def returns_by(table: pd.DataFrame, facts: ProfitFacts, column: str) -> pd.DataFrame:
    """Return ROI and GMROI by a column of products or of the profit table (C09); raises UsageError for another."""
    rows = table[table["margin"].notna()].copy()
    if column not in rows:
        if column not in facts.products:
            known = ", ".join(str(name) for name in facts.products.select_dtypes(exclude="number"))
            raise UsageError(f"--by {column} is no column of products; choose among {known}")
        rows[column] = rows["sku"].map(facts.products.drop_duplicates("sku").set_index("sku")[column])
    held = rows["average_units"] * rows["landed_cost"]
    sold = rows["units"]
    ledger = pd.DataFrame(
        {
            column: rows[column].fillna("").astype(str),
            "units": sold,
            "revenue": sold * rows["price"],
            "goods_cost": sold * rows["landed_cost"],
            "selling_costs": sold * rows[["referral", "fulfilment", "returns", "advertising"]].sum(axis=1),
            "inventory_cost": held * facts.holding_rate * facts.days / 365 + sold * rows["storage"],
            "average_inventory": held,
        }
    )
    return stock_returns(ledger, [column], facts.days)


def _moves(
    table: pd.DataFrame, told: tuple[str, str, str, str], costs: dict[str, Decimal], as_of: date, days: int
) -> Iterator[StockMove]:
    _, when, what, kind = told
    begin = pd.Timestamp(as_of - timedelta(days=days))
    rows = table[(table[when] >= begin) & (table[when] < pd.Timestamp(as_of)) & (table[what] > 0)]
    rows = rows[rows["sku"].isin(list(costs))]
    references = rows["order_id"].fillna("").astype(str) if "order_id" in rows else np.full(len(rows), "")
    for sku, day, units, reference in zip(rows["sku"], rows[when], rows[what], references, strict=True):
        yield StockMove(day.date(), kind, str(sku), Decimal(repr(float(units))), costs[str(sku)], str(reference))


def _known(value: float) -> Decimal | None:
    return None if pd.isna(value) else Decimal(repr(float(value)))
