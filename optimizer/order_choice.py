"""Which first order each SKU gets: the least expected cost alone, within what all share, or a policy's own."""

import numpy as np

from core.errors import InfeasiblePlanError
from core.progress import Progress
from core.types import FloatArray
from optimizer.allocation import allocate
from optimizer.first_orders import first_orders
from optimizer.limited_orders import LimitedOrders, orders_within
from optimizer.limits_and_terms import orders_within_terms
from optimizer.order_terms import orders_with_terms
from optimizer.policy_orders import policy_allocation, policy_candidates
from optimizer.workshop import Workshop

__all__ = ["choose_orders", "volume_left"]


def choose_orders(workshop: Workshop, asked: FloatArray | None, progress: Progress) -> LimitedOrders:
    """Return the candidates, the choice among them and what is planned after it.

    asked: (n,) units that a named policy orders, in the forecast's order; None: the orders of least cost. Raises
    InfeasiblePlanError for limits that no plan respects.
    """
    planning, buying = workshop.planning, workshop.buying
    budget, room = planning.budget or np.inf, volume_left(workshop)
    if asked is not None:
        limited = bool(np.isfinite(budget) or np.isfinite(room))
        own, least = policy_candidates(workshop, asked, limited)
        return LimitedOrders(own, policy_allocation(own, least, planning.policy_name, budget, room, planning), None)
    curves = first_orders(workshop, progress)
    progress("share out the limits", 0.9)
    alone = allocate(curves.candidates, budget, room, planning.time_limit_seconds, planning.seed)
    if buying.limits and buying.whole_orders:
        return orders_within_terms(workshop, curves, alone, buying.limits, buying.whole_orders, budget, room)
    if buying.whole_orders:
        return orders_with_terms(workshop, curves, alone, buying.whole_orders, budget, room)
    if buying.limits:
        return orders_within(workshop, curves, alone, buying.limits, budget, room)
    return LimitedOrders(curves, alone, None)


def volume_left(workshop: Workshop) -> float:
    """Return the volume left for new orders; raises InfeasiblePlanError where stock alone needs more."""
    capacity = workshop.planning.volume_capacity
    if not capacity:
        return np.inf
    volume = workshop.terms["volume"].fillna(0.0).to_numpy(dtype=np.float64)
    used = float((volume * (workshop.on_hand + workshop.inbound.sum(axis=1))[workshop.order]).sum())
    if used > capacity:
        raise InfeasiblePlanError(
            f"stock on hand and on order takes {used:,.2f} of a volume capacity of {capacity:,.2f}: "
            f"no order can repair that; raise the capacity by {used - capacity:,.2f} or clear stock"
        )
    return capacity - used
