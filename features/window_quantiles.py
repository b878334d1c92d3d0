"""Where most of a series' recent demand lies: median and ninth decile of a month and of a quarter and more."""

from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from core.frequency import Frequency
from features.block import Block, Column, Work

if TYPE_CHECKING:
    from features.specification import FeatureSpecification

__all__ = ["QUANTILE_LEVELS", "WINDOW_QUANTILES", "fill_quantile_rows", "quantile_windows"]

QUANTILE_LEVELS = (0.5, 0.9)

Array = npt.NDArray[np.float32]


def quantile_windows(frequency: Frequency) -> tuple[int, int]:
    """Return the two windows in periods: 28 and 112 days, 8 and 26 weeks."""
    return (28, 112) if frequency is Frequency.DAILY else (8, 26)


def _columns(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return tuple(
        Column(f"quantile_{level}_{window}", f"Quantile {level} of the demand of the last {window} periods.", "level")
        for window in quantile_windows(spec.frequency)
        for level in QUANTILE_LEVELS
    )


def _fill(work: Work, column: int) -> None:
    history, rows = work.panel.history, work.rows
    offsets = np.searchsorted(rows.who, np.arange(len(work.panel.series) + 1))
    for place, window in enumerate(quantile_windows(work.panel.frequency)):
        fill_quantile_rows(
            history.units, history.observed, offsets, rows.origin, window, np.array(QUANTILE_LEVELS), work.scale,
            column + place * len(QUANTILE_LEVELS), work.values,
        )  # fmt: skip


WINDOW_QUANTILES = Block(
    "window_quantiles",
    "Median and ninth decile of recent demand, which one odd order does not move.",
    ("F12", "F20"),
    "sales",
    _columns,
    _fill,
    default=False,
)


@numba.njit(cache=True, error_model="numpy")
def fill_quantile_rows(
    units: Array,
    observed: Array,
    offsets: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    window: int,
    levels: npt.NDArray[np.float64],
    scale: Array,
    column: int,
    out: Array,
) -> None:
    """Write a column a level from `column` on; only periods before a row's origin are read.

    units, observed: (n, T). Rows offsets[i] … offsets[i+1]-1 belong to series i, in any order of origins. The window's
    observed demand is kept sorted while time runs on, so a row costs the same whatever the window; the quantile is
    interpolated between order statistics (Hyndman and Fan's type 7). NaN where nothing was observed.
    """
    count, periods = units.shape
    ordered = np.empty(window, dtype=np.float32)
    found = np.empty((periods + 1, len(levels)), dtype=np.float32)
    for who in range(count):
        first, last = offsets[who], offsets[who + 1]
        if first == last:
            continue
        until = origins[first:last].max()
        filled = 0
        found[0] = np.nan
        for time in range(until):
            gone = time - window
            if gone >= 0 and observed[who, gone] > 0:
                filled = _remove(ordered, filled, units[who, gone])
            if observed[who, time] > 0:
                filled = _insert(ordered, filled, units[who, time])
            for place in range(len(levels)):
                found[time + 1, place] = _quantile(ordered, filled, levels[place])
        for row in range(first, last):
            for place in range(len(levels)):
                out[row, column + place] = found[origins[row], place] / scale[row]


@numba.njit(cache=True, error_model="numpy")
def _insert(ordered: Array, filled: int, value: float) -> int:
    place = filled
    while place > 0 and ordered[place - 1] > value:
        ordered[place] = ordered[place - 1]
        place -= 1
    ordered[place] = value
    return filled + 1


@numba.njit(cache=True, error_model="numpy")
def _remove(ordered: Array, filled: int, value: float) -> int:
    for place in range(np.searchsorted(ordered[:filled], np.float32(value)), filled - 1):
        ordered[place] = ordered[place + 1]
    return filled - 1


@numba.njit(cache=True, error_model="numpy")
def _quantile(ordered: Array, filled: int, level: float) -> float:
    if filled == 0:
        return np.nan
    place = level * (filled - 1)
    below = int(place)
    above = min(below + 1, filled - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
