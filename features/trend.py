"""Where a series is heading: slope of a quarter, its change, velocity, streaks of growth, recovery."""

from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from core.frequency import Frequency
from features.block import Block, Column, Work

if TYPE_CHECKING:
    from features.specification import FeatureSpecification

__all__ = ["TREND", "TrendWindows", "fill_trend_rows", "trend_windows"]

STREAK_GROWTH = 1.2
"""Ratio of a period's week to the week before from which on it counts as growth (O29: at least 20 %)."""

LONGEST_STREAK = 28
FARTHEST_STOCK_OUT = 60
"""Periods after which an old stock-out is no nearer than none."""

TrendWindows = tuple[int, int, int]


def trend_windows(frequency: Frequency) -> TrendWindows:
    """Return a quarter (90 days), a month (30 days) and a week in periods."""
    return (90, 30, 7) if frequency is Frequency.DAILY else (13, 4, 1)


def _columns(spec: "FeatureSpecification") -> tuple[Column, ...]:
    quarter, month, week = trend_windows(spec.frequency)
    return (
        Column("slope", f"Slope of the least-squares line of {quarter} periods, over the whole quarter.", "level"),
        Column("acceleration", "Slope of the newer half of the quarter less that of the older half.", "level"),
        Column("velocity", f"Mean demand of {week} periods ÷ that of {month}.", "ratio"),
        Column("growth_streak", "Newest periods in a row whose week was 20 % above the week before.", "periods"),
        Column("since_stock_out", "Periods since the last one that was not wholly in stock.", "periods"),
        Column("recovery", "Mean demand since that stock-out ÷ that of the month before it.", "ratio"),
    )


def _fill(work: Work, column: int) -> None:
    history, rows = work.panel.history, work.rows
    offsets = np.searchsorted(rows.who, np.arange(len(work.panel.series) + 1))
    quarter, month, week = trend_windows(work.panel.frequency)
    fill_trend_rows(
        history.units, history.observed, history.in_stock, history.first, offsets, rows.origin, quarter, month, week,
        work.scale, column, work.values,
    )  # fmt: skip


TREND = Block(
    "trend",
    "Slope of a quarter and its change, velocity of a week against a month, streaks of growth, recovery.",
    ("F22", "F34", "O29", "F20", "E14"),
    "sales",
    _columns,
    _fill,
    default=False,
)

Array = npt.NDArray[np.float32]
Sums = npt.NDArray[np.float64]


@numba.njit(cache=True)
def fill_trend_rows(
    units: Array,
    observed: Array,
    in_stock: Array,
    first: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    quarter: int,
    month: int,
    week: int,
    scale: Array,
    column: int,
    out: Array,
) -> None:
    """Write the six columns from `column` on; only periods before a row's origin are read.

    units, observed, in_stock: (n, T). Rows offsets[i] … offsets[i+1]-1 belong to series i.
    """
    periods = units.shape[1]
    sums = np.zeros((5, periods + 1))
    marks = np.zeros((2, periods + 1), dtype=np.int64)
    for who in range(units.shape[0]):
        if offsets[who] == offsets[who + 1]:
            continue
        _run(units[who], observed[who], in_stock[who], first[who], week, sums, marks)
        for row in range(offsets[who], offsets[who + 1]):
            now, level = origins[row], scale[row]
            half = now - quarter // 2
            out[row, column] = _slope(sums, now - quarter, now) * quarter / level
            newer, older = _slope(sums, half, now), _slope(sums, now - quarter, half)
            out[row, column + 1] = (newer - older) * quarter / level
            out[row, column + 2] = _ratio(_mean(sums, now - week, now), _mean(sums, now - month, now))
            out[row, column + 3] = marks[0, now]
            out_of_stock = marks[1, now]
            since = now - 1 - out_of_stock
            out[row, column + 4] = min(since, FARTHEST_STOCK_OUT) if out_of_stock >= 0 else FARTHEST_STOCK_OUT
            out[row, column + 5] = np.nan
            if out_of_stock >= 0 and since < FARTHEST_STOCK_OUT:
                usual = _mean(sums, out_of_stock - month, out_of_stock)
                out[row, column + 5] = _ratio(_mean(sums, out_of_stock + 1, now), usual)


@numba.njit(cache=True)
def _run(
    units: Array,
    observed: Array,
    in_stock: Array,
    first: int,
    week: int,
    sums: Sums,
    marks: npt.NDArray[np.int64],
) -> None:
    """Fill running sums of n, t, t², units and t·units of observed periods, the streak and the last stock-out."""
    marks[0, 0] = 0
    marks[1, 0] = -1
    for time in range(units.size):
        mask = np.float64(observed[time])
        value = mask * units[time]
        for row, step in enumerate((mask, mask * time, mask * time * time, value, value * time)):
            sums[row, time + 1] = sums[row, time] + step
        growing = False
        if time + 1 >= 2 * week:
            before = _mean(sums, time + 1 - 2 * week, time + 1 - week)
            growing = _mean(sums, time + 1 - week, time + 1) >= STREAK_GROWTH * before and before > 0
        marks[0, time + 1] = min(marks[0, time] + 1, LONGEST_STREAK) if growing else 0
        marks[1, time + 1] = time if time > first and in_stock[time] < 0.999 else marks[1, time]


@numba.njit(cache=True)
def _mean(sums: Sums, start: int, stop: int) -> float:
    start = max(start, 0)
    if stop <= start:
        return np.nan
    seen = sums[0, stop] - sums[0, start]
    return (sums[3, stop] - sums[3, start]) / seen if seen > 0 else np.nan


@numba.njit(cache=True)
def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 1e-6 else np.nan


@numba.njit(cache=True)
def _slope(sums: Sums, start: int, stop: int) -> float:
    """Return the least-squares slope of units on time over the observed periods; NaN with fewer than half of them."""
    if start < 0:
        return np.nan
    n = sums[0, stop] - sums[0, start]
    if 2 * n < stop - start or n < 3:
        return np.nan
    # Time is counted from the window's middle: squares of late periods would swallow the differences.
    middle = 0.5 * (start + stop)
    t = sums[1, stop] - sums[1, start]
    u = sums[3, stop] - sums[3, start]
    centred = t - n * middle
    square = sums[2, stop] - sums[2, start] - 2 * middle * t + n * middle * middle
    product = sums[4, stop] - sums[4, start] - middle * u
    spread = square - centred * centred / n
    return (product - centred * u / n) / spread if spread > 1e-9 else np.nan
