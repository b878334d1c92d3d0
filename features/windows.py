"""The compiled pass over time: lags, rolling statistics and seasonal indices of every (series, origin, horizon).

Each statistic of a window comes from running sums over the series' history, so a row costs the same whatever the
window. Nothing at or after a row's origin is read.
"""

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["OWN_COLUMNS", "fill_own_rows", "fill_state_rows", "ratio_of", "window_mean"]

OWN_COLUMNS = 34
"""Columns that `fill_own_rows` can write."""

Array = npt.NDArray[np.float32]
Sums = npt.NDArray[np.float64]

TOTAL, SQUARE, SEEN, ZEROS, STOCKED, PAID, PRICED, SLOW, FAST, LAST_SALE, LARGEST = range(11)
RUNNING = 11
"""Rows of the running sums: what each is, in order; LARGEST is the maximum of the third window."""


@numba.njit(cache=True, error_model="numpy")
def window_mean(total: npt.NDArray[np.float64], count: npt.NDArray[np.float64], start: int, stop: int) -> float:
    """Return the mean over periods start … stop-1 from running sums; NaN where none was observed."""
    start = max(start, 0)
    if stop <= start:
        return np.nan
    seen = count[stop] - count[start]
    return (total[stop] - total[start]) / seen if seen > 0 else np.nan


@numba.njit(cache=True, error_model="numpy")
def ratio_of(top: float, bottom: float) -> float:
    """Return top ÷ bottom, NaN where there is nothing to divide by."""
    return top / bottom if bottom > 1e-6 else np.nan


@numba.njit(cache=True, error_model="numpy")
def _or(first: float, second: float) -> float:
    return second if np.isnan(first) else first


@numba.njit(cache=True, error_model="numpy")
def fill_own_rows(
    units: Array,
    observed: Array,
    in_stock: Array,
    price: Array,
    first: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    horizons: npt.NDArray[np.int32],
    windows: npt.NDArray[np.int64],
    season: int,
    year: int,
    floor: npt.NDArray[np.float64],
    sources: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    out: Array,
    scale: Array,
    price_level: Array,
) -> None:
    """Write features of a series' own past into `out`: column places[k] is the OWN_COLUMNS' number sources[k].

    units, observed, in_stock, price: (n, T). Rows offsets[i] … offsets[i+1]-1 belong to series i; row r forecasts
    period origins[r] + horizons[r] (horizons count from 0) from what was known before origins[r].
    scale: the level by which all columns in units are divided; floor: (T + 1) the least one at each origin.
    price_level: log of the newest price ÷ its mean of a long window, which planned prices are told against.
    """
    count, periods = units.shape
    found = np.empty(OWN_COLUMNS, dtype=np.float32)
    newest = np.empty(periods + 1, dtype=np.int64)
    sums = np.zeros((RUNNING, periods + 1))
    cycle = np.zeros((2, periods + season))
    begun = windows[1] if periods < year else 0  # later first sales are of newcomers
    for who in range(count):
        if offsets[who] == offsets[who + 1]:
            continue
        _run(units[who], observed[who], in_stock[who], price[who], first[who], season, sums, cycle)
        _run_maximum(units[who], observed[who], windows[2], newest, sums[LARGEST])
        level, column, last = 0.0, 0, -1
        for row in range(offsets[who], offsets[who + 1]):
            now, ahead = origins[row], horizons[row]
            if now != last:
                level = _level(sums, min(first[who], now), now, windows, floor[now])
                column = _write_windows(sums, units[who], observed[who], now, windows, level, found)
                column = _write_rhythm(sums, now, windows, level, found, column)
                found[column] = np.log(level)
                found[column + 1] = _variance_ratio(sums, now, windows)
                found[column + 2] = min(now - first[who] if first[who] > begun else windows[4], windows[4])
                column = _write_stock_and_price(sums, in_stock[who], price[who], now, windows, found, column + 3)
                last = now
            scale[row], price_level[row] = level, found[column - 2]
            found[column] = ahead + 1
            _write_season(sums, cycle, now, ahead, windows, season, year, level, found, column + 1)
            for chosen in range(len(sources)):
                out[row, places[chosen]] = found[sources[chosen]]


