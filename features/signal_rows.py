"""The compiled replay of a signal: what was known at each row's origin, and how it moved."""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from core.frequency import Frequency
from features.rows import Rows
from features.signals import SignalLayer

__all__ = ["STATISTICS", "SignalWindows", "signal_windows", "statistics_at"]

STATISTICS = ("last", "age", "change_short", "change_long", "to_mean", "growth", "mean_long", "units_told", "total")
"""What is told of a signal at an origin, in order:

last: newest value known; age: periods since the one it is about; change_short, change_long: against the value a short
and a long window earlier; to_mean: against the mean of a quarter; growth: mean of a long window against the one before;
mean_long: mean of the values told in a long window; units_told: mean units sold in those very periods; total: sum of
the values told in a quarter. Changes are differences of asinh, for large values logarithms of ratios.
"""


@dataclass(frozen=True, slots=True)
class SignalWindows:
    """Periods of a short and a long window and of a quarter, beyond which a value is out of date."""

    short: int
    long: int
    quarter: int


def signal_windows(frequency: Frequency) -> SignalWindows:
    """Return a week, four weeks and a quarter of a year in periods."""
    return SignalWindows(7, 28, 91) if frequency is Frequency.DAILY else SignalWindows(1, 4, 13)


def statistics_at(
    layer: SignalLayer,
    rows: Rows,
    order: npt.NDArray[np.int64],
    units: npt.NDArray[np.float32],
    windows: SignalWindows,
) -> npt.NDArray[np.float32]:
    """Return (R, len(STATISTICS)) of each row, NaN where its series is told nothing at its origin.

    order: (R,) the rows by series and origin. units: (n, T) sold. Nothing that became known after a row's origin, or is
    about a period from it on, is read.
    """
    key = layer.index[rows.who]
    out = np.full((len(rows), len(STATISTICS)), np.nan, dtype=np.float32)
    _replay(
        key, order, rows.who, rows.origin, layer.starts, layer.known_from, layer.period, layer.change, layer.weight,
        units, windows.short, windows.long, windows.quarter, out,
    )  # fmt: skip
    return out


@numba.njit(cache=True)
def _replay(
    key: npt.NDArray[np.int32],
    order: npt.NDArray[np.int64],
    who: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    known_from: npt.NDArray[np.int32],
    period: npt.NDArray[np.int32],
    change: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    units: npt.NDArray[np.float32],
    short: int,
    long: int,
    quarter: int,
    out: npt.NDArray[np.float32],
) -> None:
    """Walk the rows series by series in the order of origins, and take in what became known meanwhile."""
    top = np.zeros(units.shape[1] + 1)
    bottom = np.zeros(units.shape[1] + 1)
    now_who, now, event, before = -1, -1, 0, -1
    for row in order:
        code, series, origin = key[row], who[row], origins[row]
        if code < 0:
            continue
        if series == now_who and origin == now:
            out[row] = out[before]
            continue
        if series != now_who:
            top[:] = 0.0
            bottom[:] = 0.0
            event = starts[code]
        while event < starts[code + 1] and known_from[event] <= origin:
            top[period[event]] += change[event]
            bottom[period[event]] += weight[event]
            event += 1
        _write(top, bottom, units[series], origin, short, long, quarter, out[row])
        now_who, now, before = series, origin, row


@numba.njit(cache=True)
def _newest(bottom: npt.NDArray[np.float64], latest: int, oldest: int) -> int:
    """Return the newest period from `latest` back to `oldest` that is told; -1 where none is."""
    for time in range(latest, max(oldest, 0) - 1, -1):
        if bottom[time] > 0:
            return time
    return -1


@numba.njit(cache=True)
def _carried_mean(top: npt.NDArray[np.float64], bottom: npt.NDArray[np.float64], end: int, length: int) -> float:
    """Return the mean of `length` periods before `end`, each with the newest value told up to then; NaN where none."""
    held = _newest(bottom, end - length, end - 2 * length)
    value = top[held] / bottom[held] if held >= 0 else np.nan
    total, count = 0.0, 0
    for time in range(max(end - length, 0), end):
        if bottom[time] > 0:
            value = top[time] / bottom[time]
        if not np.isnan(value):
            total += value
            count += 1
    return total / count if count > 0 else np.nan


@numba.njit(cache=True)
def _write(
    top: npt.NDArray[np.float64],
    bottom: npt.NDArray[np.float64],
    units: npt.NDArray[np.float32],
    origin: int,
    short: int,
    long: int,
    quarter: int,
    out: npt.NDArray[np.float32],
) -> None:
    last = _newest(bottom, origin - 1, origin - quarter)
    if last < 0:
        return
    value = np.arcsinh(top[last] / bottom[last])
    out[0] = value
    out[1] = origin - 1 - last
    # A value that is older than a short window stands for today: the series moves in steps.
    today = last if origin - 1 - last <= short else origin - 1
    for place, length in ((2, short), (3, long)):
        earlier = _newest(bottom, today - length, today - length - quarter)
        if earlier >= 0:
            out[place] = value - np.arcsinh(top[earlier] / bottom[earlier])
    out[4] = value - np.arcsinh(_carried_mean(top, bottom, today + 1, quarter))
    recent = np.arcsinh(_carried_mean(top, bottom, today + 1, long))
    out[5] = recent - np.arcsinh(_carried_mean(top, bottom, today + 1 - long, long))
    told, sold, count = 0.0, 0.0, 0
    for time in range(max(today + 1 - long, 0), today + 1):
        if bottom[time] > 0:
            told += top[time] / bottom[time]
            sold += units[time]
            count += 1
    if count > 0:
        out[6] = told / count
        out[7] = sold / count
    whole = 0.0
    for time in range(max(origin - quarter, 0), origin):
        if bottom[time] > 0:
            whole += top[time] / bottom[time]
    out[8] = whole
