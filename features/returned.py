"""The share of units that come back, and how it stands beside that of the category (F25)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from features.block import Block, Column, Work
from features.level import levels_before
from features.signal_rows import STATISTICS, signal_windows, statistics_at
from features.signals import SignalLayer, build_layer

if TYPE_CHECKING:
    from features.panel import Panel
    from features.specification import FeatureSpecification

__all__ = ["RETURNS", "build_returns"]

PRIOR_UNITS = 20.0
"""Units sold at the category's rate that a series' own rate is blended with: three sales say little."""


def build_returns(
    series: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    frequency: Frequency,
    start: np.datetime64,
    periods: int,
) -> SignalLayer | None:
    """Return the units that came back, by series and period, each known from the next period on; None without any."""
    returns = tables.get("returns")
    if returns is None or returns.empty:
        return None
    keys = pd.MultiIndex.from_frame(series[["sku", "location"]])
    who = keys.get_indexer(pd.MultiIndex.from_frame(returns[["sku", "location"]]))
    period = frequency.index(returns["date"].to_numpy(), start)
    inside = (who >= 0) & (period >= 0) & (period < periods)
    cells = pd.DataFrame({"who": who, "period": period, "units": returns["units"].to_numpy(dtype=np.float64)})[inside]
    cells = cells.groupby(["who", "period"], as_index=False)["units"].sum()
    if cells.empty:
        return None
    ones = np.ones(len(cells))
    place = cells["period"].to_numpy()
    return build_layer(
        "returns", np.arange(len(series)), cells["who"].to_numpy(), np.full(len(cells), ""), place, place + 1,
        cells["units"].to_numpy(), ones, ones,
    )  # fmt: skip


def _columns(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (
        Column("return_rate", "Units returned ÷ units sold of a quarter, blended with the category's rate.", "share"),
        Column("return_rate_gap", "That rate less the category's.", "share"),
    )


def _fill(work: Work, column: int) -> None:
    panel, rows = work.panel, work.rows
    if panel.returns is None:
        work.values[:, column : column + 2] = np.nan
        return
    windows = signal_windows(panel.frequency)
    found = statistics_at(panel.returns, rows, work.order, panel.history.units, windows)
    returned = np.nan_to_num(found[:, STATISTICS.index("total")].astype(np.float64))
    length = np.minimum(rows.origin, windows.quarter)
    sold = np.nan_to_num(levels_before(panel.history, rows, windows.quarter)) * length
    usual = _category_rates(panel, windows.quarter)[_categories(panel)[rows.who], rows.origin]
    rate = (returned + PRIOR_UNITS * usual) / (sold + PRIOR_UNITS)
    work.values[:, column] = rate
    work.values[:, column + 1] = rate - usual


def _categories(panel: "Panel") -> npt.NDArray[np.int32]:
    names = panel.group_names
    return panel.groups[names.index("category") if "category" in names else 0]


def _category_rates(panel: "Panel", quarter: int) -> npt.NDArray[np.float64]:
    """Return (C, T + 1) units returned ÷ units sold of each category over the quarter before each origin; 0 unsold."""
    layer, codes = panel.returns, _categories(panel)
    assert layer is not None
    shape = (int(codes.max(initial=0)) + 1, panel.periods + 1)
    back, sold = np.zeros(shape), np.zeros(shape)
    key_series = np.full(len(layer.starts) - 1, -1)
    key_series[layer.index[layer.index >= 0]] = np.flatnonzero(layer.index >= 0)
    owner = np.repeat(key_series, np.diff(layer.starts))
    early = layer.known_from <= panel.periods
    np.add.at(back, (codes[owner[early]], layer.known_from[early]), layer.change[early])
    for code in range(shape[0]):
        sold[code, 1:] = panel.history.units[codes == code].sum(axis=0, dtype=np.float64)
    back, sold = (np.cumsum(facts, axis=1) for facts in (back, sold))
    then = np.maximum(np.arange(shape[1]) - quarter, 0)
    returned, units = back - back[:, then], sold - sold[:, then]
    return returned / np.maximum(units, 1.0)


def _missing(panel: "Panel") -> str:
    return "" if panel.returns is not None else "no returns are told"


RETURNS = Block(
    "returns",
    "Share of units that come back, beside that of the category.",
    ("F25", "F33"),
    "returns; products.category",
    _columns,
    _fill,
    _missing,
)
