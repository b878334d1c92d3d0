"""The compiled pass over time: lags, rolling statistics and seasonal indices of every (series, origin, horizon).

Each statistic of a window comes from running sums over the series' history, so a row costs the same whatever the
window. Nothing at or after a row's origin is read.
"""

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["GROUP_COLUMNS", "OWN_COLUMNS", "fill_group_rows", "fill_own_rows", "fill_state_rows"]

OWN_COLUMNS = 34
"""Columns that `fill_own_rows` can write."""

GROUP_COLUMNS = 4
"""Columns that `fill_group_rows` writes for each group."""

Array = npt.NDArray[np.float32]
Sums = npt.NDArray[np.float64]

TOTAL, SQUARE, SEEN, ZEROS, STOCKED, PAID, PRICED, SLOW, FAST, LAST_SALE = range(10)
RUNNING = 10
"""Rows of the running sums: what each is, in order."""


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
    sums = np.zeros((RUNNING, periods + 1))
    cycle = np.zeros((2, periods + season))
    for who in range(count):
        if offsets[who] == offsets[who + 1]:
            continue
        _run(units[who], observed[who], in_stock[who], price[who], first[who], season, sums, cycle)
        for row in range(offsets[who], offsets[who + 1]):
            now, ahead = origins[row], horizons[row]
            begun = min(first[who], now)
            level = _level(sums, begun, now, windows, floor[now])
            scale[row] = level
            column = _write_windows(sums, units[who], observed[who], now, windows, level, found)
            column = _write_rhythm(sums, units[who], observed[who], now, windows, level, found, column)
            found[column] = np.log(level)
            found[column + 1] = _variance_ratio(sums, now, windows)
            found[column + 2] = min(now - first[who] if first[who] > 0 else windows[4], windows[4])
            column = _write_stock_and_price(sums, in_stock[who], price[who], now, windows, found, column + 3)
            price_level[row] = found[column - 2]
            found[column] = ahead + 1
            _write_season(sums, cycle, now, ahead, windows, season, year, level, found, column + 1)
            for chosen in range(len(sources)):
                out[row, places[chosen]] = found[sources[chosen]]


@numba.njit(cache=True)
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


@numba.njit(cache=True)
def _mean(sums: Sums, start: int, stop: int) -> float:
    return _window_mean(sums[TOTAL], sums[SEEN], start, stop)


@numba.njit(cache=True)
def _level(sums: Sums, begun: int, now: int, windows: npt.NDArray[np.int64], floor: float) -> float:
    """Return the scale: recent and long-run means blended, never below the floor."""
    life = _mean(sums, begun, now)
    long = _or(_mean(sums, now - windows[4], now), life)
    short = _or(_mean(sums, now - windows[2], now), long)
    level = 0.4 * short + 0.4 * long + 0.2 * life
    return floor if np.isnan(level) else level + floor


@numba.njit(cache=True)
def _variance(sums: Sums, start: int, stop: int) -> float:
    mean = _mean(sums, start, stop)
    return max(_window_mean(sums[SQUARE], sums[SEEN], start, stop) - mean * mean, 0.0)


@numba.njit(cache=True)
def _variance_ratio(sums: Sums, now: int, windows: npt.NDArray[np.int64]) -> float:
    start = now - windows[5]
    return _ratio(_variance(sums, start, now), _mean(sums, start, now))


@numba.njit(cache=True)
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
        out[place + 2] = _window_mean(sums[ZEROS], sums[SEEN], start, now)
    largest = np.nan
    for time in range(max(now - windows[2], 0), now):
        if observed[time] > 0 and not units[time] <= largest:
            largest = units[time]
    out[10] = largest / level
    out[11] = sums[SLOW, now] / level
    out[12] = sums[FAST, now] / level
    for lag in range(1, 4):
        inside = now - lag >= 0 and observed[now - lag] > 0
        out[12 + lag] = units[now - lag] / level if inside else np.nan
    return 16


