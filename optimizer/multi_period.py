"""A plan over several periods and modes under shared limits: the entrance, with a proven gap and prices in words.

Prices on the limits split the problem into one exact programme a SKU (`optimizer.lot_sizing`); the master
(`optimizer.master`) finds the prices of the best lower bound; `optimizer.recovery` makes a plan within all limits
out of the plans found on the way, and for few SKUs a PuLP model (`optimizer.plan_selection`) chooses among them.
Every plan is costed again by `optimizer.recosting` before it is handed out.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.errors import SolverError
from core.types import FloatArray
from optimizer.infeasibility import explain_infeasibility
from optimizer.lot_sizing import PricedPlans, best_plans
from optimizer.master import DualPrices, find_dual_prices, price_scale
from optimizer.period_instance import IntArray, PeriodInstance
from optimizer.plan_pool import PlanPool
from optimizer.plan_selection import PlanChoices, core_of, select_plans
from optimizer.recosting import recost
from optimizer.recovery import Recovered, recover
from optimizer.sampled_prices import sampled_prices
from optimizer.shared_rows import SharedRows, charge, plan_usage, row_names, shared_rows, total_usage

__all__ = [
    "MultiPeriodPlan",
    "Orders",
    "PeriodOptions",
    "RowPrice",
    "flat_choices",
    "orders_of",
    "plan_periods",
]

Orders = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PeriodOptions:
    """How hard to work.

    target_gap: relative gap at which a plan is good enough. time_limit_seconds: of the plan-selection model.
    few: SKUs up to which that model is used. sample: SKUs whose prices start the others'. seed: of all choices.
    rounds, warm_rounds: pricings of all SKUs at most, without and with prices to start from.
    """

    target_gap: float = 1e-4
    time_limit_seconds: float = 15.0
    few: int = 300
    sample: int = 2_000
    seed: int = 4
    rounds: int = 60
    warm_rounds: int = 2
    solver: str | None = None


@dataclass(frozen=True, slots=True)
class RowPrice:
    """A shared row: what it is called, what one more unit of it saves, what the plan uses and what there is."""

    name: str
    price: float
    used: float
    capacity: float

    def __str__(self) -> str:
        """Return a sentence: `1 more of budget of period 3 saves 0.27 (used 100 of 100)`."""
        used = f"used {self.used:,.0f} of {self.capacity:,.0f}"
        if self.price <= 0:
            return f"the {self.name} does not bind ({used})"
        return f"1 more of {self.name} saves {self.price:.4g} ({used})"


@dataclass(frozen=True, slots=True)
class MultiPeriodPlan:
    """orders: (n, M, T) cases by mode and period of ordering, in the instance's order of SKUs.

    cost: of the plan, costed independently; bound: no plan costs less. rows: prices of the shared rows.
    pool, prices, names, order (the rows by name): what a later plan of nearly the same instance starts from.
    """

    orders: Orders = field(repr=False)
    sku_cost: FloatArray = field(repr=False)
    cost: float
    bound: float
    status: str
    solver: str
    rows: tuple[RowPrice, ...] = field(repr=False)
    prices: FloatArray = field(repr=False)
    pool: PlanPool = field(repr=False)
    names: npt.NDArray[np.str_] = field(repr=False)
    order: IntArray = field(repr=False)

    @property
    def gap(self) -> float:
        """(cost − bound) / cost."""
        return max(self.cost - self.bound, 0.0) / max(abs(self.cost), 1e-9)

    @property
    def binding(self) -> tuple[RowPrice, ...]:
        """The rows with a price, the dearest use first."""
        return tuple(sorted((row for row in self.rows if row.price > 0), key=lambda row: -row.price * row.used))


def plan_periods(
    instance: PeriodInstance, options: PeriodOptions | None = None, base: MultiPeriodPlan | None = None
) -> MultiPeriodPlan:
    """Return the plan of least cost found, with its bound.

    base: a plan of an instance with the same SKUs and rows whose prices and pooled plans start this one (a what-if).
    Raises InfeasiblePlanError, naming the rows in conflict and what to relax, where no plan respects all limits.
    """
    options = options or PeriodOptions()
    order = np.argsort(instance.names, kind="stable")
    ordered = instance if np.array_equal(order, np.arange(len(order))) else instance.take(order)
    rows = shared_rows(ordered)
    pool = _pool_of(ordered, rows, base, options)
    if _lean_plans(ordered, rows, pool):
        raise explain_infeasibility(ordered, rows)
    dual = _dual(ordered, rows, pool, base, options)
    chosen = _recovered(ordered, rows, pool, dual, options, base is not None)
    choice, solver = _selected(ordered, rows, pool, dual, chosen, options)
    orders = _kept(ordered, orders_of(ordered, pool, choice), base)
    return _finished(ordered, order, rows, pool, dual, orders, solver)


def _pool_of(
    instance: PeriodInstance, rows: SharedRows, base: MultiPeriodPlan | None, options: PeriodOptions
) -> PlanPool:
    if base is None or not np.array_equal(base.names, instance.names) or len(base.prices) != rows.capacity.size:
        return PlanPool.empty(instance, 120 if instance.count <= options.few else 24 if instance.count <= 5_000 else 10)
    pool = base.pool.copy()
    pool.revalue(instance, rows)
    return pool


def _dual(
    instance: PeriodInstance, rows: SharedRows, pool: PlanPool, base: MultiPeriodPlan | None, options: PeriodOptions
) -> DualPrices:
    """Return the prices of the best bound: from a sample's, from the base plan's, or from nothing."""
    start = base.prices if base is not None and len(base.prices) == rows.capacity.size else None
    if instance.count < 2 * options.sample or not instance.limits:
        return find_dual_prices(instance, rows, start, pool.add, rounds=options.rounds)
    start = sampled_prices(instance, rows, options.sample, start, pool.add, options.seed, options.rounds)
    return find_dual_prices(instance, rows, start, pool.add, rounds=options.warm_rounds, near=0.003)


def _priced(instance: PeriodInstance, rows: SharedRows, pool: PlanPool, prices: FloatArray) -> PricedPlans:
    plans = best_plans(instance, charge(rows, prices))
    pool.add(plans, plan_usage(rows, instance.case, instance.lead_time, plans.cases, plans.modes, plans.stock))
    return plans


def _lean_plans(instance: PeriodInstance, rows: SharedRows, pool: PlanPool) -> bool:
    """Add the plans that use least of all limits to the pool; return whether even these overrun some."""
    if not instance.limits:
        plans = best_plans(instance)
        pool.add(plans, plan_usage(rows, instance.case, instance.lead_time, plans.cases, plans.modes, plans.stock))
        return bool(~np.isfinite(plans.value).all())
    plans = _priced(instance, rows, pool, _lean_prices(instance, rows))
    if not np.isfinite(plans.value).all():
        return True
    usage = plan_usage(rows, instance.case, instance.lead_time, plans.cases, plans.modes, plans.stock)
    return bool(np.any(_used(rows, usage) > rows.capacity * (1 + 1e-9)))


def _lean_prices(instance: PeriodInstance, rows: SharedRows) -> FloatArray:
    """Return prices at which every SKU uses as little as it can."""
    return np.where(np.isfinite(rows.capacity), 1e3 * price_scale(instance, rows), 0.0)


def _used(rows: SharedRows, usage: FloatArray) -> FloatArray:
    return total_usage(rows, usage, np.zeros(len(usage), dtype=np.int64), 1)[0]


def _recovered(
    instance: PeriodInstance, rows: SharedRows, pool: PlanPool, dual: DualPrices, options: PeriodOptions, warm: bool
) -> Recovered:
    """Return the cheapest choice, with plans around the prices added to the pool until the gap is small."""
    scale = price_scale(instance, rows)
    random = np.random.default_rng(options.seed)
    few = instance.count <= options.few
    limited = np.isfinite(rows.capacity)
    many = 1 if warm and instance.count > 2 * options.sample else 3
    for _ in range(100 if few else many + 1):
        spread = random.lognormal(0.0, 0.25 if few else 0.05, len(scale))
        around = dual.prices * spread + 0.01 * scale * random.random(len(scale))
        _priced(instance, rows, pool, np.where(limited, around, 0.0))
    _priced(instance, rows, pool, np.where(limited, dual.prices * 1.1, 0.0))
    if (
        instance.limits
    ):  # added once more: a full pool has dropped its oldest plans, and of these one is always feasible
        _priced(instance, rows, pool, _lean_prices(instance, rows))
    enough = dual.bound * (1 + options.target_gap)
    return recover(rows, pool, dual.prices, 20 if few else many, options.seed, enough)


def _selected(
    instance: PeriodInstance,
    rows: SharedRows,
    pool: PlanPool,
    dual: DualPrices,
    chosen: Recovered,
    options: PeriodOptions,
) -> tuple[IntArray, str]:
    """Return the slots of the final choice and who made it: the plan-selection model where SKUs are few."""
    close = chosen.feasible and chosen.cost - dual.bound <= options.target_gap * abs(chosen.cost)
    if instance.count > options.few or close:
        return chosen.choice, "dynamic programme and prices"
    choices, first = flat_choices(rows, pool)
    known = first + chosen.choice
    core = core_of(choices, dual.prices, chosen.cost - dual.bound, known)
    found, solved = select_plans(
        choices,
        core,
        rows.capacity,
        row_names(instance),
        known,
        options.time_limit_seconds,
        options.target_gap * abs(chosen.cost),
        options.seed,
        options.solver,
    )
    return found - first, f"dynamic programme, prices and {solved.solver} ({solved.status})"


def flat_choices(rows: SharedRows, pool: PlanPool) -> tuple[PlanChoices, IntArray]:
    """Return the pool as flat choices with their use of each row, and (n,) the first flat index of each SKU."""
    offsets = np.r_[0, np.cumsum(pool.filled)]
    owner = np.repeat(np.arange(len(pool.filled)), pool.filled)
    slot = np.arange(offsets[-1]) - offsets[:-1][owner]
    usage = np.zeros((offsets[-1], rows.capacity.size))
    for f in range(len(rows.start)):
        first = rows.start[f] + rows.member[f][owner] * rows.width[f]
        for b in range(int(rows.width[f])):
            usage[np.arange(len(owner)), first + b] = pool.usage[owner, slot, f, b]
    return PlanChoices(offsets, pool.cost[owner, slot], usage), offsets[:-1]


def orders_of(instance: PeriodInstance, pool: PlanPool, choice: IntArray) -> Orders:
    """Return (n, M, T) cases by mode and period of ordering of one pooled plan a SKU."""
    cases, modes = pool.chosen(choice)
    orders = np.zeros((instance.count, instance.mode_count, instance.periods), dtype=np.int32)
    sku, arrival = np.nonzero(modes >= 0)
    mode = modes[sku, arrival]
    orders[sku, mode, arrival - instance.lead_time[sku, mode]] = cases[sku, arrival]
    return orders


def _kept(instance: PeriodInstance, orders: Orders, base: MultiPeriodPlan | None) -> Orders:
    """Return the base's orders where they are still allowed and cheaper, else `orders`: looser limits never hurt."""
    if base is None or not np.array_equal(base.names, instance.names) or base.orders.shape != orders.shape:
        return orders
    before = base.orders[base.order]
    check = recost(instance, before)
    cheaper = not check.broken and check.cost.sum() < recost(instance, orders).cost.sum()
    return before if cheaper else orders


def _finished(
    instance: PeriodInstance,
    order: IntArray,
    rows: SharedRows,
    pool: PlanPool,
    dual: DualPrices,
    orders: Orders,
    solver: str,
) -> MultiPeriodPlan:
    check = recost(instance, orders)
    if check.broken:
        raise SolverError(f"the plan breaks its own rules ({'; '.join(check.broken)}); report this with the data")
    cost = float(check.cost.sum())
    bound = min(dual.bound, cost)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return MultiPeriodPlan(
        orders=orders[back],
        sku_cost=check.cost[back],
        cost=cost,
        bound=bound,
        status="optimal" if cost - bound <= 1e-9 * abs(cost) else "feasible",
        solver=solver,
        rows=tuple(
            RowPrice(name, float(price), float(used), float(capacity))
            for name, price, used, capacity in zip(
                row_names(instance), dual.prices, check.used, rows.capacity, strict=True
            )
        ),
        prices=dual.prices,
        pool=pool,
        names=instance.names,
        order=order,
    )