@numba.njit(cache=True, error_model="numpy")
def _run(
    units: Array,
    observed: Array,
    in_stock: Array,
    price: Array,
    first: int,
    season: int,
    sums: Sums,
    cycle: Sums,
) -> None:
    """Fill the running sums of one series: column t of `sums` tells of the periods before t."""
    sums[LAST_SALE, 0] = first - 1
    sums[SLOW, 0] = np.nan
    sums[FAST, 0] = np.nan
    for time in range(units.size):
        mask = observed[time]
        value = units[time] * mask
        known = not np.isnan(price[time])
        sums[TOTAL, time + 1] = sums[TOTAL, time] + value
        sums[SQUARE, time + 1] = sums[SQUARE, time] + value * value
        sums[SEEN, time + 1] = sums[SEEN, time] + mask
        sums[ZEROS, time + 1] = sums[ZEROS, time] + (mask if value == 0 else 0.0)
        sums[STOCKED, time + 1] = sums[STOCKED, time] + in_stock[time]
        sums[PAID, time + 1] = sums[PAID, time] + (price[time] if known else 0.0)
        sums[PRICED, time + 1] = sums[PRICED, time] + (1.0 if known else 0.0)
        sums[LAST_SALE, time + 1] = time if units[time] > 0 else sums[LAST_SALE, time]
        for row, alpha in ((SLOW, 0.05), (FAST, 0.25)):
            old = sums[row, time]
            fresh = value if np.isnan(old) else old + alpha * (value - old)
            sums[row, time + 1] = fresh if mask > 0 else old
        cycle[0, time + season] = cycle[0, time] + value
        cycle[1, time + season] = cycle[1, time] + mask


@numba.njit(cache=True, error_model="numpy")
def _run_maximum(
    units: Array, observed: Array, length: int, newest: npt.NDArray[np.int64], largest: npt.NDArray[np.float64]
) -> None:
    """Fill (T + 1) the largest of the `length` periods before each one; NaN where none of them was observed.

    newest: room for the periods that may still be the largest, in falling order of units (a monotonic queue).
    """
    head, tail = 0, 0
    largest[0] = np.nan
    for time in range(units.size):
        if observed[time] > 0:
            while tail > head and units[newest[tail - 1]] <= units[time]:
                tail -= 1
            newest[tail] = time
            tail += 1
        while head < tail and newest[head] <= time - length:
            head += 1
        largest[time + 1] = units[newest[head]] if tail > head else np.nan


@numba.njit(cache=True, error_model="numpy")
def _mean(sums: Sums, start: int, stop: int) -> float:
    return window_mean(sums[TOTAL], sums[SEEN], start, stop)


@numba.njit(cache=True, error_model="numpy")
def _level(sums: Sums, begun: int, now: int, windows: npt.NDArray[np.int64], floor: float) -> float:
    """Return the scale: recent and long-run means blended, never below the floor."""
    life = _mean(sums, begun, now)
    long = _or(_mean(sums, now - windows[4], now), life)
    short = _or(_mean(sums, now - windows[2], now), long)
    level = 0.4 * short + 0.4 * long + 0.2 * life
    return floor if np.isnan(level) else level + floor


@numba.njit(cache=True, error_model="numpy")
def _variance(sums: Sums, start: int, stop: int) -> float:
    mean = _mean(sums, start, stop)
    return max(window_mean(sums[SQUARE], sums[SEEN], start, stop) - mean * mean, 0.0)


@numba.njit(cache=True, error_model="numpy")
def _variance_ratio(sums: Sums, now: int, windows: npt.NDArray[np.int64]) -> float:
    start = now - windows[5]
    return ratio_of(_variance(sums, start, now), _mean(sums, start, now))


@numba.njit(cache=True, error_model="numpy")
def _write_windows(
    sums: Sums,
    units: Array,
    observed: Array,
    now: int,
    windows: npt.NDArray[np.int64],
    level: float,
    out: Array,
) -> int:
    """Write means, deviations, zero shares, maximum, both smoothed levels and three lags; return the next column."""
    for index in range(6):
        out[index] = _mean(sums, now - windows[index], now) / level
    for place, index in ((6, 2), (7, 4)):
        start = now - windows[index]
        out[place] = np.sqrt(_variance(sums, start, now)) / level
        out[place + 2] = window_mean(sums[ZEROS], sums[SEEN], start, now)
    out[10] = sums[LARGEST, now] / level
    out[11] = sums[SLOW, now] / level
    out[12] = sums[FAST, now] / level
    for lag in range(1, 4):
        inside = now - lag >= 0 and observed[now - lag] > 0
        out[12 + lag] = units[now - lag] / level if inside else np.nan
    return 16


