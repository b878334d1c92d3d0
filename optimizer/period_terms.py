"""What suppliers ask for a whole order, put to a plan over periods, within all limits.

First the plan without these terms (prices, bound); containers enter it at the price of their room, freight that
becomes free is left out, so that its bound holds. Then `optimizer.joint_orders` chooses among the plans that pricing
has found and the same plans with orders gathered: two that follow each other placed as one, which is how a minimum
is reached that no SKU's own plan reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.joint_orders import JointOrder, JointResult, choose_jointly
from optimizer.lot_sizing import Cases, Modes, PricedPlans
from optimizer.multi_period import MultiPeriodPlan, Orders, PeriodOptions, flat_choices, orders_of, plan_periods
from optimizer.period_instance import NO_MOST, IntArray, PeriodInstance
from optimizer.plan_pool import PlanPool
from optimizer.recosting import recost
from optimizer.shared_rows import row_names, shared_rows
from optimizer.supplier_terms import SupplierTerms, joint_order

__all__ = ["JointPlan", "TermsOfOrder", "plan_periods_with_terms"]

GATHERED = 2
"""Pairs of orders that follow each other, from the first on, that are tried as one order."""


@dataclass(frozen=True, slots=True)
class TermsOfOrder:
    """The terms of all that ships together in a period.

    name: what it is called. ours: (n, M) whether a SKU's orders by a mode are part of it.
    """

    name: str
    terms: SupplierTerms
    ours: npt.NDArray[np.bool_]

    def take(self, order: IntArray) -> "TermsOfOrder":
        """Return the terms for some SKUs, in the order of `order`."""
        return replace(self, ours=self.ours[order])


@dataclass(frozen=True, slots=True)
class JointPlan:
    """orders: (n, M, T) cases. cost: with fees and containers; bound: no plan costs less. base: without the terms."""

    orders: Orders
    cost: float
    bound: float
    status: str
    solver: str
    joints: tuple[JointResult, ...]
    base: MultiPeriodPlan

    @property
    def gap(self) -> float:
        """(cost − bound) / cost."""
        return max(self.cost - self.bound, 0.0) / max(abs(self.cost), 1e-9)


def plan_periods_with_terms(
    instance: PeriodInstance,
    asked: Sequence[TermsOfOrder],
    value: FloatArray,
    volume: FloatArray,
    options: PeriodOptions | None = None,
) -> JointPlan:
    """Return a plan over periods in which what ships together in a period obeys its terms.

    value: (n, M) per unit by mode. volume: (n,) per unit. A container's price is charged by its room first, which is
    what a full one costs; then whole containers are chosen, over the plans that pricing has found: meant for some
    hundred SKUs. Raises InfeasiblePlanError as `plan_periods`.
    """
    options = options or PeriodOptions()
    order = np.argsort(instance.names, kind="stable")
    instance, value, volume = instance.take(order), value[order], volume[order]
    asked = [terms.take(order) for terms in asked]
    base = plan_periods(_with_room_priced(instance, asked, volume), options)
    rows = shared_rows(instance)
    pool = _with_gathered(instance, base.pool, asked)
    pool.revalue(instance, rows)
    choices, first = flat_choices(rows, pool)
    found = choose_jointly(
        choices,
        rows.capacity,
        row_names(instance),
        _joints_of(instance, pool, asked, value, volume),
        first + _leanest(pool),
        options.time_limit_seconds,
        options.target_gap,
        core=np.arange(len(choices.cost)),
        bound=base.bound,
        seed=options.seed,
        solver=options.solver,
    )
    orders = orders_of(instance, pool, found.choice - first)
    extra = sum(result.fee + result.container_cost for result in found.joints)
    cost = float(recost(instance, orders).cost.sum()) + extra
    back = np.argsort(order, kind="stable")
    return JointPlan(orders[back], cost, min(base.bound, cost), found.status, found.solver, found.joints, base)


def _with_room_priced(instance: PeriodInstance, asked: Sequence[TermsOfOrder], volume: FloatArray) -> PeriodInstance:
    unit = instance.unit_cost.copy()
    for order in asked:
        if np.isfinite(order.terms.container):
            unit += order.ours * (volume * order.terms.container_cost / order.terms.container)[:, None]
    return replace(instance, unit_cost=unit)


def _with_gathered(instance: PeriodInstance, pool: PlanPool, asked: Sequence[TermsOfOrder]) -> PlanPool:
    """Return the pool with its plans' orders gathered too, where some order has a least size or ships free from one."""
    if not any(max(order.terms.least_units, order.terms.least_value, order.terms.fee) > 0 for order in asked):
        return pool.copy()
    slots = pool.cases.shape[1]
    wide = PlanPool.empty(instance, (GATHERED + 1) * slots)
    for gather in range(GATHERED + 1):
        for slot in range(int(pool.filled.max(initial=0))):
            plans = pool.chosen(np.where(pool.filled > slot, slot, 0))
            cases, modes = plans if gather == 0 else _gathered(instance, *plans, gather - 1)
            nothing = np.zeros(len(cases))
            wide.add(PricedPlans(cases, modes, nothing, nothing, nothing), np.zeros(wide.usage[:, 0].shape))
    return wide


