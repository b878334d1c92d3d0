"""Orders that ship together: supplier minimums, free freight and whole containers, over candidate orders (PuLP).

With take_c as in `optimizer.plan_selection`, and for each joint order j (all that one supplier ships at once)

    units_j = Σ_c units_cj·take_c,  value_j, load_j alike
    least_units_j · open_j ≤ units_j ≤ U·open_j,   value_j ≥ least_value_j · open_j      (all or nothing)
    value_j ≥ free_from_j · free_j,  free_j ≤ open_j,   fee paid = fee_j · (open_j − free_j)
    load_j ≤ container_j · boxes_j,  boxes_j whole, each at its price

Only what every SKU pays by itself is in cost_c; so a bound without joint orders is a bound with them.
"""

from dataclasses import dataclass

import numpy as np
import pulp

from core.errors import InfeasiblePlanError, UsageError
from core.types import FloatArray
from optimizer.period_instance import IntArray
from optimizer.plan_selection import PlanChoices, selection_model
from optimizer.solver import solve_model

__all__ = ["JointChoice", "JointOrder", "JointResult", "choose_jointly", "joint_results"]


@dataclass(frozen=True, slots=True)
class JointOrder:
    """What ships together, and its terms.

    units, value, load: (m,) what each candidate adds (0: not in this order). least_units, least_value: the order is
    nothing or at least that. fee: paid by an order worth less than free_from_value. container: load of one box,
    container_cost: its price.
    """

    name: str
    units: FloatArray
    value: FloatArray
    load: FloatArray
    least_units: float = 0.0
    least_value: float = 0.0
    fee: float = 0.0
    free_from_value: float = np.inf
    container: float = np.inf
    container_cost: float = 0.0

    def __post_init__(self) -> None:
        if min(self.least_units, self.least_value, self.fee, self.container_cost) < 0 or self.container <= 0:
            raise UsageError(f"the terms of {self.name!r} must not be below 0 and a container must hold something")


@dataclass(frozen=True, slots=True)
class JointResult:
    """One joint order as chosen: what it adds up to, what it pays, how full its containers are (1: full)."""

    name: str
    units: float
    value: float
    load: float
    fee: float
    containers: int
    container_cost: float
    fill: float
    missing: float

    def __str__(self) -> str:
        """Return a sentence about the order."""
        if self.units <= 0:
            return f"{self.name}: nothing is ordered"
        boxes = f", {self.containers} containers {self.fill:.0%} full" if self.containers else ""
        freight = f", freight fee {self.fee:,.2f}" if self.fee else ""
        return f"{self.name}: {self.units:,.0f} units worth {self.value:,.2f}{boxes}{freight}"


@dataclass(frozen=True, slots=True)
class JointChoice:
    """choice: (n,) flat candidate of each SKU. cost: with fees and containers; bound: of the given candidates."""

    choice: IntArray
    cost: float
    bound: float
    status: str
    solver: str
    joints: tuple[JointResult, ...]

    @property
    def gap(self) -> float:
        """(cost − bound) / cost."""
        return max(self.cost - self.bound, 0.0) / max(abs(self.cost), 1e-9)


def joint_results(joints: tuple[JointOrder, ...], choice: IntArray) -> tuple[JointResult, ...]:
    """Return what each joint order comes to, by plain sums; `missing` is above 0 where a minimum is not reached."""
    out = []
    for joint in joints:
        units, value, load = (float(amount[choice].sum()) for amount in (joint.units, joint.value, joint.load))
        boxes = int(np.ceil(load / joint.container - 1e-9)) if np.isfinite(joint.container) else 0
        short = max(joint.least_units - units, joint.least_value - value, 0.0) if units > 0 else 0.0
        out.append(
            JointResult(
                joint.name,
                units,
                value,
                load,
                joint.fee if units > 0 and value < joint.free_from_value * (1 - 1e-9) else 0.0,
                boxes,
                boxes * joint.container_cost,
                load / (boxes * joint.container) if boxes else 0.0,
                short if short > 1e-6 else 0.0,
            )
        )
    return tuple(out)