@numba.njit(cache=True, error_model="numpy")
def _write_rhythm(sums: Sums, now: int, windows: npt.NDArray[np.int64], level: float, out: Array, column: int) -> int:
    """Write periods since the last sale, the mean interval between sales and their mean size over a year."""
    start = max(now - windows[5], 0)
    seen = sums[SEEN, now] - sums[SEEN, start]
    sales = seen - (sums[ZEROS, now] - sums[ZEROS, start])
    out[column] = now - 1 - sums[LAST_SALE, now]
    out[column + 1] = ratio_of(seen, sales)
    out[column + 2] = ratio_of(sums[TOTAL, now] - sums[TOTAL, start], sales) / level
    return column + 3


@numba.njit(cache=True, error_model="numpy")
def _write_stock_and_price(
    sums: Sums,
    in_stock: Array,
    price: Array,
    now: int,
    windows: npt.NDArray[np.int64],
    out: Array,
    column: int,
) -> int:
    """Write how much was observed and in stock of late, and today's price against that of two windows."""
    recent = max(now - windows[2], 0)
    out[column] = (sums[SEEN, now] - sums[SEEN, recent]) / windows[2]
    out[column + 1] = in_stock[now - 1] if now > 0 else np.nan
    recent = max(now - windows[1], 0)
    out[column + 2] = (sums[STOCKED, now] - sums[STOCKED, recent]) / windows[1]
    current = price[now - 1] if now > 0 else np.nan
    for place, index in ((3, 4), (4, 2)):
        usual = window_mean(sums[PAID], sums[PRICED], now - windows[index], now)
        out[column + place] = np.log(ratio_of(current, usual))
    return column + 5


@numba.njit(cache=True, error_model="numpy")
def _write_season(
    sums: Sums,
    cycle: Sums,
    now: int,
    ahead: int,
    windows: npt.NDArray[np.int64],
    season: int,
    year: int,
    level: float,
    out: Array,
    column: int,
) -> None:
    """Write the target's own weekday over 4, 8 and 26 weeks, and the same time of the last two years."""
    target = now + ahead
    for cycles in (4, 8, 26):
        out[column] = np.nan
        newest = target - season * (ahead // season + 1)
        end = newest + season
        begin = max(end - season * cycles, end % season)
        if season > 1 and newest >= 0 and begin < end:
            out[column] = ratio_of(cycle[0, end] - cycle[0, begin], cycle[1, end] - cycle[1, begin]) / level
        column += 1
    reach = 3 if season > 1 else 1
    centre = target - year
    out[column] = _mean(sums, centre - reach, min(centre + reach + 1, now)) / level
    for back in range(1, 3):
        centre = target - back * year
        base = _mean(sums, now - back * year - windows[3], now - back * year)
        out[column + back] = ratio_of(_mean(sums, centre - reach, min(centre + reach + 1, now)), base)


@numba.njit(cache=True, error_model="numpy")
def fill_state_rows(
    units: Array,
    observed: Array,
    states: npt.NDArray[np.int16],
    who: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    horizons: npt.NDArray[np.int32],
    reach: int,
    scale: Array,
    first_column: int,
    out: Array,
) -> None:
    """Write mean demand of past periods in the target's promotion state, in units of scale, and their number.

    states: (n, span) code of price and promotion of each period as planned; -1 where unknown.
    """
    for row in range(len(who)):
        series = who[row]
        now = origins[row]
        state = states[series, now + horizons[row]]
        sums, seen = 0.0, 0
        if state >= 0:
            for time in range(max(now - reach, 0), now):
                if observed[series, time] > 0 and states[series, time] == state:
                    sums += units[series, time]
                    seen += 1
        out[row, first_column] = sums / seen / scale[row] if seen > 0 else np.nan
        out[row, first_column + 1] = seen if state >= 0 else np.nan
