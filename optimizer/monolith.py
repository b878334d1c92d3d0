"""The whole plan as one PuLP model: the oracle on small instances, and what decomposition is measured against.

Columns: cases_i_m_s (whole), order_i_m_s (0/1), left_i_t_a and short_i_t_a of each atom, by position. Rows:
balance_i_t_a (position − left + short = R), least_…, most_…, floor_i_t and the limits by their own names.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pulp

from core.types import FloatArray
from optimizer.lot_sizing import largest_levels
from optimizer.period_instance import Limit, PeriodInstance
from optimizer.solver import Solved, solve_model

__all__ = ["Monolith", "monolithic_model", "solve_monolith"]

Terms = list[tuple[pulp.LpVariable, float]]
Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Monolith:
    """orders: (n, M, T) cases, or None where the solver found none. cost: of them. solved: what the solver says."""

    orders: npt.NDArray[np.int32] | None
    cost: float
    solved: Solved

    @property
    def gap(self) -> float:
        """(cost − bound) / cost by the solver's own bound; 1 where there is no plan or no bound."""
        if self.orders is None or not np.isfinite(self.solved.bound):
            return 1.0
        return max(self.cost - self.solved.bound, 0.0) / max(abs(self.cost), 1e-9)


def monolithic_model(instance: PeriodInstance) -> tuple[pulp.LpProblem, dict[Key, pulp.LpVariable]]:
    """Return the PuLP model of `optimizer.period_instance`'s formula and its columns cases_i_m_s."""
    model = pulp.LpProblem("plan", pulp.LpMinimize)
    cases: dict[Key, pulp.LpVariable] = {}
    objective: Terms = []
    most = largest_levels(instance)
    for i, m, s in np.ndindex(instance.count, instance.mode_count, instance.periods):
        if s + instance.lead_time[i, m] >= instance.periods:
            continue
        cases[i, m, s] = model.add_variable(f"cases_{i}_{m}_{s}", lowBound=0, cat=pulp.LpInteger)
        order = model.add_variable(f"order_{i}_{m}_{s}", cat=pulp.LpBinary)
        objective.append((cases[i, m, s], float(instance.unit_cost[i, m] * instance.case[i])))
        objective.append((order, float(instance.order_cost[i, m])))
        at_least = [(cases[i, m, s], 1.0), (order, -float(instance.smallest[i, m]))]
        model += pulp.LpAffineExpression(at_least) >= 0, f"least_{i}_{m}_{s}"
        model += (
            pulp.LpAffineExpression([(cases[i, m, s], 1.0), (order, -float(min(most[i], instance.largest[i, m])))])
            <= 0,
            f"most_{i}_{m}_{s}",
        )
    left = _stock(model, instance, cases, objective)
    for limit in instance.limits:
        _limit(model, instance, limit, cases, left)
    model.setObjective(pulp.LpAffineExpression(objective))
    return model, cases


def _arrived(instance: PeriodInstance, cases: dict[Key, pulp.LpVariable], i: int, t: int) -> Terms:
    return [
        (cases[i, m, s], 1.0)
        for m in range(instance.mode_count)
        for s in range(t - int(instance.lead_time[i, m]) + 1)
        if (i, m, s) in cases
    ]


def _stock(
    model: pulp.LpProblem, instance: PeriodInstance, cases: dict[Key, pulp.LpVariable], objective: Terms
) -> dict[Key, pulp.LpVariable]:
    """Add the atoms' columns and balances, and the floors; return the columns left_i_t_a."""
    left: dict[Key, pulp.LpVariable] = {}
    atoms = instance.requirement.shape[2]
    for i, t in np.ndindex(instance.count, instance.periods):
        arrived = _arrived(instance, cases, i, t)
        position = [(column, float(instance.case[i])) for column, _ in arrived]
        for a in range(atoms):
            left[i, t, a] = model.add_variable(f"left_{i}_{t}_{a}", lowBound=0)
            short = model.add_variable(f"short_{i}_{t}_{a}", lowBound=0)
            objective.append((left[i, t, a], float(instance.holding_cost[i] / atoms)))
            objective.append((short, float(instance.stockout_cost[i] / atoms)))
            balance = pulp.LpAffineExpression([*position, (left[i, t, a], -1.0), (short, 1.0)])
            model += balance == float(instance.requirement[i, t, a]), f"balance_{i}_{t}_{a}"
        if instance.floor is not None and instance.floor[i, t] > 0:
            model += pulp.LpAffineExpression(arrived) >= float(instance.floor[i, t]), f"floor_{i}_{t}"
    return left


def _limit(
    model: pulp.LpProblem,
    instance: PeriodInstance,
    limit: Limit,
    cases: dict[Key, pulp.LpVariable],
    left: dict[Key, pulp.LpVariable],
) -> None:
    members, buckets = limit.members(instance.count), limit.buckets(instance.periods)
    rows: dict[tuple[int, int], Terms] = {}
    if limit.of == "stock":
        for (i, t, _), column in left.items():
            share = float(limit.usage[i]) / instance.requirement.shape[2]
            rows.setdefault((int(members[i]), int(buckets[t])), []).append((column, share))
    else:
        flags = model.variablesDict()
        for (i, m, s), column in cases.items():
            row = rows.setdefault((int(members[i]), int(buckets[s])), [])
            row.append((column, float(limit.usage[i, m] * instance.case[i])))
            if limit.usage_per_order is not None:
                row.append((flags[f"order_{i}_{m}_{s}"], float(limit.usage_per_order[i, m])))
    for (member, bucket), terms in sorted(rows.items()):
        if np.isfinite(limit.capacity[member, bucket]):
            name = limit.row_name(member, bucket).replace(" ", "_")
            model += pulp.LpAffineExpression(terms) <= float(limit.capacity[member, bucket]), name


def solve_monolith(
    instance: PeriodInstance, time_limit_seconds: float, gap_relative: float = 1e-9, solver: str | None = None
) -> Monolith:
    """Return the plan of the whole model, its cost by the solver's columns and the solver's own bound."""
    model, cases = monolithic_model(instance)
    solved = solve_model(model, time_limit_seconds, gap_relative=gap_relative, solver=solver)
    if not solved.found:
        return Monolith(None, np.inf, solved)
    orders = np.zeros((instance.count, instance.mode_count, instance.periods), dtype=np.int32)
    for key, column in cases.items():
        orders[key] = round(column.varValue or 0.0)
    return Monolith(orders, _cost_of(model), solved)


def _cost_of(model: pulp.LpProblem) -> float:
    values: FloatArray = np.array([(column.varValue or 0.0) * weight for column, weight in model.objective.items()])
    return float(values.sum())
