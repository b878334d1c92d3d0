"""The exact plan of one SKU at given prices: a dynamic programme over (period, cumulative cases), compiled.

    U_t(k) = min( F_t(k),  min_m  K_mt − c_mt·k + min_{k′ ≥ k + least} [ c_mt·k′ + F_t(k′) ] )
    F_t(k) = h E(x − R_t)⁺ + b E(R_t − x)⁺ + μ_t E(x − R_t)⁺ + U_{t+1}(k),   x = case · k

c and K carry the prices of what an order uses, μ that of what stock uses. The inner minimum is a suffix minimum,
so that a SKU costs O(T·M·K). Two modes that arrive in one period never beat one of them, so one is enough.
Source: Wagner and Whitin (1958), Dynamic version of the economic lot size model, in its stochastic form.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.period_instance import IntArray, PeriodInstance

__all__ = ["Atoms", "Cases", "EffectivePrices", "Modes", "PricedPlans", "best_plans", "largest_levels", "wagner_whitin"]

Atoms = npt.NDArray[np.float32]
Cases = npt.NDArray[np.int32]
Modes = npt.NDArray[np.int8]
THREADS, WORTH_A_THREAD = 2, 5_000
"""Threads of the compiled programme, and SKUs from which they are used; each SKU's plan is the same with any."""


class EffectivePrices(NamedTuple):
    """What the limits charge each SKU: per_unit, per_order (n, M, T) by order period; held (n, T) by stock."""

    per_unit: FloatArray
    per_order: FloatArray
    held: FloatArray


class PricedPlans(NamedTuple):
    """One plan a SKU: cases and mode (n, T) by ARRIVAL period, mode −1 where nothing arrives; and what it costs.

    value: (n,) cost with prices. cost: (n,) without. stock: (n, T) expected units left.
    """

    cases: npt.NDArray[np.int32]
    modes: Modes
    value: FloatArray
    cost: FloatArray
    stock: FloatArray


def largest_levels(instance: PeriodInstance) -> IntArray:
    """Return (n,) the number of cumulative cases 0 … k that can be in a best plan: no more is ever required."""
    most = np.maximum(instance.requirement[:, :, -1].max(axis=1), 0.0) / instance.case
    allowed = np.where(instance.smallest <= instance.largest, instance.smallest, 1)
    levels = np.ceil(most).astype(np.int64) + allowed.max(axis=1) + 1
    if instance.floor is None:
        return levels
    return np.maximum(levels, instance.floor.max(axis=1) + allowed.max(axis=1) + 1)


def best_plans(instance: PeriodInstance, prices: EffectivePrices | None = None) -> PricedPlans:
    """Return each SKU's plan of least cost with `prices` (none: its own best plan); ties take the fewest cases.

    A SKU whose floor no order can reach has an infinite value.
    """
    count, periods = instance.count, instance.periods
    if prices is None:
        zero = np.zeros((count, instance.mode_count, periods))
        prices = EffectivePrices(zero, zero, np.zeros((count, periods)))
    levels = largest_levels(instance)
    floor = np.zeros((count, periods), dtype=np.int64) if instance.floor is None else instance.floor
    out = PricedPlans(
        np.zeros((count, periods), dtype=np.int32),
        np.full((count, periods), -1, dtype=np.int8),
        np.empty(count),
        np.empty(count),
        np.empty((count, periods)),
    )
    inputs: tuple[Any, ...] = (
        instance.requirement,
        instance.case,
        instance.smallest,
        instance.largest,
        instance.holding_cost,
        instance.stockout_cost,
        instance.unit_cost,
        instance.order_cost,
        instance.lead_time,
        floor,
        levels,
        *prices,
        *out,
    )
    parts = np.array_split(np.arange(count), THREADS if count >= WORTH_A_THREAD else 1)
    slices = [slice(part[0], part[-1] + 1) for part in parts if len(part)]
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda part: _plan_all(*(values[part] for values in inputs)), slices))
    return out


@numba.njit(cache=True, nogil=True)
def _expected_left(requirement: npt.NDArray[np.float32], case: float, out: FloatArray) -> float:
    """Fill `out[k]` with E(case·k − R)⁺ and return E R; the atoms rise."""
    atoms = requirement.size
    below, total, mean = 0, 0.0, 0.0
    for a in range(atoms):
        mean += requirement[a]
    for k in range(out.size):
        x = case * k
        while below < atoms and requirement[below] < x:
            total += requirement[below]
            below += 1
        out[k] = (below * x - total) / atoms
    return mean / atoms


