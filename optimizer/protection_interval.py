"""Demand over the protection interval, path by path: net requirements and what they do to stock (compiled).

For one SKU and one sample path let N_t be the **net requirement**: demand up to the end of period t minus
stock and inbound up to then, minus sales that were lost before. If Q units of our own orders have arrived
by t, then

    stock_t = Q − N_t   where unmet demand waits,
    stock_t = max(Q, M_t) − N_t   where it is lost, with M_t the running maximum of N since Q has been
    there; units lost from s to t = max(Q, M_t) − max(Q, M_s).

The second line is Skorokhod's reflection of a random walk at zero, exact for lost sales. Its gain: every
expected cost is a sum of weights times E max(Q, x) over paths and periods, collected for all Q at once in
one histogram of x. A fee on what lies above s units is one such sum too, with x = max(M_t, N_t + s).
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = [
    "Costs",
    "Paths",
    "Periods",
    "Terms",
    "add_maximum",
    "collect",
    "run_until",
    "sales_are_lost",
    "walk_interval",
    "write_off",
]

Paths = npt.NDArray[np.float32]
Periods = npt.NDArray[np.int64]


class Terms(NamedTuple):
    """What the look-ahead needs of one SKU with one way to buy, in units and periods.

    first: l, the period an order placed now first serves. review: r, periods between two orders.
    holding_cost: per unit left at a period's end, [h]. stockout_cost: per unit lost (or waiting, a
        period), [b].
    order_cost: per order, [K]. step: units between two candidate quantities; an order has `least` to
        `most` steps.
    slowest_sale: periods within which even the slowest stock is taken to be sold.
    value_end: whether what is left at the end of the horizon is valued.
    """

    first: int
    review: int
    lost_sales: bool
    holding_cost: float
    stockout_cost: float
    order_cost: float
    step: float
    least: int
    most: int
    slowest_sale: float
    value_end: bool


class Costs(NamedTuple):
    """What stock and shortage cost one SKU, whichever way it is bought.

    holding: (H,) per unit left at each period's end, [h]. stockout: per unit lost (or waiting, a period),
        [b]. lost_share: share of the paths on which unmet demand is lost, 0 … 1; on the others it waits.
    tiers, fees: (B,) stock levels and (B, H) what each unit above them costs a period, on top of `holding`.
    life: periods that a unit can be sold for after its arrival, 0 without limit; spoilt: lost with each
        unit that grows older.
    step, slowest_sale, value_end: as in `Terms`. review: r.
    """

    holding: FloatArray
    stockout: float
    lost_share: float
    tiers: FloatArray
    fees: FloatArray
    life: int
    spoilt: float
    step: float
    review: int
    slowest_sale: float
    value_end: bool


@numba.njit(cache=True)
def sales_are_lost(path: int, lost_share: float) -> bool:
    """Return whether unmet demand is lost on a path: on `lost_share` of the paths, spread evenly."""
    return np.floor((path + 1) * lost_share + 1e-9) > np.floor(path * lost_share + 1e-9)


@numba.njit(cache=True)
def add_maximum(weight: float, x: float, inverse: float, mass: FloatArray, moment: FloatArray) -> None:
    """Add weight · max(Q, x) to the histogram of `collect`; `inverse` is 1 / step."""
    k = min(max(int(np.ceil(x * inverse)), 0), mass.size - 1)
    mass[k] += weight
    moment[k] += weight * x


@numba.njit(cache=True)
def collect(
    mass: FloatArray, moment: FloatArray, step: float, constant: float, slope: float, scale: float, out: FloatArray
) -> None:
    """Add scale · (Σ w max(Q, x) + constant + slope · Q) to out[k], Q = k·step, for k = 0 … out.size − 1.

    mass, moment: (out.size + 1,) sums of w and of w·x by the first k with k·step ≥ x. One pass: O(K).
    """
    below, above = 0.0, moment.sum()
    for k in range(out.size):
        below += mass[k]
        above -= moment[k]
        out[k] += scale * (k * step * (below + slope) + above + constant)


@numba.njit(cache=True)
def run_until(
    paths: Paths, on_hand: float, arrivals: FloatArray, starts: Periods, costs: Costs, net: FloatArray
) -> float:
    """Run stock from period 0 to the end of the period before the first arrival that can still change.

    paths: (P, H) units. arrivals: (A, H) units, starts: (S, J + 1) periods, with A and S either P or 1 (the
    same for all paths). Fills `net` (P,) with N at that moment; what is lost is forgotten, so that D̃ of the
    formulation is net + on hand + inbound. Returns the expected cost of these periods: no order changes it.
    """
    cost = 0.0
    for p in range(net.size):
        come = arrivals[p if arrivals.shape[0] > 1 else 0]
        lost = sales_are_lost(p, costs.lost_share)
        n = -on_hand
        for t in range(starts[p if starts.shape[0] > 1 else 0, 0]):
            n += paths[p, t] - come[t]
            cost -= costs.holding[t] * min(n, 0.0)
            for b in range(costs.tiers.size):
                cost += costs.fees[b, t] * max(max(-n, 0.0) - costs.tiers[b], 0.0)
            if n > 0.0:
                cost += costs.stockout * n
                if lost:
                    n = 0.0
        net[p] = n
    return cost / net.size


@numba.njit(cache=True)
def walk_interval(
    paths: Paths,
    arrivals: FloatArray,
    starts: Periods,
    j: int,
    costs: Costs,
    net: FloatArray,
    peak: FloatArray,
    out: FloatArray,
) -> None:
    """Add the expected cost of interval j at each level to `out` (K,) and move N and M (P,) on to its end.

    Holding and fees of each period's end, lost sales (or the backlog at each period's end); each path's
    interval lasts from starts[p, j] to starts[p, j + 1] − 1.
    """
    mass, moment = np.zeros(out.size + 1), np.zeros(out.size + 1)
    inverse, constant, slope = 1.0 / costs.step, 0.0, 0.0
    for p in range(net.size):
        come = arrivals[p if arrivals.shape[0] > 1 else 0]
        span = starts[p if starts.shape[0] > 1 else 0]
        lost = sales_are_lost(p, costs.lost_share)
        n, m = net[p], peak[p]
        if lost:
            add_maximum(-costs.stockout, m, inverse, mass, moment)
        for t in range(span[j], span[j + 1]):
            n += paths[p, t] - come[t]
            m = max(m, n)
            x = m if lost else n
            add_maximum(costs.holding[t], x, inverse, mass, moment)
            constant -= costs.holding[t] * n
            for b in range(costs.tiers.size):
                above = n + costs.tiers[b]
                add_maximum(costs.fees[b, t], max(x, above), inverse, mass, moment)
                constant -= costs.fees[b, t] * above
            if not lost:
                add_maximum(costs.stockout, n, inverse, mass, moment)
                slope -= costs.stockout
        if lost:
            add_maximum(costs.stockout, m, inverse, mass, moment)
        net[p], peak[p] = n, m
    collect(mass, moment, costs.step, constant, slope, 1.0 / net.size, out)


@numba.njit(cache=True)
def write_off(net: FloatArray, peak: FloatArray, level: float, lost_share: float) -> None:
    """Forget, in place, the units lost when `level` units of orders had arrived: max(M − level, 0)."""
    for p in range(net.size):
        if peak[p] > level and sales_are_lost(p, lost_share):
            net[p] -= peak[p] - level
            peak[p] = level
