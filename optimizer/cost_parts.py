"""The parts of a plan's cost: the plan simulated path by path, the plain way (compiled).

This is the second opinion on `optimizer.cost_curve`: no reflection, no dynamic programme, only stock that comes,
is sold, is lost or waits.
"""

from typing import NamedTuple

import numba

from core.types import FloatArray
from optimizer.order_window import Steps
from optimizer.protection_interval import Costs, Paths, Periods, sales_are_lost

__all__ = ["CostParts", "simulated_parts"]


class CostParts(NamedTuple):
    """Expected money of holding (with fees) and of shortage until the horizon's end; units unmet and left."""

    holding: float
    shortage: float
    unmet: float
    left: float


@numba.njit(cache=True)
def simulated_parts(
    paths: Paths, on_hand: float, arrivals: FloatArray, starts: Periods, levels: Steps, costs: Costs
) -> CostParts:
    """Return the parts of the plan that has ordered levels[j] steps when event j has arrived, (J,).

    paths: (P, H). arrivals: (A, H), starts: (S, J + 1) as for `order_curve`.
    """
    holding, shortage, unmet, left = 0.0, 0.0, 0.0, 0.0
    for p in range(paths.shape[0]):
        come = arrivals[p if arrivals.shape[0] > 1 else 0]
        span = starts[p if starts.shape[0] > 1 else 0]
        lost, stock, j = sales_are_lost(p, costs.lost_share), on_hand, 0
        for t in range(span[span.size - 1]):
            stock += come[t]
            while j < levels.size and span[j] <= t:
                stock += (levels[j] - (levels[j - 1] if j else 0)) * costs.step
                j += 1
            waiting = max(-stock, 0.0)
            stock -= paths[p, t]
            short = max(-stock, 0.0)
            shortage += costs.stockout * short
            unmet += short if lost else max(short - waiting, 0.0)
            if lost:
                stock = max(stock, 0.0)
            held = max(stock, 0.0)
            holding += costs.holding[t] * held
            for b in range(costs.tiers.size):
                holding += costs.fees[b, t] * max(held - costs.tiers[b], 0.0)
        left += max(stock, 0.0)
    count = paths.shape[0]
    return CostParts(holding / count, shortage / count, unmet / count, left / count)
