"""Shelf life: the units of an order that will grow too old before anybody buys them (compiled).

Units are sold first in, first out. Of an order that raises Q to Q′ at event i, the units that are still there
when they are `life` periods old are L_i(Q′) − L_i(Q) with

    L_i(Q) = w · E max(Q, x),   x = max(M_T, N_T + units that came in later),   T = A_i + life − 1

(A_i the order's arrival, w what a unit lost costs): later orders are younger and change nothing. Where T is
beyond the horizon, demand goes on at its mean rate λ. The stock of the cost curve itself is not lowered by
what is thrown away: it is taken to be replaced by the next order, whose unit cost w pays for. Source: the
order-by-order outdating bound of Nahmias (1976), Myopic approximations for the perishable inventory problem.
"""

import numba
import numpy as np

from core.types import FloatArray
from optimizer.protection_interval import Costs, Paths, Periods, add_maximum, collect, sales_are_lost

__all__ = ["expected_outdating"]


@numba.njit(cache=True)
def expected_outdating(
    paths: Paths,
    arrivals: FloatArray,
    starts: Periods,
    i: int,
    costs: Costs,
    demand: float,
    net: FloatArray,
    peak: FloatArray,
    size: int,
) -> FloatArray:
    """Return (size,) L_i at each level in money, from N and M (P,) at the start of interval i.

    demand: λ, units a period beyond the horizon.
    """
    out, mass, moment = np.zeros(size), np.zeros(size + 1), np.zeros(size + 1)
    for p in range(net.size):
        come = arrivals[p if arrivals.shape[0] > 1 else 0]
        span = starts[p if starts.shape[0] > 1 else 0]
        n, m, younger = net[p], peak[p], 0.0
        start, end = span[i], span[span.size - 1]
        for t in range(start, min(start + costs.life, end)):
            n += paths[p, t] - come[t]
            m = max(m, n)
            younger += come[t] if t > start else 0.0
        later = max(start + costs.life - end, 0) * demand
        floor = m if sales_are_lost(p, costs.lost_share) else n
        add_maximum(costs.spoilt, max(floor, n + younger + later), 1.0 / costs.step, mass, moment)
    collect(mass, moment, costs.step, 0.0, 0.0, 1.0 / net.size, out)
    return out