def choose_jointly(
    choices: PlanChoices,
    capacity: FloatArray,
    names: list[str],
    joints: tuple[JointOrder, ...],
    known: IntArray,
    time_limit_seconds: float = 20.0,
    gap_relative: float = 1e-4,
    core: IntArray | None = None,
    bound: float = -np.inf,
    seed: int = 4,
    solver: str | None = None,
) -> JointChoice:
    """Return the cheapest choice that the joint orders' terms allow.

    known: (n,) an allowed choice (ordering nothing is one). core: the candidates to choose among (None: all).
    bound: a cost that no choice beats even without joint terms; where the core is a part only, it is all that is
    proven. Raises InfeasiblePlanError where neither the solver finds an allowed choice nor `known` is one.
    """
    whole = core is None
    core = np.arange(len(choices.cost)) if core is None else np.union1d(core, known)
    model, take = selection_model(choices, core, capacity, names)
    extra = [term for j, joint in enumerate(joints) for term in _add_joint(model, choices, take, core, joint, j)]
    model.setObjective(pulp.LpAffineExpression([*zip(take, choices.cost[core].tolist(), strict=True), *extra]))
    solved = solve_model(model, time_limit_seconds, gap_relative=gap_relative, seed=seed, solver=solver)
    choice = known
    if solved.found:
        chosen = core[np.array([column.varValue or 0.0 for column in take]) > 0.5]
        if _allowed(choices, capacity, joints, chosen, len(known)) and _paid(choices, joints, chosen) < _paid(
            choices, joints, known
        ):
            choice = chosen
    if not _allowed(choices, capacity, joints, choice, len(known)):
        raise _conflict(choices, capacity, names, joints, choice)
    cost = _paid(choices, joints, choice)
    proven = min(max(bound, solved.bound) if whole else bound, cost)
    status = "optimal" if cost - proven <= gap_relative * abs(cost) else solved.status
    return JointChoice(choice, cost, proven, status, solved.solver, joint_results(joints, choice))


def _conflict(
    choices: PlanChoices, capacity: FloatArray, names: list[str], joints: tuple[JointOrder, ...], choice: IntArray
) -> InfeasiblePlanError:
    over = choices.usage[choice].sum(axis=0) - capacity
    words = [f"{names[r]} short by {over[r]:,.6g}" for r in np.flatnonzero(over > 1e-9 * (1 + np.abs(capacity)))]
    words += [
        f"the order of {result.name} short of its minimum by {result.missing:,.6g}"
        for result in joint_results(joints, choice)
        if result.missing
    ]
    return InfeasiblePlanError(f"no choice found that all terms allow: {'; '.join(words)}; relax these or raise limits")


def _paid(choices: PlanChoices, joints: tuple[JointOrder, ...], choice: IntArray) -> float:
    extra = sum(result.fee + result.container_cost for result in joint_results(joints, choice))
    return float(choices.cost[choice].sum()) + extra


def _allowed(
    choices: PlanChoices, capacity: FloatArray, joints: tuple[JointOrder, ...], chosen: IntArray, count: int
) -> bool:
    return (
        len(chosen) == count
        and np.array_equal(choices.owner[chosen], np.arange(count))
        and bool(np.all(choices.usage[chosen].sum(axis=0) <= capacity * (1 + 1e-9) + 1e-9))
        and not any(result.missing for result in joint_results(joints, chosen))
    )


def _add_joint(
    model: pulp.LpProblem,
    choices: PlanChoices,
    take: list[pulp.LpVariable],
    core: IntArray,
    joint: JointOrder,
    number: int,
) -> list[tuple[pulp.LpVariable, float]]:
    """Add one joint order's rows; return its terms of the objective."""

    def total(amount: FloatArray, *more: tuple[pulp.LpVariable, float]) -> pulp.LpAffineExpression:
        terms = [(column, a) for column, a in zip(take, amount[core].tolist(), strict=True) if a]
        return pulp.LpAffineExpression([*terms, *more])

    opened = model.add_variable(f"open_{number}", cat=pulp.LpBinary)
    most = float(np.maximum.reduceat(joint.units, choices.offsets[:-1]).sum())
    model += total(joint.units, (opened, -most)) <= 0, f"opens_{number}"
    model += total(joint.units, (opened, -max(joint.least_units, 1e-6))) >= 0, f"least_units_{number}"
    if joint.least_value > 0:
        model += total(joint.value, (opened, -joint.least_value)) >= 0, f"least_value_{number}"
    terms = [(opened, joint.fee)] if joint.fee else []
    if joint.fee and np.isfinite(joint.free_from_value):
        free = model.add_variable(f"free_{number}", cat=pulp.LpBinary)
        model += total(joint.value, (free, -joint.free_from_value)) >= 0, f"free_from_{number}"
        model += pulp.LpAffineExpression([(free, 1.0), (opened, -1.0)]) <= 0, f"free_if_open_{number}"
        terms.append((free, -joint.fee))
    if np.isfinite(joint.container):
        boxes = model.add_variable(f"containers_{number}", lowBound=0, cat=pulp.LpInteger)
        model += total(joint.load, (boxes, -joint.container)) <= 0, f"container_{number}"
        terms.append((boxes, joint.container_cost))
    return terms
