"""What is left at the end of the horizon: its worth against an empty shelf with an order due (compiled).

    W(Q) = E[ Σ_t h (S − rλ)⁺² / 2λ ] − γ E[S] / λ
    γ = min_o min_Q̂  δ_o λ + K_o λ / Q̂ + h (Q̂ − rλ)⁺ / 2,   Q̂ = √(2 K_o λ / h) held within the option's
        least and most, and at least rλ

with S the stock left and λ the demand a period: the holding until what is more than the next interval needs
is sold, minus the average cost γ a period of ordering (premium, order cost, cycle stock) that it saves. γ is
the economic order quantity with all-units discounts. Source: Hadley and Whitin (1963), chapter 2.
"""

from typing import NamedTuple

import numba
import numpy as np

from core.types import FloatArray
from optimizer.order_window import Options
from optimizer.protection_interval import Costs, Paths, Periods, add_maximum, collect, sales_are_lost

__all__ = ["Steady", "end_value", "steady_cost"]


class Steady(NamedTuple):
    """A SKU in the long run: demand a period [λ], holding cost [h], the fees' share of it not counted."""

    demand: float
    holding: float
    options: Options


@numba.njit(cache=True)
def steady_cost(paths: Paths, starts: Periods, options: Options, costs: Costs) -> Steady:
    """Return the demand a period after the first event, and the mean holding cost over the horizon."""
    total, periods = 0.0, 0
    for p in range(paths.shape[0]):
        first = starts[p if starts.shape[0] > 1 else 0, 0]
        for t in range(first, paths.shape[1]):
            total += paths[p, t]
        periods += paths.shape[1] - first
    return Steady(total / max(periods, 1), costs.holding.mean(), options)


@numba.njit(cache=True)
def end_value(net: FloatArray, peak: FloatArray, costs: Costs, steady: Steady, size: int) -> FloatArray:
    """Return (size,) W at each level, from N and M (P,) at the end of the horizon."""
    worth = np.zeros(size)
    if not costs.value_end:
        return worth
    left = 0.0
    mass, moment = np.zeros(size + 1), np.zeros(size + 1)
    for p in range(net.size):
        x = peak[p] if sales_are_lost(p, costs.lost_share) else net[p]
        left += max(x, 0.0) - net[p]
        add_maximum(1.0, x, 1.0 / costs.step, mass, moment)
    pace = max(steady.demand, (left / net.size + costs.step) / costs.slowest_sale)
    saved = _cycle_cost(pace, costs, steady) / pace
    _expected_excess(net, peak, costs, costs.review * pace, worth)
    worth *= steady.holding / (2.0 * pace)
    collect(mass, moment, costs.step, -net.sum(), 0.0, -saved / net.size, worth)
    return worth


@numba.njit(cache=True)
def _cycle_cost(pace: float, costs: Costs, steady: Steady) -> float:
    """Return γ, the least average cost a period of ordering for a demand of `pace` a period."""
    best, options = np.inf, steady.options
    due = costs.review * pace
    for o in range(options.premium.size):
        if options.least[o] > options.most[o]:
            continue
        lot = max(due, np.sqrt(2.0 * options.fixed[o] * pace / steady.holding))
        if options.least[o] > 1:
            lot = max(lot, options.least[o] * costs.step)
        lot = min(lot, options.most[o] * costs.step)
        cycle = options.premium[o] * pace + options.fixed[o] * pace / lot
        best = min(best, cycle + steady.holding * max(lot - due, 0.0) / 2.0)
    return best if np.isfinite(best) else 0.0


@numba.njit(cache=True)
def _expected_excess(net: FloatArray, peak: FloatArray, costs: Costs, free: float, out: FloatArray) -> None:
    """Fill `out[k]` with E[((max(k·step, floor) − net − free)⁺)²], in one pass: O(P + K)."""
    size = out.size
    terms = np.zeros((4, size + 1))  # count, Σu, Σu² of the paths whose stock grows with k; Σ of those that do not yet
    for p in range(net.size):
        floor = peak[p] if sales_are_lost(p, costs.lost_share) else net[p]
        u = net[p] + free
        k = min(max(int(np.ceil(max(floor, u) / costs.step)), 0), size)
        terms[0, k] += 1.0
        terms[1, k] += u
        terms[2, k] += u * u
        fixed = max(floor - u, 0.0) ** 2
        terms[3, 0] += fixed
        terms[3, k] -= fixed
    count, first, second, fixed = 0.0, 0.0, 0.0, 0.0
    for k in range(size):
        count += terms[0, k]
        first += terms[1, k]
        second += terms[2, k]
        fixed += terms[3, k]
        level = k * costs.step
        out[k] = (level * level * count - 2.0 * level * first + second + fixed) / net.size
