"""What a supplier asks for a whole order, put to a plan: for the orders placed now and for plans over periods.

First the plan without these terms (prices, bound); containers enter it at the price of their room, freight that
becomes free is left out, so that its bound holds. Then `optimizer.joint_orders` chooses among candidates near it.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.joint_orders import JointChoice, JointOrder, JointResult, choose_jointly
from optimizer.multi_period import MultiPeriodPlan, Orders, PeriodOptions, flat_choices, orders_of, plan_periods
from optimizer.period_instance import IntArray, PeriodInstance
from optimizer.plan_pool import PlanPool
from optimizer.plan_selection import PlanChoices
from optimizer.pricing import Candidates, find_prices, price_out
from optimizer.recosting import recost
from optimizer.shared_rows import row_names, shared_rows

__all__ = [
    "JointPlan",
    "SupplierTerms",
    "allocate_jointly",
    "allocate_with_terms",
    "joint_order",
    "plan_periods_with_terms",
]

LARGEST_MODEL = 6_000


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """Terms of one supplier's order by one mode (all numbers 0 or inf: none).

    least_units, least_value: the order is nothing or at least that. fee: freight of an order worth less than
    free_from_value. container: room of one container in units of volume, container_cost: its price.
    """

    least_units: float = 0.0
    least_value: float = 0.0
    fee: float = 0.0
    free_from_value: float = np.inf
    container: float = np.inf
    container_cost: float = 0.0


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


def allocate_with_terms(
    candidates: Candidates,
    units: FloatArray,
    supplier: npt.NDArray[np.str_],
    terms: dict[str, SupplierTerms],
    budget: float,
    capacity: float,
    time_limit_seconds: float = 20.0,
    seed: int = 4,
    solver: str | None = None,
) -> JointChoice:
    """Return one candidate a SKU, as `optimizer.allocation.allocate`, with what suppliers ask for whole orders.

    units: (m,) units of each candidate. supplier: (n,) each SKU's. The value of an order is its spend, its load its
    volume. Ordering nothing is always allowed. The bound is proven for all candidates.
    """
    owner = np.repeat(np.arange(len(supplier)), np.diff(candidates.offsets))
    joints = tuple(
        joint_order(name, asked, supplier[owner] == name, units, candidates.spend, candidates.volume)
        for name, asked in sorted(terms.items())
    )
    return allocate_jointly(candidates, joints, budget, capacity, time_limit_seconds, seed, solver)


def allocate_jointly(
    candidates: Candidates,
    joints: tuple[JointOrder, ...],
    budget: float,
    capacity: float,
    time_limit_seconds: float = 20.0,
    seed: int = 4,
    solver: str | None = None,
) -> JointChoice:
    """Return one candidate a SKU within budget and capacity (inf: none) that the joint orders' terms allow."""
    owner = np.repeat(np.arange(len(candidates.offsets) - 1), np.diff(candidates.offsets))
    prices = find_prices(candidates, budget, capacity)
    priced = price_out(candidates, prices.budget, prices.volume)
    excess = priced - np.minimum.reduceat(priced, candidates.offsets[:-1])[owner]
    core = None
    if len(excess) > LARGEST_MODEL:
        core = np.sort(np.argsort(excess, kind="stable")[:LARGEST_MODEL])
        core = np.union1d(core, prices.choice)
    choices = PlanChoices(candidates.offsets, candidates.cost, np.stack([candidates.spend, candidates.volume], axis=1))
    return choose_jointly(
        choices,
        np.array([budget, capacity]),
        ["budget", "volume"],
        joints,
        candidates.offsets[:-1],
        time_limit_seconds,
        core=core,
        bound=prices.bound,
        seed=seed,
        solver=solver,
    )


def joint_order(
    name: str, asked: SupplierTerms, ours: npt.NDArray[np.bool_], units: FloatArray, value: FloatArray, load: FloatArray
) -> JointOrder:
    """Return what candidates marked `ours` bring to an order with the terms `asked`."""
    return JointOrder(
        name,
        np.where(ours, units, 0.0),
        np.where(ours, value, 0.0),
        np.where(ours, load, 0.0),
        asked.least_units,
        asked.least_value,
        asked.fee,
        asked.free_from_value,
        asked.container,
        asked.container_cost,
    )


def plan_periods_with_terms(
    instance: PeriodInstance,
    supplier: npt.NDArray[np.str_],
    terms: dict[tuple[str, str], SupplierTerms],
    value: FloatArray,
    volume: FloatArray,
    options: PeriodOptions | None = None,
) -> JointPlan:
    """Return a plan over periods in which each order of (supplier, mode) in a period obeys `terms`.

    value, volume: (n,) per unit. A container's price is charged by its room first, which is what a full one costs;
    then whole containers are chosen, over the plans that pricing has found: meant for some hundred SKUs. Raises
    InfeasiblePlanError as `plan_periods`.
    """
    options = options or PeriodOptions()
    order = np.argsort(instance.names, kind="stable")
    instance, supplier, value, volume = instance.take(order), supplier[order], value[order], volume[order]
    priced = _with_room_priced(instance, supplier, terms, volume)
    base = plan_periods(priced, options)
    rows = shared_rows(instance)
    pool = base.pool.copy()
    pool.revalue(instance, rows)
    choices, first = flat_choices(rows, pool)
    joints = _joints_of(instance, pool, supplier, terms, value, volume)
    nothing = _allowed_start(pool, first)
    found = choose_jointly(
        choices,
        rows.capacity,
        row_names(instance),
        joints,
        nothing,
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


def _with_room_priced(
    instance: PeriodInstance,
    supplier: npt.NDArray[np.str_],
    terms: dict[tuple[str, str], SupplierTerms],
    volume: FloatArray,
) -> PeriodInstance:
    unit = instance.unit_cost.copy()
    for (name, mode), asked in terms.items():
        if np.isfinite(asked.container):
            ours = supplier == name
            unit[ours, instance.modes.index(mode)] += volume[ours] * asked.container_cost / asked.container
    return replace(instance, unit_cost=unit)


def _joints_of(
    instance: PeriodInstance,
    pool: PlanPool,
    supplier: npt.NDArray[np.str_],
    terms: dict[tuple[str, str], SupplierTerms],
    value: FloatArray,
    volume: FloatArray,
) -> tuple[JointOrder, ...]:
    owner = np.repeat(np.arange(instance.count), pool.filled)
    slot = np.concatenate([np.arange(filled) for filled in pool.filled])
    cases, modes = pool.cases[owner, slot], pool.modes[owner, slot]
    joints = []
    for (name, mode), asked in sorted(terms.items()):
        m = instance.modes.index(mode)
        ours = supplier[owner] == name
        for s in range(instance.periods):
            arrival = np.minimum(s + instance.lead_time[owner, m], instance.periods - 1)
            here = ours & (modes[np.arange(len(owner)), arrival] == m)
            here &= s + instance.lead_time[owner, m] < instance.periods
            units = np.where(here, cases[np.arange(len(owner)), arrival] * instance.case[owner], 0.0)
            if units.any():
                label = f"{name} by {mode} in period {s + 1}"
                joints.append(joint_order(label, asked, here, units, units * value[owner], units * volume[owner]))
    return tuple(joints)


def _allowed_start(pool: PlanPool, first: IntArray) -> IntArray:
    """Return each SKU's plan that orders least: where that is nothing, all terms are obeyed."""
    size = pool.cases.sum(axis=2)
    size = np.where(np.arange(size.shape[1])[None, :] < pool.filled[:, None], size, np.iinfo(np.int32).max)
    return first + np.argmin(size, axis=1)
