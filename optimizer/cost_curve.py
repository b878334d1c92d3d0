"""The cost of every first order of one SKU with the best continuation: a dynamic programme over order cycles.

Orders reach the shelf at the starts of intervals j = 0 … J−1 (r periods each, the first one at period l).
A plan is a list of orders; Q is the number of units ordered up to now. With Q raised at interval i and
again at interval n

    V_i(Q) = min_n  Σ_{j = i … n−1} g_ij(Q) + [n < J] · (K + min_{Q′} V_n(Q′)) + [n = J] · W(Q),
    Q′ = Q + at least the minimum, at most the capacity

    g_ij(Q) = Σ_{t in j} h·E stock_t(Q) + b·E units lost in j (where demand waits: b·E backlog at each
    period's end)

so leftovers of the first order are charged only above what later orders would have raised the position to
anyway: the look-ahead. A unit is lost once: within a cycle losses are those of the reflected walk, and
before it those of the best plan are written off. Purchase cost is not in the sum: what is left at the end
of the horizon is valued at its unit cost, and what is sold has its unit cost in the margin b. W corrects
for the end of the horizon.
"""

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.protection_interval import Paths, Terms, expected_maximum, observe, run_until, write_off

__all__ = ["TIE", "Steps", "first_order_curve", "least_of_the_best"]

Steps = npt.NDArray[np.int64]
PASSES = 3
"""Times at most that the losses of the best plan are written off anew; most plans repeat at once."""

