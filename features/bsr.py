"""What a best-seller rank says about demand: log units = a - b log rank, by category, from the past only.

A rank falls with sales by a power law (for books b is .855 to .91; no modern panel of many categories is public), so
"so many per cent for a thousand places" holds near one rank only (E08). The slope of a category is shrunk to that of
all categories together, and that one to PRIOR_SLOPE.
"""

from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from features.signal_rows import signal_windows
from features.signals import SignalLayer

if TYPE_CHECKING:
    from features.block import Work
    from features.panel import Panel

__all__ = ["PRIOR_SLOPE", "PRIOR_STRENGTH", "implied_units", "rank_lines"]

PRIOR_SLOPE = 0.87
"""Exponent of the published power law."""

PRIOR_STRENGTH = 20.0
"""Squared log-ranks about their mean that the prior is worth; the observations of a category add theirs."""

Sums = npt.NDArray[np.float64]


def implied_units(work: "Work", last: npt.NDArray[np.float32]) -> npt.NDArray[np.floating]:
    """Return (R,) log of the units a period that each row's newest rank stands for ÷ its scale; NaN without a rank.

    last: (R,) asinh of the newest rank known at the row's origin.
    """
    layer = next((item for item in work.panel.signals if item.name == "bsr"), None)
    if layer is None:
        return np.full(len(work.rows), np.nan)
    panel, codes = work.panel, _categories(work.panel)
    week = signal_windows(panel.frequency).short
    level, slope = rank_lines(layer, panel.history.units, panel.history.observed, codes, week)
    category, origin = codes[work.rows.who], work.rows.origin
    rank = np.maximum(np.sinh(last.astype(np.float64)), 1.0)
    return level[category, origin] - slope[category, origin] * np.log(rank) - np.log(work.scale)


def _categories(panel: "Panel") -> npt.NDArray[np.int32]:
    names = panel.group_names
    return panel.groups[names.index("category") if "category" in names else 0]


def rank_lines(
    layer: SignalLayer,
    units: npt.NDArray[np.float32],
    observed: npt.NDArray[np.float32],
    categories: npt.NDArray[np.int32],
    week: int,
) -> tuple[Sums, Sums]:
    """Return a and b (C, T + 1) of each category as known at each origin; a is NaN where nothing was seen yet.

    units, observed: (n, T); categories: (n,) code of each series; week: periods of a week.
    b = (S + k b₀) ÷ (X + k) with S = -Σ(x - x̄)(y - ȳ), X = Σ(x - x̄)², x = log rank, y = log of the week's mean units,
    k = PRIOR_STRENGTH and b₀ the slope of all categories together. Weeks without a sale have no logarithm: left out.
    """
    count, periods = int(categories.max(initial=0)) + 1, units.shape[1]
    sums = np.zeros((5, count, periods + 1))
    _collect(
        layer.index, layer.starts, layer.known_from, layer.period, layer.change, layer.weight, units, observed,
        categories, week, sums,
    )  # fmt: skip
    np.cumsum(sums, axis=2, out=sums)
    seen, rank, sold, square, product = sums
    often = np.maximum(seen, 1.0)
    spread = square - rank * rank / often
    fall = rank * sold / often - product
    pooled = (fall.sum(axis=0) + PRIOR_STRENGTH * PRIOR_SLOPE) / (spread.sum(axis=0) + PRIOR_STRENGTH)
    slope = (fall + PRIOR_STRENGTH * pooled) / (spread + PRIOR_STRENGTH)
    level = np.where(seen > 0, (sold + slope * rank) / often, np.nan)
    return level, slope


@numba.njit(cache=True)
def _collect(
    index: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    known_from: npt.NDArray[np.int32],
    period: npt.NDArray[np.int32],
    change: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    units: npt.NDArray[np.float32],
    observed: npt.NDArray[np.float32],
    categories: npt.NDArray[np.int32],
    week: int,
    sums: Sums,
) -> None:
    """Add the moments of (log rank, log units) of each told period with sales at the origin that first knows both.

    Only first versions of a rank count: a later correction would tell of the past what was not known then.
    """
    for series in range(len(index)):
        key = index[series]
        if key < 0:
            continue
        for event in range(starts[key], starts[key + 1]):
            time = period[event]
            sold, days = 0.0, 0.0
            for day in range(max(time - week + 1, 0), time + 1):
                sold += units[series, day] * observed[series, day]
                days += observed[series, day]
            if weight[event] <= 0 or sold <= 0:
                continue
            x = np.log(max(change[event] / weight[event], 1.0))
            y = np.log(sold / days)
            place, origin = categories[series], max(known_from[event], time + 1)
            if origin < sums.shape[2]:
                sums[0, place, origin] += 1.0
                sums[1, place, origin] += x
                sums[2, place, origin] += y
                sums[3, place, origin] += x * x
                sums[4, place, origin] += x * y
