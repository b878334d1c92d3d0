"""One of several plans for each SKU under shared rows, in PuLP: for few SKUs, where prices leave a gap.

minimise    Σ_c cost_c · take_c
subject to  one_i: Σ_{c of i} take_c = 1,   row_r: Σ_c usage_cr · take_c ≤ capacity_r,   take_c ∈ {0, 1}
"""

from dataclasses import dataclass

import numpy as np
import pulp

from core.types import FloatArray
from optimizer.period_instance import IntArray
from optimizer.solver import Solved, solve_model

__all__ = ["PlanChoices", "core_of", "select_plans", "selection_model"]

LARGEST_MODEL = 12_000
"""Columns at most; the ones nearest to the prices are kept."""


@dataclass(frozen=True, slots=True)
class PlanChoices:
    """m plans of n SKUs in flat arrays: offsets (n + 1,), cost (m,), usage (m, R) of the rows."""

    offsets: IntArray
    cost: FloatArray
    usage: FloatArray

    @property
    def owner(self) -> IntArray:
        """(m,) the SKU of each plan."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def core_of(choices: PlanChoices, prices: FloatArray, distance: float, keep: IntArray) -> IntArray:
    """Return the plans (rising) that may be in a better choice than one that is `distance` above the bound.

    A plan's excess over its SKU's cheapest at `prices` is at most the distance then. `keep`: plans always kept.
    """
    priced = choices.cost + choices.usage @ prices
    excess = priced - np.minimum.reduceat(priced, choices.offsets[:-1])[choices.owner]
    excess[keep] = -1.0
    near = np.flatnonzero(excess <= distance * (1 + 1e-9) + 1e-9)
    if len(near) > LARGEST_MODEL:
        near = np.sort(near[np.argsort(excess[near], kind="stable")[:LARGEST_MODEL]])
    return near


def selection_model(
    choices: PlanChoices, core: IntArray, capacity: FloatArray, names: list[str]
) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """Return the PuLP model over `core` and its columns take_SKU_PLAN, by position."""
    owner = choices.owner[core]
    model = pulp.LpProblem("plan_selection", pulp.LpMinimize)
    take = [
        model.add_variable(f"take_{i}_{c - choices.offsets[i]}", cat=pulp.LpBinary)
        for i, c in zip(owner.tolist(), core.tolist(), strict=True)
    ]
    model.setObjective(pulp.LpAffineExpression(list(zip(take, choices.cost[core].tolist(), strict=True))))
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1], True])
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        model += pulp.LpAffineExpression([(column, 1.0) for column in take[start:end]]) == 1, f"one_{owner[start]}"
    for r in np.flatnonzero(np.isfinite(capacity)).tolist():
        used = choices.usage[core, r].tolist()
        terms = [(column, a) for column, a in zip(take, used, strict=True) if a]
        if terms:
            model += pulp.LpAffineExpression(terms) <= float(capacity[r]), names[r].replace(" ", "_")
    return model, take


def select_plans(
    choices: PlanChoices,
    core: IntArray,
    capacity: FloatArray,
    names: list[str],
    known: IntArray,
    time_limit_seconds: float,
    gap_absolute: float,
    seed: int = 4,
    solver: str | None = None,
) -> tuple[IntArray, Solved]:
    """Return the cheapest choice found, (n,) flat indices, and what the solver says; never dearer than `known`."""
    model, take = selection_model(choices, core, capacity, names)
    solved = solve_model(model, time_limit_seconds, gap_absolute=gap_absolute, seed=seed, solver=solver)
    if not solved.found:
        return known, solved
    chosen = core[np.array([column.varValue or 0.0 for column in take]) > 0.5]
    whole = len(chosen) == len(known) and np.array_equal(choices.owner[chosen], np.arange(len(known)))
    fits = whole and bool(np.all(choices.usage[chosen].sum(axis=0) <= capacity * (1 + 1e-9) + 1e-12))
    return (chosen if fits and choices.cost[chosen].sum() < choices.cost[known].sum() else known), solved
