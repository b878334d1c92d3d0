"""Why no plan respects all limits, and the cheapest way out: an elastic model in PuLP.

    minimise    Σ_r weight_r · overrun_r + tiny · Σ_c cost_c · take_c
    subject to  one_i: Σ take = 1,   row_r: Σ usage_cr · take_c − overrun_r ≤ capacity_r,   0 ≤ take ≤ 1

Source: Brown and Graves (1975), elastic programming; Chinneck (2008), Feasibility and Infeasibility in Optimization.
"""

import numpy as np
import pulp

from core.errors import InfeasiblePlanError
from core.types import FloatArray
from optimizer.lot_sizing import best_plans
from optimizer.master import group_of, price_scale
from optimizer.period_instance import PeriodInstance
from optimizer.shared_rows import SharedRows, charge, plan_usage, row_names, total_usage
from optimizer.solver import solve_model

__all__ = ["elastic_model", "explain_infeasibility", "smallest_relaxation"]

ROUNDS = 25


def explain_infeasibility(instance: PeriodInstance, rows: SharedRows) -> InfeasiblePlanError:
    """Return the error that names what conflicts and what to relax, for an instance that has no plan."""
    unreached = _unreachable_floors(instance)
    if unreached:
        return InfeasiblePlanError(unreached)
    names, short = row_names(instance), smallest_relaxation(instance, rows)
    over = np.flatnonzero(short > 1e-9 * np.maximum(rows.capacity, 1.0))
    if not len(over):
        return InfeasiblePlanError("no plan found within all limits, though none is proven impossible; raise a limit")
    lines = [f"{names[r]} short by {short[r]:,.6g} (it is {rows.capacity[r]:,.6g})" for r in over.tolist()]
    floors = instance.floor is not None and bool(instance.floor.any())
    against = "the floors that must be reached" if floors else "the stock on hand and on order"
    return InfeasiblePlanError(
        f"{against} and these limits are in conflict: {'; '.join(lines)}. Raise them by these amounts"
        f"{', or lower the floors' if floors else ', or sell or cancel stock'}"
    )


def _unreachable_floors(instance: PeriodInstance) -> str:
    if instance.floor is None:
        return ""
    fastest = instance.lead_time.min(axis=1)
    late = (instance.floor > 0) & (np.arange(instance.periods)[None, :] < fastest[:, None])
    if not late.any():
        return ""
    sku, period = (int(axis[0]) for axis in np.nonzero(late))
    return (
        f"{instance.names[sku]} must receive {instance.floor[sku, period]} cases by period {period + 1}, but its "
        f"fastest mode arrives in period {fastest[sku] + 1} ({int(late.any(axis=1).sum())} SKUs in all); "
        "lower the floor or add a faster mode"
    )


def smallest_relaxation(instance: PeriodInstance, rows: SharedRows) -> FloatArray:
    """Return (R,) by how much each row must be raised, least in units of what a unit of the row is worth.

    Column generation with prices at most the rows' worth: exact for the relaxation that lets SKUs mix plans.
    """
    weight = np.where(np.isfinite(rows.capacity), price_scale(instance, rows), 0.0)
    group = group_of(instance.count)
    groups = int(group.max(initial=0)) + 1
    columns: list[tuple[int, FloatArray]] = []
    prices, short = weight * 1e3, np.zeros(rows.capacity.size)
    for _ in range(ROUNDS):
        plans = best_plans(instance, charge(rows, prices * 1e6))
        usage = plan_usage(rows, instance.case, instance.lead_time, plans.cases, plans.modes, plans.stock)
        columns += list(enumerate(total_usage(rows, usage, group, groups)))
        before = prices
        model = elastic_model(columns, groups, rows.capacity, weight)
        solve_model(model, 20.0)
        for row in model.constraints():
            if row.name.startswith("row_"):
                prices = prices.copy() if prices is before else prices
                prices[int(row.name[4:])] = max(-(row.pi or 0.0), 0.0)
        short = np.zeros(rows.capacity.size)
        for column in model.variables():
            if column.name.startswith("overrun_"):
                short[int(column.name[8:])] = column.varValue or 0.0
        if np.allclose(prices, before, rtol=1e-6, atol=1e-12):
            break
    return short


def elastic_model(
    columns: list[tuple[int, FloatArray]], groups: int, capacity: FloatArray, weight: FloatArray
) -> pulp.LpProblem:
    """Return the PuLP model of the module's formula; columns take_GROUP_C and overrun_ROW, rows row_R and one_G."""
    model = pulp.LpProblem("elastic", pulp.LpMinimize)
    take = [model.add_variable(f"take_{g}_{c}", lowBound=0) for c, (g, _) in enumerate(columns)]
    limited = np.flatnonzero(np.isfinite(capacity)).tolist()
    overrun = {r: model.add_variable(f"overrun_{r}", lowBound=0) for r in limited}
    model.setObjective(pulp.LpAffineExpression([(overrun[r], float(weight[r])) for r in limited]))
    for r in limited:
        terms = [(column, float(usage[r])) for column, (_, usage) in zip(take, columns, strict=True) if usage[r]]
        model += pulp.LpAffineExpression([*terms, (overrun[r], -1.0)]) <= float(capacity[r]), f"row_{r}"
    for g in range(groups):
        members = [(column, 1.0) for column, (h, _) in zip(take, columns, strict=True) if h == g]
        model += pulp.LpAffineExpression(members) == 1, f"one_{g}"
    return model
