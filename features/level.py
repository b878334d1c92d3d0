"""The level of a series or of a group of series before an origin, by looking back from it."""

import numba
import numpy as np
import numpy.typing as npt

from features.history import History
from features.rows import Rows

__all__ = ["group_levels", "levels_before"]

Array = npt.NDArray[np.float32]


def levels_before(history: History, rows: Rows, length: int) -> npt.NDArray[np.float64]:
    """Return (R,) mean observed units of the `length` periods before each row's origin; NaN where none was observed."""
    out = np.empty(len(rows))
    _look_back(history.units, history.observed, rows.who, rows.origin, length, out)
    return out


@numba.njit(cache=True)
def _look_back(
    units: Array,
    observed: Array,
    who: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    length: int,
    out: npt.NDArray[np.float64],
) -> None:
    for row in range(len(who)):
        if row > 0 and who[row] == who[row - 1] and origins[row] == origins[row - 1]:
            out[row] = out[row - 1]
            continue
        sold, seen = 0.0, 0.0
        for time in range(max(origins[row] - length, 0), origins[row]):
            sold += units[who[row], time] * observed[who[row], time]
            seen += observed[who[row], time]
        out[row] = sold / seen if seen > 0 else np.nan


def group_levels(
    history: History, codes: npt.NDArray[np.int32], rows: Rows, length: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return (R,) mean observed units a series and period of the other series of each row's group, and their number.

    codes: (n,) group of each series, -1 for none. Only the `length` periods before a row's origin count; the row's own
    series is left out, so that a newcomer is told of its like and no series of itself. NaN and 0 without any.
    """
    level, count = np.full(len(rows), np.nan), np.zeros(len(rows))
    members = np.argsort(codes, kind="stable").astype(np.int64)
    starts = np.searchsorted(codes[members], np.arange(int(codes.max(initial=-1)) + 2))
    offsets = np.searchsorted(rows.who, np.arange(len(codes) + 1))
    _pool(history.units, history.observed, members, starts, offsets, rows.origin, length, level, count)
    return level, count


@numba.njit(cache=True)
def _pool(
    units: Array,
    observed: Array,
    members: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    length: int,
    level: npt.NDArray[np.float64],
    count: npt.NDArray[np.float64],
) -> None:
    periods = units.shape[1]
    sold, seen = np.zeros(periods + 1), np.zeros(periods + 1)
    own_sold, own_seen = np.zeros(periods + 1), np.zeros(periods + 1)
    for group in range(len(starts) - 1):
        if starts[group + 1] - starts[group] < 2:
            continue
        step_sold, step_seen = np.zeros(periods), np.zeros(periods)
        for place in range(starts[group], starts[group + 1]):
            step_sold += units[members[place]] * observed[members[place]]
            step_seen += observed[members[place]]
        sold[1:] = np.cumsum(step_sold)
        seen[1:] = np.cumsum(step_seen)
        for place in range(starts[group], starts[group + 1]):
            who = members[place]
            if offsets[who] == offsets[who + 1]:
                continue
            for time in range(periods):
                own_sold[time + 1] = own_sold[time] + units[who, time] * observed[who, time]
                own_seen[time + 1] = own_seen[time] + observed[who, time]
            for row in range(offsets[who], offsets[who + 1]):
                now = origins[row]
                then = max(now - length, 0)
                others = seen[now] - seen[then] - own_seen[now] + own_seen[then]
                if others > 0.5:
                    total = sold[now] - sold[then] - own_sold[now] + own_sold[then]
                    level[row] = max(total, 0.0) / others
                    count[row] = others / max(now - then, 1)
