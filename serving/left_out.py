"""What the tables know of and no forecast or plan will: told, so that nothing is left out in silence."""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from inventory.dataset import Dataset
from inventory.supply import TRANSFER
from optimizer.bill_of_materials import missing_components

__all__ = ["left_out"]

KEYS = ["sku", "location"]
SHOWN = 5


def left_out(dataset: Dataset, series: pd.DataFrame, as_of: date) -> list[str]:
    """Return a sentence for each kind of fact that has no series to belong to.

    series: `sku, location` of what is forecast: all that was sold before `as_of`. Skus of `products`, and series that
    first sell later, are not among them; stock and open orders known at `as_of` count only for series.
    """
    day = pd.Timestamp(as_of)
    known = set(series[KEYS].itertuples(index=False, name=None))
    sold = {sku for sku, _ in known}
    sales, stock, orders = (dataset.table(name) for name in ("sales", "stock", "open_orders"))
    later = {_place(key) for key in _keys(sales[sales["date"] >= day]) - known}
    parts = {sku for sku, _ in _used_elsewhere(dataset, known)}
    unsold = set(dataset.table("products")["sku"]) - sold - {sku for sku, _ in _keys(sales)} - parts
    placed = orders["placed_on"].isna() | (orders["placed_on"] < day)
    held = stock[(stock["date"] <= day) & (stock["on_hand"] > 0)]
    found = (
        ("neither forecast nor planned, for want of sales", sorted(later | unsold)),
        ("stock that counts nowhere, for want of sales there", _strange(held, known | _used_elsewhere(dataset, known))),
        ("open orders that count nowhere, for want of sales there", _strange(orders[placed], known)),
    )
    return [f"{words} before {as_of} ({len(names):,}): {_some(names)}" for words, names in found if names]


def _used_elsewhere(dataset: Dataset, known: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return what has no sales of its own and still counts: components of kits, and stock that is moved from there."""
    supply, components = dataset.table("supply"), missing_components(dataset.table("kits"), _frame(known))
    moves = supply[supply["mode"] == TRANSFER]
    sources = {(sku, place) for sku, place in moves[["sku", "supplier"]].itertuples(index=False)}
    everywhere = {place for sku, place in sources if sku == "*"}
    held = _keys(dataset.table("stock"))
    return _keys(components) | sources | {(sku, place) for sku, place in held if place in everywhere}


def _frame(keys: set[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(sorted(keys), columns=KEYS)


def _keys(table: pd.DataFrame) -> set[tuple[str, str]]:
    return set(table[KEYS].drop_duplicates().itertuples(index=False, name=None))


def _strange(table: pd.DataFrame, known: Iterable[tuple[str, str]]) -> list[str]:
    return sorted(_place(key) for key in _keys(table) - set(known))


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _place(key: tuple[str, str]) -> str:
    return f"{key[0]} at {key[1]}"
