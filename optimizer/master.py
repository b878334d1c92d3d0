"""Prices of the shared rows: the Lagrangian dual by column generation with a box step (PuLP master, HiGHS).

    L(λ) = Σ_i min over plans [ cost + λ·usage ] − λ·capacity  ≤  the cost of every plan within the limits

is concave; each pricing of all SKUs gives, by group of SKUs, one more column of the master

    minimise    Σ_gc cost_gc·w_gc + Σ_r (λ̂_r + Δ_r)·over_r − Σ_r (λ̂_r − Δ_r)⁺·under_r
    subject to  row_r:    Σ_gc usage_gcr·w_gc − over_r + under_r ≤ capacity_r
                convex_g: Σ_c w_gc = 1,   all ≥ 0

whose duals −π_r are the next prices, kept within Δ of the best ones so far (λ̂). Source: Marsten, Hogan and
Blankenship (1975), The boxstep method for large-scale optimization.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pulp

from core.errors import SolverError
from core.types import FloatArray
from optimizer.lot_sizing import PricedPlans, best_plans
from optimizer.period_instance import IntArray, PeriodInstance
from optimizer.shared_rows import SharedRows, charge, plan_usage, total_usage

__all__ = ["DualPrices", "find_dual_prices", "group_of", "master_model", "price_scale"]

Found = Callable[[PricedPlans, FloatArray], object]
GROUPS = 60
KEPT = 8
"""Columns of a group that the master keeps besides those in use."""
NEAR = 0.05
"""Size of the box around prices that are nearly right already, as a share of the price (and of its scale)."""
SERIOUS = 0.1
"""Share of the promised improvement that makes a trial the new centre."""


@dataclass(frozen=True, slots=True)
class DualPrices:
    """prices: (R,) ≥ 0. bound: L(prices). promised: the master's value, an upper limit of every bound where no box
    binds. rounds: pricings of all SKUs.
    """

    prices: FloatArray
    bound: float
    promised: float
    rounds: int


@dataclass(slots=True)
class _Columns:
    group: list[int] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    usage: list[FloatArray] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)

    def add(self, costs: FloatArray, usages: FloatArray) -> None:
        """Add one column a group."""
        for g in range(len(costs)):
            self.group.append(g)
            self.cost.append(float(costs[g]))
            self.usage.append(usages[g])
            self.idle.append(0)

    def forget(self, weights: FloatArray) -> None:
        """Drop columns that were out of use for KEPT rounds."""
        self.idle = [0 if w > 1e-9 else idle + 1 for w, idle in zip(weights, self.idle, strict=True)]
        keep = [c for c, idle in enumerate(self.idle) if idle <= KEPT]
        self.group = [self.group[c] for c in keep]
        self.cost = [self.cost[c] for c in keep]
        self.usage = [self.usage[c] for c in keep]
        self.idle = [self.idle[c] for c in keep]


def group_of(count: int) -> IntArray:
    """Return (count,) the group of each SKU."""
    return np.arange(count, dtype=np.int64) % max(min(GROUPS, count), 1)


def find_dual_prices(
    instance: PeriodInstance,
    rows: SharedRows,
    start: FloatArray | None,
    found: Found,
    tolerance: float = 2e-5,
    rounds: int = 40,
    near: float = NEAR,
) -> DualPrices:
    """Return the prices of the best bound found; `found` sees every plan and usage on the way.

    start: (R,) prices to begin with (None: zero). tolerance: relative distance from the best bound possible at
    which to stop. near: size of the first box around `start`. Rows without a limit keep price 0.
    """
    group = group_of(instance.count)
    groups = int(group.max(initial=0)) + 1
    columns = _Columns()
    limited = np.isfinite(rows.capacity)
    centre = np.zeros(rows.capacity.size) if start is None else np.where(limited, start, 0.0)
    scale = price_scale(instance, rows)
    box = scale if start is None else near * (scale + centre)
    bound, promised, trial, step, inside = -np.inf, 0.0, centre, 1.0, True
    for done in range(1, rounds + 1):  # noqa: B007 -- returned
        value, costs, usages = _price(instance, rows, trial, group, groups, found)
        columns.add(costs, usages)
        serious = bound == -np.inf or value >= bound + SERIOUS * (promised - bound)
        step *= 0.5 if not serious else 1.0 if inside else 2.0
        if value > bound:
            bound, centre = value, trial
        trial, promised, weights = _solve_master(columns, groups, rows.capacity, limited, centre, step * box)
        columns.forget(weights)
        inside = bool(np.all(np.abs(trial - centre) < 0.999 * step * box))
        if promised - bound <= tolerance * abs(bound):
            if inside or not limited.any():
                break
            step *= 4.0
    return DualPrices(centre, bound, promised, done)


def price_scale(instance: PeriodInstance, rows: SharedRows) -> FloatArray:
    """Return (R,) a price of each row that matters: what a period's shortage costs per unit of the row's use."""
    box = np.ones(rows.capacity.size)
    for f, limit in enumerate(instance.limits):
        use = rows.per_unit[f].max(axis=1)
        pays = instance.stockout_cost if limit.of == "orders" else instance.holding_cost
        some = use > 0
        price = float(np.median(pays[some] / use[some])) if some.any() else 1.0
        box[rows.start[f] : rows.start[f] + limit.capacity.size] = max(price, 1e-9)
    return box


def _price(
    instance: PeriodInstance, rows: SharedRows, prices: FloatArray, group: IntArray, groups: int, found: Found
) -> tuple[float, FloatArray, FloatArray]:
    plans = best_plans(instance, charge(rows, prices))
    usage = plan_usage(rows, instance.case, instance.lead_time, plans.cases, plans.modes, plans.stock)
    found(plans, usage)
    paid = prices[prices > 0] @ rows.capacity[prices > 0]
    costs: FloatArray = np.bincount(group, weights=plans.cost, minlength=groups).astype(np.float64)
    return float(plans.value.sum() - paid), costs, total_usage(rows, usage, group, groups)


def master_model(
    columns: _Columns, groups: int, capacity: FloatArray, limited: FloatArray, centre: FloatArray, box: FloatArray
) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """Return the PuLP model of the module's formula and its columns w_GROUP_COLUMN."""
    model = pulp.LpProblem("master", pulp.LpMinimize)
    weights = [model.add_variable(f"w_{g}_{c}", lowBound=0) for c, g in enumerate(columns.group)]
    rows = np.flatnonzero(limited)
    over = [model.add_variable(f"over_{r}", lowBound=0) for r in rows]
    under = [model.add_variable(f"under_{r}", lowBound=0) for r in rows]
    low = np.maximum(centre - box, 0.0)
    model.setObjective(
        pulp.LpAffineExpression(
            [
                *zip(weights, columns.cost, strict=True),
                *zip(over, (centre + box)[rows].tolist(), strict=True),
                *zip(under, (-low)[rows].tolist(), strict=True),
            ]
        )
    )
    usage = np.array(columns.usage).T.tolist()
    for r, o, u in zip(rows.tolist(), over, under, strict=True):
        terms = [(w, a) for w, a in zip(weights, usage[r], strict=True) if a]
        model += pulp.LpAffineExpression([*terms, (o, -1.0), (u, 1.0)]) <= float(capacity[r]), f"row_{r}"
    for g in range(groups):
        members = [(w, 1.0) for w, h in zip(weights, columns.group, strict=True) if h == g]
        model += pulp.LpAffineExpression(members) == 1, f"convex_{g}"
    return model, weights


def _solve_master(
    columns: _Columns, groups: int, capacity: FloatArray, limited: FloatArray, centre: FloatArray, box: FloatArray
) -> tuple[FloatArray, float, FloatArray]:
    """Return (next prices, the master's value, the columns' weights)."""
    model, weights = master_model(columns, groups, capacity, limited, centre, box)
    solver = pulp.HiGHS(msg=False, threads=1)
    model.solve(solver if solver.available() else pulp.PULP_CBC_CMD(msg=False))
    if model.status != pulp.LpStatusOptimal:
        raise SolverError("the master of the shared limits was not solved; check that costs are finite")
    prices = np.zeros(capacity.size)
    for row in model.constraints():
        if row.name.startswith("row_"):
            prices[int(row.name[4:])] = max(-row.pi, 0.0)
    taken = np.array([w.varValue or 0.0 for w in weights])
    return prices, float(pulp.value(model.objective)), taken
