"""The cost of every first order of one SKU with the best continuation: an exact dynamic programme.

Orders reach the shelf at the starts of intervals j = 0 … J−1 (r periods each, the first one at period l).
With Q_j the units ordered up to and including order j, a plan costs

    Σ_j g_j(Q_j) + K·[Q_j > Q_{j−1}] + W(Q_{J−1}),   Q_j = Q_{j−1}, or Q_{j−1} + at least the minimum order

    g_j(Q) = Σ_{t in j} h·E stock_t(Q) + b·E units lost in j (or, where demand waits, b·E backlog at each
    period's end)

so leftovers of the first order are charged only above what later orders would have raised the position to
anyway: the look-ahead. Losses before interval j under the best plan are written off before j is costed,
and a Q below that plan pays for each lost unit once, not again every period. Purchase cost is not in the
sum: what is not sold within the horizon is valued at its unit cost, and what is sold has its unit cost in
the margin b. W corrects for the end of the horizon.
"""

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.protection_interval import Paths, Terms, expected_maximum, observe, run_until, write_off

__all__ = ["Steps", "first_order_curve"]

Steps = npt.NDArray[np.int64]


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
    lumpy = terms.order_cost > 0.0 or terms.least > 1
    for _ in range(2 if lumpy and terms.lost_sales else 1):
        stages, before = _stages(paths, on_hand, arrivals, terms, levels, shortage)
        cost, levels = _best_continuation(stages, terms)
    return cost + before, shortage, levels


@numba.njit(cache=True)
def _stages(
    paths: Paths, on_hand: float, arrivals: FloatArray, terms: Terms, levels: Steps, shortage: FloatArray
) -> tuple[FloatArray, float]:
    """Return g_j(k) and W(k) as rows of a (J + 1, size) array, and the cost of the periods before l.

    levels: the plan whose losses are written off, in steps; −1: the plan that is best interval by interval.
    """
    count, horizon = levels.size, paths.shape[1]
    net = np.empty(paths.shape[0])
    before = run_until(paths, on_hand, arrivals, terms, net)
    peak = np.minimum(net, 0.0)
    stages = np.zeros((count + 1, shortage.size))
    level = 0
    for j in range(count):
        start = terms.first + j * terms.review
        end = min(start + terms.review, horizon)
        if j > 0 and terms.lost_sales:
            write_off(net, peak, level * terms.step)
        _interval_cost(paths, arrivals, start, end, terms, net, peak, stages[j])
        if j == 0:
            for k in range(shortage.size):
                shortage[k] = np.mean(peak > k * terms.step)
        level = levels[j] if levels[j] >= 0 else level + int(np.argmin(stages[j, level:]))
    if terms.value_end:
        pace = paths[:, terms.first : end].sum() / paths.shape[0] / (end - terms.first)
        _end_value(pace, terms, net, peak if terms.lost_sales else net, stages[count])
    return stages, before


@numba.njit(cache=True)
def _interval_cost(
    paths: Paths,
    arrivals: FloatArray,
    start: int,
    end: int,
    terms: Terms,
    net: FloatArray,
    peak: FloatArray,
    out: FloatArray,
) -> None:
    """Add g of the periods start … end − 1 to `out` (size,), moving `net` and `peak` (P,) on."""
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
def _end_value(demand: float, terms: Terms, net: FloatArray, floor: FloatArray, out: FloatArray) -> None:
    """Fill `out` with W(k), the worth of the stock S = max(k·step, floor) − net that is left at the end:

        W = E[ h ((S − rλ)⁺)² / 2λ − γ S / λ ],  γ = h (Q̂ − rλ) / 2 + K λ / Q̂,  Q̂ = max(minimum,
        √(2Kλ/h), rλ)

    relative to an empty shelf with an order due, with λ = `demand` a period: the holding until what is
    more than the next interval needs is sold, minus the average ordering and cycle-stock cost γ a period
    (economic order quantity) for the periods during which no order is due.
    """
    left = (np.maximum(floor, 0.0) - net).mean()
    pace = max(demand, (left + terms.step) / terms.slowest_sale)
    lot = max(terms.review * pace, np.sqrt(2.0 * terms.order_cost * pace / terms.holding_cost))
    if terms.least > 1:
        lot = max(lot, terms.least * terms.step)
    cycle = terms.holding_cost * (lot - terms.review * pace) / 2.0 + terms.order_cost * pace / lot
    maximum = np.empty(out.size)
    expected_maximum(floor, terms.step, maximum)
    _expected_excess(net, floor, terms.review * pace, terms.step, out)
    out *= terms.holding_cost / (2.0 * pace)
    out -= cycle / pace * (maximum - np.mean(net))


@numba.njit(cache=True)
def _expected_excess(net: FloatArray, floor: FloatArray, free: float, step: float, out: FloatArray) -> None:
    """Fill `out[k]` with E[((max(k·step, floor) − net − free)⁺)²], in one pass: O(P + K)."""
    size = out.size
    terms = np.zeros(
        (4, size + 1)
    )  # count, Σu, Σu² of the paths whose stock grows with k; Σ of those that do not yet
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


@numba.njit(cache=True)
def _best_continuation(stages: FloatArray, terms: Terms) -> tuple[FloatArray, Steps]:
    """Return the cost of each first order and the best plan's cumulative steps; O(J·size)."""
    count, size = stages.shape[0] - 1, stages.shape[1]
    choice = np.empty((count, size), dtype=np.int64)
    value = stages[count].copy()
    for j in range(count - 1, 0, -1):
        _order_or_wait(stages[j] + value, terms, value, choice[j])
    cost = stages[0] + value
    for k in range(1, size):
        cost[k] = cost[k] + terms.order_cost if terms.least <= k <= terms.most else np.inf
    levels = np.empty(count, dtype=np.int64)
    levels[0] = np.argmin(cost)
    for j in range(1, count):
        levels[j] = choice[j, levels[j - 1]]
    return cost, levels


@numba.njit(cache=True)
def _order_or_wait(onward: FloatArray, terms: Terms, value: FloatArray, choice: Steps) -> None:
    """Fill value[k] = min(onward[k], K + min onward[k + least … k + most]) and the k′ that attains it.

    The window's minimum comes from a queue of falling indices and falling cost: O(size). A tie waits,
    then orders the least.
    """
    size = onward.size
    queue = np.empty(size, dtype=np.int64)
    head, tail = 0, 0
    for k in range(size - 1, -1, -1):
        entering = k + terms.least
        if entering < size:
            while tail > head and onward[queue[tail - 1]] >= onward[entering]:
                tail -= 1
            queue[tail] = entering
            tail += 1
        while tail > head and queue[head] > k + terms.most:
            head += 1
        value[k], choice[k] = onward[k], k
        if tail > head and terms.order_cost + onward[queue[head]] < onward[k]:
            value[k], choice[k] = terms.order_cost + onward[queue[head]], queue[head]
