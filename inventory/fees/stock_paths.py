"""From a dataset's tables to stock paths: what lies where, since when, what comes and what will be sold."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import FloatArray
from inventory.fees.lots import FifoLots, Lot
from inventory.fees.projection import StockPath

__all__ = ["PAST_DAYS", "StockFacts", "daily_spread", "daily_units", "in_year", "stock_paths"]

PAST_DAYS = 91
RATE_DAYS = 28
PLACES = 6
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StockFacts:
    """The tables that stock paths are made of, as `inventory.dataset.Dataset` holds them.

    forecast: `sku, location, date, mean` (None: the mean of the last 28 days goes on).
    """

    sales: pd.DataFrame
    stock: pd.DataFrame
    receipts: pd.DataFrame
    open_orders: pd.DataFrame
    frequency: Frequency
    forecast: pd.DataFrame | None = None


def stock_paths(facts: StockFacts, as_of: date, days: int) -> dict[Key, StockPath]:
    """Return the stock path of each sku and location that has a stock row before or on `as_of`, over `days` days.

    On hand counts whole, reserved and unsellable units too: they lie there and pay. Units are of the newest receipts,
    for the oldest are sold first; what no receipt explains is of unknown age. The stock of past days is worked back
    from today's by what was sold and received since. Units of a week are spread evenly over its days.
    """
    on_hand = _newest(facts.stock, as_of)
    past = _daily(
        facts.sales, "date", "units", as_of - timedelta(days=PAST_DAYS), PAST_DAYS, facts.frequency.period_days
    )
    came = _daily(facts.receipts, "received_on", "quantity", as_of - timedelta(days=PAST_DAYS), PAST_DAYS, 1)
    future = _future(facts, past, as_of, days)
    lots = _lots(facts.receipts, as_of)
    arrivals = _arrivals(facts.open_orders, as_of)
    nothing, still = np.zeros(PAST_DAYS), np.zeros(days)
    found = {}
    for key, units in on_hand.items():
        sold = past.get(key, nothing)
        later = np.concatenate([np.cumsum((sold - came.get(key, nothing))[::-1])[::-1][1:], [0.0]])
        found[key] = StockPath(
            start=as_of,
            lots=FifoLots.of_receipts(_exact(units), lots.get(key, [])).lots,
            demand=[_exact(value) for value in future.get(key, still).tolist()],
            arrivals=arrivals.get(key, {}),
            past_stock=[_exact(value) for value in np.maximum(units + later, 0.0).tolist()],
            past_shipped=[_exact(value) for value in sold.tolist()],
        )
    return found


def daily_units(facts: StockFacts, as_of: date) -> dict[Key, float]:
    """Return the mean units sold a day over the last 28 days before `as_of`, by sku and location."""
    past = _daily(
        facts.sales, "date", "units", as_of - timedelta(days=RATE_DAYS), RATE_DAYS, facts.frequency.period_days
    )
    return {key: float(units.mean()) for key, units in past.items()}


def daily_spread(facts: StockFacts, as_of: date) -> dict[Key, float]:
    """Return the standard deviation of the units sold a day over the 91 days before `as_of`, by sku and location.

    Weekly totals are taken apart as sums of independent days: √7 times what a seventh of each would show.
    """
    spread = facts.frequency.period_days
    past = _daily(facts.sales, "date", "units", as_of - timedelta(days=PAST_DAYS), PAST_DAYS, spread)
    return {key: float(units.std(ddof=1)) * spread**0.5 for key, units in past.items()}


def in_year(path: StockPath, year: int) -> StockPath:
    """Return the path moved by whole years so that it starts in `year`: an old stock at other rates, season kept."""
    shift = year - path.start.year
    return replace(
        path,
        start=_moved(path.start, shift),
        lots=tuple(replace(lot, received_on=_moved_lot(lot, path.start, shift)) for lot in path.lots),
        arrivals={_moved(path.start, shift) + (day - path.start): units for day, units in path.arrivals.items()},
    )


def _moved(day: date, years: int) -> date:
    return (
        day.replace(year=day.year + years, day=28)
        if (day.month, day.day) == (2, 29)
        else day.replace(year=day.year + years)
    )


def _moved_lot(lot: Lot, start: date, years: int) -> date | None:
    # The age in days stays what it was: a leap year must not make units older.
    return None if lot.received_on is None else _moved(start, years) - (start - lot.received_on)


@lru_cache(maxsize=100_000)  # the same few amounts come again and again
def _exact(value: float) -> Decimal:
    return Decimal(repr(round(float(value), PLACES)))


def _newest(stock: pd.DataFrame, as_of: date) -> dict[Key, float]:
    known = stock[stock["date"] <= pd.Timestamp(as_of)].sort_values("date", kind="stable")
    newest = known.drop_duplicates(["sku", "location"], keep="last").sort_values(["sku", "location"])
    return {(str(row.sku), str(row.location)): float(row.on_hand) for row in newest.itertuples()}


def _daily(table: pd.DataFrame, when: str, what: str, first: date, days: int, spread: int) -> dict[Key, FloatArray]:
    """Return (days,) units a day from `first` on by sku and location; a row's units are spread over `spread` days."""
    found: dict[Key, FloatArray] = {}
    start = (table[when].to_numpy(dtype="datetime64[D]") - np.datetime64(first, "D")).astype(np.int64)
    near = np.flatnonzero((start + spread > 0) & (start < days))
    rows = table.iloc[near]
    for key, own in rows.groupby(["sku", "location"], sort=True).indices.items():
        begin: npt.NDArray[np.int64] = start[near[own]]
        units = rows[what].to_numpy(dtype=np.float64)[own] / spread
        line = np.zeros(days + 2 * spread)
        for offset in range(spread):
            np.add.at(line, begin + offset + spread, units)
        found[str(key[0]), str(key[1])] = line[spread : spread + days]
    return found


def _future(facts: StockFacts, past: Mapping[Key, FloatArray], as_of: date, days: int) -> dict[Key, FloatArray]:
    if facts.forecast is not None:
        return _daily(facts.forecast, "date", "mean", as_of, days, facts.frequency.period_days)
    return {key: np.full(days, units[-RATE_DAYS:].mean()) for key, units in past.items()}


def _lots(receipts: pd.DataFrame, as_of: date) -> dict[Key, list[Lot]]:
    known = receipts[receipts["received_on"] < pd.Timestamp(as_of)]
    found: dict[Key, list[Lot]] = {}
    for row in known.itertuples():
        lot = Lot(row.received_on.date(), _exact(row.quantity))
        found.setdefault((str(row.sku), str(row.location)), []).append(lot)
    return found


def _arrivals(orders: pd.DataFrame, as_of: date) -> dict[Key, dict[date, Decimal]]:
    known = orders[orders["placed_on"].isna() | (orders["placed_on"] < pd.Timestamp(as_of))]
    found: dict[Key, dict[date, Decimal]] = {}
    for row in known.itertuples():
        days = found.setdefault((str(row.sku), str(row.location)), {})
        day = max(row.expected_on.date(), as_of)
        days[day] = days.get(day, Decimal(0)) + _exact(row.quantity)
    return found
