"""A synthetic panel of the shape of M5, built as dense arrays: intermittent daily counts, prices, events and groups."""

from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from features.calendar import build_events
from features.covariates import KnownAhead
from features.history import History
from features.panel import SPARE_PERIODS, Panel, build_panel

__all__ = ["synthetic_panel", "synthetic_units"]

START = np.datetime64("2011-01-29", "D")
GROUPS = {"category": 3, "department": 7, "store": 10}


def synthetic_units(series: int, days: int, seed: int) -> npt.NDArray[np.float32]:
    """Return (n, T) counts: lognormal levels, weekday and yearly season, gamma-Poisson; a third begin later."""
    draw = np.random.default_rng(seed)
    weekday = np.array([1.3, 1.2, 0.9, 0.85, 0.85, 0.9, 1.05])[np.arange(days) % 7]
    season = 1 + 0.25 * np.sin(2 * np.pi * np.arange(days) / 365.25)
    units = np.empty((series, days), dtype=np.float32)
    for first in range(0, series, 1000):
        count = min(1000, series - first)
        level = np.exp(draw.normal(-0.4, 1.1, count))[:, None]
        daily = level * weekday * season * draw.gamma(1.5, 1 / 1.5, (count, days))
        units[first : first + count] = draw.poisson(daily)
        late = np.where(draw.random(count) < 0.33, draw.integers(0, days // 2, count), 0)
        units[first : first + count][np.arange(days) < late[:, None]] = 0
    return units


def synthetic_panel(units: npt.NDArray[np.float32]) -> Panel:
    """Return the panel of these units, always in stock from each series' first sale on.

    Everything that does not grow with time comes from the shipped panel of the first day.
    """
    count, days = units.shape
    first = np.argmax(units > 0, axis=1).astype(np.int32)
    observed = (np.arange(days) >= first[:, None]).astype(np.float32)
    draw = np.random.default_rng(count)
    price = np.repeat(np.exp(draw.normal(1.2, 0.6, (count, 1))).astype(np.float32), days, axis=1)
    price *= np.where(np.arange(days) % 90 < 7, np.float32(0.8), np.float32(1.0))
    base = build_panel(_first_day(count, draw), Frequency.DAILY, (START + 1).astype(object))
    span = days + SPARE_PERIODS
    dates = pd.Series(START + np.arange(15, span, 30)).astype("datetime64[s]")
    events = pd.DataFrame({"date": dates, "name": "event", "kind": "deal", "location": pd.Series(np.nan, dtype="str")})
    longer: dict[str, object] = {
        "history": History(units, observed, observed, price, first, days - 1, True),
        "known": KnownAhead((), np.empty((0, count, span), dtype=np.float32), None),
        "events": build_events(base.series, events, Frequency.DAILY, START, span),
        "launched": first,
    }
    there = {field.name for field in fields(Panel)}
    return replace(base, **{name: value for name, value in longer.items() if name in there})


def _first_day(count: int, draw: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return sales of one day, and products with three groupings of M5's sizes."""
    skus = pd.Series([f"s{place:05d}" for place in range(count)], dtype="str")
    sales = pd.DataFrame({"sku": skus, "location": "main", "date": pd.Timestamp(START), "units": 1.0, "price": 1.0})
    products = pd.DataFrame({"sku": skus})
    for name, size in GROUPS.items():
        products[name] = pd.Series([f"{name} {code}" for code in draw.integers(0, size, count)], dtype="str")
    return {"sales": sales.assign(in_stock=1.0).astype({"date": "datetime64[s]"}), "products": products}
