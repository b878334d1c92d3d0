"""Groups of series that are judged apart, because one average hides who pays: by value, variability, rhythm and age."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from features.panel import Panel

__all__ = ["SegmentSettings", "recent_pace", "segment_labels"]

Labels = npt.NDArray[np.str_]

PACE_DAYS = 84
"""Days by which a series is called slow or fast."""


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    """Where the classes begin.

    recent_days: history that the classes look at. a_share, b_share: shares of all value that classes A, and A and B,
    make up. x_variation, y_variation: largest coefficient of variation of four-weekly demand of classes X and Y.
    interval, squared_variation: mean periods between sales and squared variation of sale sizes from which demand is
    intermittent or erratic, both lumpy (Syntetos, Boylan & Croston 2005, J. Oper. Res. Soc. 56: 1.32 and 0.49).
    new_days: age below which a series is new.
    """

    recent_days: int = 364
    a_share: float = 0.8
    b_share: float = 0.95
    x_variation: float = 0.5
    y_variation: float = 1.0
    interval: float = 1.32
    squared_variation: float = 0.49
    new_days: int = 90


def segment_labels(panel: Panel, settings: SegmentSettings | None = None) -> dict[str, Labels]:
    """Return by dimension (n,) the class of each series, from the facts before the panel's end only.

    Dimensions: `value` (A, B, C: by sales in money, by units where a price is unknown), `variability` (X, Y, Z),
    `pattern` (smooth, erratic, intermittent, lumpy, silent), `life` (new, mature), and each group column of the panel
    but the first (all series), such as `category`.
    """
    settings = settings or SegmentSettings()
    days = panel.frequency.period_days
    window = slice(max(panel.periods - settings.recent_days // days, 0), panel.periods)
    seen = panel.history.observed[:, window] > 0
    units = np.where(seen, panel.history.units[:, window].astype(np.float64), 0.0)
    labels = {
        "value": _value(units, panel.history.price[:, window].astype(np.float64), settings),
        "variability": _variability(units, seen, 28 // days, settings),
        "pattern": _pattern(units, seen, settings),
        "life": np.where((panel.periods - panel.history.first) * days < settings.new_days, "new", "mature"),
    }
    for place, name in enumerate(panel.group_names[1:], start=1):
        shown = name if name not in labels else f"{name} (column)"
        labels[shown] = np.asarray(panel.group_labels[place], dtype=np.str_)[panel.groups[place]]
    return labels


def recent_pace(panel: Panel) -> FloatArray:
    """Return (n,) units a period in stock over the last twelve weeks before the panel's end; 0 where never in stock."""
    window = slice(max(panel.periods - PACE_DAYS // panel.frequency.period_days, 0), panel.periods)
    seen = panel.history.observed[:, window] > 0
    units = np.where(seen, panel.history.units[:, window], 0.0).sum(axis=1, dtype=np.float64)
    return np.asarray(units / np.maximum(seen.sum(axis=1), 1))


def _value(units: FloatArray, price: FloatArray, settings: SegmentSettings) -> Labels:
    money = (units * price).sum(axis=1)
    worth = money if np.isfinite(money).all() else units.sum(axis=1)
    order = np.argsort(-worth, kind="stable")
    before = np.r_[0.0, np.cumsum(worth[order])[:-1]] / max(float(worth.sum()), 1e-300)
    labels = np.empty(len(worth), dtype="<U1")
    labels[order] = np.where(before < settings.a_share, "A", np.where(before < settings.b_share, "B", "C"))
    labels[worth <= 0] = "C"
    return labels


def _variability(units: FloatArray, seen: npt.NDArray[np.bool_], size: int, settings: SegmentSettings) -> Labels:
    """Class the variation of the mean demand of whole blocks of `size` periods, counted back from the end."""
    blocks = max(units.shape[1] // size, 1)
    size = min(size, units.shape[1])
    shape = (len(units), blocks, size)
    rows = seen[:, -blocks * size :].reshape(shape).sum(axis=2)
    mean = units[:, -blocks * size :].reshape(shape).sum(axis=2) / np.maximum(rows, 1)
    known = rows > 0
    count = np.maximum(known.sum(axis=1), 1)
    centre = np.where(known, mean, 0).sum(axis=1) / count
    spread = np.sqrt((np.where(known, mean - centre[:, None], 0) ** 2).sum(axis=1) / count)
    variation = np.where(centre > 0, spread / np.maximum(centre, 1e-12), np.inf)
    return np.where(variation < settings.x_variation, "X", np.where(variation < settings.y_variation, "Y", "Z"))


def _pattern(units: FloatArray, seen: npt.NDArray[np.bool_], settings: SegmentSettings) -> Labels:
    sales = (units > 0).sum(axis=1)
    interval = seen.sum(axis=1) / np.maximum(sales, 1)
    mean = units.sum(axis=1) / np.maximum(sales, 1)
    square = (np.where(units > 0, units - mean[:, None], 0) ** 2).sum(axis=1) / np.maximum(sales, 1)
    variation = square / np.maximum(mean, 1e-12) ** 2
    sparse, wild = interval >= settings.interval, variation >= settings.squared_variation
    label = np.where(sparse, np.where(wild, "lumpy", "intermittent"), np.where(wild, "erratic", "smooth"))
    return np.where(sales == 0, "silent", label)
