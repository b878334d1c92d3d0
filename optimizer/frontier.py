"""What more of a limit, or of service, costs and saves: frontiers and sensitivities in money."""

from dataclasses import dataclass, replace

import numpy as np

from core.errors import UsageError
from core.types import FloatArray
from optimizer.multi_period import MultiPeriodPlan, Orders, PeriodOptions, plan_periods
from optimizer.period_instance import PeriodInstance
from optimizer.recosting import recost

__all__ = [
    "LimitPoint",
    "ServicePoint",
    "StockSensitivity",
    "limit_frontier",
    "next_amount",
    "service_frontier",
    "stock_sensitivity",
]


@dataclass(frozen=True, slots=True)
class LimitPoint:
    """A plan with `factor` times a limit. capacity: its sum over rows. price: of one more unit in every row's
    share, Σ price·capacity / Σ capacity.
    """

    factor: float
    capacity: float
    cost: float
    bound: float
    price: float


@dataclass(frozen=True, slots=True)
class ServicePoint:
    """A plan made with `factor` times the stock-out costs, paid at the true ones.

    fill: 1 − expected units short a period's end / expected net requirement that orders can serve. stock_cost,
    shortage_cost, order_cost: money; they add up to cost.
    """

    factor: float
    fill: float
    stock_cost: float
    shortage_cost: float
    order_cost: float

    @property
    def cost(self) -> float:
        """All of it."""
        return self.stock_cost + self.shortage_cost + self.order_cost


@dataclass(frozen=True, slots=True)
class StockSensitivity:
    """Safety stock changed by a share: what storage and shortages change by, both in money (O14, E20)."""

    change: float
    stock_cost: float
    shortage_cost: float

    @property
    def net(self) -> float:
        """Above 0: the change costs more than it saves."""
        return self.stock_cost + self.shortage_cost

    def __str__(self) -> str:
        """Return a sentence with all amounts on one basis."""
        verdict = "costs" if self.net > 0 else "saves"
        return (
            f"safety stock {self.change:+.0%}: storage {self.stock_cost:+,.2f}, shortages {self.shortage_cost:+,.2f}; "
            f"together it {verdict} {abs(self.net):,.2f}"
        )


def limit_frontier(
    instance: PeriodInstance,
    name: str,
    factors: tuple[float, ...],
    options: PeriodOptions | None = None,
    base: MultiPeriodPlan | None = None,
) -> tuple[LimitPoint, ...]:
    """Return the plans' costs with rising multiples of the limit `name`; each plan starts from the one before.

    Raises UsageError for a name that no limit has.
    """
    place = _place(instance, name)
    points = []
    for factor in sorted(factors):
        limits = list(instance.limits)
        limits[place] = limits[place].scaled(factor)
        base = plan_periods(replace(instance, limits=tuple(limits)), options, base)
        rows = [row for row in base.rows if row.name.startswith(name) and np.isfinite(row.capacity)]
        total = sum(row.capacity for row in rows)
        price = sum(row.price * row.capacity for row in rows) / max(total, 1e-9)
        points.append(LimitPoint(factor, total, base.cost, base.bound, price))
    return tuple(points)


def next_amount(
    instance: PeriodInstance,
    plan: MultiPeriodPlan,
    name: str,
    amount: float = 1_000.0,
    options: PeriodOptions | None = None,
) -> str:
    """Return what the next `amount` of a limit buys, in its most valuable row: by its price and by a new bound."""
    place = _place(instance, name)
    limit = instance.limits[place]
    rows = [(r, row) for r, row in enumerate(plan.rows) if row.name.startswith(name)]
    first = rows[0][0]
    r, row = max(rows, key=lambda pair: pair[1].price)
    if row.price <= 0:
        return f"the {name} does not bind: more of it saves nothing"
    capacity = limit.capacity.copy()
    capacity.flat[r - first] += amount
    limits = list(instance.limits)
    limits[place] = replace(limit, capacity=capacity)
    after = plan_periods(replace(instance, limits=tuple(limits)), options, plan)
    return (
        f"the next {amount:,.0f} of {row.name} saves {max(plan.bound - after.bound, 0.0):,.2f} "
        f"({row.price * amount:,.2f} at its price of {row.price:.4g})"
    )


def _place(instance: PeriodInstance, name: str) -> int:
    names = [limit.name for limit in instance.limits]
    if name not in names:
        raise UsageError(f"no limit is called {name!r}; there are: {', '.join(names) or 'none'}")
    return names.index(name)


def service_frontier(
    instance: PeriodInstance, factors: tuple[float, ...], options: PeriodOptions | None = None
) -> tuple[ServicePoint, ...]:
    """Return service and cost of plans that take shortages as `factors` times as dear; 1.0 costs least."""
    points = []
    for factor in sorted(factors):
        dearer = replace(instance, stockout_cost=instance.stockout_cost * factor)
        points.append(_service(instance, plan_periods(dearer, options).orders, factor))
    return tuple(points)


def _service(instance: PeriodInstance, orders: Orders, factor: float) -> ServicePoint:
    check = recost(instance, orders)
    nothing = recost(instance, np.zeros_like(orders))
    stock = float((instance.holding_cost * check.stock.sum(axis=1)).sum())
    short = float((instance.stockout_cost * check.short.sum(axis=1)).sum())
    need = float(nothing.short.sum())
    return ServicePoint(
        factor=factor,
        fill=1.0 - float(check.short.sum()) / need if need > 0 else 1.0,
        stock_cost=stock,
        shortage_cost=short,
        order_cost=float(check.cost.sum()) - stock - short,
    )


def stock_sensitivity(
    instance: PeriodInstance, orders: Orders, changes: tuple[float, ...] = (-0.1, 0.1)
) -> tuple[StockSensitivity, ...]:
    """Return what some per cent more or less safety stock changes, in money.

    Safety stock of a period: the planned position beyond the mean requirement, from the first period that an order
    can reach. The rules' "+10 % ⇒ stock-out cost −12 %, storage +8 %" compare shares of different amounts; money
    compares.
    """
    check = recost(instance, orders)
    mean = instance.requirement.mean(axis=2, dtype=np.float64)
    position = check.stock - check.short + mean
    reach = np.arange(instance.periods)[None, :] >= instance.lead_time.min(axis=1)[:, None]
    safety = np.where(reach, np.maximum(position - mean, 0.0), 0.0)
    before = _money(instance, position)
    out = []
    for change in changes:
        after = _money(instance, position + change * safety)
        out.append(StockSensitivity(change, after[0] - before[0], after[1] - before[1]))
    return tuple(out)


def _money(instance: PeriodInstance, position: FloatArray) -> tuple[float, float]:
    stock, short = 0.0, 0.0
    for a in range(instance.requirement.shape[2]):
        gap = position - instance.requirement[:, :, a]
        stock += float((instance.holding_cost[:, None] * np.maximum(gap, 0.0)).sum())
        short += float((instance.stockout_cost[:, None] * np.maximum(-gap, 0.0)).sum())
    atoms = instance.requirement.shape[2]
    return stock / atoms, short / atoms
