"""First orders under limits of several periods and what suppliers ask of a whole order, both at once.

Where the plan with the one keeps the other anyway, it is the plan. Else `optimizer.period_terms` plans all reviews
within the limits, each period's whole orders obeying their terms, and its first orders are placed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.types import FloatArray
from optimizer.allocation import Allocation
from optimizer.first_orders import FirstOrders
from optimizer.joint_orders import JointResult, joint_results
from optimizer.limited_orders import (
    LimitedOrders,
    keeps_limits,
    later_orders,
    orders_within,
    saved_once,
    usage_of,
    with_planned,
)
from optimizer.multi_period import PeriodOptions, RowPrice
from optimizer.order_terms import are_met, is_meant, joints_of, orders_with_terms
from optimizer.period_instance import PeriodInstance
from optimizer.period_terms import JointPlan, TermsOfOrder, plan_periods_with_terms
from optimizer.recosting import recost
from optimizer.review_periods import ReviewPeriods, review_instance
from optimizer.shared_limits import SharedLimit, WholeOrder
from optimizer.workshop import Workshop

__all__ = ["orders_within_terms"]


def orders_within_terms(
    workshop: Workshop,
    curves: FirstOrders,
    free: Allocation,
    limits: Sequence[SharedLimit],
    whole: Sequence[WholeOrder],
    budget: float,
    room: float,
) -> LimitedOrders:
    """Return the orders within `limits` that obey the terms of `whole` orders.

    free: the choice without both, within budget and room (inf: none). Raises InfeasiblePlanError where no plan is
    within all limits.
    """
    by_terms = orders_with_terms(workshop, curves, free, whole, budget, room)
    made = review_instance(workshop, limits, budget, room)
    rows = usage_of(workshop, by_terms.curves, by_terms.allocation, made)
    if keeps_limits(rows):
        return by_terms._replace(allocation=replace(by_terms.allocation, rows=rows))
    by_limits = orders_within(workshop, curves, free, limits, budget, room)
    joints = tuple(joints_of(workshop, by_limits.curves, whole))
    met = joint_results(joints, by_limits.allocation.choice)
    if are_met(met):
        return by_limits._replace(allocation=replace(by_limits.allocation, joints=_ordered(met)))
    value, volume = _worth(workshop, made)
    options = PeriodOptions(time_limit_seconds=workshop.planning.time_limit_seconds, seed=workshop.planning.seed)
    plan = plan_periods_with_terms(made.instance, list(_asked(workshop, made, whole)), value, volume, options)
    return _of_plan(workshop, curves, made, plan, whole)


def _of_plan(
    workshop: Workshop, curves: FirstOrders, made: ReviewPeriods, plan: JointPlan, whole: Sequence[WholeOrder]
) -> LimitedOrders:
    found, choice = with_planned(workshop, curves, made, plan.orders)
    rows = _rows_of(made.instance, plan, workshop.planning.share_lost)
    prices = {row.name: row.price for row in rows}
    allocation = Allocation(
        choice,
        plan.cost,
        plan.bound,
        plan.status,
        plan.solver,
        prices.get("budget of period 1", 0.0),
        prices.get("volume of period 1", 0.0),
        tuple(row for row in rows if np.isfinite(row.capacity)),
        _ordered(joint_results(tuple(joints_of(workshop, found, whole)), choice)),
    )
    return LimitedOrders(found, allocation, later_orders(workshop, made, plan.orders))


def _rows_of(instance: PeriodInstance, plan: JointPlan, share_lost: float) -> tuple[RowPrice, ...]:
    """Return the limits with the prices of the plan without terms and what this plan uses."""
    used = recost(instance, plan.orders).used.tolist()
    told = saved_once(plan.base, instance.limits, share_lost)
    return tuple(replace(row, used=amount) for row, amount in zip(told, used, strict=True))


def _ordered(results: Sequence[JointResult]) -> tuple[JointResult, ...]:
    return tuple(result for result in results if result.units > 0)


def _worth(workshop: Workshop, made: ReviewPeriods) -> tuple[FloatArray, FloatArray]:
    """Return (n, M) the invoiced price of a unit by lane and (n,) its volume."""
    value = np.zeros(made.instance.lead_time.shape)
    for i, ways in enumerate(made.ways):
        value[i, : len(ways)] = [way.invoiced[0].unit_cost for way in ways]
    return value, workshop.terms["volume"].fillna(0.0).to_numpy(dtype=np.float64)


def _asked(workshop: Workshop, made: ReviewPeriods, whole: Sequence[WholeOrder]) -> Iterator[TermsOfOrder]:
    for order in whole:
        ours = np.zeros(made.instance.lead_time.shape, dtype=np.bool_)
        for i, ways in enumerate(made.ways):
            ours[i, : len(ways)] = [is_meant(order, way.supplier, way.mode) for way in ways]
        if order.family is None:
            yield TermsOfOrder(order.label, order.terms, ours)
            continue
        family = np.array(order.family)[workshop.order]
        for name in np.unique(family[ours.any(axis=1)]).tolist():
            yield TermsOfOrder(f"{order.label} for {name}", order.terms, ours & (family == name)[:, None])
