"""The one function that turns a panel into model input, for training, backtest and serving alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.frequency import Frequency
from features.calendar import calendar_columns
from features.panel import Panel
from features.rows import Rows
from features.specification import FeatureSpecification
from features.states import planned_prices, price_shares, promotion_states
from features.windows import GROUP_COLUMNS, OWN_COLUMNS, fill_group_rows, fill_own_rows, fill_state_rows

__all__ = ["FeatureMatrix", "build_features"]

LEAST_LEVEL = 0.02
"""Least scale of a series, as a share of the mean units of all observed periods."""


@dataclass(frozen=True, slots=True)
class FeatureMatrix:
    """values: (R, F) float32, columns as `names`; scale: (R,) the level in units by which each row was divided."""

    values: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    names: tuple[str, ...]
    categorical: tuple[str, ...]


def build_features(panel: Panel, specification: FeatureSpecification, rows: Rows) -> FeatureMatrix:
    """Return the features of each row, from facts dated before the row's origin and facts known ahead of it.

    Columns that hold units are divided by the row's scale, a blend of the series' recent and long-run means.
    """
    history = panel.history
    values = np.empty((len(rows), len(specification.names)), dtype=np.float32)
    scale = np.empty(len(rows), dtype=np.float32)
    windows = np.asarray(specification.windows)
    offsets = np.searchsorted(rows.who, np.arange(len(panel.series) + 1))
    fill_own_rows(
        history.units, history.observed, history.in_stock, history.price, history.first, offsets, rows.origin,
        rows.horizon, windows, specification.season, specification.year,
        _least_level(panel), values, scale,
    )  # fmt: skip
    column = OWN_COLUMNS
    for group in range(specification.seasonal_groups):
        total, count = _group_sums(panel, group)
        fill_group_rows(
            total, count, panel.groups[group], rows.who, rows.origin, rows.horizon, windows,
            specification.season, specification.year, column, values,
        )  # fmt: skip
        column += GROUP_COLUMNS
    column = _fill_calendar(panel, specification, rows, column, values)
    column = _fill_known(panel, specification, rows, column, scale, values)
    for name in specification.groups:
        values[:, column] = panel.groups[panel.group_names.index(name)][rows.who]
        column += 1
    return FeatureMatrix(values, scale, specification.names, specification.categorical)


def _least_level(panel: Panel) -> npt.NDArray[np.float64]:
    """Return (T + 1) the least scale at each origin, from the mean units of all that was observed before it."""
    total, seen = _running(panel.history.units, panel.history.observed)
    return np.maximum(LEAST_LEVEL * total / np.maximum(seen, 1.0), 1e-6)


def _running(
    units: npt.NDArray[np.float32], observed: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return running sums (T + 1) of observed units and of observed series over the periods before each origin."""
    sold = (units * observed).sum(axis=0, dtype=np.float64)
    return np.r_[0.0, np.cumsum(sold)], np.r_[0.0, np.cumsum(observed.sum(axis=0, dtype=np.float64))]


def _group_sums(panel: Panel, group: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    codes = panel.groups[group]
    count = int(codes.max(initial=0)) + 1
    shape = (count, panel.periods + 1)
    total, seen = np.zeros(shape), np.zeros(shape)
    for code in range(count):
        members = codes == code
        total[code], seen[code] = _running(panel.history.units[members], panel.history.observed[members])
    return total, seen


def _fill_calendar(
    panel: Panel, specification: FeatureSpecification, rows: Rows, column: int, values: npt.NDArray[np.float32]
) -> int:
    span = panel.events.identity.shape[1]
    calendar = calendar_columns(panel.frequency, panel.start, span)
    target = rows.target
    for name in specification.calendar:
        values[:, column] = calendar[name][target]
        column += 1
    place = panel.events.rows[rows.who]
    for layer in (panel.events.identity, panel.events.until, panel.events.since):
        values[:, column] = layer[place, target]
        column += 1
    return column


def _fill_known(
    panel: Panel,
    specification: FeatureSpecification,
    rows: Rows,
    column: int,
    scale: npt.NDArray[np.float32],
    values: npt.NDArray[np.float32],
) -> int:
    if not specification.known:
        return column
    prices = planned_prices(panel)
    current = panel.history.price[rows.who, rows.origin - 1]
    level = values[:, specification.names.index("price_level")]
    for name in specification.known:
        if name == "price":
            values[:, column] = np.log(prices[rows.who, rows.target]) - np.log(current) + level
            values[:, column + 1] = price_shares(panel, prices)[rows.who, rows.target]
            column += 1
        else:
            values[:, column] = panel.known.value(name, rows.who, rows.origin, rows.target)
        column += 1
    states = promotion_states(panel, specification.known, prices)
    reach = specification.windows[5] if specification.frequency is Frequency.WEEKLY else specification.windows[4]
    fill_state_rows(
        panel.history.units, panel.history.observed, states, rows.who, rows.origin, rows.horizon, reach, scale,
        column, values,
    )  # fmt: skip
    return column + 2
