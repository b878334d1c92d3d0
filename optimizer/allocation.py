"""Sharing out a budget and a volume: one candidate quantity a SKU, at the least total cost (PuLP).

    minimise    Σ_c cost_c · take_c
    subject to  one_i:   Σ_{c of i} take_c = 1   for every SKU i
                budget:  Σ_c spend_c · take_c ≤ B
                volume:  Σ_c volume_c · take_c ≤ V,   take_c ∈ {0, 1}

Where the SKUs' own best choices fit together, they are the answer. Otherwise prices (`optimizer.pricing`)
give a lower bound and a feasible plan; a candidate whose cost at these prices exceeds its SKU's best by
more than the distance between the two cannot be in a better plan, and so only the others enter the model.
"""

from dataclasses import dataclass

import numpy as np
import pulp

from core.errors import InfeasiblePlanError
from core.types import FloatArray
from optimizer.joint_orders import JointResult
from optimizer.multi_period import RowPrice
from optimizer.pricing import Candidates, Choice, Prices, find_prices, price_out
from optimizer.solver import solve_model

__all__ = ["Allocation", "allocate", "allocation_model"]

LARGEST_MODEL = 6_000
"""Columns at most: beyond it the candidates nearest to the prices are kept; the gap says what that costs."""
GAP = 5e-4
"""Share of all that ordering can save that proving a better choice is not worth the time."""
SOLVED_OUT = 300
"""Columns of a model that is solved to the end: there proof costs nothing."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The chosen candidates (flat indices, one a SKU) and how good they are proven to be.

    cost, bound: of the choice, and a cost that no feasible choice beats. budget_price, volume_price: what
    one more unit of budget or volume would save (0 where it does not bind). rows: of limits of several periods.
    joints: whole orders with terms of their own.
    """

    choice: Choice
    cost: float
    bound: float
    status: str
    solver: str
    budget_price: float = 0.0
    volume_price: float = 0.0
    rows: tuple[RowPrice, ...] = ()
    joints: tuple[JointResult, ...] = ()

    @property
    def gap(self) -> float:
        """(cost − bound) / cost, 0 where the choice is proven best."""
        return max(self.cost - self.bound, 0.0) / max(abs(self.cost), 1e-9)


def allocate(
    candidates: Candidates, budget: float, capacity: float, time_limit_seconds: float, seed: int
) -> Allocation:
    """Return the least-cost choice that spends at most `budget` and fills at most `capacity` (inf: no limit).

    Raises InfeasiblePlanError when a limit is below 0: not even ordering nothing respects it.
    """
    for name, limit in (("budget", budget), ("volume capacity", capacity)):
        if limit < 0:
            raise InfeasiblePlanError(
                f"the {name} left for this plan is {limit:,.2f}, but even ordering nothing needs 0; raise it"
            )
    prices = find_prices(candidates, budget, capacity)
    if prices.budget == 0 and prices.volume == 0:
        cost = float(candidates.cost[prices.choice].sum())
        return Allocation(prices.choice, cost, cost, "optimal", "exact per SKU")
    choice = _filled_up(candidates, prices, budget, capacity)
    cost = float(candidates.cost[choice].sum())
    core, complete = _core(candidates, prices, choice, cost - prices.bound)
    model, columns = allocation_model(candidates, core, budget, capacity)
    gap = GAP if len(core) > SOLVED_OUT else 1e-9
    tolerance = gap * (float(candidates.cost[candidates.offsets[:-1]].sum()) - prices.bound)
    solved = solve_model(model, time_limit_seconds, gap_absolute=tolerance, seed=seed)
    bound, status, solver = solved.bound, solved.status, solved.solver
    taken = np.array([column.varValue or 0.0 for column in columns])
    found = _choice_of(candidates, core, taken, choice, budget, capacity)
    if candidates.cost[found].sum() < cost:
        choice, cost = found, float(candidates.cost[found].sum())
    bound = min(max(prices.bound, bound), cost) if complete else prices.bound
    status = "optimal" if cost - bound <= tolerance else status
    return Allocation(choice, cost, bound, status, solver, prices.budget, prices.volume)


