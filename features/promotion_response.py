"""What price and promotions do to demand: a regression of log demand on what is planned, as known at each origin.

    log(units + c) = level + β · x

x: the covariates known ahead (log price, discount, flags), products of the first three, and the mean of each over the
other items of the same place and kind (rivals). β is fitted three times, each drawn towards the wider one: all series,
all places of a sku, the series itself (ridge with an empirical prior, Gelman & Hill 2007, ch. 12). The level is the
exponentially weighted mean of what β leaves over. Only what was observed before the origin enters.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from features.history import carry_forward
from features.panel import Panel

__all__ = ["RESPONSE_COLUMNS", "LogDemand", "fill_response_rows", "log_offset", "response_design"]

RESPONSE_COLUMNS = 3
"""Columns that `fill_response_rows` writes."""

MOST_OWN = 4
"""Covariates of a series' own that enter the regression; flags of rarer kinds are left to the trees."""

CROSSED = 3
"""The first covariates, whose products enter too: a deal that is advertised does more than both alone."""

PRIOR_OF_SKU, PRIOR_OF_SERIES = 50.0, 80.0
"""Periods of evidence that the wider fit is worth beside a sku's and a series' own."""

LEAST_SEEN = 3.0
"""Periods observed below which a series has no response of its own."""

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


class LogDemand(NamedTuple):
    """The regression's data.

    log_units: (n, T); design: (n, span, K) x of each period, past and planned; pools: (n,) number of the series' sku;
    rivals: column of `design` from which on x tells of other items.
    """

    log_units: Array
    design: Array
    pools: npt.NDArray[np.int64]
    rivals: int


def log_offset(scale: Floats | Array, integer_valued: bool) -> Floats:
    """Return c of log(units + c): half a unit of counts, a tenth of the level `scale` where units are amounts."""
    amounts = 0.1 * np.asarray(scale, dtype=np.float64)
    return np.full(amounts.shape, 0.5) if integer_valued else amounts


def response_design(panel: Panel, names: tuple[str, ...], prices: Array, span: int) -> LogDemand:
    """Return the regression's data for the periods 0 … span − 1.

    names: covariates known ahead that may be used; those with a date of announcement are left out, because at an
    earlier origin they would tell of a plan not yet made. prices: (n, ≥ span) as planned.
    """
    usable = [name for name in names if panel.known.always_known(name)][:MOST_OWN]
    own = [_covariate(panel, name, prices[:, :span]) for name in usable]
    depth = [_against_usual(column) if name == "price" else column for name, column in zip(usable, own, strict=True)]
    crossed = [depth[a] * depth[b] for a in range(min(len(own), CROSSED)) for b in range(a)]
    places = _places(panel)
    columns = [*own, *crossed, *(_rival_mean(places, column) for column in own)]
    design = np.stack(columns, axis=2) if columns else np.zeros((len(panel.series), span, 0), dtype=np.float32)
    pools = pd.factorize(panel.series["sku"])[0].astype(np.int64)
    return LogDemand(_log_units(panel), design, pools, len(own) + len(crossed))


def _covariate(panel: Panel, name: str, prices: Array) -> Array:
    """Return (n, span) one covariate; a price as its logarithm against the first one on record. 0 where unknown."""
    if name != "price":
        return np.nan_to_num(panel.known.values[panel.known.names.index(name)][:, : prices.shape[1]])
    logs = np.log(carry_forward(prices))
    known = np.isfinite(logs)
    first = np.take_along_axis(logs, known.argmax(axis=1)[:, None], axis=1)
    return np.where(known, logs - np.nan_to_num(first), np.float32(0))


def _against_usual(logs: Array) -> Array:
    """Return (n, span) log price less its mean up to then: what a discount is next to a deal or an ad."""
    count = np.arange(1, logs.shape[1] + 1)
    return (logs - np.cumsum(logs, axis=1, dtype=np.float64) / count).astype(np.float32)


def _places(panel: Panel) -> npt.NDArray[np.int64]:
    """Return (n,) a number for each location and category: items that may replace each other."""
    kind = panel.groups[panel.group_names.index("category") if "category" in panel.group_names else 0]
    place = pd.factorize(panel.series["location"])[0].astype(np.int64)
    return place * (int(kind.max(initial=0)) + 1) + kind


def _rival_mean(places: npt.NDArray[np.int64], column: Array) -> Array:
    """Return (n, span) the mean of a covariate over the other series of the same place; 0 where there is none."""
    number = np.unique(places, return_inverse=True)[1]
    total = np.zeros((int(number.max(initial=-1)) + 1, column.shape[1]), dtype=np.float32)
    np.add.at(total, number, column)
    others = np.bincount(number)[number] - 1
    return ((total[number] - column) / np.maximum(others, 1)[:, None]).astype(np.float32)


def _log_units(panel: Panel) -> Array:
    history = panel.history
    if history.integer_valued:
        return np.log(history.units + np.float32(0.5))
    seen = np.cumsum(history.observed, axis=1)
    mean = np.cumsum(history.units * history.observed, axis=1) / np.maximum(seen, 1)
    return np.log(history.units + np.maximum(0.1 * mean, 1e-6)).astype(np.float32)


def fill_response_rows(
    panel: Panel,
    data: LogDemand,
    who: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    target: npt.NDArray[np.int64],
    scale: Array,
    first_column: int,
    out: Array,
) -> None:
    """Write expected log demand ÷ scale, the effect of the target's plan against the usual one, and the rivals' part.

    who, origins, target, scale: (R,), sorted by series. NaN where nothing was observed before the origin.
    """
    daily = panel.frequency is Frequency.DAILY
    step, half_life = (14, 28.0) if daily else (4, 8.0)
    grid = np.arange(2 * step, panel.periods + 1, step)
    pooled = _pooled_response(data.log_units, panel.history.observed, data.design, data.pools, grid)
    offsets = np.searchsorted(who, np.arange(len(panel.series) + 1))
    _fill(
        data.log_units, panel.history.observed, data.design, data.pools, data.rivals, grid, *pooled, offsets, origins,
        target, scale, 0.5 ** (1.0 / half_life), first_column, out,
    )  # fmt: skip


