"""Seasonal indices of groups, against one row at a time in plain numpy; shared or not, they are the same numbers."""

import numpy as np
import numpy.typing as npt
import pytest

from features.group_seasons import GROUP_COLUMNS, fill_group_rows
from features.group_totals import running_totals

WINDOWS = np.array([2, 4, 8, 16, 30, 60])
SEASON, YEAR, PERIODS, HORIZON = 7, 60, 200, 5
Array = npt.NDArray[np.float32]


def mean(units: Array, observed: Array, start: int, stop: int) -> float:
    start = max(start, 0)
    seen = observed[:, start:stop].sum()
    return float((units * observed)[:, start:stop].sum() / seen) if stop > start and seen > 0 else np.nan


def ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 1e-6 else np.nan


def plainly(units: Array, observed: Array, now: int, ahead: int) -> list[float]:
    """Return the four columns of a group with these members' units (members, T)."""
    wide, narrow = [], []
    for back in (1, 2, 3):
        origin = now - back * YEAR
        base = mean(units, observed, origin - WINDOWS[2], origin)
        if origin < WINDOWS[2] or not base > 1e-9:
            continue
        target = origin + ahead
        wide.append(mean(units, observed, target - 3, min(target + 4, now)) / base)
        narrow.append(mean(units, observed, target, min(target + 1, now)) / base)
    indices = [float(np.nanmean(part)) if np.isfinite(part).any() else np.nan for part in (wide, narrow)]
    trend = ratio(mean(units, observed, now - WINDOWS[1], now), mean(units, observed, now - WINDOWS[4], now))
    newest = now + ahead - SEASON * (ahead // SEASON + 1)
    days = [day for back in range(8) if (day := newest - SEASON * back) >= 0]
    weekday = ratio((units * observed)[:, days].sum(), observed[:, days].sum())
    return [*indices, trend, ratio(weekday, mean(units, observed, now - SEASON * 8, now))]


@pytest.fixture(scope="module")
def sales() -> tuple[Array, Array, npt.NDArray[np.int32]]:
    draw = np.random.default_rng(8)
    units = draw.poisson(1.5, (12, PERIODS)).astype(np.float32)
    observed = draw.choice([0.0, 1.0], (12, PERIODS), p=[0.2, 0.8]).astype(np.float32)
    return units, observed, draw.integers(0, 3, 12).astype(np.int32)


def filled(
    sales: tuple[Array, Array, npt.NDArray[np.int32]], who: npt.NDArray[np.int64], now: Array, ahead: Array
) -> Array:
    units, observed, codes = sales
    total, count = running_totals(units, observed, codes, 3)
    out = np.full((len(who), GROUP_COLUMNS + 2), -1.0, dtype=np.float32)
    rows = (who, now.astype(np.int32), ahead.astype(np.int32))
    fill_group_rows(total, count, codes, *rows, WINDOWS, SEASON, YEAR, 1, out)
    assert (out[:, [0, -1]] == -1.0).all()
    return out[:, 1:-1]


def test_every_row_equals_plain_numpy(sales: tuple[Array, Array, npt.NDArray[np.int32]]) -> None:
    units, observed, codes = sales
    draw = np.random.default_rng(3)
    who, now, ahead = (draw.integers(low, high, 300) for low, high in ((0, 12), (1, PERIODS + 1), (0, HORIZON)))
    found = filled(sales, who, now, ahead)
    for row in range(len(who)):
        members = codes == codes[who[row]]
        expected = plainly(units[members], observed[members], int(now[row]), int(ahead[row]))
        assert found[row].tolist() == pytest.approx(expected, rel=1e-5, nan_ok=True), row


def test_rows_that_share_their_group_get_the_very_numbers_that_each_would_get_alone(
    sales: tuple[Array, Array, npt.NDArray[np.int32]],
) -> None:
    who, now, ahead = (part.ravel() for part in np.meshgrid(np.arange(12), np.arange(150, PERIODS), np.arange(HORIZON)))
    together = filled(sales, who, now, ahead)
    alone = np.concatenate([filled(sales, who[r : r + 2], now[r : r + 2], ahead[r : r + 2]) for r in range(0, 600, 2)])
    np.testing.assert_array_equal(together[:600], alone)


def test_no_rows_are_no_work(sales: tuple[Array, Array, npt.NDArray[np.int32]]) -> None:
    none = np.empty(0, dtype=np.int64)
    assert filled(sales, none, none.astype(np.float32), none.astype(np.float32)).shape == (0, GROUP_COLUMNS)
