"""What monitoring looks at: one dataset as of one day, aligned to its series; nothing dated later is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import DemandForecast, FloatArray
from features.launch import UNKNOWN
from features.panel import Panel
from inventory.schema import TABLES, empty_frame

__all__ = ["Feeds", "View", "daily_mean", "dated_before", "row_of"]

DATED_BY = {
    "sales": "date",
    "stock": "date",
    "open_orders": "placed_on",
    "receipts": "received_on",
    "returns": "date",
}
"""The column of a table from which on a row is known."""


@dataclass(frozen=True, slots=True)
class Feeds:
    """What the machinery says of itself, each None where nobody told.

    model_drift: `stable`, `watch`, `drifted`. forecast_bias: mean forecast ÷ mean actual − 1 of the newest judged
    forecasts; forecast_wape: their weighted absolute error, over `judged_days` days. issued: an earlier forecast, to
    hold against what has happened since.
    """

    model_drift: str | None = None
    forecast_bias: float | None = None
    forecast_wape: float | None = None
    judged_days: int = 0
    issued: DemandForecast | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A dataset as of one day, aligned to n series.

    panel: history of the n series and what is known of them, cut at `as_of`. terms: (n) rows of
    `inventory.supply.supply_terms`; ways: all ways to buy, `supply_ways`. on_hand: (n,) sellable units, NaN where no
    row of stock is known. inbound: (n, H) open orders by period. forecast: of the n series, with paths, or None.
    tables: the dataset's. share_lost: of unmet demand. feeds: what the machinery says of itself.
    """

    panel: Panel
    terms: pd.DataFrame
    on_hand: FloatArray
    inbound: FloatArray
    tables: Mapping[str, pd.DataFrame]
    forecast: DemandForecast | None = None
    ways: pd.DataFrame | None = None
    review_days: int = 7
    cycle_service_level: float = 0.95
    share_lost: float = 1.0
    volume_capacity: float = 0.0
    feeds: Feeds = field(default_factory=Feeds)

    @property
    def series(self) -> pd.DataFrame:
        """The n series, `sku, location`."""
        return self.panel.series

    @property
    def as_of(self) -> date:
        """First day not yet observed."""
        return self.panel.as_of

    @property
    def today(self) -> np.datetime64:
        """The same as a numpy day."""
        return np.datetime64(self.as_of, "D")

    @property
    def frequency(self) -> Frequency:
        """Length of a period."""
        return self.panel.frequency

    @property
    def age_days(self) -> FloatArray:
        """(n,) days since launch or first sale; infinite where the records began later than that."""
        launched = self.panel.launched.astype(np.float64)
        days = (self.panel.periods - launched) * self.frequency.period_days
        return np.where(self.panel.launched > UNKNOWN, np.maximum(days, 0.0), np.inf)

    def table(self, name: str) -> pd.DataFrame:
        """Return the rows of a table that are known before `as_of`; empty where the dataset has none."""
        found = self.tables.get(name)
        if found is None:
            return empty_frame(TABLES[name])
        return dated_before(found, DATED_BY[name], self.as_of, name == "stock") if name in DATED_BY else found


def dated_before(table: pd.DataFrame, column: str, as_of: date, same_day: bool = False) -> pd.DataFrame:
    """Return the rows dated before `as_of` (or on it, for what is stated at the start of its day) or without a date."""
    day = pd.to_datetime(table[column])
    limit = pd.Timestamp(as_of) + pd.Timedelta(days=int(same_day))
    return table[(day.isna() | (day < limit)).to_numpy()]


def row_of(table: pd.DataFrame, series: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the row of `series` that each row of `table` (sku, location) belongs to, -1 where there is none."""
    keys = pd.MultiIndex.from_frame(series[["sku", "location"]])
    return np.asarray(keys.get_indexer(pd.MultiIndex.from_frame(table[["sku", "location"]])), dtype=np.int64)


def daily_mean(view: View, newest: int, oldest: int) -> FloatArray:
    """Return (n,) mean units a day over the days `newest` … `oldest` before `as_of` on which the item could be bought.

    NaN where less than a quarter of the window was observed. `newest` 0 is the last day observed.
    """
    days = view.frequency.period_days
    end = view.panel.periods - newest // days
    start = max(view.panel.periods - -(-oldest // days), 0)
    if end <= start:
        return np.full(len(view.series), np.nan)
    history = view.panel.history
    weight = history.observed[:, start:end].astype(np.float64)
    seen = weight.sum(axis=1)
    sold = (history.units[:, start:end] * weight).sum(axis=1)
    wanted = -(-(oldest - newest) // days)
    return np.divide(sold, seen * days, out=np.full(len(sold), np.nan), where=seen >= 0.25 * wanted)
