"""The cost of every first order of one SKU with the best continuation: a dynamic programme over order cycles.

Orders reach the shelf at events j = 0 … J−1, each opening an interval (r periods with one way to buy, the
first one at period l). A plan is a list of orders; Q is the number of units ordered up to now. With Q
raised at event i and again at event n

    V_i(Q) = min_n  Σ_{j = i … n−1} g_ij(Q) + [n < J] · U_n(Q) + [n = J] · W(Q)
    U_n(Q) = min_{o, Q′} K_o + δ_o (Q′ − Q) + L_n(Q′) − L_n(Q) + V_n(Q′)

    g_ij(Q) = Σ_{t in j} h_t·E stock_t(Q) + b·E units lost in j (where demand waits: b·E backlog at each
    period's end)

so leftovers of the first order are charged only above what later orders would have raised the position to
anyway: the look-ahead. A unit is lost once: within a cycle losses are those of the reflected walk, and
before it those of the best plan are written off. Of the purchase cost only what differs between the options
o is in the sum (δ, against the SKU's base unit cost): what is left at the end of the horizon is valued at the
base cost, and what is sold has it in the margin b. L (`optimizer.ageing`) is what an order's own units
cost by growing old, W (`optimizer.end_value`) corrects for the end of the horizon.
"""

from typing import NamedTuple

import numba
import numpy as np

from core.types import FloatArray
from optimizer.ageing import expected_ageing
from optimizer.end_value import Steady, end_value, steady_cost
from optimizer.order_window import Options, Steps, cheapest_raise, order_price
from optimizer.protection_interval import (
    Costs,
    Paths,
    Periods,
    Terms,
    add_maximum,
    collect,
    run_until,
    walk_interval,
    write_off,
)

__all__ = ["TIE", "Curve", "first_order_curve", "least_of_the_best", "order_curve", "trace"]

PASSES = 3
"""Times at most that the losses of the best plan are written off anew; most plans repeat at once."""

TIE = 1e-9
"""Costs this close, relatively, are equal: rounding must not decide between quantities."""


class Curve(NamedTuple):
    """What `order_curve` found for first orders of k = 0 … K − 1 steps at event 0.

    cost: (K,) expected cost from `as_of` to the end when all later orders are the best for it; infinite
        where k is no allowed order. shortage: (K,) probability that demand goes unmet between this order's
        arrival and the next event. unmet: (K,) units of it. levels: (J,) the best plan's cumulative steps.
    until, raised, by: (J, K) from level k at event i the cycle ends at until[i, k]; an order at event i
        from level k goes to raised[i, k] with option by[i, k].
    """

    cost: FloatArray
    shortage: FloatArray
    unmet: FloatArray
    levels: Steps
    until: Steps
    raised: Steps
    by: Steps


@numba.njit(cache=True)
def least_of_the_best(cost: FloatArray) -> int:
    """Return the first index whose cost is the least, but for rounding."""
    least = cost.min()
    bar = least + TIE * max(abs(least), 1.0)
    for k in range(cost.size):
        if cost[k] <= bar:
            return k
    return 0


