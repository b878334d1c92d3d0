"""Seasonal indices, trend and weekday of the groups that series belong to, by origin and horizon.

Series of one group share them: where rows are many, each group, origin and horizon is worked out once.
"""

import numba
import numpy as np
import numpy.typing as npt

from features.windows import ratio_of, window_mean

__all__ = ["GROUP_COLUMNS", "fill_group_rows"]

GROUP_COLUMNS = 4
"""Columns that `fill_group_rows` writes for each group."""

Array = npt.NDArray[np.float32]
Sums = npt.NDArray[np.float64]


def fill_group_rows(
    total: Sums,
    count: Sums,
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
    if not len(who):
        return
    begin, end = int(origins.min()), int(origins.max()) + 1
    cells = (len(total), end - begin, int(horizons.max()) + 1)
    shared = int(np.prod(cells)) <= len(who)
    known = np.zeros(cells if shared else (0, 0, 0), dtype=np.bool_)
    kept = np.empty((*known.shape, GROUP_COLUMNS), dtype=np.float32)
    _fill(
        total, count, codes, who, origins, horizons, windows, season, year, first_column, begin, shared, known, kept,
        out,
    )  # fmt: skip


@numba.njit(cache=True, error_model="numpy")
def _fill(
    total: Sums,
    count: Sums,
    codes: npt.NDArray[np.int32],
    who: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    horizons: npt.NDArray[np.int32],
    windows: npt.NDArray[np.int64],
    season: int,
    year: int,
    first_column: int,
    begin: int,
    shared: bool,
    known: npt.NDArray[np.bool_],
    kept: Array,
    out: Array,
) -> None:
    """Write the rows; where `shared`, by way of what is `kept` of each group, origin from `begin` on and horizon."""
    for row in range(len(who)):
        group, now, ahead = codes[who[row]], origins[row], horizons[row]
        place = now - begin
        if not shared:
            _write(total[group], count[group], now, ahead, windows, season, year, out[row], first_column)
            continue
        if not known[group, place, ahead]:
            known[group, place, ahead] = True
            _write(total[group], count[group], now, ahead, windows, season, year, kept[group, place, ahead], 0)
        for column in range(GROUP_COLUMNS):
            out[row, first_column + column] = kept[group, place, ahead, column]


@numba.njit(cache=True)
def _write(
    total: Sums,
    count: Sums,
    now: int,
    ahead: int,
    windows: npt.NDArray[np.int64],
    season: int,
    year: int,
    out: Array,
    column: int,
) -> None:
    """Write the columns of one group, origin and horizon."""
    _write_year_ratios(total, count, now, ahead, windows[2], season, year, out, column)
    short = window_mean(total, count, now - windows[1], now)
    long = window_mean(total, count, now - windows[4], now)
    out[column + 2] = ratio_of(short, long)
    out[column + 3] = _weekday_ratio(total, count, now, ahead, season)


@numba.njit(cache=True)
def _write_year_ratios(
    total: Sums,
    count: Sums,
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
        base = window_mean(total, count, origin - window, origin)
        if origin - window < 0 or not base > 1e-9:
            continue
        centre = origin + ahead
        top = window_mean(total, count, centre - reach, min(centre + reach + 1, now))
        exact = window_mean(total, count, centre, min(centre + 1, now))
        if not np.isnan(top):
            wide += top / base
            years += 1
        if not np.isnan(exact):
            narrow += exact / base
            exact_years += 1
    out[column] = wide / years if years > 0 else np.nan
    out[column + 1] = narrow / exact_years if exact_years > 0 else np.nan


@numba.njit(cache=True)
def _weekday_ratio(total: Sums, count: Sums, now: int, ahead: int, season: int) -> float:
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
    return ratio_of(ratio_of(sums, days), window_mean(total, count, now - season * 8, now))
