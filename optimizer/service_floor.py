"""Service floors: the least service that an order must give whatever it costs, and the price of that.

A candidate below a floor gets a penalty per point of service that is missing, large enough that the cheapest
candidate at the floor is chosen, and that a shared budget gives up all other savings first:

    π = W max_c (cost_f − cost_c) / (missing_c − missing_f),   penalty_c = π (missing_c − missing_f)

with f the cheapest of the candidates that miss least. Service is the probability of no stock-out between the
order's arrival and the next one's (cycle service level), or the share of that demand that is filled (fill rate).
"""

import numpy as np

from core.types import FloatArray

__all__ = ["floor_penalty", "missing_service"]

WEIGHT = 1000.0
"""Times the least penalty that upholds a floor: a budget has to pay for floors before it pays for savings."""


def missing_service(
    shortage: FloatArray, unmet: FloatArray, demand: float, cycle_service_floor: float, fill_rate_floor: float
) -> FloatArray:
    """Return (m,) how far each candidate is below its floors, 0 where it keeps both (a floor of 0 is none).

    shortage: (m,) probability of a stock-out. unmet: (m,) units expected not to be filled, of `demand`.
    """
    cycle = np.maximum(cycle_service_floor - (1.0 - shortage), 0.0)
    filled = 1.0 - unmet / demand if demand > 0 else np.ones_like(unmet)
    return np.maximum(cycle, np.maximum(fill_rate_floor - filled, 0.0))


def floor_penalty(cost: FloatArray, missing: FloatArray) -> tuple[FloatArray, float]:
    """Return (m,) penalties in money and the price of the floor: what it costs above the cheapest candidate.

    >>> penalty, price = floor_penalty(np.array([5.0, 4.0, 6.0]), np.array([0.2, 0.1, 0.0]))
    >>> price, (np.array([5.0, 4.0, 6.0]) + penalty).argmin().item()
    (2.0, 2)
    """
    least = missing.min()
    kept = missing <= least + 1e-12
    best = float(cost[kept].min())
    over = missing[~kept] - least
    saved = np.maximum(best - cost[~kept], 0.0)
    rate = WEIGHT * float((saved / over).max(initial=0.0))
    return rate * np.where(kept, 0.0, missing - least), max(best - float(cost.min()), 0.0)
