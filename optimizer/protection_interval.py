"""Demand over the protection interval, path by path: net requirements and what they do to stock (compiled).

For one SKU and one sample path let N_t be the **net requirement**: demand up to the end of period t minus
stock and inbound up to then, minus sales that were lost before. If Q units of our own orders have arrived
by t, then

    stock_t = Q − N_t   where unmet demand waits,
    stock_t = max(Q, M_t) − N_t   where it is lost, with M_t the running maximum of N since Q has been
    there; units lost from s to t = max(Q, M_t) − max(Q, M_s).

The second line is Skorokhod's reflection of a random walk at zero, exact for lost sales. Its gain:
everything the optimizer needs are expected values E max(Q, M_t), for all Q at once in one pass over the
paths.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = ["Paths", "Terms", "expected_maximum", "observe", "run_until", "write_off"]

Paths = npt.NDArray[np.float32]


class Terms(NamedTuple):
    """What the compiled code knows of one SKU, in units and periods.

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


@numba.njit(cache=True)
def run_until(paths: Paths, on_hand: float, arrivals: FloatArray, terms: Terms, net: FloatArray) -> float:
    """Run stock from period 0 to the end of period l − 1, before any new order can arrive.

    paths: (P, H) units. arrivals: (H,) units. Fills `net` (P,) with N at that moment; what is lost is
        forgotten, so that D̃ of the formulation is net + on hand + inbound. Returns the expected cost of
        these periods: no order changes it.
    """
    cost = 0.0
    net[:] = -on_hand
    for t in range(terms.first):
        for p in range(net.size):
            net[p] += paths[p, t] - arrivals[t]
            if net[p] <= 0.0:
                cost -= terms.holding_cost * net[p]
            else:
                cost += terms.stockout_cost * net[p]
                if terms.lost_sales:
                    net[p] = 0.0
    return cost / net.size


@numba.njit(cache=True)
def observe(paths: Paths, t: int, arrival: float, net: FloatArray, peak: FloatArray) -> float:
    """Add period t to `net` and its running maximum `peak`, both (P,), in place; return the mean of `net`."""
    total = 0.0
    for p in range(net.size):
        net[p] += paths[p, t] - arrival
        peak[p] = max(peak[p], net[p])
        total += net[p]
    return total / net.size


@numba.njit(cache=True)
def write_off(net: FloatArray, peak: FloatArray, level: float) -> None:
    """Forget, in place, the units lost when `level` units of orders had arrived: max(M − level, 0)."""
    for p in range(net.size):
        if peak[p] > level:
            net[p] -= peak[p] - level
            peak[p] = level


@numba.njit(cache=True)
def expected_maximum(sample: FloatArray, step: float, out: FloatArray) -> None:
    """Fill `out[k]` with E max(k·step, sample) for k = 0 … out.size − 1, in one pass: O(P + K)."""
    size = out.size
    count = np.zeros(size + 1)
    total = np.zeros(size + 1)
    for p in range(sample.size):
        k = min(max(int(np.ceil(sample[p] / step)), 0), size)
        count[k] += 1.0
        total[k] += sample[p]
    below = 0.0
    above = total.sum()
    for k in range(size):
        below += count[k]
        above -= total[k]
        out[k] = (k * step * below + above) / sample.size