TIE = 1e-9
"""Costs this close, relatively, are equal: rounding must not decide between quantities."""


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
    """Return (cost, shortage, levels) of one SKU for the candidates of k = 0 … size − 1 steps.

    paths: (P, H) units a period. on_hand and arrivals (H,): units.
    cost: (size,) expected cost from `as_of` to the last interval's end when the first order is k steps
        and all later ones are the best for it; infinite where k is no allowed order.
    shortage: (size,) probability that demand goes unmet between this order's arrival and the next one's.
    levels: (J,) the best plan's cumulative steps after each order.
    """
    count = max((paths.shape[1] - terms.first) // terms.review, 1)
    levels = np.full(count, -1)
    cost = np.empty(size)
    shortage = np.empty(size)
    before = 0.0
    for _ in range(PASSES if terms.lost_sales else 1):
        nets, peaks, before = _interval_starts(paths, on_hand, arrivals, terms, levels, size)
        supposed = levels
        cost, levels = _best_cycles(paths, arrivals, terms, nets, peaks, shortage)
        if np.array_equal(supposed, levels):
            break
    return cost + before, shortage, levels


@numba.njit(cache=True)
def _interval_starts(
    paths: Paths, on_hand: float, arrivals: FloatArray, terms: Terms, levels: Steps, size: int
) -> tuple[FloatArray, FloatArray, float]:
    """Return N and M (J, P) at the start of each interval, and the expected cost of the periods before l.

    levels: (J,) the plan whose losses are written off, in steps; −1: the plan that is best interval by
        interval.
    """
    count, level = levels.size, 0
    nets = np.empty((count, paths.shape[0]))
    peaks = np.empty((count, paths.shape[0]))
    net = np.empty(paths.shape[0])
    before = run_until(paths, on_hand, arrivals, terms, net)
    peak = np.minimum(net, 0.0)
    for j in range(count):
        nets[j], peaks[j] = net, peak
        cost = np.zeros(size)
        _interval_cost(paths, arrivals, j, terms, net, peak, cost)
        if levels[j] < 0:
            levels[j] = level + least_of_the_best(cost[level:])
        level = levels[j]
        if terms.lost_sales:
            write_off(net, peak, level * terms.step)
    return nets, peaks, before


@numba.njit(cache=True)
def _best_cycles(
    paths: Paths, arrivals: FloatArray, terms: Terms, nets: FloatArray, peaks: FloatArray, shortage: FloatArray
) -> tuple[FloatArray, Steps]:
    """Return the cost of each first order and the best plan's levels; fill `shortage`. O(J² (P + size))."""
    count, size = nets.shape[0], shortage.size
    onward = np.empty((count, size))  # K + min V_n
    raised = np.empty((count, size), dtype=np.int64)
    until = np.empty((count, size), dtype=np.int64)
    value = np.empty(size)
    for i in range(count - 1, -1, -1):
        net, peak, spent = nets[i].copy(), peaks[i].copy(), np.zeros(size)
        value[:] = np.inf
        for j in range(i, count):
            _interval_cost(paths, arrivals, j, terms, net, peak, spent)
            if i == 0 and j == 0:
                for k in range(size):
                    shortage[k] = np.mean(peak > k * terms.step)
            total = spent + (onward[j + 1] if j + 1 < count else _end_value(paths, terms, net, peak, size))
            for k in range(size):
                if total[k] < value[k]:
                    value[k], until[i, k] = total[k], j + 1
        _best_order(value, terms, onward[i], raised[i])
    for k in range(1, size):
        value[k] = value[k] + terms.order_cost if terms.least <= k <= terms.most else np.inf
    return value, _levels(least_of_the_best(value), until, raised)


@numba.njit(cache=True)
def _levels(first: int, until: Steps, raised: Steps) -> Steps:
    """Return (J,) the levels of the plan that starts with level `first`."""
    count, level, start = until.shape[0], first, 0
    levels = np.empty(count, dtype=np.int64)
    while start < count:
        end = until[start, level]
        levels[start:end] = level
        if end < count:
            level = raised[end, level]
        start = end
    return levels


@numba.njit(cache=True)
def _best_order(value: FloatArray, terms: Terms, onward: FloatArray, raised: Steps) -> None:
    """Fill onward[k] = K + min value[k + least … k + most] and raised[k] with the level that attains it.

    The window's minimum comes from a queue of falling indices and falling value: O(size). Ties order the
    least.
    """
    size = value.size
    queue = np.empty(size, dtype=np.int64)
    head, tail = 0, 0
    for k in range(size - 1, -1, -1):
        entering = k + terms.least
        if entering < size and terms.least <= terms.most:
            while tail > head and value[queue[tail - 1]] >= value[entering]:
                tail -= 1
            queue[tail] = entering
            tail += 1
        while tail > head and queue[head] > k + terms.most:
            head += 1
        onward[k], raised[k] = np.inf, k
        if tail > head:
            onward[k], raised[k] = terms.order_cost + value[queue[head]], queue[head]


@numba.njit(cache=True)
def _interval_cost(
    paths: Paths, arrivals: FloatArray, j: int, terms: Terms, net: FloatArray, peak: FloatArray, out: FloatArray
) -> None:
    """Add g of interval j to `out` (size,), moving `net` and `peak` (P,) on to its end."""
    start = terms.first + j * terms.review
    end = min(start + terms.review, paths.shape[1])
    maximum = np.empty(out.size)
    if terms.lost_sales:
        expected_maximum(peak, terms.step, maximum)
        out -= terms.stockout_cost * maximum
    for t in range(start, end):
        mean = observe(paths, t, arrivals[t], net, peak)
        expected_maximum(peak if terms.lost_sales else net, terms.step, maximum)
        out += terms.holding_cost * (maximum - mean)
        if not terms.lost_sales:
            for k in range(out.size):
                out[k] += terms.stockout_cost * (maximum[k] - k * terms.step)
    if terms.lost_sales:
        out += terms.stockout_cost * maximum


@numba.njit(cache=True)
def _end_value(paths: Paths, terms: Terms, net: FloatArray, peak: FloatArray, size: int) -> FloatArray:
    """Return (size,) W: the worth of the stock S that is left, relative to an empty shelf with an order due.

        W = E[ h ((S − rλ)⁺)² / 2λ − γS/λ ],  γ = h (Q̂ − rλ) / 2 + Kλ/Q̂,  Q̂ = max(minimum, √(2Kλ/h), rλ)

    with λ the demand a period: the holding until what is more than the next interval needs is sold, minus
    the average ordering and cycle-stock cost γ a period (economic order quantity) while no order is due.
    """
    worth = np.zeros(size)
    if not terms.value_end:
        return worth
    floor = peak if terms.lost_sales else net
    left = (np.maximum(floor, 0.0) - net).mean()
    demand = paths[:, terms.first :].sum() / paths.shape[0] / (paths.shape[1] - terms.first)
    pace = max(demand, (left + terms.step) / terms.slowest_sale)
    lot = max(terms.review * pace, np.sqrt(2.0 * terms.order_cost * pace / terms.holding_cost))
    if terms.least > 1:
        lot = max(lot, terms.least * terms.step)
    cycle = terms.holding_cost * (lot - terms.review * pace) / 2.0 + terms.order_cost * pace / lot
    maximum = np.empty(size)
    expected_maximum(floor, terms.step, maximum)
    _expected_excess(net, floor, terms.review * pace, terms.step, worth)
    worth *= terms.holding_cost / (2.0 * pace)
    return worth - cycle / pace * (maximum - np.mean(net))


@numba.njit(cache=True)
def _expected_excess(net: FloatArray, floor: FloatArray, free: float, step: float, out: FloatArray) -> None:
    """Fill `out[k]` with E[((max(k·step, floor) − net − free)⁺)²], in one pass: O(P + K)."""
    size = out.size
    terms = np.zeros((4, size + 1))  # count, Σu, Σu² of the paths whose stock grows with k; Σ of those that do not yet
    for p in range(net.size):
        u = net[p] + free
        k = min(max(int(np.ceil(max(floor[p], u) / step)), 0), size)
        terms[0, k] += 1.0
        terms[1, k] += u
        terms[2, k] += u * u
        fixed = max(floor[p] - u, 0.0) ** 2
        terms[3, 0] += fixed
        terms[3, k] -= fixed
    count, first, second, fixed = 0.0, 0.0, 0.0, 0.0
    for k in range(size):
        count += terms[0, k]
        first += terms[1, k]
        second += terms[2, k]
        fixed += terms[3, k]
        level = k * step
        out[k] = (level * level * count - 2.0 * level * first + second + fixed) / net.size
