"""When the season of a category starts, from up to three past years: the profile of the year and its rise (F33)."""

from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from features.block import Block, Column, Work
from features.own_blocks import group_sums

if TYPE_CHECKING:
    from features.panel import Panel
    from features.specification import FeatureSpecification

__all__ = ["SEASON_START", "season_profile", "season_starts"]

PARTS = 52
"""Parts of a year in which a profile is told."""

RISE = 1.15
"""Ratio to the year's mean at which a season has begun."""

MOST_YEARS = 3


@numba.njit(cache=True)
def season_profile(
    total: npt.NDArray[np.float64], count: npt.NDArray[np.float64], now: int, year: int
) -> npt.NDArray[np.float64]:
    """Return (PARTS,) mean demand ÷ the year's mean of each part of the year that begins at `now`, in past years.

    total, count: (T + 1) running sums of units and observed series. Part p covers the p-th 52nd of the year after `now`
    as it was one, two and three years ago; smoothed over five parts. NaN with less than two whole years.
    """
    years = min(now // year, MOST_YEARS)
    profile = np.full(PARTS, np.nan)
    if years < 2:
        return profile
    raw = np.zeros(PARTS)
    for back in range(1, years + 1):
        begin = now - back * year
        seen = count[begin + year] - count[begin]
        mean = (total[begin + year] - total[begin]) / seen if seen > 0 else 0.0
        if mean <= 0:
            return profile
        for part in range(PARTS):
            start, stop = begin + part * year // PARTS, begin + (part + 1) * year // PARTS
            days = count[stop] - count[start]
            raw[part] += (total[stop] - total[start]) / days / mean / years if days > 0 else 1.0 / years
    for part in range(PARTS):
        profile[part] = 0.0
        for near in range(-2, 3):
            profile[part] += raw[(part + near) % PARTS] / 5
    return profile


@numba.njit(cache=True)
def season_starts(profile: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (PARTS,) parts from each one until the next season start (0: starts here); NaN without a season.

    A season starts where the profile reaches RISE and was below it before.
    """
    until = np.full(PARTS, np.nan)
    for place in range(2 * PARTS - 1, -1, -1):
        part = place % PARTS
        if profile[part] >= RISE and profile[part - 1] < RISE:
            until[part] = 0.0
        elif not np.isnan(until[(part + 1) % PARTS]):
            until[part] = until[(part + 1) % PARTS] + 1
    return until


@numba.njit(cache=True)
def _write(
    total: npt.NDArray[np.float64],
    count: npt.NDArray[np.float64],
    codes: npt.NDArray[np.int32],
    who: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    horizons: npt.NDArray[np.int32],
    order: npt.NDArray[np.int64],
    year: int,
    column: int,
    out: npt.NDArray[np.float32],
) -> None:
    group, now = -1, -1
    profile, until = np.empty(PARTS), np.empty(PARTS)
    for row in order:
        code, origin = codes[who[row]], origins[row]
        if code != group or origin != now:
            group, now = code, origin
            profile = season_profile(total[code], count[code], origin, year)
            until = season_starts(profile)
        part = horizons[row] % year * PARTS // year
        out[row, column] = profile[part]
        out[row, column + 1] = until[part]


def _columns(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (
        Column(
            "season_index", "Category's demand at the target's time of year ÷ its mean, of up to three years.", "ratio"
        ),
        Column("season_start_in", "Weeks from the target until the category's next season starts.", "weeks"),
    )


def _fill(work: Work, column: int) -> None:
    panel, rows, names = work.panel, work.rows, work.panel.group_names
    group = names.index("category") if "category" in names else 0
    total, count = group_sums(panel, group)
    codes = panel.groups[group]
    order = np.lexsort((rows.origin, codes[rows.who]))
    _write(
        total, count, codes, rows.who, rows.origin, rows.horizon, order, work.specification.year, column, work.values
    )


def _missing(panel: "Panel") -> str:
    days = panel.periods * panel.frequency.period_days
    return "" if days >= 2 * 364 else f"history is {days} days long, and a season start needs two years"


SEASON_START = Block(
    "season_start",
    "Seasonal index of the category at the target, and weeks until its next season starts.",
    ("F15", "F16", "F33"),
    "two years of sales; products.category",
    _columns,
    _fill,
    _missing,
    default=False,
)