def allocation_model(
    candidates: Candidates, core: Choice, budget: float, capacity: float
) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """Return the PuLP model of the module's formula over `core` (flat indices, rising) and its columns.

    Columns are called take_SKU_CANDIDATE and rows one_SKU, budget and volume, by position.
    """
    owner = np.searchsorted(candidates.offsets, core, side="right") - 1
    model = pulp.LpProblem("allocation", pulp.LpMinimize)
    take = [
        model.add_variable(f"take_{i}_{c - candidates.offsets[i]}", cat=pulp.LpBinary)
        for i, c in zip(owner.tolist(), core.tolist(), strict=True)
    ]
    model.setObjective(_weighted(take, candidates.cost[core]))
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1], True])
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        model += _weighted(take[start:end], np.ones(end - start)) == 1, f"one_{owner[start]}"
    if np.isfinite(budget):
        model += _weighted(take, candidates.spend[core]) <= budget, "budget"
    if np.isfinite(capacity):
        model += _weighted(take, candidates.volume[core]) <= capacity, "volume"
    return model, take


def _weighted(variables: list[pulp.LpVariable], weights: FloatArray) -> pulp.LpAffineExpression:
    return pulp.LpAffineExpression(list(zip(variables, weights.tolist(), strict=True)))


def _core(candidates: Candidates, prices: Prices, choice: Choice, distance: float) -> tuple[Choice, bool]:
    """Return the candidates that may be in a better plan than `choice`, and whether these are all."""
    priced = price_out(candidates, prices.budget, prices.volume)
    least = np.minimum.reduceat(priced, candidates.offsets[:-1])
    excess = priced - np.repeat(least, np.diff(candidates.offsets))
    keep = excess <= distance * (1 + 1e-9) + 1e-9
    keep[choice] = True
    excess[choice] = -1.0  # the known plan stays in the model, so that it always has a solution
    complete = bool(keep.sum() <= LARGEST_MODEL + len(choice))
    if not complete:
        nearest = np.argsort(np.where(keep, excess, np.inf), kind="stable")[: LARGEST_MODEL + len(choice)]
        keep = np.zeros_like(keep)
        keep[nearest] = True
    return np.flatnonzero(keep), complete


def _filled_up(candidates: Candidates, prices: Prices, budget: float, capacity: float) -> Choice:
    """Return the priced choice with what is left spent on the best next steps that still fit."""
    choice = prices.choice.copy()
    priced = price_out(candidates, prices.budget, prices.volume)
    spend_left = budget - candidates.spend[choice].sum()
    volume_left = capacity - candidates.volume[choice].sum()
    steps = _better_steps(candidates, choice, priced)
    for i, c in steps:
        spend = candidates.spend[c] - candidates.spend[choice[i]]
        volume = candidates.volume[c] - candidates.volume[choice[i]]
        if candidates.cost[c] < candidates.cost[choice[i]] and spend <= spend_left and volume <= volume_left:
            spend_left -= spend
            volume_left -= volume
            choice[i] = c
    return choice


def _better_steps(candidates: Candidates, choice: Choice, priced: FloatArray) -> list[tuple[int, int]]:
    """Return the (SKU, candidate) pairs that cost less than the SKU's choice, the least regretted first."""
    owner = np.repeat(np.arange(len(choice)), np.diff(candidates.offsets))
    better = np.flatnonzero(candidates.cost < candidates.cost[choice][owner])
    regret = priced[better] - priced[choice[owner[better]]]
    order = better[np.argsort(regret, kind="stable")]
    return list(zip(owner[order].tolist(), order.tolist(), strict=True))


def _choice_of(
    candidates: Candidates, core: Choice, taken: FloatArray, fallback: Choice, budget: float, capacity: float
) -> Choice:
    """Return what the solver took, or `fallback` where that is no plan: fractional values or a broken limit.

    A run that ends without a plan leaves fractional values behind, so the answer is re-checked by our own
    sums.
    """
    if np.abs(taken - np.round(taken)).max() > 1e-5:
        return fallback
    chosen = core[taken > 0.5]
    owners = np.searchsorted(candidates.offsets, chosen, side="right") - 1
    if len(chosen) != len(fallback) or len(np.unique(owners)) != len(fallback):
        return fallback
    spend, volume = candidates.spend[chosen].sum(), candidates.volume[chosen].sum()
    return chosen if spend <= budget and volume <= capacity else fallback
