"""First orders under what suppliers ask of a whole order: minimums, free freight, full containers, a family's minimum.

A supplier's minimum may be worth ordering more of a SKU than is best for it alone, so the candidates go beyond that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.types import FloatArray
from optimizer.allocation import Allocation
from optimizer.first_orders import FirstOrders, SkuOrders, collected, joined, single_orders, taken
from optimizer.joint_orders import JointOrder, JointResult, joint_results
from optimizer.limited_orders import LimitedOrders
from optimizer.order_window import Steps
from optimizer.price_breaks import invoices
from optimizer.shared_limits import WholeOrder
from optimizer.supplier_terms import allocate_jointly, joint_order
from optimizer.ways import Way
from optimizer.workshop import Workshop

__all__ = ["are_met", "is_meant", "joints_of", "orders_with_terms"]

BEYOND = 30
"""Candidates a SKU above its own best order, at most: all packs where there are fewer."""


def orders_with_terms(
    workshop: Workshop,
    curves: FirstOrders,
    free: Allocation,
    whole: Sequence[WholeOrder],
    budget: float,
    room: float,
) -> LimitedOrders:
    """Return the orders of least cost that budget, room (inf: none) and the terms of whole orders allow.

    free: the choice without the terms; where it meets them without a fee, it is the plan. Ordering nothing of a
    supplier is always allowed. The bound is proven for all candidates.
    """
    wide = _with_more(workshop, curves, whole)
    joints = tuple(joints_of(workshop, wide, whole))
    planning = workshop.planning
    kept = wide.candidates.offsets[:-1] + free.choice - curves.candidates.offsets[:-1]
    met = joint_results(joints, kept)
    if are_met(met):
        return LimitedOrders(curves, replace(free, joints=tuple(joint for joint in met if joint.units > 0)), None)
    found = allocate_jointly(wide.candidates, joints, budget, room, planning.time_limit_seconds, planning.seed)
    allocation = Allocation(
        found.choice,
        found.cost,
        found.bound,
        found.status,
        found.solver,
        joints=tuple(joint for joint in found.joints if joint.units > 0),
    )
    return LimitedOrders(*_with_best(workshop, curves, wide, allocation), None)


def _with_more(workshop: Workshop, curves: FirstOrders, whole: Sequence[WholeOrder]) -> FirstOrders:
    """Return the candidates with larger ones for SKUs whose supplier asks for a minimum or sends free from a value."""
    offsets, parts = curves.candidates.offsets, []
    for i in range(len(workshop.terms)):
        own = taken(curves.orders, np.arange(offsets[i], offsets[i + 1]))
        parts.append(own)
        names = {(way.supplier, way.mode) for way in workshop.ways[i]}
        if any(is_meant(order, *name) for order in whole for name in names):
            more = _beyond(workshop, i, float((own.quantity + own.second_quantity)[-1]), whole)
            parts[-1] = joined([own, *more])
    return collected(parts, workshop, curves.first, curves.floor_price)


def _beyond(workshop: Workshop, i: int, best: float, whole: Sequence[WholeOrder]) -> Iterator[SkuOrders]:
    """Yield the orders of SKU i above its best one by each way with terms, in packs that grow with the distance."""
    ahead = workshop.look_ahead(i)
    for place, way in enumerate(ahead.ways):
        if not any(is_meant(order, way.supplier, way.mode) for order in whole):
            continue
        run = ahead.run(place)
        wide = ahead.run(place, size=2 * len(run.curve.cost) + round(way.least / ahead.costs.step))
        cost = wide.curve.cost
        larger = np.flatnonzero(np.isfinite(cost) & (np.arange(len(cost)) * ahead.costs.step > best + 1e-9))
        if len(larger) > BEYOND:
            larger = larger[np.unique(np.geomspace(1, len(larger), BEYOND).astype(np.int64) - 1)]
        if len(larger):
            yield single_orders(ahead, wide, larger)


def are_met(results: Sequence[JointResult]) -> bool:
    """Return whether whole orders reach their minimums and cost nothing besides."""
    return not any(result.missing or result.fee or result.container_cost for result in results)


def joints_of(workshop: Workshop, curves: FirstOrders, whole: Sequence[WholeOrder]) -> Iterator[JointOrder]:
    """Yield what each candidate of `curves` adds to each whole order that some candidate is part of."""
    orders, candidates = curves.orders, curves.candidates
    owner = np.repeat(np.arange(len(workshop.terms)), np.diff(candidates.offsets))
    volume = workshop.terms["volume"].fillna(0.0).to_numpy(dtype=np.float64)[owner]
    ways = {way.row: way for own in workshop.ways for way in own}
    for order in whole:
        units = np.zeros(len(owner))
        value = np.zeros(len(owner))
        for rows, quantity in ((orders.way, orders.quantity), (orders.second_way, orders.second_quantity)):
            _add(order, ways, rows, quantity, units, value)
        if order.family is None:
            yield joint_order(order.label, order.terms, units > 0, units, value, units * volume)
            continue
        family = np.array(order.family)[workshop.order][owner]
        for name in np.unique(family[units > 0]).tolist():
            yield joint_order(f"{order.label} for {name}", order.terms, family == name, units, value, units * volume)


def _add(
    order: WholeOrder, ways: dict[int, Way], rows: Steps, quantity: FloatArray, units: FloatArray, value: FloatArray
) -> None:
    for row in np.unique(rows[rows >= 0]).tolist():
        way = ways[row]
        if is_meant(order, way.supplier, way.mode):
            mine = np.where(rows == row, quantity, 0.0)
            units += mine
            value += invoices(way.invoiced, mine)


def is_meant(order: WholeOrder, supplier: str, mode: str) -> bool:
    """Return whether an order with a supplier by a mode is part of the whole order."""
    return order.supplier == supplier and order.mode in ("", mode)


def _with_best(
    workshop: Workshop, curves: FirstOrders, wide: FirstOrders, allocation: Allocation
) -> tuple[FirstOrders, Allocation]:
    """Return nothing, chosen and best alone of each SKU, so that what is best alone stays the last candidate."""
    parts, choice, start, offsets = [], [], 0, curves.candidates.offsets
    for i, chosen in enumerate(allocation.choice.tolist()):
        nothing = taken(wide.orders, np.array([wide.candidates.offsets[i]]))
        part = [nothing]
        if chosen != wide.candidates.offsets[i]:
            part.append(taken(wide.orders, np.array([chosen])))
        choice.append(start + len(part) - 1)
        if offsets[i + 1] - 1 > offsets[i]:
            part.append(taken(curves.orders, np.array([offsets[i + 1] - 1])))
        parts.append(joined(part))
        start += len(parts[-1].cost)
    made = collected(parts, workshop, curves.first, curves.floor_price)
    return made, replace(allocation, choice=np.array(choice, dtype=np.int64))
