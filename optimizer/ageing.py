"""Ageing: what the units of an order cost that nobody has bought when they reach an age (compiled).

Units are sold first in, first out. Of an order that raises Q to Q′ at event i, the units that are still there
a periods after their arrival are, on average, E max(Q′, x) − E max(Q, x) with

    x = max(M_T, N_T + units that came in later),   T = A_i + a − 1

(A_i the order's arrival): later orders are younger and change nothing. So an order costs L_i(Q′) − L_i(Q) with
L_i(Q) = Σ_a charge_a E max(Q, x_a): the charge is an aged-stock fee, or all that is lost with a unit whose
shelf life ends. Where T is beyond the horizon, demand goes on at its mean rate. The stock of the cost curve
itself is not lowered by what is thrown away: the next order is taken to replace it, and the charge pays for
that. Source: the order-by-order outdating bound of Nahmias (1976), Myopic approximations for the perishable
inventory problem.
"""

import numba
import numpy as np

from core.types import FloatArray
from optimizer.protection_interval import Costs, Paths, Periods, add_maximum, collect, sales_are_lost

__all__ = ["expected_ageing"]


@numba.njit(cache=True)
def expected_ageing(
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

    demand: units a period beyond the horizon.
    """
    out, mass, moment = np.zeros(size), np.zeros(size + 1), np.zeros(size + 1)
    for p in range(net.size):
        come = arrivals[p if arrivals.shape[0] > 1 else 0]
        span = starts[p if starts.shape[0] > 1 else 0]
        lost = sales_are_lost(p, costs.lost_share)
        n, m, younger, t = net[p], peak[p], 0.0, span[i]
        for a in range(costs.ages.size):
            until = span[i] + costs.ages[a]
            while t < min(until, span[span.size - 1]):
                n += paths[p, t] - come[t]
                m = max(m, n)
                younger += come[t] if t > span[i] else 0.0
                t += 1
            x = max(m if lost else n, n + younger + (until - t) * demand)
            add_maximum(costs.charges[a], x, 1.0 / costs.step, mass, moment)
    collect(mass, moment, costs.step, 0.0, 0.0, 1.0 / net.size, out)
    return out
