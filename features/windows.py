"""The compiled pass over time: lags, rolling statistics and seasonal indices of every (series, origin, horizon).

Each statistic of a window comes from running sums over the series' history, so a row costs the same whatever the
window. Nothing at or after a row's origin is read.
"""

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["GROUP_COLUMNS", "OWN_COLUMNS", "fill_group_rows", "fill_own_rows", "fill_state_rows"]

OWN_COLUMNS = 34
"""Columns that `fill_own_rows` writes."""

GROUP_COLUMNS = 4
"""Columns that `fill_group_rows` writes for each group."""

Array = npt.NDArray[np.float32]


@numba.njit(cache=True)
def _window_mean(total: npt.NDArray[np.float64], count: npt.NDArray[np.float64], start: int, stop: int) -> float:
    """Return the mean over periods start … stop-1 from running sums; NaN where none was observed."""
    start = max(start, 0)
    if stop <= start:
        return np.nan
    seen = count[stop] - count[start]
    return (total[stop] - total[start]) / seen if seen > 0 else np.nan


@numba.njit(cache=True)
def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 1e-6 else np.nan


@numba.njit(cache=True)
def _or(first: float, second: float) -> float:
    return second if np.isnan(first) else first


@numba.njit(cache=True)
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
    out: Array,
    scale: Array,
) -> None:
    """Write the features of a series' own past into the first OWN_COLUMNS columns of `out`, and its scale.

    units, observed, in_stock, price: (n, T). Rows offsets[i] … offsets[i+1]-1 belong to series i; row r forecasts
    period origins[r] + horizons[r] (horizons count from 0) from what was known before origins[r].
    scale: the level by which all columns in units are divided; floor: (T + 1) the least one at each origin.
    """
    count_series, periods = units.shape
    total = np.zeros(periods + 1)
    square = np.zeros(periods + 1)
    seen = np.zeros(periods + 1)
    zeros = np.zeros(periods + 1)
    stocked = np.zeros(periods + 1)
    paid = np.zeros(periods + 1)
    priced = np.zeros(periods + 1)
    slow = np.zeros(periods + 1)
    fast = np.zeros(periods + 1)
    cycle_total = np.zeros(periods + season)
    cycle_seen = np.zeros(periods + season)
    last_sale = np.zeros(periods + 1, dtype=np.int64)
    for who in range(count_series):
        if offsets[who] == offsets[who + 1]:
            continue
        last_sale[0] = first[who] - 1
        slow[0] = np.nan
        fast[0] = np.nan
        for time in range(periods):
            mask = observed[who, time]
            value = units[who, time] * mask
            total[time + 1] = total[time] + value
            square[time + 1] = square[time] + value * value
            seen[time + 1] = seen[time] + mask
            zeros[time + 1] = zeros[time] + (mask if value == 0 else 0.0)
            stocked[time + 1] = stocked[time] + in_stock[who, time]
            known = not np.isnan(price[who, time])
            paid[time + 1] = paid[time] + (price[who, time] if known else 0.0)
            priced[time + 1] = priced[time] + (1.0 if known else 0.0)
            cycle_total[time + season] = cycle_total[time] + value
            cycle_seen[time + season] = cycle_seen[time] + mask
            if mask > 0:
                slow[time + 1] = value if np.isnan(slow[time]) else slow[time] + 0.05 * (value - slow[time])
                fast[time + 1] = value if np.isnan(fast[time]) else fast[time] + 0.25 * (value - fast[time])
            else:
                slow[time + 1] = slow[time]
                fast[time + 1] = fast[time]
            last_sale[time + 1] = time if units[who, time] > 0 else last_sale[time]
        for row in range(offsets[who], offsets[who + 1]):
            now = origins[row]
            ahead = horizons[row]
            target = now + ahead
            begun = min(first[who], now)
            long = _or(_window_mean(total, seen, now - windows[4], now), _window_mean(total, seen, begun, now))
            short = _or(_window_mean(total, seen, now - windows[2], now), long)
            level = 0.4 * short + 0.4 * long + 0.2 * _window_mean(total, seen, begun, now)
            level = floor[now] if np.isnan(level) else level + floor[now]
            scale[row] = level
            place = 0
            for index in range(6):
                out[row, place] = _window_mean(total, seen, now - windows[index], now) / level
                place += 1
            for index in (2, 4):
                mean = _window_mean(total, seen, now - windows[index], now)
                variance = max(_window_mean(square, seen, now - windows[index], now) - mean * mean, 0.0)
                out[row, place] = np.sqrt(variance) / level
                out[row, place + 2] = _window_mean(zeros, seen, now - windows[index], now)
                place += 1
            place += 2
            largest = np.nan
            for time in range(max(now - windows[2], 0), now):
                if observed[who, time] > 0 and not units[who, time] <= largest:
                    largest = units[who, time]
            out[row, place] = largest / level
            out[row, place + 1] = slow[now] / level
            out[row, place + 2] = fast[now] / level
            place += 3
            for lag in range(1, 4):
                inside = now - lag >= 0 and observed[who, now - lag] > 0
                out[row, place] = units[who, now - lag] / level if inside else np.nan
                place += 1
            year_start = max(now - windows[5], 0)
            year_seen = seen[now] - seen[year_start]
            sales = year_seen - (zeros[now] - zeros[year_start])
            out[row, place] = now - 1 - last_sale[now]
            out[row, place + 1] = _ratio(year_seen, sales)
            out[row, place + 2] = _ratio(total[now] - total[year_start], sales) / level
            out[row, place + 3] = np.log(level)
            mean = _window_mean(total, seen, year_start, now)
            variance = max(_window_mean(square, seen, year_start, now) - mean * mean, 0.0)
            out[row, place + 4] = _ratio(variance, mean)
            out[row, place + 5] = now - begun
            recent = max(now - windows[2], 0)
            out[row, place + 6] = (seen[now] - seen[recent]) / windows[2]
            out[row, place + 7] = in_stock[who, now - 1] if now > 0 else np.nan
            recent = max(now - windows[1], 0)
            out[row, place + 8] = (stocked[now] - stocked[recent]) / windows[1]
            place += 9
            usual = _window_mean(paid, priced, now - windows[4], now)
            current = price[who, now - 1] if now > 0 else np.nan
            before = _window_mean(paid, priced, now - windows[2], now)
            out[row, place] = np.log(_ratio(current, usual))
            out[row, place + 1] = np.log(_ratio(current, before))
            out[row, place + 2] = ahead + 1
            place += 3
            for cycles in (4, 8, 26):
                out[row, place] = np.nan
                if season > 1:
                    newest = target - season * (ahead // season + 1)
                    end = newest + season
                    begin = max(end - season * cycles, end % season)
                    if newest >= 0 and begin < end:
                        days = cycle_seen[end] - cycle_seen[begin]
                        if days > 0:
                            out[row, place] = (cycle_total[end] - cycle_total[begin]) / days / level
                place += 1
            reach = 3 if season > 1 else 1
            centre = target - year
            out[row, place] = _window_mean(total, seen, centre - reach, min(centre + reach + 1, now)) / level
            for back in range(1, 3):
                centre = target - back * year
                base = _window_mean(total, seen, now - back * year - windows[3], now - back * year)
                top = _window_mean(total, seen, centre - reach, min(centre + reach + 1, now))
                out[row, place + back] = _ratio(top, base)


@numba.njit(cache=True)
def fill_group_rows(
    total: npt.NDArray[np.float64],
    count: npt.NDArray[np.float64],
    codes: npt.NDArray[np.int32],
    who: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    horizons: npt.NDArray[np.int32],
    windows: npt.NDArray[np.int64],
    season: int,
    year: int,
    first_column: int,
    out: Array,
) -> None:
    """Write the seasonal indices, trend and weekday index of each row's group into GROUP_COLUMNS columns.

    total, count: (groups, T + 1) running sums of units and of observed series; codes: (n,) group of each series.
    The year ratio is the group's level around the target a year ago ÷ its level before the origin a year ago, averaged
    over up to three years.
    """
    reach = 3 if season > 1 else 1
    for row in range(len(who)):
        group = codes[who[row]]
        now = origins[row]
        target = now + horizons[row]
        wide, narrow, years, exact_years = 0.0, 0.0, 0, 0
        for back in range(1, 4):
            origin = now - back * year
            base = _window_mean(total[group], count[group], origin - windows[2], origin)
            centre = target - back * year
            if origin - windows[2] < 0 or not base > 1e-9:
                continue
            top = _window_mean(total[group], count[group], centre - reach, min(centre + reach + 1, now))
            exact = _window_mean(total[group], count[group], centre, min(centre + 1, now))
            if not np.isnan(top):
                wide += top / base
                years += 1
            if not np.isnan(exact):
                narrow += exact / base
                exact_years += 1
        out[row, first_column] = wide / years if years > 0 else np.nan
        out[row, first_column + 1] = narrow / exact_years if exact_years > 0 else np.nan
        short = _window_mean(total[group], count[group], now - windows[1], now)
        long = _window_mean(total[group], count[group], now - windows[4], now)
        out[row, first_column + 2] = _ratio(short, long)
        out[row, first_column + 3] = np.nan
        if season > 1:
            sums, days = 0.0, 0.0
            newest = target - season * (horizons[row] // season + 1)
            for back in range(8):
                day = newest - season * back
                if day >= 0:
                    sums += total[group, day + 1] - total[group, day]
                    days += count[group, day + 1] - count[group, day]
            usual = _window_mean(total[group], count[group], now - season * 8, now)
            out[row, first_column + 3] = _ratio(_ratio(sums, days), usual)


@numba.njit(cache=True)
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
