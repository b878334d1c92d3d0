"""What the tables know of and no forecast or plan will: told, so that nothing is left out in silence."""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from inventory.dataset import Dataset

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
    unsold = set(dataset.table("products")["sku"]) - sold - {sku for sku, _ in _keys(sales)}
    placed = orders["placed_on"].isna() | (orders["placed_on"] < day)
    held = stock[(stock["date"] <= day) & (stock["on_hand"] > 0)]
    found = (
        ("neither forecast nor planned, for want of sales", sorted(later | unsold)),
        ("stock that counts nowhere, for want of sales there", _strange(held, known)),
        ("open orders that count nowhere, for want of sales there", _strange(orders[placed], known)),
    )
    return [f"{words} before {as_of} ({len(names):,}): {_some(names)}" for words, names in found if names]


def _keys(table: pd.DataFrame) -> set[tuple[str, str]]:
    return set(table[KEYS].drop_duplicates().itertuples(index=False, name=None))


def _strange(table: pd.DataFrame, known: Iterable[tuple[str, str]]) -> list[str]:
    return sorted(_place(key) for key in _keys(table) - set(known))


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _place(key: tuple[str, str]) -> str:
    return f"{key[0]} at {key[1]}"