def _gathered(instance: PeriodInstance, cases: Cases, modes: Modes, place: int) -> tuple[Cases, Modes]:
    """Return each plan with its order `place` (0: the first) and the next one by the same mode placed as one."""
    cases, modes = cases.copy(), modes.copy()
    most = instance.mode_most if instance.mode_most is not None else np.full(instance.lead_time.shape, NO_MOST)
    for i in range(len(cases)):
        arrivals = np.flatnonzero(modes[i] >= 0)
        if place >= len(arrivals):
            continue
        at = arrivals[place]
        next_ones = arrivals[place + 1 :][modes[i, arrivals[place + 1 :]] == modes[i, at]]
        if len(next_ones) and cases[i, at] + cases[i, next_ones[0]] <= most[i, modes[i, at]]:
            cases[i, at] += cases[i, next_ones[0]]
            cases[i, next_ones[0]], modes[i, next_ones[0]] = 0, -1
    return cases, modes


def _joints_of(
    instance: PeriodInstance, pool: PlanPool, asked: Sequence[TermsOfOrder], value: FloatArray, volume: FloatArray
) -> tuple[JointOrder, ...]:
    owner = np.repeat(np.arange(instance.count), pool.filled)
    slot = np.concatenate([np.arange(filled) for filled in pool.filled])
    ordered = _ordered(instance, pool.cases[owner, slot], pool.modes[owner, slot], owner)
    joints = []
    for order in sorted(asked, key=lambda order: order.name):
        for s in range(instance.periods):
            units = ordered[:, :, s] * order.ours[owner]
            total = units.sum(axis=1)
            if total.any():
                worth = (units * value[owner]).sum(axis=1)
                label = f"{order.name} in period {s + 1}"
                joints.append(joint_order(label, order.terms, total > 0, total, worth, total * volume[owner]))
    return tuple(joints)


def _ordered(instance: PeriodInstance, cases: Cases, modes: Modes, owner: IntArray) -> FloatArray:
    """Return (plans, M, T) units by mode and period of ordering."""
    units = np.zeros((len(cases), instance.mode_count, instance.periods))
    plan, arrival = np.nonzero(modes >= 0)
    mode = modes[plan, arrival]
    at = arrival - instance.lead_time[owner[plan], mode]
    units[plan, mode, at] = cases[plan, arrival] * instance.case[owner[plan]]
    return units


def _leanest(pool: PlanPool) -> IntArray:
    """Return the slot of each SKU's plan that orders least: where that is nothing, all terms are obeyed."""
    size = pool.cases.sum(axis=2)
    size = np.where(np.arange(size.shape[1])[None, :] < pool.filled[:, None], size, np.iinfo(np.int32).max)
    leanest: IntArray = np.argmin(size, axis=1)
    return leanest