@numba.njit(cache=True)
def _write_rhythm(
    sums: Sums,
    units: Array,
    observed: Array,
    now: int,
    windows: npt.NDArray[np.int64],
    level: float,
    out: Array,
    column: int,
) -> int:
    """Write periods since the last sale, the mean interval between sales and their mean size over a year."""
    start = max(now - windows[5], 0)
    seen = sums[SEEN, now] - sums[SEEN, start]
    sales = seen - (sums[ZEROS, now] - sums[ZEROS, start])
    out[column] = now - 1 - sums[LAST_SALE, now]
    out[column + 1] = _ratio(seen, sales)
    out[column + 2] = _ratio(sums[TOTAL, now] - sums[TOTAL, start], sales) / level
    return column + 3


@numba.njit(cache=True)
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
        usual = _window_mean(sums[PAID], sums[PRICED], now - windows[index], now)
        out[column + place] = np.log(_ratio(current, usual))
    return column + 5


@numba.njit(cache=True)
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
            out[column] = _ratio(cycle[0, end] - cycle[0, begin], cycle[1, end] - cycle[1, begin]) / level
        column += 1
    reach = 3 if season > 1 else 1
    centre = target - year
    out[column] = _mean(sums, centre - reach, min(centre + reach + 1, now)) / level
    for back in range(1, 3):
        centre = target - back * year
        base = _mean(sums, now - back * year - windows[3], now - back * year)
        out[column + back] = _ratio(_mean(sums, centre - reach, min(centre + reach + 1, now)), base)


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
    for row in range(len(who)):
        group = codes[who[row]]
        sums, seen, now, ahead = total[group], count[group], origins[row], horizons[row]
        _write_year_ratios(sums, seen, now, ahead, windows[2], season, year, out[row], first_column)
        short = _window_mean(sums, seen, now - windows[1], now)
        long = _window_mean(sums, seen, now - windows[4], now)
        out[row, first_column + 2] = _ratio(short, long)
        out[row, first_column + 3] = _weekday_ratio(sums, seen, now, ahead, season)


@numba.njit(cache=True)
def _write_year_ratios(
    total: npt.NDArray[np.float64],
    count: npt.NDArray[np.float64],
    now: int,
    ahead: int,
    window: int,
    season: int,
    year: int,
    out: Array,
    column: int,
) -> None:
    """Write the ratio around the target, and of the target's very period, averaged over up to three years."""
    reach = 3 if season > 1 else 1
    wide, narrow, years, exact_years = 0.0, 0.0, 0, 0
    for back in range(1, 4):
        origin = now - back * year
        base = _window_mean(total, count, origin - window, origin)
        if origin - window < 0 or not base > 1e-9:
            continue
        centre = origin + ahead
        top = _window_mean(total, count, centre - reach, min(centre + reach + 1, now))
        exact = _window_mean(total, count, centre, min(centre + 1, now))
        if not np.isnan(top):
            wide += top / base
            years += 1
        if not np.isnan(exact):
            narrow += exact / base
            exact_years += 1
    out[column] = wide / years if years > 0 else np.nan
    out[column + 1] = narrow / exact_years if exact_years > 0 else np.nan


@numba.njit(cache=True)
def _weekday_ratio(
    total: npt.NDArray[np.float64], count: npt.NDArray[np.float64], now: int, ahead: int, season: int
) -> float:
    """Return the group's level on the target's weekday ÷ its level, over eight weeks; NaN without a weekday cycle."""
    if season <= 1:
        return np.nan
    sums, days = 0.0, 0.0
    newest = now + ahead - season * (ahead // season + 1)
    for back in range(8):
        day = newest - season * back
        if day >= 0:
            sums += total[day + 1] - total[day]
            days += count[day + 1] - count[day]
    return _ratio(_ratio(sums, days), _window_mean(total, count, now - season * 8, now))


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