@numba.njit(cache=True)
def _pooled_response(
    log_units: Array, observed: Array, design: Array, pools: npt.NDArray[np.int64], grid: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return β of each sku at each grid period (G, skus, K), and the prior precision of a period (G, K)."""
    count, periods = log_units.shape
    size, skus = design.shape[2], pools.max() + 1 if count else 0
    square, product = np.zeros((grid.size, skus, size, size)), np.zeros((grid.size, skus, size))
    seen = np.zeros(grid.size)
    for who in range(count):
        total, moments = np.zeros(size + 2), np.zeros((size, size + 1))
        place = 0
        for time in range(periods + 1):
            if place < grid.size and grid[place] == time:
                if total[0] >= LEAST_SEEN:
                    _add_centred(total, moments, square[place, pools[who]], product[place, pools[who]])
                    seen[place] += total[0]
                place += 1
            if time < periods and observed[who, time] > 0:
                _observe(total, moments, design[who, time], log_units[who, time])
    return _solved(square, product, seen)


@numba.njit(cache=True)
def _observe(total: Floats, moments: Floats, x: Array, value: float) -> None:
    """Add one period to the sums: total = (1, Σx, Σy), moments = (Σxx', Σxy)."""
    size = x.size
    total[0] += 1.0
    total[size + 1] += value
    for a in range(size):
        total[1 + a] += x[a]
        moments[a, size] += x[a] * value
        for b in range(size):
            moments[a, b] += x[a] * x[b]


@numba.njit(cache=True)
def _add_centred(total: Floats, moments: Floats, square: Floats, product: Floats) -> None:
    """Add Σ(x − x̄)(x − x̄)' and Σ(x − x̄)(y − ȳ) of one series."""
    size = product.size
    for a in range(size):
        product[a] += moments[a, size] - total[1 + a] * total[size + 1] / total[0]
        for b in range(size):
            square[a, b] += moments[a, b] - total[1 + a] * total[1 + b] / total[0]


@numba.njit(cache=True)
def _solved(square: Floats, product: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Return β of each sku at each grid period, drawn to that of all, and the prior precision of one period."""
    grids, skus, size = product.shape
    beta, precision = np.zeros((grids, skus, size)), np.zeros((grids, size))
    for place in range(grids):
        whole, right = square[place].sum(axis=0), product[place].sum(axis=0)
        for a in range(size):
            precision[place, a] = whole[a, a] / max(seen[place], 1.0) + 1e-6
            whole[a, a] += 1e-3 * whole[a, a] + 1e-6
        common = np.linalg.solve(whole, right)
        for sku in range(skus):
            beta[place, sku] = _drawn(square[place, sku], product[place, sku], precision[place], PRIOR_OF_SKU, common)
    return beta, precision


@numba.njit(cache=True)
def _drawn(square: Floats, product: Floats, precision: Floats, prior: float, towards: Floats) -> Any:
    """Return the ridge estimate (A + λP)⁻¹ (b + λP β₀)."""
    left, right = square.copy(), product.copy()
    for a in range(right.size):
        left[a, a] += prior * precision[a]
        right[a] += prior * precision[a] * towards[a]
    return np.linalg.solve(left, right)


@numba.njit(cache=True)
def _fill(
    log_units: Array,
    observed: Array,
    design: Array,
    pools: npt.NDArray[np.int64],
    rivals: int,
    grid: npt.NDArray[np.int64],
    pooled: Floats,
    precision: Floats,
    offsets: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    target: npt.NDArray[np.int64],
    scale: Array,
    decay: float,
    column: int,
    out: Array,
) -> None:
    """Write the rows of each series in the order of their origins, along one pass over its history."""
    periods, size = log_units.shape[1], design.shape[2]
    beta = np.zeros(size)
    for who in range(log_units.shape[0]):
        start, stop = offsets[who], offsets[who + 1]
        if start == stop:
            continue
        order = start + np.argsort(origins[start:stop], kind="mergesort")
        total, moments, recent = np.zeros(size + 2), np.zeros((size, size + 1)), np.zeros(size + 2)
        now, fitted = 0, -1
        for row in order:
            while now < min(origins[row], periods):
                recent *= decay
                if observed[who, now] > 0:
                    _observe(total, moments, design[who, now], log_units[who, now])
                    recent[0] += 1.0
                    recent[size + 1] += log_units[who, now]
                    for a in range(size):
                        recent[1 + a] += design[who, now, a]
                now += 1
            place = np.searchsorted(grid, now, side="right") - 1
            if place < 0 or recent[0] <= 0:
                out[row, column : column + RESPONSE_COLUMNS] = np.nan
                continue
            if fitted != now:
                beta[:] = pooled[place, pools[who]]
                if total[0] >= LEAST_SEEN:
                    square, product = np.zeros((size, size)), np.zeros(size)
                    _add_centred(total, moments, square, product)
                    beta[:] = _drawn(square, product, precision[place], PRIOR_OF_SERIES, beta)
                fitted = now
            effect, rival = 0.0, 0.0
            for a in range(size):
                part = beta[a] * (design[who, target[row], a] - recent[1 + a] / recent[0])
                effect += part
                rival += part if a >= rivals else 0.0
            out[row, column] = recent[size + 1] / recent[0] + effect - np.log(scale[row])
            out[row, column + 1] = effect
            out[row, column + 2] = rival