@numba.njit(cache=True)
def first_order_curve(
    paths: Paths, on_hand: float, arrivals: FloatArray, terms: Terms, size: int
) -> tuple[FloatArray, FloatArray, Steps]:
    """Return (cost, shortage, levels) of `Curve` for one way to buy with a certain lead time.

    paths: (P, H) units a period. on_hand and arrivals (H,): units. size: K.
    """
    horizon = paths.shape[1]
    count = max((horizon - terms.first) // terms.review, 1)
    starts = np.minimum(terms.first + terms.review * np.arange(count + 1), horizon).reshape(1, count + 1)
    options = Options(
        np.zeros(1),
        np.full(1, terms.order_cost),
        np.full(1, terms.least),
        np.full(1, terms.most),
        np.ones(1, dtype=np.int64),
        np.ones((count, 1), dtype=np.bool_),
    )
    costs = Costs(
        np.full(horizon, terms.holding_cost),
        terms.stockout_cost,
        1.0 if terms.lost_sales else 0.0,
        np.zeros(0),
        np.zeros((0, horizon)),
        np.zeros(0, dtype=np.int64),
        np.zeros(0),
        terms.step,
        terms.review,
        terms.slowest_sale,
        terms.value_end,
    )
    curve = order_curve(paths, on_hand, arrivals.reshape(1, arrivals.size), starts, options, costs, size)
    return curve.cost, curve.shortage, curve.levels


@numba.njit(cache=True, nogil=True)
def order_curve(
    paths: Paths,
    on_hand: float,
    arrivals: FloatArray,
    starts: Periods,
    options: Options,
    costs: Costs,
    size: int,
) -> Curve:
    """Return the `Curve` of one SKU.

    paths: (P, H) units a period. arrivals: (A, H) inbound units, A = 1 or P. starts: (S, J + 1), S = 1 or P,
    each path's events in rising order and the end of the horizon: random lead times give each path its own.
    size: K.
    """
    count = starts.shape[1] - 1
    levels = np.full(count, -1)
    found = Curve(
        np.empty(size),
        np.empty(size),
        np.empty(size),
        levels,
        np.empty((count, size), dtype=np.int64),
        np.empty((count, size), dtype=np.int64),
        np.empty((count, size), dtype=np.int64),
    )
    steady = steady_cost(paths, starts, options, costs)
    before = 0.0
    for _ in range(PASSES if costs.lost_share > 0.0 else 1):
        nets, peaks, before = _interval_starts(paths, on_hand, arrivals, starts, costs, levels, size)
        supposed = levels
        _best_cycles(paths, arrivals, starts, options, costs, steady, nets, peaks, found)
        levels, _ = trace(found, least_of_the_best(found.cost))
        if np.array_equal(supposed, levels):
            break
    found.levels[:] = levels
    found.cost[:] += before
    return found


@numba.njit(cache=True, nogil=True)
def trace(curve: Curve, first: int) -> tuple[Steps, Steps]:
    """Return (J,) the levels after each event and (J,) the options ordered with there (−1: no order).

    first: steps ordered at event 0, whatever the option.
    """
    count, level, start = curve.until.shape[0], first, 0
    levels, by = np.empty(count, dtype=np.int64), np.full(count, -1)
    while start < count:
        end = curve.until[start, level]
        levels[start:end] = level
        if end < count:
            by[end] = curve.by[end, level]
            level = curve.raised[end, level]
        start = end
    return levels, by


@numba.njit(cache=True)
def _interval_starts(
    paths: Paths,
    on_hand: float,
    arrivals: FloatArray,
    starts: Periods,
    costs: Costs,
    levels: Steps,
    size: int,
) -> tuple[FloatArray, FloatArray, float]:
    """Return N and M (J, P) at the start of each interval, and the expected cost of the periods before.

    levels: (J,) the plan whose losses are written off, in steps; −1: the plan that is best interval by
        interval.
    """
    count, level = levels.size, 0
    supposed = levels.copy()
    nets = np.empty((count, paths.shape[0]))
    peaks = np.empty((count, paths.shape[0]))
    net = np.empty(paths.shape[0])
    before = run_until(paths, on_hand, arrivals, starts, costs, net)
    peak = np.minimum(net, 0.0)
    for j in range(count):
        nets[j], peaks[j] = net, peak
        cost = np.zeros(size)
        walk_interval(paths, arrivals, starts, j, costs, net, peak, cost)
        if supposed[j] < 0:
            supposed[j] = level + least_of_the_best(cost[level:])
        level = supposed[j]
        write_off(net, peak, level * costs.step, costs.lost_share)
    return nets, peaks, before


@numba.njit(cache=True)
def _best_cycles(
    paths: Paths,
    arrivals: FloatArray,
    starts: Periods,
    options: Options,
    costs: Costs,
    steady: Steady,
    nets: FloatArray,
    peaks: FloatArray,
    found: Curve,
) -> None:
    """Fill `found` from the states (J, P) at the start of each interval. O(J² (P·r + K))."""
    count, size = nets.shape[0], found.cost.size
    onward = np.empty((count, size))
    value = np.empty(size)
    for i in range(count - 1, -1, -1):
        net, peak, spent = nets[i].copy(), peaks[i].copy(), np.zeros(size)
        value[:] = np.inf
        for j in range(i, count):
            walk_interval(paths, arrivals, starts, j, costs, net, peak, spent)
            if i == 0 and j == 0:
                _shortages(peak, costs.step, found)
            total = spent + (onward[j + 1] if j + 1 < count else end_value(net, peak, costs, steady, size))
            for k in range(size):
                if total[k] < value[k]:
                    value[k], found.until[i, k] = total[k], j + 1
        aged = np.zeros(size)
        if costs.ages.size:
            aged = expected_ageing(paths, arrivals, starts, i, costs, steady.demand, nets[i], peaks[i], size)
        if i > 0:
            cheapest_raise(value + aged, i, options, costs.step, onward[i], found.raised[i], found.by[i])
            onward[i] -= aged
        else:
            value += aged - aged[0]
    for k in range(size):
        found.cost[k] = value[k] + (order_price(options, 0, k, costs.step) if k > 0 else 0.0)


@numba.njit(cache=True)
def _shortages(peak: FloatArray, step: float, found: Curve) -> None:
    """Fill the share of paths whose peak (P,) passes each level, and by how many units it does on average."""
    size = found.cost.size
    passing, mass, moment = np.zeros(size + 1), np.zeros(size + 1), np.zeros(size + 1)
    for p in range(peak.size):
        passing[min(max(int(np.ceil(peak[p] / step)), 0), size)] += 1.0
        add_maximum(1.0, peak[p], 1.0 / step, mass, moment)
    found.unmet[:] = 0.0
    collect(mass, moment, step, 0.0, -float(peak.size), 1.0 / peak.size, found.unmet)
    share = 0.0
    for k in range(size - 1, -1, -1):
        share += passing[k + 1] / peak.size
        found.shortage[k] = share
