"""The newest values of a signal as they were known at `as_of`, one row a series (or a key), one column a period."""

import numpy as np
import pandas as pd

from core.types import FloatArray
from features.signals import SignalLayer
from monitoring.view import View

__all__ = ["keyword_window", "latest", "mean_of", "window_of"]


def window_of(view: View, name: str, periods: int) -> FloatArray | None:
    """Return (n, periods) values of the signal `name`, the last column being the newest period; None where the dataset
    has no such signal. NaN where nothing was known by `as_of`.
    """
    layer = next((item for item in view.panel.signals if item.name == name), None)
    return None if layer is None else _dense(layer, view.panel.periods, periods)


def _dense(layer: SignalLayer, now: int, periods: int) -> FloatArray:
    keys = len(layer.starts) - 1
    key = np.repeat(np.arange(keys), np.diff(layer.starts))
    used = (layer.known_from <= now) & (layer.period >= now - periods) & (layer.period < now)
    cell = key[used] * periods + (layer.period[used] - (now - periods))
    size = keys * periods
    top = np.bincount(cell, weights=layer.change[used], minlength=size)
    bottom = np.bincount(cell, weights=layer.weight[used], minlength=size)
    value = np.divide(top, bottom, out=np.full(size, np.nan), where=bottom > 0).reshape(keys, periods)
    rows = np.vstack([value, np.full((1, periods), np.nan)])
    return rows[layer.index]


def keyword_window(view: View, name: str, days: int) -> tuple[pd.Index, FloatArray]:
    """Return the keywords of a signal and their (K, days) newest daily values known at `as_of`."""
    signals = view.tables.get("signals")
    if signals is None or signals.empty:
        return pd.Index([]), np.empty((0, days))
    rows = signals[(signals["name"] == name) & signals["keyword"].notna()]
    after = rows["date"] + pd.Timedelta(days=view.frequency.period_days)
    known = rows["available_on"].fillna(after).to_numpy().astype("datetime64[D]") <= view.today
    place = days - (view.today - rows["date"].to_numpy().astype("datetime64[D]")).astype(np.int64)
    inside = known & (place >= 0) & (place < days)
    code, names = pd.factorize(rows["keyword"][inside], sort=True)
    value = np.full((len(names), days), np.nan)
    value[code, place[inside]] = rows["value"].to_numpy(dtype=np.float64)[inside]
    return pd.Index(names), value


def mean_of(values: FloatArray, newest: int, oldest: int) -> FloatArray:
    """Return the mean over the columns `newest` … `oldest` periods back; NaN with less than an eighth of them known.

    An eighth, for what is told once a week: four of 28 days.
    """
    part = values[:, max(values.shape[1] - oldest, 0) : values.shape[1] - newest]
    known = np.isfinite(part)
    seen = known.sum(axis=1)
    total = np.where(known, part, 0.0).sum(axis=1)
    return np.divide(total, seen, out=np.full(len(part), np.nan), where=seen * 8 >= max(oldest - newest, 1))


def latest(values: FloatArray, within: int) -> FloatArray:
    """Return the newest known value of the last `within` columns; NaN where there is none."""
    part = values[:, -within:]
    known = np.isfinite(part)
    place = part.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.where(known.any(axis=1), part[np.arange(len(part)), place], np.nan)
