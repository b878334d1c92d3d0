"""The orders of a named policy as candidates of a plan: costed, explained and cut to the limits like our own.

A policy names one quantity a SKU. Where all of them fit into budget and volume they are the plan; where they do not,
each may be cut down to any smaller allowed quantity, and what is cut is what saves least.
"""

from typing import Any

import numpy as np

from core.errors import UsageError
from core.types import FloatArray
from optimizer.allocation import Allocation, allocate
from optimizer.first_orders import NONE, FirstOrders, SkuOrders, collected, sku_orders, spend_of
from optimizer.look_ahead import LookAhead
from optimizer.planning import PlanningOptions
from optimizer.workshop import Workshop

__all__ = ["policy_allocation", "policy_candidates"]


def policy_candidates(workshop: Workshop, quantities: FloatArray, limited: bool) -> tuple[FirstOrders, float]:
    """Return the candidates of each SKU, the policy's own quantity last, by the preferred way to buy; and a cost.

    The cost is that of the best orders without limits: no plan costs less, so it shows what the policy gives away.

    quantities: (n,) units, in the order of the forecast. limited: whether smaller quantities are candidates too.
    A quantity that the supplier does not take (a minimum value, which policies do not know) becomes the next larger
    one that he takes. Raises UsageError for quantities that are no amounts.
    """
    if quantities.shape != (len(workshop.terms),) or not (np.isfinite(quantities) & (quantities >= 0)).all():
        raise UsageError(f"a policy must name {len(workshop.terms)} amounts of 0 or more, one a series")
    parts, first, least = [], np.zeros(len(workshop.terms), dtype=np.int64), 0.0
    for i in range(len(workshop.terms)):
        ahead = workshop.look_ahead(i)
        first[i] = min(int(schedule.periods[0]) for schedule in ahead.schedules)
        parts.append(_candidates(ahead, float(quantities[workshop.order[i]]), limited))
        least += min(float(sku_orders(ahead)[0].cost.min()), float(parts[-1].cost.min()))
    return collected(parts, workshop, first, np.zeros(len(first))), least


def _candidates(ahead: LookAhead, wanted: float, limited: bool) -> SkuOrders:
    step = ahead.costs.step
    size = max(ahead.run(0).curve.cost.size, int(np.ceil(wanted / step)) + 2)
    curve = ahead.run(0, size=size + int(np.ceil(ahead.ways[0].least / step))).curve
    asked = round(wanted / step)
    allowed = np.flatnonzero(np.isfinite(curve.cost))
    reached = allowed[allowed >= asked]
    last = int(reached[0]) if len(reached) else int(allowed[-1])
    kept = allowed[allowed <= last] if limited else np.unique([0, last])
    quantity: FloatArray = kept.astype(np.float64) * step
    if last == asked:
        quantity[-1] = wanted
    none: Any = np.full(len(kept), NONE)
    nothing = np.zeros(len(kept))
    way = ahead.ways[0]
    return SkuOrders(
        cost=curve.cost[kept],
        spend=spend_of(way, quantity),
        shortage=curve.shortage[kept],
        unmet=curve.unmet[kept],
        way=np.where(kept > 0, way.row, NONE),
        quantity=quantity,
        second_way=none,
        second_quantity=nothing,
        penalty=nothing,
    )


def policy_allocation(
    curves: FirstOrders, least: float, name: str, budget: float, room: float, planning: PlanningOptions
) -> Allocation:
    """Return the policy's own quantities where they fit into the limits (inf: none), else the cut that costs least.

    least: a cost that no plan beats, the bound that is told.
    """
    candidates = curves.candidates
    own = candidates.offsets[1:] - 1
    if candidates.spend[own].sum() <= budget and candidates.volume[own].sum() <= room:
        cost = float(candidates.cost[own].sum())
        return Allocation(own, cost, min(least, cost), "policy", f"policy {name}")
    cut = allocate(candidates, budget, room, planning.time_limit_seconds, planning.seed)
    words = f"policy {name}, cut to the limits"
    bound = min(least, cut.cost)
    return Allocation(cut.choice, cut.cost, bound, "policy", words, cut.budget_price, cut.volume_price)
