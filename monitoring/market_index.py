"""Indices that others publish: of a market or category, and the marketplace's own index of inventory (M17, M42).

They come as signals: `market_index` by category (or by none: the whole market), monthly, weekly or daily, and
`inventory_index` by none. Only what was published by the day counts, of each period what was published last.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from monitoring.fact import Fact, Scope
from monitoring.season import category_of
from monitoring.view import View

__all__ = [
    "FACTS",
    "INVENTORY_INDEX",
    "MARKET_INDEX",
    "category_index_facts",
    "index_change",
    "inventory_index",
    "series_index_change",
]

MARKET_INDEX, INVENTORY_INDEX = "market_index", "inventory_index"
WINDOW_DAYS = 35
"""Newest values within it are held against those of the same length before: long enough for a monthly index."""
STALE_DAYS = 120
"""Days after which an index of inventory says nothing of today."""

FACTS = (
    Fact(
        "market_index_change",
        "share",
        "index of the category's market (else of the whole market), last 35 days over the 35 before, less 1",
        Scope.CATEGORY,
    ),
    Fact(
        "category_share_change",
        "share",
        "own sales of the category over its market index, last month against the month before, less 1",
        Scope.CATEGORY,
    ),
)


def category_index_facts(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """Return the facts of categories (`category`, `category_decline_30d`, …) with the columns of FACTS."""
    change = index_change(view, table["category"].to_numpy())
    own = 1 - table["category_decline_30d"].to_numpy(dtype=np.float64)
    return table.assign(market_index_change=change, category_share_change=own / (1 + change) - 1)


def index_change(view: View, categories: npt.NDArray[np.object_]) -> FloatArray:
    """Return (n,) change of each category's market index, as a share; NaN where no index tells both windows."""
    rows = _published(view, MARKET_INDEX)
    if rows.empty:
        return np.full(len(categories), np.nan)
    back = (pd.Timestamp(view.as_of) - rows["date"]).dt.days
    window = (back - 1) // WINDOW_DAYS
    means = rows.assign(window=window).groupby(["category", "window"])["value"].mean().unstack("window")
    means = means.reindex(columns=[0, 1])
    change = (means[0] / means[1].where(means[1] > 0) - 1).to_dict()
    whole = change.get("", np.nan)
    found = [change.get(name, np.nan) if isinstance(name, str) else np.nan for name in categories]
    return np.array([whole if np.isnan(value) else value for value in found], dtype=np.float64)


def inventory_index(view: View) -> float:
    """Return the newest index of inventory, in points; NaN where none was published lately."""
    rows = _published(view, INVENTORY_INDEX)
    recent = rows[rows["date"] >= pd.Timestamp(view.as_of) - pd.Timedelta(days=STALE_DAYS)]
    return float(recent["value"].iloc[-1]) if len(recent) else np.nan


def series_index_change(view: View) -> FloatArray:
    """Return (n,) the change of each series' market index."""
    return index_change(view, category_of(view).to_numpy(dtype=object))


def _published(view: View, name: str) -> pd.DataFrame:
    """Return `date, category, value` of what was published by the day, one row a category and date, oldest first."""
    signals = view.tables.get("signals")
    if signals is None or signals.empty:
        return pd.DataFrame({"date": pd.to_datetime([]), "category": [], "value": []})
    rows = signals[(signals["name"] == name) & signals["sku"].isna() & signals["keyword"].isna()]
    known = rows["available_on"].fillna(rows["date"] + pd.Timedelta(days=view.frequency.period_days))
    rows = rows.assign(available_on=known, category=rows["category"].astype("str").fillna(""))
    rows = rows[(known <= pd.Timestamp(view.as_of)) & (rows["date"] < pd.Timestamp(view.as_of))]
    newest = rows.sort_values(["date", "available_on"], kind="stable").drop_duplicates(
        ["category", "date"], keep="last"
    )
    return newest[["date", "category", "value"]].reset_index(drop=True)
