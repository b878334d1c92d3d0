"""Tables of facts as the dataset's reader hands them on, from a few values."""

from datetime import date

import numpy as np
import pandas as pd

from core.frequency import Frequency
from features.block import Work
from features.panel import Panel, build_panel
from features.rows import Rows
from features.specification import specify_features

__all__ = ["daily_panel", "series_rows", "signal_rows", "work_on"]

TEXTS = ("sku", "category", "keyword", "location")
START = pd.Timestamp("2024-01-01")


def signal_rows(name: str, values: dict[int, float], **keys: object) -> pd.DataFrame:
    """Return signals of `name` by day number (0 = 2024-01-01); keys: sku, category, keyword, location, available_on
    (a day number)."""
    table = pd.DataFrame({"date": START + pd.to_timedelta(list(values), unit="D"), "value": list(values.values())})
    table["date"] = table["date"].astype("datetime64[s]")
    for text in TEXTS:
        table[text] = pd.Series([keys.get(text, np.nan)] * len(table), dtype="str")
    day = keys.get("available_on")
    published = pd.NaT if day is None else START + pd.Timedelta(days=float(str(day)))
    table["available_on"] = pd.Series([published] * len(table)).astype("datetime64[s]")
    return table.assign(name=name, known_ahead=bool(keys.get("known_ahead", False))).astype({"name": "str"})


def daily_panel(units: np.ndarray, **more: object) -> Panel:
    """Return the panel of `units` (n, T) from 2024-01-01 on, skus s0, s1, …; more: `signals` (list of tables), `price`,
    `in_stock` (n, T) and further tables."""
    count, periods = units.shape
    dates = pd.date_range(START, periods=periods, unit="s")
    sales = pd.DataFrame(
        {
            "sku": np.repeat([f"s{number}" for number in range(count)], periods),
            "location": "main",
            "date": np.tile(dates, count),
            "units": units.ravel().astype(float),
            "price": np.asarray(more.pop("price", np.full(units.shape, np.nan))).ravel(),
            "in_stock": np.asarray(more.pop("in_stock", np.ones(units.shape))).ravel(),
        }
    ).astype({"sku": "str", "location": "str"})
    tables = {"sales": sales, **more}
    if "signals" in tables:
        tables["signals"] = pd.concat(tables["signals"], ignore_index=True)  # type: ignore[call-overload]
    as_of = (START + pd.Timedelta(days=periods)).date()
    assert isinstance(as_of, date)
    return build_panel(tables, Frequency.DAILY, as_of)  # type: ignore[arg-type]


def series_rows(who: int, origins: list[int], horizon: int = 0) -> Rows:
    """Return one row an origin, of one series."""
    return Rows(
        np.full(len(origins), who, dtype=np.int64),
        np.array(origins, dtype=np.int32),
        np.full(len(origins), horizon, dtype=np.int32),
    )


def work_on(panel: Panel, rows: Rows) -> Work:
    """Return what a block fills from."""
    empty = np.empty((len(rows), 0), dtype=np.float32)
    ones = np.ones(len(rows), dtype=np.float32)
    return Work(panel, specify_features(panel, 1), rows, empty, ones, ones)