@numba.njit(cache=True, nogil=True)
def _plan_all(
    requirement: Atoms,
    case: FloatArray,
    least: IntArray,
    most: IntArray,
    holding: FloatArray,
    shortage: FloatArray,
    unit: FloatArray,
    fixed: FloatArray,
    lead: IntArray,
    floor: IntArray,
    levels: IntArray,
    per_unit: FloatArray,
    per_order: FloatArray,
    held: FloatArray,
    cases: Cases,
    modes: Modes,
    value: FloatArray,
    cost: FloatArray,
    stock: FloatArray,
) -> None:
    count, periods, _ = requirement.shape
    largest = levels.max() if count else 1
    left = np.empty((periods, largest))
    means = np.empty(periods)
    target = np.empty((periods, largest), dtype=np.int32)
    by = np.empty((periods, largest), dtype=np.int8)
    work = np.empty((2, largest))
    for i in range(count):
        size = levels[i]
        work[0, :size] = 0.0
        for t in range(periods - 1, -1, -1):
            means[t] = _expected_left(requirement[i, t], case[i], left[t, :size])
            _step_back(
                t,
                size,
                case[i],
                least[i],
                most[i],
                holding[i],
                shortage[i],
                unit[i],
                fixed[i],
                lead[i],
                per_unit[i],
                per_order[i],
                held[i, t],
                floor[i, t],
                left[t],
                means[t],
                work,
                target[t],
                by[t],
            )
        value[i] = work[0, 0]
        paid, k = 0.0, 0
        for t in range(periods):
            more = target[t, k] - k
            cases[i, t], modes[i, t] = more, by[t, k]
            if more > 0:
                m = by[t, k]
                paid += fixed[i, m] + unit[i, m] * case[i] * more
            k += more
            over = left[t, k]
            paid += holding[i] * over + shortage[i] * (over - case[i] * k + means[t])
            stock[i, t] = over
        cost[i] = paid


@numba.njit(cache=True, nogil=True)
def _step_back(
    t: int,
    size: int,
    case: float,
    least: IntArray,
    most: IntArray,
    holding: float,
    shortage: float,
    unit: FloatArray,
    fixed: FloatArray,
    lead: IntArray,
    per_unit: FloatArray,
    per_order: FloatArray,
    held: float,
    floor: int,
    left: FloatArray,
    mean: float,
    work: FloatArray,
    target: Cases,
    by: Modes,
) -> None:
    """Turn work[0] = U_{t+1} into U_t in place and note the decisions."""
    onward, slope = work[0], (holding + shortage + held)
    for k in range(size):
        onward[k] += slope * left[k] + shortage * (mean - case * k)
        target[k], by[k] = k, -1
    for k in range(min(floor, size)):
        onward[k] = np.inf
    best = work[1]
    best[:size] = onward[:size]
    for m in range(unit.size):
        s = t - lead[m]
        if s < 0 or least[m] > most[m]:
            continue
        price = case * (unit[m] + per_unit[m, s])
        start = fixed[m] + per_order[m, s]
        least_value, at = np.inf, -1
        for k in range(size - 1 - least[m], -1, -1):
            to = k + least[m]
            reach = price * to + onward[to]
            if at > k + most[m]:
                least_value, at, reach, to = _cheapest_within(onward, price, to, min(k + most[m], size - 1))
            if reach <= least_value:
                least_value, at = reach, to
            trial = start - price * k + least_value
            if trial < best[k]:
                best[k], target[k], by[k] = trial, at, m
    onward[:size] = best[:size]


@numba.njit(cache=True, nogil=True)
def _cheapest_within(onward: FloatArray, price: float, first: int, last: int) -> tuple[float, int, float, int]:
    """Return twice (price, level) of the cheapest level from `first` to `last`, the lowest of equals."""
    value, at = np.inf, first
    for k in range(first, last + 1):
        if price * k + onward[k] < value:
            value, at = price * k + onward[k], k
    return value, at, value, at


def wagner_whitin(
    demand: FloatArray, holding_cost: float, fixed_cost: float, unit_cost: float | FloatArray = 0.0
) -> tuple[FloatArray, float]:
    """Return ((T,) order quantities, the least cost) of known demand without lead time, minimum or case pack.

    θ_t = min_{s > t} [ K + c_t·d(t…s−1) + h·Σ (i − t)·d_i + θ_s ];  O(T²).
    Source: Wagner and Whitin (1958); Snyder and Shen, Fundamentals of Supply Chain Theory, algorithm 3.1.

    >>> quantities, cost = wagner_whitin(np.array([90.0, 120, 80, 70]), 2.0, 500.0)
    >>> quantities.tolist(), cost
    ([210.0, 0.0, 150.0, 0.0], 1380.0)
    """
    periods = len(demand)
    unit = np.broadcast_to(np.asarray(unit_cost, dtype=np.float64), (periods,))
    onward, until = np.zeros(periods + 1), np.zeros(periods, dtype=np.int64)
    for t in range(periods - 1, -1, -1):
        amounts = demand[t:]
        running = np.cumsum(amounts * (unit[t] + holding_cost * np.arange(periods - t)))
        start = np.where(np.cumsum(amounts) > 0, fixed_cost, 0.0)
        costs = start + running + onward[t + 1 :]
        until[t] = t + 1 + int(np.argmin(costs))
        onward[t] = costs.min()
    quantities, t = np.zeros(periods), 0
    while t < periods:
        quantities[t] = demand[t : until[t]].sum()
        t = int(until[t])
    return quantities, float(onward[0])
